import { createHash } from 'node:crypto';
import { MS_PER_DAY, unixMsFrom } from '../base/time.ts';
import { createCorrelator } from '../core/intake/correlate.ts';
import type { CorrelationInput } from '../core/intake/placement.ts';

/** Rates are of this machine in this run; their ratio says something elsewhere. */
export interface CorrelateFigures {
  readonly alerts: number;
  /** Placed by one correlator, by processor time. */
  readonly perSecond: number;
  /** One SHA-256 over the text of the same alerts: what a core of this machine does. */
  readonly hashedPerSecond: number;
  readonly ratio: number;
  /** Alerts that are not repeats of another, and the incidents that they make. */
  readonly distinct: number;
  readonly clusters: number;
}

const ALERTS = 500_000;
const USERS = 5_000;
const HOSTS = 2_000;
const RULES = 300;
const DAYS = 3;

/** Measures how fast alerts are placed: three days of an organisation of 5,000, everyday rules, floods and a few attacks. */
export function benchCorrelate(alerts: number = ALERTS): CorrelateFigures {
  const inputs = syntheticAlerts(alerts);
  const correlator = createCorrelator();
  let distinct = 0;
  let clusters = 0;
  const begun = processorMs();
  for (const input of inputs) {
    const { duplicateOf, because, merged } = correlator.add(input);
    if (duplicateOf === undefined) distinct++;
    if (because[0]?.kind === 'first') clusters++;
    clusters -= merged?.length ?? 0;
  }
  const placed = processorMs();
  for (const input of inputs) createHash('sha256').update(JSON.stringify(input)).digest();
  const hashed = processorMs();
  const perSecond = Math.round((alerts / (placed - begun)) * 1000);
  const hashedPerSecond = Math.round((alerts / (hashed - placed)) * 1000);
  return { alerts, perSecond, hashedPerSecond, ratio: perSecond / hashedPerSecond, distinct, clusters };
}

/** Processor time of this process, so that what else runs on the machine does not count. */
function processorMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** By activity time; the same each run. Few hosts and rules make most alerts, and a host has its people, as in life. */
function syntheticAlerts(count: number): readonly CorrelationInput[] {
  const inputs: CorrelationInput[] = [];
  for (let n = 0; n < count; n++) {
    const rule = skewed(n, 1, RULES);
    const host = skewed(n, 2, HOSTS);
    inputs.push({
      id: `alr_${n}`,
      source: 'bench',
      title: `rule ${rule}`,
      rule: `rule-${rule}`,
      at: unixMsFrom(Math.floor((n / count) * DAYS * MS_PER_DAY)),
      entities: [
        { kind: 'host', value: `host-${host}`, role: 'target' },
        { kind: 'user', value: `user-${(host * 2 + skewed(n, 3, 3)) % USERS}`, role: 'actor' },
        { kind: 'ip', value: `10.0.${host >> 8}.${host & 255}`, role: 'related' },
        { kind: 'process', value: 'sh', role: 'actor' },
      ],
      tactics: [],
      vendorLinks: [],
    });
  }
  return inputs;
}

/** A number below `size`, the small ones far more often; looks random, and is the same for the same `n` and `salt`. */
function skewed(n: number, salt: number, size: number): number {
  const x = Math.sin(n * 12.9898 + salt * 78.233) * 43758.5453;
  return Math.floor((x - Math.floor(x)) ** 3 * size);
}
