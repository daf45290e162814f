import { alertOf, readerOf, type TestRecord } from '../../src/core/study/testing.ts';
import type { Alert } from '../../src/model/alert.ts';
import type { InventoryRecord } from '../../src/model/inventory.ts';
import type { Scenario } from './scenarios.ts';

/** A source that sends in a steady rhythm, and that tells of the incident. */
export interface SteadySource {
  readonly product: string;
  /** Undefined where the product speaks for no machine. */
  readonly host: string | undefined;
  readonly technique: string;
}

export const SOURCES: readonly SteadySource[] = [
  { product: 'Okta', host: undefined, technique: 'T1078' },
  { product: 'AWS CloudTrail', host: undefined, technique: 'T1098' },
  { product: 'Wazuh', host: 'db1', technique: 'T1110' },
  { product: 'Testwatch', host: 'db1', technique: 'T1048' },
  { product: 'Suricata', host: 'db1', technique: 'T1048' },
  { product: 'CrowdStrike Falcon', host: 'db1', technique: 'T1059' },
];

const DAYS = 3;
const EVERY_MS = 10 * 60_000;
const END_MS = Date.UTC(2026, 2, 5, 12);
const BEGUN_MS = END_MS - 3 * 3_600_000;

/** Whoever the incident is about, in the inventory. */
export const DANA: InventoryRecord = {
  kind: 'person',
  name: 'dana',
  aliases: ['access_key:AKIAEXAMPLEDANA', 'user:dana'],
  accounts: [{ system: 'orders-db', name: 'dana_login' }],
  owner: 'ole',
  privileged: 'no',
  criticality: 'low',
  dependents: [],
};

/** Three steady days of every source, and an hour in which all of them tell of one person. */
export function steady(sources: readonly SteadySource[], target: InventoryRecord): Scenario {
  const records: TestRecord[] = [];
  const alerts: Alert[] = [];
  const add = (source: SteadySource, at: number, record: Omit<TestRecord, 'time'>, techniques: readonly string[]) => {
    const time = new Date(at).toISOString();
    const whole: TestRecord = { ...record, time, ...(source.host === undefined ? {} : { host: source.host }) };
    alerts.push({ ...alertOf(whole, records.length), product: source.product, techniques });
    records.push(whole);
  };
  for (let at = END_MS - DAYS * 86_400_000; at < END_MS; at += EVERY_MS)
    for (const source of sources) add(source, at, { rule: 'Everyday', actor: 'everyone' }, []);
  const told = records.length;
  for (const [index, source] of sources.entries())
    add(
      source,
      BEGUN_MS + index * EVERY_MS,
      { rule: `Odd: ${source.product}`, actor: 'dana', severity: 'high', outcome: 'success', action: 'login' },
      [source.technique],
    );
  return {
    alerts: [...alerts].sort((a, b) => (a.occurredAt ?? 0) - (b.occurredAt ?? 0)),
    incidents: [alerts.slice(told)],
    read: readerOf(records),
    inventoryOf: () => ({ v: '1', version: '1', records: [target] }),
    system: 'orders-db',
  };
}
