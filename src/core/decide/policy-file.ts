import { parseDocument } from 'yaml';
import { z } from 'zod';
import { fail, ok, type Result } from '../../base/result.ts';
import type { DrillSetting } from '../../model/drill.ts';
import { KIND_IDS } from '../../model/kind.ts';
import { POLICY_CHARS_MAX, type PolicyFile, type PolicyProblem } from '../../model/policy.ts';
import { ACTIONS } from './authorise.ts';
import { isSeen } from './closed.ts';

/** By this id a change of who takes part in drills is shown and signed. */
export const DRILLS_RULE = 'drills';
/** As many as are shown whole where all of them become others: see LINES_MAX in `present.ts`. */
const RULES_MAX = 28;
const TESTS_MAX = 200;

const ID = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,63}$/, 'is not a name of small letters, digits and hyphens, such as two-for-payroll');
const SENTENCE = z.string().min(1).max(300).refine(isSeen, 'has characters that cannot be seen');
const KIND = z.enum(KIND_IDS);
const YES_NO = z.union([z.boolean(), z.literal('unknown')]);
const TOUCHES = ['identity', 'access', 'production'] as const;

const FLOOR = z.strictObject({
  id: ID,
  atLeast: z.enum(['T2', 'T3', 'never']),
  kinds: z.array(KIND).min(1).optional(),
  touches: z.array(z.enum(TOUCHES)).min(1).optional(),
  target: z
    .array(z.enum(['privileged', 'machine', 'critical']))
    .min(1)
    .optional(),
  telemetry: z.literal('incomplete').optional(),
  actsWithinHour: z.int().min(1).max(1_000).optional(),
  because: SENTENCE,
});

const FORBID = z.strictObject({ id: ID, cedar: z.string().min(1).max(4_000), because: SENTENCE });

const ACT_TEST = z.strictObject({
  name: SENTENCE,
  act: z.strictObject({
    kind: KIND,
    touches: z.enum([...TOUCHES, 'own']).default('identity'),
    privileged: YES_NO.default(false),
    machine: YES_NO.default(false),
    critical: YES_NO.default(false),
    telemetry: z.enum(['complete', 'incomplete']).default('complete'),
    actsWithinHour: z.int().min(0).max(1_000).default(0),
  }),
  expect: z.enum(['T1', 'T2', 'T3', 'never']),
});

const PERSON_TEST = z.strictObject({
  name: SENTENCE,
  person: z.strictObject({
    roles: z.array(z.enum(['administrator', 'responder', 'owner', 'analyst', 'auditor'])),
    action: z.enum(ACTIONS),
    signedWith: z.enum(['passkey', 'session', 'browser_key', 'none']).default('passkey'),
  }),
  expect: z.enum(['allowed', 'denied']),
});

const PERSON = z.string().regex(/^usr_[0-9a-z]{1,32}$/, 'is not the id of a person, such as usr_…');
/** More people than this are no team: nobody would know who takes part. */
const TEAM_MAX = 50;
const DRILLS = z
  .strictObject({
    team: z.array(PERSON).min(2).max(TEAM_MAX),
    leads: z.array(PERSON).min(1).max(10),
    shiftHours: z.union([z.literal(6), z.literal(8), z.literal(12), z.literal(24)]).default(8),
    until: z.iso.date('is not a day, such as "2026-12-31"'),
  })
  .refine(({ team, leads }) => leads.every(lead => team.includes(lead)), 'names a lead who is not of the team')
  .refine(({ team, leads }) => team.some(one => !leads.includes(one)), 'has nobody who is not a lead');

const FILE = z.strictObject({
  name: SENTENCE.max(80),
  version: z.string().regex(/^[0-9a-z][0-9a-z.-]{0,30}$/, 'is not a version, such as "2026-11-20" or "3"'),
  floors: z.array(FLOOR).default([]),
  forbid: z.array(FORBID).default([]),
  drills: DRILLS.optional(),
  tests: z.array(z.union([ACT_TEST, PERSON_TEST])).max(TESTS_MAX),
});

/**
 * Reads a policy file, or says everything that is wrong with its form. YAML 1.2 without aliases, tags or duplicate keys; a
 * member that we do not know is refused, since a typing error in a rule must not be a rule that is not there.
 */
export function readPolicyFile(text: string): Result<PolicyFile, readonly PolicyProblem[]> {
  if (text.length > POLICY_CHARS_MAX) return problem('', `it has more than ${POLICY_CHARS_MAX} characters`);
  if (!text.isWellFormed()) return problem('', 'it is not well-formed Unicode');
  const document = parseDocument(text, { uniqueKeys: true, strict: true, version: '1.2', schema: 'core' });
  const faults = [...document.errors, ...document.warnings];
  if (faults.length > 0)
    return fail(
      faults.map(fault => ({
        at: `line ${fault.linePos?.[0].line ?? 1}`,
        text: fault.message.split('\n')[0] ?? 'unreadable',
      })),
    );
  let plain: unknown;
  try {
    plain = document.toJS({ maxAliasCount: 0 });
  } catch {
    return problem('', 'it has aliases');
  }
  const read = FILE.safeParse(plain);
  if (!read.success)
    return fail(read.error.issues.map(issue => ({ at: issue.path.join('.'), text: issue.message.toLowerCase() })));
  if (read.data.floors.length + read.data.forbid.length > RULES_MAX)
    return problem('', `it has more than ${RULES_MAX} rules`);
  const ids = [...read.data.floors, ...read.data.forbid].map(rule => rule.id);
  if (ids.includes(DRILLS_RULE)) return problem(DRILLS_RULE, 'this id is taken: it is how drills are told of');
  const twice = ids.filter((id, index) => ids.indexOf(id) !== index);
  if (twice.length > 0) return fail(twice.map(id => ({ at: id, text: 'two rules have this id' })));
  return ok(fileOf(read.data));
}

function problem(at: string, text: string): Result<never, readonly PolicyProblem[]> {
  return fail([{ at, text }]);
}

function fileOf({ name, version, floors, forbid, drills, tests }: z.infer<typeof FILE>): PolicyFile {
  return {
    name,
    version,
    floors: floors.map(floor => ({
      id: floor.id,
      atLeast: floor.atLeast === 'never' ? 'TX' : floor.atLeast,
      kinds: floor.kinds ?? [],
      touches: floor.touches ?? [],
      targets: floor.target ?? [],
      isForGaps: floor.telemetry !== undefined,
      fromActs: floor.actsWithinHour ?? 0,
      because: floor.because,
    })),
    forbids: forbid,
    drills: drills as DrillSetting | undefined,
    tests: tests.map(test =>
      'act' in test
        ? {
            of: 'act',
            name: test.name,
            kind: test.act.kind,
            touches: test.act.touches,
            marks: {
              privileged: known(test.act.privileged),
              machine: known(test.act.machine),
              critical: known(test.act.critical),
            },
            hasGaps: test.act.telemetry === 'incomplete',
            actsOfLate: test.act.actsWithinHour,
            expect: test.expect === 'never' ? 'TX' : test.expect,
          }
        : { of: 'person', name: test.name, ...test.person, expect: test.expect },
    ),
  };
}

function known(mark: boolean | 'unknown'): 'yes' | 'no' | 'unknown' {
  return mark === 'unknown' ? mark : mark ? 'yes' : 'no';
}
