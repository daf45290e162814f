import type { Id } from '../base/id.ts';
import { MS_PER_DAY, MS_PER_HOUR, unixMsFrom } from '../base/time.ts';
import { believable } from '../core/study/claimed-time.ts';
import { createCoverage } from '../core/study/coverage.ts';
import { coverageFor, coverageQuestionOf, hostOfAlert } from '../core/study/coverage-for.ts';
import { extractClaims } from '../core/study/facts.ts';
import { identify } from '../core/study/identify.ts';
import type { ReasonsOf } from '../core/study/joins.ts';
import { sightingsIn } from '../core/study/sightings.ts';
import { clocksOf } from '../core/study/skew.ts';
import { frequencyOf, summarise } from '../core/study/summarise.ts';
import { createClaimVerifier, type ReadField } from '../core/study/verify-claim.ts';
import { type Alert, activityTime, entityKey } from '../model/alert.ts';
import type { Summary } from '../model/claim.ts';
import { resolve } from '../sources/shared/at.ts';
import { asKept, type OfflineAlert } from './offline-alerts.ts';
import { correlateAll, correlationInput, type OfflinePlace } from './offline-correlate.ts';

/** The summary of an incident that was found in files. */
export interface OfflineSummary {
  readonly summary: Summary;
  /** The vendor's id of each alert that the summary speaks of, by our evidence id. */
  readonly names: ReadonlyMap<Id<'evidence'>, string>;
}

/**
 * Correlates the alerts and summarises the largest incident: the one with the most alerts that are not repeats of
 * another. Undefined where there is no alert.
 */
export function summariseLargest(items: readonly OfflineAlert[]): OfflineSummary | undefined {
  const alerts = items.map(asKept);
  const places = correlateAll(alerts.map(correlationInput));
  const largest = largestOf(places);
  return largest === undefined ? undefined : summariseThese(items, largest, alerts, places);
}

/** The summary of these of the alerts, by their places in the list, whether or not they were placed together. */
export function summariseThese(
  items: readonly OfflineAlert[],
  indexes: readonly number[],
  alerts: readonly Alert[] = items.map(asKept),
  places: readonly OfflinePlace[] = correlateAll(alerts.map(correlationInput)),
): OfflineSummary {
  const members = indexes.map(index => alerts[index]).filter((alert): alert is Alert => alert !== undefined);
  const { coverage, gaps } = coverageFor(coverageQuestionOf(members), streamsOf(alerts), undefined);
  // Our own ids number the alerts in the files' order, so the record of one is found without a second table.
  const read: ReadField = (evidence, pointer) => textAt(items[Number(evidence.slice('evd_'.length))]?.value, pointer);
  const around = aroundOf(members, alerts, read);
  const verifier = createClaimVerifier(members, read, around);
  const claims = extractClaims(members);
  const summary = summarise({
    alerts: members,
    claims,
    verifier,
    coverage,
    gaps,
    inventory: undefined,
    frequency: frequencyOf(alerts),
    identified: identify(members, around, read),
    clocks: clocksOf(members),
    reasonsOf: reasonsIn(places, alerts),
  });
  const names = new Map(
    [...members, ...around].map(({ evidence }) => [evidence, items[Number(evidence.slice('evd_'.length))]?.name ?? '']),
  );
  return { summary, names };
}

/** The reasons of each place name alerts by their place in the files; ours have ids of another form. */
function reasonsIn(places: readonly OfflinePlace[], alerts: readonly Alert[]): ReasonsOf {
  return id =>
    (places[Number(id.slice('alr_'.length))]?.placement.because ?? []).map(reason => ({
      ...reason,
      to: reason.to && alerts[Number(reason.to.slice('alr_'.length))]?.id,
    }));
}

/** Alerts of the files outside the incident that say who held its addresses, accounts and names; so many at most. */
const AROUND_MAX = 300;
const BEFORE_MS = 7 * MS_PER_DAY;
const AFTER_MS = MS_PER_HOUR;

export function aroundOf(members: readonly Alert[], alerts: readonly Alert[], read: ReadField): readonly Alert[] {
  const own = new Set(members.map(({ id }) => id));
  const subjects = new Set(members.flatMap(alert => alert.entities.map(entityKey)));
  const times = members.map(activityTime);
  const from = times.reduce((a, b) => Math.min(a, b), Number.MAX_SAFE_INTEGER) - BEFORE_MS;
  const to = times.reduce((a, b) => Math.max(a, b), 0) + AFTER_MS;
  return alerts
    .filter(alert => !own.has(alert.id) && activityTime(alert) >= from && activityTime(alert) <= to)
    .filter(alert => sightingsIn(alert, read).some(({ subject }) => subjects.has(subject)))
    .sort((a, b) => activityTime(a) - activityTime(b) || (a.id < b.id ? -1 : 1))
    .slice(-AROUND_MAX);
}

function largestOf(places: readonly OfflinePlace[]): readonly number[] | undefined {
  const members = new Map<number, { readonly indexes: number[]; distinct: number }>();
  for (const [index, { cluster, placement }] of places.entries()) {
    const one = members.get(cluster) ?? { indexes: [], distinct: 0 };
    members.set(cluster, one);
    one.indexes.push(index);
    if (placement.duplicateOf === undefined) one.distinct++;
  }
  const [largest] = [...members.values()].sort(
    (a, b) => b.distinct - a.distinct || b.indexes.length - a.indexes.length,
  );
  return largest?.indexes;
}

export function streamsOf(alerts: readonly Alert[]): ReturnType<ReturnType<typeof createCoverage>['streams']> {
  const learner = createCoverage();
  const heard = believable(
    alerts.map(alert => ({
      host: hostOfAlert(alert),
      product: alert.product,
      rule: alert.rule,
      at: activityTime(alert),
    })),
  );
  for (const one of heard) learner.hear(one);
  return learner.streams(heard.at(-1)?.at ?? unixMsFrom(0));
}

export function textAt(record: unknown, pointer: string): string | undefined {
  const value = resolve(record, pointer);
  if (typeof value === 'string') return value;
  return value === undefined || value === null || typeof value === 'object' ? undefined : JSON.stringify(value);
}
