import { coverageFor, coverageQuestionOf } from '../core/study/coverage-for.ts';
import { extractClaims } from '../core/study/facts.ts';
import { identify } from '../core/study/identify.ts';
import { clocksOf } from '../core/study/skew.ts';
import { frequencyOf, summarise } from '../core/study/summarise.ts';
import { type ClaimVerifier, createClaimVerifier, type ReadField } from '../core/study/verify-claim.ts';
import type { Alert } from '../model/alert.ts';
import type { Claim, Summary } from '../model/claim.ts';
import type { Inventory } from '../model/inventory.ts';
import { asKept, type OfflineAlert } from './offline-alerts.ts';
import { correlateAll, correlationInput } from './offline-correlate.ts';
import { aroundOf, streamsOf, textAt } from './offline-summary.ts';

/** An incident that was found in files, studied as the server would study it. */
export interface OfflineIncident {
  readonly alerts: readonly Alert[];
  /** Settled. */
  readonly claims: readonly Claim[];
  readonly summary: Summary;
  readonly verifier: ClaimVerifier;
  readonly read: ReadField;
}

/** Of an incident that many alerts make, so many are studied. */
const STUDIED_MAX = 2_000;

/** Correlates the alerts and studies the incidents, the largest first, at most `max`. */
export function studyIncidents(
  items: readonly OfflineAlert[],
  max: number,
  inventoryOf: (alerts: readonly Alert[]) => Inventory | undefined = () => undefined,
): readonly OfflineIncident[] {
  const alerts = items.map(asKept);
  // Our own ids number the alerts in the files' order, so the record of one is found without a second table.
  const read: ReadField = (evidence, pointer) => textAt(items[Number(evidence.slice('evd_'.length))]?.value, pointer);
  const clusters = new Map<number, Alert[]>();
  for (const [index, { cluster }] of correlateAll(alerts.map(correlationInput)).entries()) {
    const alert = alerts[index];
    if (alert === undefined) continue;
    const own = clusters.get(cluster);
    if (own === undefined) clusters.set(cluster, [alert]);
    else if (own.length < STUDIED_MAX) own.push(alert);
  }
  const streams = streamsOf(alerts);
  const frequency = frequencyOf(alerts);
  return [...clusters.values()]
    .sort((a, b) => b.length - a.length)
    .slice(0, max)
    .map(members => {
      const inventory = inventoryOf(members);
      const { coverage, gaps } = coverageFor(coverageQuestionOf(members), streams, inventory);
      const around = aroundOf(members, alerts, read);
      const verifier = createClaimVerifier(members, read, around);
      const claims = extractClaims(members).map(claim => verifier.settle(claim));
      const identified = identify(members, around, read);
      const clocks = clocksOf(members);
      const summary = summarise({
        alerts: members,
        claims,
        verifier,
        coverage,
        gaps,
        inventory,
        frequency,
        identified,
        clocks,
      });
      return { alerts: members, claims, summary, verifier, read };
    });
}
