import { createHash } from 'node:crypto';
import { fieldMapOf } from '../app/normalise-files.ts';
import { asKept, type OfflineAlert } from '../app/offline-alerts.ts';
import { correlateAll, correlationInput } from '../app/offline-correlate.ts';
import { invariant } from '../base/invariant.ts';
import { unixMsFrom } from '../base/time.ts';
import { normaliseRecord } from '../core/intake/normalise.ts';
import { createCoverage } from '../core/study/coverage.ts';
import { coverageFor, coverageQuestionOf } from '../core/study/coverage-for.ts';
import { extractClaims } from '../core/study/facts.ts';
import { identify } from '../core/study/identify.ts';
import type { ReasonsOf } from '../core/study/joins.ts';
import { clocksOf } from '../core/study/skew.ts';
import { summarise } from '../core/study/summarise.ts';
import { createClaimVerifier, type ReadField } from '../core/study/verify-claim.ts';
import type { Alert } from '../model/alert.ts';
import type { Summary } from '../model/claim.ts';
import type { StreamCoverage } from '../model/coverage.ts';
import { SOURCES } from '../sources/index.ts';
import { BIG_MAP, bigAlert } from './bench-queries-fill.ts';

/** Rates are of this machine in this run; their ratio says something elsewhere. */
export interface SummaryFigures {
  readonly alerts: number;
  readonly times: number;
  /** Coverage, claims, their verification, who held what and the summary, of alerts never seen before; ms of processor. */
  readonly p50: number;
  readonly p95: number;
  /** What somebody waits for it on a machine with nothing else to do; of a busy one it says little. */
  readonly waited: { readonly p50: number; readonly p95: number };
  /** The median of SHA-256 over the same records, ms, and how many times that the summary takes. */
  readonly hashing: number;
  readonly againstHashing: number;
  readonly lines: number;
}

const ALERTS = 1_000;
const TIMES = 60;
/** Before what is measured, so that it is measured as it runs in a server. */
const WARM_UP = 10;

/** Measures how fast rules tell one incident of so many alerts, from the alerts on, with nothing remembered of them. */
export function benchSummary(alerts: number = ALERTS): SummaryFigures {
  const items = Array.from({ length: alerts }, (_, n) => itemOf(n));
  const kept = items.map(asKept);
  const places = correlateAll(kept.map(correlationInput));
  const learner = createCoverage();
  for (const { fields, product, rule, receivedAt } of kept)
    learner.hear({ host: fields.host, product, rule, at: receivedAt });
  const streams = learner.streams(kept.at(-1)?.receivedAt ?? unixMsFrom(0));
  const parsed = items.map(({ value }) => new Map(Object.entries(value as object)));
  const read: ReadField = (evidence, pointer) =>
    parsed[Number(evidence.slice('evd_'.length))]?.get(pointer.slice(1))?.toString();
  const reasonsOf: ReasonsOf = id => places[Number(id.slice('alr_'.length))]?.placement.because ?? [];
  const records = items.map(({ value }) => JSON.stringify(value));
  const [taken, hashed, waited]: [number[], number[], number[]] = [[], [], []];
  let lines = 0;
  for (let n = -WARM_UP; n < TIMES; n++) {
    // What follows from an alert alone is remembered with it: these are others, with the same in them.
    const fresh = kept.map(alert => ({ ...alert }));
    const [begun, began] = [processorMs(), performance.now()];
    lines = told(fresh, streams, read, reasonsOf).story.length;
    const [done, ended] = [processorMs(), performance.now()];
    for (const record of records) createHash('sha256').update(record).digest();
    const end = processorMs();
    if (n < 0) continue;
    taken.push(done - begun);
    waited.push(ended - began);
    hashed.push(end - done);
  }
  const [p50, hashing] = [quantile(taken, 0.5), quantile(hashed, 0.5)];
  return {
    alerts,
    times: TIMES,
    p50,
    p95: quantile(taken, 0.95),
    waited: { p50: quantile(waited, 0.5), p95: quantile(waited, 0.95) },
    hashing,
    againstHashing: Math.round((p50 / hashing) * 10) / 10,
    lines,
  };
}

/** Everything that the server works out of alerts that it has read, as it does. */
function told(
  alerts: readonly Alert[],
  streams: readonly StreamCoverage[],
  read: ReadField,
  reasonsOf: ReasonsOf,
): Summary {
  const { coverage, gaps } = coverageFor(coverageQuestionOf(alerts), streams, undefined);
  const verifier = createClaimVerifier(alerts, read);
  const claims = extractClaims(alerts);
  const identified = identify(alerts, [], read);
  const clocks = clocksOf(alerts);
  return summarise({
    alerts,
    claims,
    verifier,
    coverage,
    gaps,
    inventory: undefined,
    frequency: undefined,
    identified,
    clocks,
    reasonsOf,
  });
}

/** A record of the big incident, as a file of it would be read. */
function itemOf(n: number): OfflineAlert {
  const value = bigAlert(n);
  const text = JSON.stringify(value);
  const bytes = Buffer.from(text);
  const map = fieldMapOf(BIG_MAP);
  const alert = map.ok ? normaliseRecord({ bytes, text, value }, SOURCES, 'generic', map.value) : map;
  invariant(alert.ok, 'an alert of our own can be read');
  return {
    name: `big-${n}`,
    alert: alert.value,
    value,
    sha256: createHash('sha256').update(bytes).digest('hex'),
  };
}

/** Processor time of this process, so that what else runs on the machine does not count. */
function processorMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** Milliseconds, to a tenth. */
function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return Math.round((sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0) * 10) / 10;
}
