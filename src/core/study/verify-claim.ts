import type { Id } from '../../base/id.ts';
import { parseTime, type UnixMs, unixMsFrom } from '../../base/time.ts';
import type { Alert } from '../../model/alert.ts';
import type { Citation, Claim, ClaimVerdict } from '../../model/claim.ts';
import { claimOf, runsOf } from './facts.ts';
import { identify, type SightingsOf } from './identify.ts';

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
 * and from the alerts `around` them, which support nothing else.
 */
export function createClaimVerifier(
  alerts: readonly Alert[],
  readField: ReadField,
  around: readonly Alert[] = [],
  sightingsOf?: SightingsOf,
): ClaimVerifier {
  const expected = new Map(
    runsOf(alerts)
      .map(run => claimOf(run))
      .map(claim => [claim.id, claim]),
  );
  let holding: ReadonlyMap<string, Claim> | undefined;
  /** Most claims are facts: who held what is worked out for the first that is none. */
  const held = (id: string): Claim | undefined => {
    holding ??= new Map(identify(alerts, around, readField, sightingsOf).map(({ claim }) => [claim.id, claim]));
    return holding.get(id);
  };
  const byEvidence = new Map([...around, ...alerts].map(alert => [alert.evidence, alert]));
  const verify = (claim: Claim): ClaimVerdict => {
    const own = expected.get(claim.id) ?? held(claim.id);
    const because =
      own === undefined
        ? 'no record of this incident gives this claim'
        : (differenceFrom(own, claim) ?? unreadable(claim, readField) ?? timeMismatch(claim, byEvidence, readField));
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
  if (claim.predicate !== own.predicate) return `the records say ${own.predicate}, not ${claim.predicate}`;
  const names = new Set([...Object.keys(own.roles), ...Object.keys(claim.roles)]);
  for (const name of [...names].sort()) {
    const [mine, theirs] = [roleValue(own.roles, name), roleValue(claim.roles, name)];
    if (mine !== theirs) return `the role ${name} is ${quoted(mine)} in the records, not ${quoted(theirs)}`;
  }
  if (claim.at !== own.at) return 'it began at another time by the records';
  if (claim.until !== own.until) return 'it ended at another time by the records';
  if (claim.count !== own.count) return `${own.count} records say so, not ${claim.count}`;
  if (claim.citations.length !== own.citations.length) return 'its citations are not those of the records';
  for (const [index, citation] of claim.citations.entries()) {
    const mine = own.citations[index];
    if (citation.evidence !== mine?.evidence || citation.pointer !== mine.pointer || citation.value !== mine.value) {
      return `it cites ${citation.pointer} where the records give ${mine?.pointer ?? 'nothing'}`;
    }
  }
  return claim.text === own.text ? undefined : 'its text is not the one that our template gives';
}

/** Not a plain index: a claim may have come from outside, and `roles` may hold any key. */
function roleValue(roles: Claim['roles'], name: string): string | undefined {
  return Object.hasOwn(roles, name) ? roles[name] : undefined;
}

function quoted(value: string | undefined): string {
  return value === undefined ? 'absent' : `\`${value}\``;
}

function unreadable(claim: Claim, readField: ReadField): string | undefined {
  if (claim.citations.length === 0) return 'it cites no evidence';
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
export function holds(read: string, { value }: Citation): boolean {
  if (value === '') return false;
  if (read.trim() === value || standsIn(read, value)) return true;
  // Inside a text a value may be escaped: a bar in CEF, a quote or a backslash in JSON.
  return read.includes('\\') && standsIn(read.replace(/\\(.)/gs, '$1'), value);
}

const WORD = /[\p{L}\p{N}]/u;

function standsIn(text: string, value: string): boolean {
  const isBounded = (at: number, edge: string | undefined): boolean => {
    const beside = text[at];
    return beside === undefined || edge === undefined || !WORD.test(beside) || !WORD.test(edge);
  };
  for (let at = text.indexOf(value); at >= 0; at = text.indexOf(value, at + 1)) {
    const end = at + value.length;
    const isPartOfNumber =
      /^[\d.]+$/.test(value) && /[\d.]/.test(text[end] ?? '') && /\d/.test(text[end + 1] ?? text[end] ?? '');
    if (isBounded(at - 1, value[0]) && isBounded(end, value.at(-1)) && !isPartOfNumber) return true;
  }
  return false;
}

/** The time field of each cited record, read again from the raw record, must still be one of the alert's own clocks. */
function timeMismatch(
  claim: Claim,
  byEvidence: ReadonlyMap<Id<'evidence'>, Alert>,
  readField: ReadField,
): string | undefined {
  for (const evidence of new Set(claim.citations.map(citation => citation.evidence))) {
    const alert = byEvidence.get(evidence);
    const pointer = alert?.pointers.time;
    if (alert === undefined || pointer === undefined || pointer === '') continue;
    const read = readRecordTime((readField(evidence, pointer) ?? '').trim());
    if (read !== undefined && !isOneOf(read, [alert.occurredAt, alert.reportedAt])) {
      return `${pointer} holds another time than the alert has`;
    }
  }
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
