import type { Id } from '../../base/id.ts';
import { parseTime, type UnixMs, unixMsFrom } from '../../base/time.ts';
import type { Alert, AlertField } from '../../model/alert.ts';
import type { Citation, Claim, ClaimVerdict } from '../../model/claim.ts';
import type { ClaimWorld } from './claims/kind.ts';
import { spanIn } from './claims/locate.ts';
import { findClaimKind } from './claims/table.ts';
import { type ClaimContext, computedClaim, createClaimWorld } from './claims/world.ts';
import { claimOf, runsOf } from './facts.ts';
import { identify } from './identify.ts';

/**
 * Reads a field of a raw record as text: a string as it stands, another scalar as JSON prints it. Undefined where
 * the record or the field is not there. The pointer is RFC 6901; the empty one is the whole of a text record.
 */
export type ReadField = (evidence: Id<'evidence'>, pointer: string) => string | undefined;

/**
 * Recomputes claims against the records of one incident. The answer depends on the raw fields and the source's
 * mapping alone, never on what the claim says of itself.
 */
export interface ClaimVerifier {
  /**
   * `verified` only where the alerts' facts give this very claim (predicate, each role, times, count, citations and
   * text) and every cited field of the raw record holds the cited value. The first difference is the reason.
   */
  verify(claim: Claim): ClaimVerdict;
  /** The claim with its recomputed verdict. */
  settle(claim: Claim): Claim;
}

/**
 * Bound to the alerts of one incident; a claim of any other incident fails. Who held what is recomputed from these
 * and from the alerts `around` them, which support nothing else; what is worked out, from these and the `context`.
 */
export function createClaimVerifier(
  alerts: readonly Alert[],
  readField: ReadField,
  around: readonly Alert[] = [],
  context: ClaimContext = {},
): ClaimVerifier {
  const expected = new Map(
    runsOf(alerts)
      .map(run => claimOf(run))
      .map(claim => [claim.id, claim]),
  );
  let holding: ReadonlyMap<string, Claim> | undefined;
  let world: ClaimWorld | undefined;
  /** Most claims are facts: the rest is worked out for the first that is none. */
  const ownOf = (claim: Claim): Claim | string => {
    const from = findClaimKind(claim.predicate)?.from;
    if (from === 'computed') {
      world ??= createClaimWorld(alerts, context, expected);
      return computedClaim(claim, world);
    }
    const stated = expected.get(claim.id);
    if (stated !== undefined) return stated;
    holding ??= new Map(identify(alerts, around, readField, context.sightingsOf).map(one => [one.claim.id, one.claim]));
    return holding.get(claim.id) ?? 'no record of this incident gives this claim';
  };
  const recordFault = createRecordCheck([...around, ...alerts], readField);
  const verify = (claim: Claim): ClaimVerdict => {
    const own = ownOf(claim);
    const because =
      typeof own === 'string'
        ? own
        : (differenceFrom(own, claim) ?? unreadable(claim, readField) ?? recordFault(claim));
    return because === undefined ? { kind: 'verified' } : { kind: 'failed', because };
  };
  // A claim is settled for the summary and for the options: it, and what it became, are recomputed once.
  const settled = new WeakMap<Claim, Claim>();
  const settle = (claim: Claim): Claim => {
    const before = settled.get(claim);
    if (before !== undefined) return before;
    const after = { ...claim, verdict: verify(claim) };
    settled.set(claim, after).set(after, after);
    return after;
  };
  return { verify, settle };
}

function differenceFrom(own: Claim, claim: Claim): string | undefined {
  if (claim === own) return undefined;
  if (claim.id !== own.id) return 'it is not the claim that its id names';
  if (claim.predicate !== own.predicate) return `the records say ${own.predicate}, not ${claim.predicate}`;
  const names = new Set([...Object.keys(own.roles), ...Object.keys(claim.roles)]);
  for (const name of [...names].sort()) {
    const [mine, theirs] = [roleValue(own.roles, name), roleValue(claim.roles, name)];
    if (mine !== theirs) return `the role ${name} is ${quoted(mine)} in the records, not ${quoted(theirs)}`;
  }
  if (claim.at !== own.at) return 'it began at another time by the records';
  if (claim.until !== own.until) return 'it ended at another time by the records';
  if (claim.count !== own.count) return `${own.count} records say so, not ${claim.count}`;
  if (claim.outcome !== own.outcome)
    return `it ${own.outcome === 'failure' ? 'failed' : 'did not fail'} by the records`;
  if (!isSameBasis(claim.basis, own.basis)) return 'it rests on another computation than ours';
  if (claim.citations.length !== own.citations.length) return 'its citations are not those of the records';
  for (const [index, citation] of claim.citations.entries()) {
    const mine = own.citations[index];
    if (citation.evidence !== mine?.evidence || citation.pointer !== mine.pointer || citation.value !== mine.value) {
      return `it cites ${citation.pointer} where the records give ${mine?.pointer ?? 'nothing'}`;
    }
  }
  return claim.text === own.text ? undefined : 'its text is not the one that our template gives';
}

function isSameBasis(a: Claim['basis'], b: Claim['basis']): boolean {
  const coverageOf = (basis: Claim['basis']): number | undefined =>
    basis?.kind === 'query' ? basis.coverage : undefined;
  return a?.kind === b?.kind && a?.digest === b?.digest && coverageOf(a) === coverageOf(b);
}

/** Not a plain index: a claim may have come from outside, and `roles` may hold any key. */
function roleValue(roles: Claim['roles'], name: string): string | undefined {
  return Object.hasOwn(roles, name) ? roles[name] : undefined;
}

function quoted(value: string | undefined): string {
  return value === undefined ? 'absent' : `\`${value}\``;
}

function unreadable(claim: Claim, readField: ReadField): string | undefined {
  // What rests on a computation of ours was computed again, and may have no record to show.
  if (claim.citations.length === 0) return claim.basis === undefined ? 'it cites no evidence' : undefined;
  for (const citation of claim.citations) {
    const read = readField(citation.evidence, citation.pointer);
    if (read === undefined) return `${citation.pointer} is not in the raw record`;
    if (!holds(read, citation))
      return `${citation.pointer} holds ${quoted(read.slice(0, 80))}, not ${quoted(citation.value)}`;
  }
  return undefined;
}

/**
 * Whether a field holds the value: it is the value, or a text (a log line, JSON or `key=value` inside a field) in which
 * it stands as a word of its own, so that `10.0.0.1` is not found in `10.0.0.12`.
 */
export function holds(read: string, { value }: Pick<Citation, 'value'>): boolean {
  if (value === '') return false;
  if (read.trim() === value || spanIn(read, value) !== undefined) return true;
  // Inside a text a value may be escaped: a bar in CEF, a quote or a backslash in JSON.
  return read.includes('\\') && spanIn(read.replace(/\\(.)/gs, '$1'), value) !== undefined;
}

/**
 * Reads again, of each record that a claim cites, what no citation shows: its time, and the fields that decide what it
 * is said to say. Once for each record.
 */
function createRecordCheck(alerts: readonly Alert[], readField: ReadField): (claim: Claim) => string | undefined {
  const byEvidence = new Map(alerts.map(alert => [alert.evidence, alert]));
  const faults = new Map<string, string | undefined>();
  const faultOf = (evidence: Id<'evidence'>): string | undefined => {
    const alert = byEvidence.get(evidence);
    return alert === undefined ? undefined : (timeFault(alert, readField) ?? decisiveFault(alert, readField));
  };
  return claim => {
    let last: string | undefined;
    for (const { evidence } of claim.citations) {
      if (evidence === last) continue;
      last = evidence;
      if (!faults.has(evidence)) faults.set(evidence, faultOf(evidence));
      const fault = faults.get(evidence);
      if (fault !== undefined) return fault;
    }
    return undefined;
  };
}

/** The time field, read again, must still be one of the alert's own clocks. */
function timeFault({ evidence, pointers, occurredAt, reportedAt }: Alert, readField: ReadField): string | undefined {
  if (pointers.time === undefined || pointers.time === '') return undefined;
  const read = readRecordTime((readField(evidence, pointers.time) ?? '').trim());
  const isOwn = read === undefined || isOneOf(read, [occurredAt, reportedAt]);
  return isOwn ? undefined : `${pointers.time} holds another time than the alert has`;
}

/** Words that leave no doubt, by the outcome that they contradict. Codes and everything else are the source's to read. */
const CONTRADICTS: { readonly [O in 'success' | 'failure']: RegExp } = {
  success: /^(?:fail(?:ed|ure)?|den(?:y|ied)|blocked|refused|rejected|unsuccessful)$/i,
  failure: /^(?:succe(?:ss|eded|ssful)|allow(?:ed)?|accepted|granted)$/i,
};

/** The operation must still stand where it was read, and the outcome's own word must not say the opposite. */
function decisiveFault({ evidence, fields, pointers }: Alert, readField: ReadField): string | undefined {
  const at = (field: AlertField): string | undefined => {
    const pointer = pointers[field];
    return pointer === undefined ? undefined : readField(evidence, pointer);
  };
  const { action, outcome } = fields;
  if (action !== undefined && pointers.action !== undefined) {
    const read = at('action');
    if (read === undefined || !holds(read, { value: action }))
      return `${pointers.action} holds another operation than the alert has`;
  }
  if (outcome !== undefined && CONTRADICTS[outcome].test((at('outcome') ?? '').trim()))
    return `${pointers.outcome} says the opposite of the alert`;
  return undefined;
}

/** Fractions below a millisecond are cut, by us and by the sources, so one millisecond is no difference. */
function isOneOf(time: UnixMs, clocks: readonly (UnixMs | undefined)[]): boolean {
  return clocks.some(clock => clock !== undefined && Math.abs(clock - time) <= 1);
}

const EPOCH_DIGITS: readonly { readonly pattern: RegExp; readonly msPerUnit: number }[] = [
  { pattern: /^\d{9,10}(\.\d+)?$/, msPerUnit: 1000 },
  { pattern: /^\d{12,13}(\.\d+)?$/, msPerUnit: 1 },
];

/** A time as records write it: RFC 3339 or seconds or milliseconds of the Unix epoch. Undefined for other forms. */
function readRecordTime(text: string): UnixMs | undefined {
  for (const { pattern, msPerUnit } of EPOCH_DIGITS) {
    if (pattern.test(text)) return unixMsFrom(Math.trunc(Number(text) * msPerUnit));
  }
  return parseTime(text);
}
