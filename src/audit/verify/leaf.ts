import { textFromUtf8 } from '../../base/bytes.ts';
import { type Closed, canonical } from '../../base/canonical.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import {
  BASE64URL,
  BATCH_SIGNATURE,
  CHECKS,
  CODES,
  CUSTODY,
  DELEGATION,
  ENROLMENT,
  ENTRY_CHARS_MAX,
  EXECUTION,
  FINDING,
  HEX_64,
  INCIDENT,
  INSTALLATION,
  INSTANT,
  INTENT,
  INVITATION,
  id,
  KILL_SWITCH,
  NO_SIGNATURE,
  PERSON,
  PERSON_CHANGE,
  PERSON_SIGNATURE,
  PROMPT,
  PROPOSAL,
  REVIEW_ID,
  SEAL,
  SESSION,
  SESSION_SIGNATURE,
  TASK,
  TIER,
  WHOLE,
  WORD,
  YES_NO,
} from './leaf-shapes.ts';
import { dictionary, either, isRecord, list, type Of, object, oneOf, type Shape, text } from './shape.ts';

/** What each type of entry has beside `v`, `at` and `type`. */
export const LEAVES = {
  'installation.made': {
    installation: INSTALLATION,
    logOrigin: WORD,
    linkPublicKey: BASE64URL,
    linkExpiresAt: INSTANT,
    rpId: WORD,
    origin: WORD,
    demo: YES_NO,
    policyDigest: HEX_64,
    inventoryDigest: either(oneOf(''), HEX_64),
  },
  'agent.admitted': { agent: id('nhi'), by: PERSON, until: INSTANT },
  'agent.ended': { agent: id('nhi'), by: PERSON },
  'gateway.calls': { calls: WHOLE, last: WHOLE, root: HEX_64 },
  'gateway.quarantined': { upstream: WORD, tool: WORD, manifest: HEX_64, seen: either(oneOf(''), HEX_64) },
  'playbook.started': { run: id('run'), playbook: HEX_64, incident: INCIDENT, by: PERSON },
  'playbook.asked': { run: id('run'), proposal: PROPOSAL },
  'playbook.halted': { run: id('run'), by: PERSON },
  'playbook.ended': { run: id('run'), as: oneOf('done', 'stopped', 'failed', 'refused') },
  'rule.began': { rule: oneOf('invited_by_two') },
  'person.invited': { invitation: INVITATION, signature: PERSON_SIGNATURE },
  'person.enrolled': { statement: ENROLMENT, roles: list(WORD), linkSignature: BASE64URL },
  'machine.owned': { statement: CUSTODY, signature: PERSON_SIGNATURE },
  'person.changed': {
    statement: PERSON_CHANGE,
    signatures: list(object({ by: PERSON, signature: PERSON_SIGNATURE })),
  },
  'session.endorsed': { statement: SESSION, signature: PERSON_SIGNATURE, person: PERSON },
  'session.ended': { session: WORD },
  'inventory.signed': { version: WORD, inventoryDigest: HEX_64, signature: PERSON_SIGNATURE, by: PERSON },
  'intake.batch': {
    batch: id('bat'),
    source: WORD,
    records: WHOLE,
    kept: WHOLE,
    duplicate: WHOLE,
    quarantined: WHOLE,
    root: HEX_64,
  },
  'incident.changed': { incident: INCIDENT, change: WORD, by: WORD, detail: dictionary(text(ENTRY_CHARS_MAX)) },
  'summary.written': { incident: INCIDENT, by: oneOf('rules'), summaryDigest: HEX_64 },
  'ai.called': {
    record: id('air'),
    task: oneOf('select', 'explain', 'ask', 'test'),
    incident: either(oneOf(''), INCIDENT),
    by: WORD,
    prompt: WORD,
    promptVersion: WORD,
    promptSha256: HEX_64,
    schemaSha256: HEX_64,
    packetSha256: HEX_64,
    requestSha256: HEX_64,
    responseSha256: either(oneOf(''), HEX_64),
    provider: WORD,
    model: WORD,
    region: WORD,
    namesWithheld: YES_NO,
    isCached: YES_NO,
    attempts: WHOLE,
    costMicros: WHOLE,
    outcome: WORD,
    verified: WHOLE,
    dropped: WHOLE,
    shownSha256: HEX_64,
  },
  'ai.configured': { version: WHOLE, settingsSha256: HEX_64, by: WORD },
  'ai.provider_changed': {
    provider: WORD,
    change: oneOf('set', 'remove'),
    configSha256: either(oneOf(''), HEX_64),
    by: WORD,
  },
  'ai.previewed': { provider: WORD, form: HEX_64, requestSha256: HEX_64, by: WORD },
  'prompt.signed': { statement: PROMPT, signature: PERSON_SIGNATURE, by: WORD },
  'proposal.revised': {
    proposal: PROPOSAL,
    revision: WHOLE,
    incident: WORD,
    actDigest: HEX_64,
    presentationDigest: HEX_64,
    policyDigest: HEX_64,
    tier: TIER,
    reasons: CODES,
    contributors: list(PERSON),
    reviewBy: INSTANT,
    startWithinSeconds: WHOLE,
    origin: WORD,
  },
  'proposal.sealed': { proposal: PROPOSAL, revision: WHOLE, seal: HEX_64 },
  'drill.opened': { opening: SEAL },
  'proposal.denied': { incident: WORD, by: WORD, codes: CODES },
  'proposal.withdrawn': { proposal: PROPOSAL, revision: WHOLE, by: WORD },
  'proposal.expired': { proposal: PROPOSAL, revision: WHOLE },
  'review.signed': {
    review: REVIEW_ID,
    intent: INTENT,
    intentDigest: HEX_64,
    signature: either(either(PERSON_SIGNATURE, SESSION_SIGNATURE), BATCH_SIGNATURE),
    reasonCommit: either(oneOf(''), HEX_64),
  },
  'review.refused': { proposal: WORD, by: WORD, code: WORD },
  'proposal.decided': {
    proposal: PROPOSAL,
    revision: WHOLE,
    decision: oneOf('approved', 'rejected', 'revoked'),
    reviews: list(REVIEW_ID),
  },
  'kill_switch.set': {
    statement: KILL_SWITCH,
    signature: either(PERSON_SIGNATURE, NO_SIGNATURE),
    reasonCommit: either(oneOf(''), HEX_64),
  },
  'execution.checked': {
    execution: EXECUTION,
    proposal: PROPOSAL,
    revision: WHOLE,
    verdict: oneOf('ok', 'refused', 'stale'),
    failed: CODES,
  },
  'execution.intended': {
    execution: EXECUTION,
    proposal: PROPOSAL,
    revision: WHOLE,
    actDigest: HEX_64,
    tier: TIER,
    reviews: list(REVIEW_ID),
    idempotencyKey: WORD,
  },
  'lease.granted': { execution: EXECUTION, endsAt: INSTANT },
  'lease.ended': { execution: EXECUTION, number: WHOLE, release: either(oneOf(''), PROPOSAL), codes: CODES },
  'execution.answered': { execution: EXECUTION, outcome: WORD, receiptCommit: either(oneOf(''), HEX_64) },
  'execution.observed': { execution: EXECUTION, state: WORD, effect: WORD },
  'execution.concluded': {
    execution: EXECUTION,
    proposal: PROPOSAL,
    outcome: oneOf('succeeded', 'failed', 'in_doubt', 'verified', 'not_in_effect'),
    receiptCommit: either(oneOf(''), HEX_64),
  },
  'execution.compared': {
    execution: EXECUTION,
    undoes: EXECUTION,
    verdict: oneOf('as_declared', 'differs', 'not_read'),
    differences: WHOLE,
  },
  'trail.found': {
    system: WORD,
    number: WHOLE,
    kind: oneOf('unknown_change', 'not_shown', 'cut', 'unread'),
    execution: either(oneOf(''), EXECUTION),
    findingCommit: HEX_64,
  },
  'trail.seen': { system: WORD, number: WHOLE, by: PERSON, whyCommit: HEX_64 },
  'execution.found': { statement: FINDING, signature: PERSON_SIGNATURE },
  'delegation.made': { statement: DELEGATION, signature: PERSON_SIGNATURE },
  'delegation.ended': { delegation: WORD, by: PERSON },
  'comment.written': {
    comment: id('cmt'),
    proposal: PROPOSAL,
    revision: WHOLE,
    by: PERSON,
    about: either(oneOf('', ...CHECKS), id('evd')),
    textCommit: HEX_64,
  },
  'task.opened': {
    task: TASK,
    proposal: PROPOSAL,
    revision: WHOLE,
    review: REVIEW_ID,
    by: PERSON,
    owner: PERSON,
    dueAt: INSTANT,
  },
  'task.settled': {
    task: TASK,
    proposal: PROPOSAL,
    outcome: oneOf('answered', 'unobtainable', 'withdrawn'),
    by: PERSON,
    evidence: list(id('evd')),
    revision: either(oneOf(''), WHOLE),
    wordsCommit: either(oneOf(''), HEX_64),
  },
  'backup.made': { size: WHOLE },
  'backup.restored': { size: WHOLE, madeAt: INSTANT },
  'source.configured': { source: WORD, by: WORD },
  'fingerprint.changed': { source: WORD, version: WORD, by: WORD },
  'notice.sent': { notice: WORD, noticeDigest: HEX_64, channel: WORD },
  'access.denied': { by: WORD, action: WORD, code: WORD },
  'demo.played': { scenario: WORD },
} as const;

export type LeafType = keyof typeof LEAVES;
type Members<T extends LeafType> = { readonly [K in keyof (typeof LEAVES)[T]]: Of<(typeof LEAVES)[T][K]> };

/** An entry of the log as its bytes say, strictly read. */
export type Leaf<T extends LeafType = LeafType> = {
  [K in T]: { readonly v: '1'; readonly at: string; readonly type: K } & Members<K>;
}[T];

const SHAPES: ReadonlyMap<string, Shape<unknown>> = new Map(
  Object.entries(LEAVES).map(([type, members]) => [
    type,
    object({ v: oneOf('1'), at: INSTANT, type: oneOf(type), ...members }),
  ]),
);

/** For the types whose canonical text is a regular language, that is all whose members have names of their own. */
const FORMS: ReadonlyMap<string, RegExp> = new Map(
  [...SHAPES].flatMap(([type, { pattern }]) => (pattern === undefined ? [] : [[type, new RegExp(`^${pattern}$`)]])),
);

/** What most entries are read for: that they are well-formed, of which type, and when they were written. */
export interface LeafHead {
  readonly type: string;
  readonly at: string;
}

const TYPE_KEY = '"type":"';
const AT_KEY = '"at":"';
const AT_CHARS = '2026-01-01T00:00:00.000Z'.length;

/**
 * The head of an entry whose text matches the form of its type; {@link readLeaf} then takes it, too. Four times as
 * quick, since it builds no value. Undefined for what has to be read in full, which may be good or bad.
 */
export function skimLeaf(printed: string): LeafHead | undefined {
  // Where the type stands is only guessed here: what counts is that the whole text matches the form of that type.
  const from = printed.indexOf(TYPE_KEY) + TYPE_KEY.length;
  const type = printed.slice(from, printed.indexOf('"', from));
  if (FORMS.get(type)?.test(printed) !== true) return undefined;
  const at = printed.indexOf(AT_KEY) + AT_KEY.length;
  return { type, at: printed.slice(at, at + AT_CHARS) };
}

export type LeafFault =
  | 'entry.not_utf8'
  | 'entry.not_json'
  | 'entry.not_canonical'
  | 'entry.unknown_type'
  | 'entry.malformed';

/** Reads one entry: UTF-8, canonical by RFC 8785, closed, of a known version and type, with exactly its members. */
export function readLeaf(bytes: Uint8Array): Result<Leaf, { readonly code: LeafFault; readonly detail: string }> {
  const printed = textFromUtf8(bytes);
  return printed === undefined ? fail({ code: 'entry.not_utf8', detail: 'is not UTF-8' }) : readPrinted(printed);
}

function readPrinted(printed: string): Result<Leaf, { readonly code: LeafFault; readonly detail: string }> {
  let value: unknown;
  try {
    value = JSON.parse(printed);
  } catch {
    return fail({ code: 'entry.not_json', detail: 'is not JSON' });
  }
  if (!isClosed(value, 0) || canonical(value) !== printed)
    return fail({ code: 'entry.not_canonical', detail: 'is not in canonical form' });
  const type = isRecord(value) ? value['type'] : undefined;
  const shape = typeof type === 'string' ? SHAPES.get(type) : undefined;
  if (shape === undefined) return fail({ code: 'entry.unknown_type', detail: 'has no type that this version knows' });
  if (!shape.is(value)) return fail({ code: 'entry.malformed', detail: `is not a \`${type}\` of version 1` });
  return ok(value as Leaf);
}

/** As {@link canonical} allows. */
const DEPTH_MAX = 16;

function isClosed(value: unknown, depth: number): value is Closed {
  if (typeof value === 'string') return value.isWellFormed();
  if (typeof value === 'boolean') return true;
  if (depth >= DEPTH_MAX) return false;
  if (Array.isArray(value)) return value.every(item => isClosed(item, depth + 1));
  if (!isRecord(value)) return false;
  return Object.keys(value).every(key => key.isWellFormed() && isClosed(value[key], depth + 1));
}
