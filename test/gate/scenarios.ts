import { asKept, type OfflineAlert } from '../../src/app/offline-alerts.ts';
import { studyIncidents } from '../../src/app/offline-incidents.ts';
import { streamsOf, textAt } from '../../src/app/offline-summary.ts';
import { coverageFor, coverageQuestionOf, hostOfAlert } from '../../src/core/study/coverage-for.ts';
import { extractClaims } from '../../src/core/study/facts.ts';
import { enumerateOptions } from '../../src/core/study/options.ts';
import { createClaimVerifier, type ReadField } from '../../src/core/study/verify-claim.ts';
import { type Alert, activityTime } from '../../src/model/alert.ts';
import type { Gap, ResponseOption } from '../../src/model/claim.ts';
import type { Coverage } from '../../src/model/coverage.ts';
import type { Inventory } from '../../src/model/inventory.ts';
import { RESPONDERS } from '../../src/responders/index.ts';

/** Alerts of a scenario, and the incidents among them. */
export interface Scenario {
  readonly alerts: readonly Alert[];
  readonly incidents: readonly (readonly Alert[])[];
  readonly read: ReadField;
  readonly inventoryOf: (alerts: readonly Alert[]) => Inventory;
  readonly system: string;
}

/** An incident as it looks with what was heard. */
export interface Look {
  readonly coverage: Coverage;
  readonly gaps: readonly Gap[];
  readonly options: readonly ResponseOption[];
}

const MANIFESTS = [...RESPONDERS.values()].map(({ manifest }) => manifest);

export function scenarioOf(
  items: readonly OfflineAlert[],
  max: number,
  inventoryOf: Scenario['inventoryOf'],
  system: string,
): Scenario {
  const alerts = items.map(asKept);
  const read: ReadField = (evidence, pointer) => textAt(items[Number(evidence.slice('evd_'.length))]?.value, pointer);
  return { alerts, incidents: studyIncidents(items, max).map(one => one.alerts), read, inventoryOf, system };
}

/** The incident as it is told where `heard` is everything that came. Undefined where nothing of it came. */
export function look(
  { read, inventoryOf, system }: Scenario,
  incident: readonly Alert[],
  heard: readonly Alert[],
): Look | undefined {
  const came = new Set(heard.map(({ id }) => id));
  const alerts = incident.filter(alert => came.has(alert.id));
  if (alerts.length === 0) return undefined;
  const inventory = inventoryOf(incident);
  const { coverage, gaps } = coverageFor(coverageQuestionOf(alerts), streamsOf(heard), inventory);
  const verifier = createClaimVerifier(alerts, read);
  const claims = extractClaims(alerts).map(claim => verifier.settle(claim));
  const options = enumerateOptions({
    alerts,
    claims,
    coverage,
    gaps,
    inventory,
    manifests: MANIFESTS,
    systems: [...RESPONDERS.keys()].map(responder => ({ system, responder })),
  });
  return { coverage, gaps, options };
}

/** Whether an act keeps an address or a domain out, and is on no account of anybody's. */
export function isOnIndicator({ id }: ResponseOption): boolean {
  return /^act:[^:]+:[^:]+:[^:]+:(?:ip|domain):/.test(id);
}

/** As coverage names the stream of an alert. */
export function streamOf(alert: Alert): string {
  return `${hostOfAlert(alert) ?? '*'}|${alert.product}`;
}

/** Everything but what the stream sent from an hour before the incident until an hour after it. */
export function without(alerts: readonly Alert[], incident: readonly Alert[], stream: string): readonly Alert[] {
  const times = incident.map(activityTime);
  const [from, to] = [Math.min(...times) - AROUND_MS, Math.max(...times) + AROUND_MS];
  return alerts.filter(alert => {
    const time = activityTime(alert);
    return streamOf(alert) !== stream || time < from || time > to;
  });
}

const AROUND_MS = 3_600_000;
