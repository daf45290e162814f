import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readRecords } from '../../app/read-files.ts';
import type { Id } from '../../base/id.ts';
import { MS_PER_HOUR, unixMsFrom } from '../../base/time.ts';
import { normaliseRecord } from '../../core/intake/normalise.ts';
import { locateIn } from '../../core/study/claims/locate.ts';
import type { ClaimContext } from '../../core/study/claims/world.ts';
import { clocksOf } from '../../core/study/skew.ts';
import type { ReadField } from '../../core/study/verify-claim.ts';
import type { Alert, NormalisedAlert } from '../../model/alert.ts';
import type { Gap } from '../../model/claim.ts';
import type { RawRecord } from '../../ports/source.ts';
import { SOURCES } from '../../sources/index.ts';
import { recordOf } from '../../sources/read/record.ts';
import { resolve } from '../../sources/shared/at.ts';
import type { Numbers } from './numbers.ts';

/** One group of records with all that claims about them are made of. */
export interface Incident {
  readonly name: string;
  readonly alerts: readonly Alert[];
  readonly records: ReadonlyMap<string, RawRecord>;
  readonly read: ReadField;
  readonly context: ClaimContext;
}

interface Item {
  readonly record: RawRecord;
  readonly alert: NormalisedAlert;
}

/** Records of one incident of the evaluation data, and of one that is mixed from our sources' own test records. */
const CHUNK = 100;
const MIXED = 12;

/** The checkout, or the package, that this program stands in. */
export function rootFolder(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json')) && dirname(folder) !== folder) folder = dirname(folder);
  return folder;
}

/** The evaluation data beside the checkout, where it is there; `limit` is of alerts from one file. */
export async function realIncidents(numbers: Numbers, limit: number): Promise<readonly Incident[]> {
  const shared = join(rootFolder(), '../shared/data');
  const folders = ['secrl-alerts', 'wazuh-aecid', 'cloudtrail-stratus', 'otrf'];
  const files = folders
    .map(folder => join(shared, folder))
    .filter(folder => existsSync(folder))
    .flatMap(folder => readdirSync(folder).map(file => join(folder, file)))
    .filter(file => /(?:^|\/)(?:alerts|suricata_eve|events)\.ndjson$|otrf\/.*\.gz$/.test(file));
  const incidents: Incident[] = [];
  for (const file of files) {
    const items: Item[] = [];
    for await (const pieces of readRecords(file)) {
      for (const piece of pieces) if (piece.ok) items.push(...itemOf(piece.record));
      if (items.length >= limit) break;
    }
    for (let from = 0; from < Math.min(items.length, limit); from += CHUNK)
      incidents.push(incidentOf(`${file.slice(shared.length + 1)}#${from}`, items.slice(from, from + CHUNK), numbers));
  }
  return incidents;
}

/** `count` incidents of the records that our sources are tested with, mixed anew for each. */
export function mixedIncidents(numbers: Numbers, count: number): readonly Incident[] {
  const sources = join(rootFolder(), 'src/sources');
  const items = readdirSync(sources)
    .map(source => join(sources, source, 'testdata'))
    .filter(folder => existsSync(folder))
    .flatMap(folder => readdirSync(folder).map(file => join(folder, file)))
    .filter(file => !file.endsWith('.expected.json'))
    .flatMap(file => {
      const piece = recordOf(new Uint8Array(readFileSync(file)));
      return piece.ok ? itemOf(piece.record) : [];
    });
  return Array.from({ length: count }, (_, index) => {
    const own = Array.from({ length: MIXED }, () => items[numbers.below(items.length)]).filter(
      one => one !== undefined,
    );
    // Some records come twice, so that there are runs.
    return incidentOf(`testdata#${index}`, [...own, ...own.slice(0, numbers.below(MIXED))], numbers);
  });
}

function itemOf(record: RawRecord): readonly Item[] {
  const read = normaliseRecord(record, SOURCES, 'auto', new Map());
  return read.ok ? [{ record, alert: read.value }] : [];
}

function incidentOf(name: string, items: readonly Item[], numbers: Numbers): Incident {
  const alerts = items.map(({ alert }, index): Alert => {
    const place = String(index).padStart(6, '0');
    const id: Id<'alert'> = `alr_${place}`;
    const receivedAt = alert.reportedAt ?? alert.endedAt ?? alert.occurredAt ?? unixMsFrom(1_800_000_000_000);
    return { ...alert, id, evidence: `evd_${place}`, sha256: '', receivedAt };
  });
  const records = new Map(alerts.map(({ evidence }, index) => [evidence as string, items[index]?.record as RawRecord]));
  return { name, alerts, records, read: readerOf(records), context: contextOf(alerts, records, numbers) };
}

function readerOf(records: Incident['records']): ReadField {
  return (evidence, pointer) => {
    const value = resolve(records.get(evidence)?.value, pointer);
    if (typeof value === 'string') return value;
    return value === undefined || value === null || typeof value === 'object' ? undefined : JSON.stringify(value);
  };
}

/** The same incident after somebody changed one field of one record; undefined where the record is no JSON. */
export function tamperedWith(incident: Incident, evidence: string, pointer: string): Incident | undefined {
  const record = incident.records.get(evidence);
  if (record === undefined || pointer === '' || !record.text.trimStart().startsWith('{')) return undefined;
  const value: unknown = JSON.parse(record.text);
  const path = pointer.split('/').slice(1);
  const key = path.pop() ?? '';
  const parent = resolve(value, path.map(part => `/${part}`).join(''));
  if (typeof parent !== 'object' || parent === null) return undefined;
  Reflect.set(parent, key.replaceAll('~1', '/').replaceAll('~0', '~'), 'mallory');
  const text = JSON.stringify(value);
  const records = new Map(incident.records).set(evidence, { ...record, bytes: Buffer.from(text), text, value });
  return { ...incident, records, read: readerOf(records) };
}

/** Coverage, gaps and a history, made up: whole in two incidents of three. */
function contextOf(alerts: readonly Alert[], records: Incident['records'], numbers: Numbers): ClaimContext {
  const times = alerts.flatMap(({ occurredAt }) => (occurredAt === undefined ? [] : [occurredAt]));
  const begin = times.reduce((a, b) => Math.min(a, b), times[0] ?? 0);
  const isWhole = numbers.below(3) > 0;
  const gap: Gap = {
    stream: `${alerts[0]?.fields.host ?? '*'}|${alerts[0]?.product ?? 'Sensor'}`,
    from: unixMsFrom(begin + numbers.below(MS_PER_HOUR)),
    to: unixMsFrom(begin + 2 * MS_PER_HOUR),
    isRequired: numbers.below(2) === 0,
    because: 'nothing came for two hours, where some 40 records were due',
  };
  const heard = isWhole ? 5 : numbers.below(5);
  return {
    locate: (evidence, text) => locateIn(records.get(evidence)?.value, text),
    coverage: { verdict: isWhole ? 'complete' : 'gaps', expected: 5, heard, streams: [] },
    gaps: isWhole ? [] : [gap],
    history: { days: 30, dailyMaxOf: rule => (rule.length % 3 === 0 ? undefined : rule.length % 4) },
    clocks: clocksOf(alerts),
  };
}
