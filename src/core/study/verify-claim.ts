import type { Id } from '../../base/id.ts';
import { parseTime, type UnixMs, unixMsFrom } from '../../base/time.ts';
import type { Alert } from '../../model/alert.ts';
import type { Citation, Claim, ClaimVerdict } from '../../model/claim.ts';
import { claimOf, runsOf } from './facts.ts';

/**
 * Reads a field of a raw record as text: a string as it stands, another scalar as JSON prints it. Undefined where
 * the record or the field is not there. The pointer is RFC 6901, or `line` for the whole of a text record.
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

/** Bound to the alerts of one incident; a claim of any other incident fails. */
export function createClaimVerifier(alerts: readonly Alert[], readField: ReadField): ClaimVerifier {
  const expected = new Map(
    runsOf(alerts)
      .map(run => claimOf(run))
      .map(claim => [claim.id, claim]),
  );
  const byEvidence = new Map(alerts.map(alert => [alert.evidence, alert]));
  const verify = (claim: Claim): ClaimVerdict => {
    const own = expected.get(claim.id);
    const because =
      own === undefined
        ? 'no record of this incident gives this claim'
        : (differenceFrom(own, claim) ?? unreadable(claim, readField) ?? timeMismatch(claim, byEvidence, readField));
    return because === undefined ? { kind: 'verified' } : { kind: 'failed', because };
  };
  return { verify, settle: claim => ({ ...claim, verdict: verify(claim) }) };
}

function differenceFrom(own: Claim, claim: Claim): string | undefined {
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

function holds(read: string, { pointer, value }: Citation): boolean {
  return pointer === 'line' ? read.includes(value) : read === value;
}

/** Each cited time field must still be one of the alert's own clocks when it is read again from the raw record. */
function timeMismatch(
  claim: Claim,
  byEvidence: ReadonlyMap<Id<'evidence'>, Alert>,
  readField: ReadField,
): string | undefined {
  for (const { evidence, pointer } of claim.citations) {
    const alert = byEvidence.get(evidence);
    if (alert === undefined || pointer === 'line' || pointer !== alert.pointers.time) continue;
    const read = readRecordTime(readField(evidence, pointer) ?? '');
    if (read !== undefined && read !== alert.occurredAt && read !== alert.reportedAt) {
      return `${pointer} holds another time than the alert has`;
    }
  }
  return undefined;
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
