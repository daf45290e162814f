import { parseDocument } from 'yaml';
import { z } from 'zod';
import { fail, ok, type Result } from '../../../base/result.ts';
import { parseTime } from '../../../base/time.ts';
import { KIND_IDS } from '../../../model/kind.ts';
import {
  type Elsewhere,
  MAIN,
  PLAYBOOK_CHARS_MAX,
  type Playbook,
  type PlaybookFile,
  type PlaybookProblem,
} from '../../../model/playbook.ts';
import { isSeen } from '../closed.ts';
import { checkNames } from './check-names.ts';
import { graphProblems } from './graph.ts';
import { NAME, StepReader } from './read-step.ts';

/** Playbooks of one file, the main one among them. */
const PLAYBOOKS_MAX = 50;
const NAMESPACES_MAX = 100;
const TAKES_MAX = 10;

const SENTENCE = z.string().min(1).max(300).refine(isSeen, 'has characters that cannot be seen');
const TIME = z
  .string()
  .refine(text => parseTime(text) !== undefined, 'is not a time, such as 2026-11-20T00:00:00Z')
  .optional();
const NAMESPACE = z.string().regex(/^[a-z][a-z0-9/._-]{0,63}$/, 'is not a namespace of small letters');

const ELSEWHERE = z.union(
  [
    z.literal('nothing'),
    z.strictObject({
      kinds: z.array(z.enum(KIND_IDS)).min(1).max(KIND_IDS.length).optional(),
      run: z.array(NAME).min(1).max(PLAYBOOKS_MAX).optional(),
    }),
  ],
  'is neither `nothing` nor a list of kinds or playbooks',
);

const SUB = z.strictObject({
  takes: z.array(NAME).max(TAKES_MAX).default([]),
  steps: z.unknown(),
  on_error: z.unknown().optional(),
});

const FILE = z.strictObject({
  playbook: SENTENCE.max(80),
  version: z.string().regex(/^[0-9a-z][0-9a-z.-]{0,30}$/, 'is not a version, such as "2026-11-20" or "3"'),
  valid_from: TIME,
  valid_until: TIME,
  steps: z.unknown(),
  on_error: z.unknown().optional(),
  playbooks: z.record(NAME, SUB).default({}),
  elsewhere: z.record(NAMESPACE, z.strictObject({ starts: ELSEWHERE })).default({}),
});

/**
 * Reads a playbook file, or says everything that is wrong with its form. YAML 1.2 without aliases, tags or duplicate keys. A
 * member that we do not know is refused: a typing error in a handler must not be a handler that is not there.
 */
export function readPlaybook(text: string): Result<PlaybookFile, readonly PlaybookProblem[]> {
  if (text.length > PLAYBOOK_CHARS_MAX) return problem('', `it has more than ${PLAYBOOK_CHARS_MAX} characters`);
  if (!text.isWellFormed()) return problem('', 'it is not well-formed Unicode');
  const plain = plainOf(text);
  if (!plain.ok) return plain;
  const read = FILE.safeParse(plain.value);
  if (!read.success)
    return fail(read.error.issues.map(issue => ({ at: issue.path.join('.'), text: issue.message.toLowerCase() })));
  const { playbook, version, valid_from, valid_until, steps, on_error, playbooks, elsewhere } = read.data;
  const subs = Object.entries(playbooks);
  if (subs.length >= PLAYBOOKS_MAX) return problem('playbooks', `there are more than ${PLAYBOOKS_MAX}`);
  if (Object.keys(elsewhere).length > NAMESPACES_MAX)
    return problem('elsewhere', `there are more than ${NAMESPACES_MAX}`);
  const reader = new StepReader();
  const read1 = (name: string, takes: readonly string[], list: unknown, handler: unknown, at: string): Playbook => ({
    name,
    takes,
    steps: reader.list(list, `${at}steps`, 0),
    onError: reader.handler(handler, `${at}on_error`, 0),
  });
  const file: PlaybookFile = {
    title: playbook,
    version,
    validFromMs: valid_from === undefined ? undefined : parseTime(valid_from),
    validUntilMs: valid_until === undefined ? undefined : parseTime(valid_until),
    playbooks: [
      read1(MAIN, [], steps, on_error, ''),
      ...subs.map(([name, sub]) => read1(name, sub.takes, sub.steps, sub.on_error, `playbooks.${name}.`)),
    ],
    elsewhere: Object.entries(elsewhere).map(([namespace, { starts }]) => elsewhereOf(namespace, starts)),
  };
  if (reader.problems.length > 0) return fail(reader.problems);
  const wrongNames = checkNames(file);
  const problems = wrongNames.length > 0 ? wrongNames : graphProblems(file);
  return problems.length > 0 ? fail(problems) : ok(file);
}

/** The plain value of a YAML text. What nests so deep that reading it would fill the stack is refused like any other. */
function plainOf(text: string): Result<unknown, readonly PlaybookProblem[]> {
  try {
    const document = parseDocument(text, { uniqueKeys: true, strict: true, version: '1.2', schema: 'core' });
    const faults = [...document.errors, ...document.warnings];
    if (faults.length > 0)
      return fail(
        faults.map(fault => ({
          at: `line ${fault.linePos?.[0].line ?? 1}`,
          text: fault.message.split('\n')[0] ?? 'unreadable',
        })),
      );
    return ok(document.toJS({ maxAliasCount: 0 }));
  } catch {
    return problem('', 'it has aliases, or nests too deep');
  }
}

function elsewhereOf(
  namespace: string,
  starts:
    | 'nothing'
    | { readonly kinds?: Elsewhere['starts'] | undefined; readonly run?: readonly string[] | undefined },
): Elsewhere {
  if (starts === 'nothing') return { namespace, starts: [], runs: [] };
  return { namespace, starts: starts.kinds ?? [], runs: starts.run ?? [] };
}

function problem(at: string, text: string): Result<never, readonly PlaybookProblem[]> {
  return fail([{ at, text }]);
}
