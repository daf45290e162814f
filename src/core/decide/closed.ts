import { z } from 'zod';
import { type Closed, canonical, type Digest, type DigestDomain, digestOfCanonical } from '../../base/canonical.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import type { FindingStatement, KillSwitchStatement } from '../../model/audit-entry.ts';
import { DRILL_FAULTS, type SealOpening } from '../../model/drill.ts';
import type { Inventory } from '../../model/inventory.ts';
import type { CustodyStatement } from '../../model/machine.ts';
import { PERSON_CHANGE_KINDS, type PersonChange } from '../../model/person-change.ts';
import { type Act, OUTSIDE_TYPES, OWN_TYPES, type Presentation } from '../../model/proposal.ts';
import type { DelegationStatement } from '../../model/quorum.ts';
import type { BatchIntent, EnrolmentStatement, Intent, Invitation, SessionStatement } from '../../model/review.ts';

/**
 * The strict readers of everything that is signed. Each takes exactly the canonical text that we would print: unknown
 * keys, duplicate keys, other spacing and numbers are refused, so two texts never mean the same act.
 */

const HEX_64 = z.string().regex(/^[0-9a-f]{64}$/);
const BASE64URL = z.string().regex(/^[A-Za-z0-9_-]{1,2048}$/);
const WHOLE = z.string().regex(/^(0|[1-9][0-9]{0,14})$/);
const INSTANT = z.string().regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/);
const id = (prefix: string) => z.string().regex(new RegExp(`^${prefix}_[0-9a-z]{1,32}$`));
/** Free of control, bidi, zero-width and unassigned characters: what a person could not see must not be signed. */
const SEEN = z.string().max(4_096).refine(isSeen, 'has characters that cannot be seen');
/** What is kept as it came, such as a pointer into a raw record: UTF-8 has to be able to carry it. */
const WELL_FORMED = z.string().refine(text => text.isWellFormed(), 'is not well-formed Unicode');
const NAME = z
  .string()
  .min(1)
  .max(512)
  .refine(isSeen, 'has characters that cannot be seen')
  .refine(isOneScript, 'mixes scripts');
const LIST_MAX = 200;
const list = <T extends z.ZodType>(item: T) => z.array(item).max(LIST_MAX);
const record = <T extends z.ZodType>(item: T) => z.record(z.string().regex(/^[A-Za-z][A-Za-z0-9_.]{0,63}$/), item);
const TIER = z.enum(['T1', 'T2', 'T3', 'TX']);

/** The same text with every character that could not be seen written as its code point: `\u{202e}`. */
export function makeSeen(text: string): string {
  const composed = text.toWellFormed().normalize('NFC');
  return composed.replace(
    /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\u2028\u2029\u115f\u1160\u3164\uffa0]/gu,
    hidden => `\\u{${(hidden.codePointAt(0) ?? 0).toString(16)}}`,
  );
}

/** No character that is invisible or changes the direction of others. */
export function isSeen(text: string): boolean {
  return (
    !/[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\u2028\u2029\u115f\u1160\u3164\uffa0]/u.test(text) &&
    text === text.normalize('NFC')
  );
}

/** Latin, Cyrillic and Greek letters look alike: an identifier keeps to one of them. */
export function isOneScript(text: string): boolean {
  return (
    [/\p{Script=Latin}/u, /\p{Script=Cyrillic}/u, /\p{Script=Greek}/u].filter(script => script.test(text)).length <= 1
  );
}

const ACT = z.strictObject({
  v: z.literal('1'),
  tenant: NAME,
  proposal: id('prp'),
  revision: WHOLE,
  responder: NAME,
  operation: NAME,
  operationVersion: NAME,
  target: z.strictObject({ type: z.enum([...OUTSIDE_TYPES, ...OWN_TYPES]), system: NAME, immutableId: NAME }),
  params: record(SEEN),
  preconditions: list(z.strictObject({ path: NAME, value: SEEN })),
  planDigest: HEX_64,
  undoOperation: NAME,
  undoes: z.union([z.literal(''), id('exe')]),
  startWithinSeconds: WHOLE,
  leaseEndsAt: INSTANT.optional(),
  salt: HEX_64,
});

const REASON = z.enum([
  'not_expressible',
  'last_administrator',
  'own_identity',
  'privileged_target',
  'machine_identity',
  'business_critical',
  'target_class_unknown',
  'dependents_unknown',
  'required_telemetry_missing',
  'coverage_unknown',
  'cannot_be_undone',
  'undoes_two_person_act',
  'undoes_reviewed_act',
  'policy_is_stricter',
  'kind_unknown',
  'kind_takes_two_people',
  'kind_takes_a_responder',
  'changes_identity',
  'changes_access',
  'changes_production',
  'severe_incident',
  'containment_open',
  'many_of_late',
  'audit_rule',
  'grave_rule',
  'wide_scope',
  'chain_is_stricter',
]);

const PRESENTATION = z.strictObject({
  v: z.literal('1'),
  sentence: SEEN,
  targetName: NAME,
  changes: list(z.strictObject({ path: SEEN, from: SEEN, to: SEEN })),
  tier: TIER,
  reasons: list(REASON),
  coverage: z.strictObject({
    status: z.enum(['complete', 'gaps', 'unknown', 'not_needed']),
    gaps: list(z.strictObject({ stream: SEEN, from: INSTANT, to: INSTANT, required: z.boolean() })),
  }),
  blast: z.strictObject({ direct: list(SEEN), dependents: list(SEEN), unknown: list(SEEN) }),
  undo: z.strictObject({
    operation: SEEN,
    sentence: SEEN,
    residue: list(SEEN),
    reversibility: z.enum(['exact', 'compensating', 'irreversible']).optional(),
    check: z
      .strictObject({
        verdict: z.enum(['planned', 'obstructed', 'not_read']),
        brings: list(z.strictObject({ path: SEEN, from: SEEN, to: SEEN })),
        leaves: list(SEEN),
        obstacles: list(SEEN),
      })
      .optional(),
  }),
  lease: z.strictObject({ endsAt: INSTANT, sentence: SEEN }).optional(),
  evidence: list(
    z.strictObject({
      id: id('evd'),
      sha256: HEX_64,
      pointer: WELL_FORMED.max(1_024),
      value: SEEN,
      says: SEEN,
    }),
  ),
  refusals: list(SEEN),
  dryRun: z.enum(['native', 'predicted']),
  seats: list(
    z.strictObject({
      slot: z.enum(['responder', 'second_person', 'identity_owner', 'asset_owner', 'business_owner']),
      people: list(id('usr')),
    }),
  ).optional(),
});

const INTENT = z.strictObject({
  v: z.literal('1'),
  installation: id('ins'),
  proposal: id('prp'),
  revision: WHOLE,
  actDigest: HEX_64,
  presentationDigest: HEX_64,
  policyDigest: HEX_64,
  contributorsDigest: HEX_64,
  verdict: z.enum(['approve', 'reject', 'ask_for_more', 'revoke', 'break_glass']),
  tier: TIER,
  reviewer: id('usr'),
  reasonDigest: HEX_64,
  acknowledged: list(SEEN),
  nonce: z.string().regex(/^[0-9a-f]{32}$/),
  expiresAt: INSTANT,
});

const BATCH = z.strictObject({
  v: z.literal('1'),
  installation: id('ins'),
  reviewer: id('usr'),
  verdict: z.enum(['approve', 'reject']),
  responder: NAME,
  operation: NAME,
  operationVersion: NAME,
  tier: TIER,
  members: list(z.strictObject({ proposal: id('prp'), intentDigest: HEX_64 })),
  opened: id('prp'),
  nonce: z.string().regex(/^[0-9a-f]{32}$/),
});

const ROLE = z.enum(['administrator', 'responder', 'owner', 'analyst', 'auditor']);

const INVITATION = z.strictObject({
  v: z.literal('1'),
  installation: id('ins'),
  id: id('inv'),
  person: id('usr'),
  roles: z.array(ROLE).min(1).max(5),
  linkPublicKey: BASE64URL,
  invitedBy: id('usr'),
  nonce: z.string().regex(/^[0-9a-f]{32}$/),
  expiresAt: INSTANT,
});

const CUSTODY = z.strictObject({
  v: z.literal('1'),
  installation: id('ins'),
  identity: z.string().regex(/^[a-z][a-z-]{0,31}(:[a-z0-9][a-z0-9._-]{0,63})?$/),
  version: WHOLE,
  owner: id('usr'),
  from: z.array(z.string().regex(/^[0-9a-f.:]{2,45}\/\d{1,3}$/)).max(20),
  since: INSTANT,
  until: INSTANT,
  nonce: z.string().regex(/^[0-9a-f]{32}$/),
});

const PERSON_CHANGE = z.strictObject({
  v: z.literal('1'),
  installation: id('ins'),
  change: id('pch'),
  kind: z.enum(PERSON_CHANGE_KINDS),
  person: id('usr'),
  roles: z.array(ROLE).max(5),
  linkPublicKey: z.union([z.literal(''), BASE64URL]),
  previous: z.union([z.literal(''), HEX_64]),
  nonce: z.string().regex(/^[0-9a-f]{32}$/),
  expiresAt: INSTANT,
});

const ENROLMENT = z.strictObject({
  v: z.literal('1'),
  installation: id('ins'),
  invitation: z.union([z.literal('genesis'), id('inv'), id('pch')]),
  person: id('usr'),
  credential: z.strictObject({
    id: BASE64URL,
    kind: z.enum(['passkey', 'browser_key']),
    algorithm: z.enum(['ES256', 'EdDSA', 'RS256']),
    publicKeySpki: BASE64URL,
  }),
  rpId: NAME,
  origin: NAME,
});

const SESSION = z.strictObject({
  v: z.literal('1'),
  installation: id('ins'),
  session: id('ses'),
  sessionPublicKey: BASE64URL,
  nonce: z.string().regex(/^[0-9a-f]{32}$/),
  issuedAt: INSTANT,
  expiresAt: INSTANT,
});

const KILL_SWITCH = z.strictObject({
  v: z.literal('1'),
  installation: id('ins'),
  seq: WHOLE,
  isOn: z.enum(['yes', 'no']),
  by: NAME,
  nonce: z.string().regex(/^[0-9a-f]{32}$/),
  expiresAt: INSTANT,
});

const FINDING = z.strictObject({
  v: z.literal('1'),
  installation: id('ins'),
  execution: id('exe'),
  proposal: id('prp'),
  finds: z.enum(['succeeded', 'failed', 'verified', 'justified', 'unjustified']),
  by: id('usr'),
  reasonDigest: HEX_64,
  nonce: z.string().regex(/^[0-9a-f]{32}$/),
  expiresAt: INSTANT,
});

const DELEGATION = z.strictObject({
  v: z.literal('1'),
  installation: id('ins'),
  delegation: id('dlg'),
  from: id('usr'),
  to: id('usr'),
  since: INSTANT,
  until: INSTANT,
  nonce: z.string().regex(/^[0-9a-f]{32}$/),
});

const SEAL = z.strictObject({
  v: z.literal('1'),
  installation: id('ins'),
  proposal: id('prp'),
  revision: WHOLE,
  is: z.enum(['act', 'drill']),
  fault: z.enum(['', ...DRILL_FAULTS]),
  salt: HEX_64,
});

/** An installation of 100,000 accounts; above it the file is refused rather than cut. */
const INVENTORY_RECORDS_MAX = 100_000;
const INVENTORY = z.strictObject({
  v: z.literal('1'),
  version: WHOLE,
  records: z
    .array(
      z.strictObject({
        kind: z.enum(['person', 'nhi', 'host', 'service', 'cloud_account', 'business_service']),
        name: NAME,
        aliases: list(WELL_FORMED.max(512)),
        accounts: list(z.strictObject({ system: NAME, name: NAME })),
        owner: WELL_FORMED.max(512),
        privileged: z.enum(['yes', 'no', 'unknown']),
        criticality: z.enum(['low', 'medium', 'high', 'critical', 'unknown']),
        dependents: list(NAME),
      }),
    )
    .max(INVENTORY_RECORDS_MAX),
});

/** Reads a canonical text strictly: parse, validate, print again, compare. */
function reader<T extends object>(schema: z.ZodType): (text: string) => Result<T, string> {
  return text => {
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      return fail('not JSON');
    }
    const parsed = schema.safeParse(value);
    if (!parsed.success) return fail(z.prettifyError(parsed.error).slice(0, 1_000));
    // What was validated is printed and given out, not what was read: a key that validation passed over is refused.
    return canonical(parsed.data as Closed) === text ? ok(parsed.data as T) : fail('not in canonical form');
  };
}

export const readAct = reader<Act>(ACT);
export const readPresentation = reader<Presentation>(PRESENTATION);
export const readIntent = reader<Intent>(INTENT);
export const readBatch = reader<BatchIntent>(BATCH);
export const readInvitation = reader<Invitation>(INVITATION);
export const readEnrolment = reader<EnrolmentStatement>(ENROLMENT);
export const readCustody = reader<CustodyStatement>(CUSTODY);
export const readPersonChange = reader<PersonChange>(PERSON_CHANGE);
export const readSession = reader<SessionStatement>(SESSION);
export const readKillSwitch = reader<KillSwitchStatement>(KILL_SWITCH);
export const readDelegation = reader<DelegationStatement>(DELEGATION);
export const readFinding = reader<FindingStatement>(FINDING);
export const readSeal = reader<SealOpening>(SEAL);
export const readInventory = reader<Inventory>(INVENTORY);

/** The canonical text of a closed object of the model, and its digest. */
export function sealed(domain: DigestDomain, value: object): { readonly text: string; readonly digest: Digest } {
  const text = canonical(value as Closed);
  return { text, digest: digestOfCanonical(domain, text) };
}
