import { parseTime, type UnixMs, unixMsFrom } from '../../base/time.ts';
import type { Alert, EntityHit, EntityKind, EntityRole } from '../../model/alert.ts';
import type { ReadField } from './verify-claim.ts';

/** A raw record of an invented product, from which both the alert and its fields are read. For tests. */
export interface TestRecord {
  readonly time?: string;
  readonly rule: string;
  readonly action?: string;
  readonly outcome?: 'success' | 'failure';
  readonly actor?: string;
  readonly target?: string;
  readonly host?: string;
  readonly ip?: string;
  readonly resource?: string;
  readonly note?: string;
  readonly severity?: Alert['severity'];
  readonly tactics?: readonly string[];
  readonly heard?: string;
}

const ENTITIES: readonly (readonly [keyof TestRecord, EntityKind, EntityRole])[] = [
  ['actor', 'user', 'actor'],
  ['target', 'user', 'target'],
  ['host', 'host', 'observer'],
  ['ip', 'ip', 'actor'],
  ['resource', 'cloud_resource', 'target'],
];

/** The alert that a source would make of the record, with pointers into it. */
export function alertOf(record: TestRecord, number: number): Alert {
  const entities = ENTITIES.flatMap(([key, kind, role]): EntityHit[] => {
    const label = record[key];
    return typeof label === 'string'
      ? [{ kind, value: label.toLowerCase(), label, role, pointer: `/${key}`, vendorId: undefined }]
      : [];
  });
  const at = record.time === undefined ? undefined : parseTime(record.time);
  return {
    id: `alr_${String(number).padStart(4, '0')}`,
    evidence: `evd_${String(number).padStart(4, '0')}`,
    sha256: '00'.repeat(32),
    receivedAt: timeOf(record.heard ?? record.time ?? '2026-03-02T23:00:00Z'),
    source: 'test',
    vendorId: undefined,
    product: 'Testwatch',
    title: record.rule,
    rule: record.rule,
    severity: record.severity ?? 'unknown',
    occurredAt: at,
    endedAt: undefined,
    reportedAt: undefined,
    fields: {
      rule_name: record.rule,
      ...(record.time === undefined ? {} : { time: record.time }),
      ...(record.action === undefined ? {} : { action: record.action }),
      ...(record.outcome === undefined ? {} : { outcome: record.outcome }),
      ...(record.host === undefined ? {} : { host: record.host }),
      ...(record.ip === undefined ? {} : { src_ip: record.ip }),
    },
    pointers: {
      rule_name: '/rule',
      time: '/time',
      action: '/action',
      outcome: '/outcome',
      host: '/host',
      src_ip: '/ip',
    },
    entities,
    techniques: [],
    tactics: record.tactics ?? [],
    vendorLinks: [],
    ocsf: {},
    warnings: [],
  };
}

export function alertsOf(records: readonly TestRecord[]): readonly Alert[] {
  return records.map(alertOf);
}

/** Reads the raw records, as the store's evidence would be read. */
export function readerOf(records: readonly TestRecord[]): ReadField {
  return (evidence, pointer) => {
    const record = records[Number(evidence.slice('evd_'.length))];
    const value = Object.entries(record ?? {}).find(([key]) => `/${key}` === pointer)?.[1];
    return typeof value === 'string' ? value : undefined;
  };
}

export function timeOf(text: string): UnixMs {
  return parseTime(text) ?? unixMsFrom(0);
}

/** A raw record of a product of our making, flat by pointer, and how its alert differs from the usual one. */
export interface Given {
  readonly time: string;
  readonly raw: { readonly [pointer: string]: string };
  readonly entities: readonly (readonly [EntityHit['kind'], EntityHit['role'], string, EntityHit['machine']?])[];
  readonly change?: Partial<Alert>;
}

const NOTHING: Given = { time: '', raw: {}, entities: [] };

/** Alerts with raw records of our making, and how a field of one is read. */
export function made(given: readonly Given[]): { readonly alerts: readonly Alert[]; readonly read: ReadField } {
  const base = alertsOf(given.map(({ time }) => ({ time, rule: 'seen' })));
  const alerts = base.map((alert, index): Alert => {
    const { raw, entities, change } = given[index] ?? NOTHING;
    const hits = entities.map(([kind, role, pointer, machine]): EntityHit => {
      const label = raw[pointer] ?? '';
      return {
        kind,
        role,
        pointer,
        label,
        value: label.toLowerCase(),
        vendorId: undefined,
        ...(machine && { machine }),
      };
    });
    return { ...alert, pointers: {}, fields: {}, entities: hits, ...change };
  });
  const read: ReadField = (evidence, pointer) => given[Number(evidence.slice('evd_'.length))]?.raw[pointer];
  return { alerts, read };
}
