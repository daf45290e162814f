/** What a verifier found out. `not_checked` always says why: it is neither good nor bad news. */
export type CheckVerdict = 'pass' | 'fail' | 'not_checked';

/** The checks, in the order in which they are made and printed. Numbers and names are stable. */
export const CHECKS = {
  policy: 1,
  note: 2,
  root: 3,
  append_only: 4,
  receipt: 5,
  entries: 6,
  blobs: 7,
  process: 8,
  summary: 9,
} as const;

export type CheckName = keyof typeof CHECKS;

/** One thing that is wrong, with everything that is known about where. */
export interface Finding {
  /** Stable, for machines. */
  readonly code: string;
  readonly detail: string;
  /** The file or path of the log, and where in it. */
  readonly path?: string;
  readonly byteOffset?: number;
  readonly entry?: number;
  /** Lower-case hex. */
  readonly expected?: string;
  readonly found?: string;
}

export interface Check {
  readonly number: number;
  readonly name: CheckName;
  readonly verdict: CheckVerdict;
  /** One sentence for a person. */
  readonly detail: string;
  readonly findings: readonly Finding[];
}

/** Findings beyond this many of one check are counted and not kept. */
export const FINDINGS_MAX = 20;

/**
 * `verified`; `failed`: something is not as it must be; `unusable`: what was given cannot be checked at all;
 * `policy_not_met`: all of it holds, but too few witnesses vouch for it.
 */
export type Outcome = 'verified' | 'failed' | 'unusable' | 'policy_not_met';

/** Of `countersign verify`, stable. */
export const EXIT_CODE: { readonly [O in Outcome]: number } = {
  verified: 0,
  failed: 1,
  unusable: 2,
  policy_not_met: 3,
};

export interface LogSummary {
  readonly origin: string;
  readonly size: number;
  /** Lower-case hex. */
  readonly root: string;
  readonly from: string | undefined;
  readonly to: string | undefined;
  readonly counts: { readonly [type: string]: number };
  /** Executions that were intended and have no conclusion. A person has to look at each. */
  readonly unresolved: readonly string[];
  /** Executions on the word of one person in an emergency. */
  readonly emergencies: readonly string[];
  /** Undos that left something else than was declared. A person has to look at each. */
  readonly differing: readonly string[];
  /** Changes at targets with our credential that nobody signed, as the executor found them. A person has to look at each. */
  readonly unsigned: readonly string[];
}

export interface VerifyReport {
  readonly outcome: Outcome;
  readonly checks: readonly Check[];
  readonly summary: LogSummary | undefined;
}

export function passed(name: CheckName, detail: string): Check {
  return { number: CHECKS[name], name, verdict: 'pass', detail, findings: [] };
}

export function notChecked(name: CheckName, because: string): Check {
  return { number: CHECKS[name], name, verdict: 'not_checked', detail: because, findings: [] };
}

export function failed(name: CheckName, findings: readonly Finding[], count = findings.length): Check {
  const more = count > 1 ? ` (and ${count - 1} more)` : '';
  const detail = `${findings[0]?.detail ?? 'it does not hold'}${more}`;
  return { number: CHECKS[name], name, verdict: 'fail', detail, findings: findings.slice(0, FINDINGS_MAX) };
}

/** Collects what is wrong; keeps the first {@link FINDINGS_MAX} and counts the rest. */
export class Findings {
  readonly kept: Finding[] = [];
  count = 0;

  add(finding: Finding): void {
    this.count += 1;
    if (this.kept.length < FINDINGS_MAX) this.kept.push(finding);
  }

  check(name: CheckName, detail: string): Check {
    return this.count === 0 ? passed(name, detail) : failed(name, this.kept, this.count);
  }
}

/** The report as lines of text, one a check, findings below. */
export function printReport(report: VerifyReport): string {
  const words = { pass: 'pass', fail: 'FAIL', not_checked: 'not checked' };
  const lines = report.checks.flatMap(check => [
    `${check.number} ${check.name.padEnd(11)} ${words[check.verdict].padEnd(11)} ${check.detail}`,
    ...check.findings.map(finding => `    ${printFinding(finding)}`),
  ]);
  return `${lines.join('\n')}\n`;
}

function printFinding(finding: Finding): string {
  const place = [
    finding.path,
    finding.byteOffset === undefined ? undefined : `byte ${finding.byteOffset}`,
    finding.entry === undefined ? undefined : `entry ${finding.entry}`,
  ].filter(part => part !== undefined);
  const hashes = finding.expected === undefined ? '' : `; expected ${finding.expected}, found ${finding.found}`;
  return `${finding.code}: ${finding.detail}${place.length === 0 ? '' : ` [${place.join(', ')}]`}${hashes}`;
}
