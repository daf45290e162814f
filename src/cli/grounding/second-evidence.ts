import { createHash } from 'node:crypto';
import type { Alert } from '../../model/alert.ts';
import type { RawRecord } from '../../ports/source.ts';

/** Raw records, opened from their bytes a second time. */
export interface Evidence {
  /** The text of a field; undefined where there is none. */
  field(evidence: string, pointer: string): string | undefined;
  /** Whether a field holds a value as a word of its own. */
  holds(evidence: string, pointer: string, value: string): boolean;
  /** What of an alert its record contradicts; undefined where nothing. */
  contradiction(alert: Alert): string | undefined;
}

export function openEvidence(records: ReadonlyMap<string, RawRecord>): Evidence {
  const opened = new Map<string, unknown>();
  const recordAt = (evidence: string): unknown => {
    const record = records.get(evidence);
    if (record === undefined) return undefined;
    if (!opened.has(evidence)) opened.set(evidence, open(record));
    return opened.get(evidence);
  };
  const field = (evidence: string, pointer: string): string | undefined => {
    let at = recordAt(evidence);
    for (const raw of pointer === '' ? [] : pointer.split('/').slice(1)) {
      const key = raw.replace(/~1/g, '/').replace(/~0/g, '~');
      if (at === null || typeof at !== 'object' || !Object.hasOwn(at, key)) return undefined;
      at = Reflect.get(at, key);
    }
    if (at === null || at === undefined || typeof at === 'object') return undefined;
    return String(at);
  };
  const holds = (evidence: string, pointer: string, value: string): boolean => {
    const text = field(evidence, pointer);
    if (text === undefined || value === '') return false;
    return text.trim() === value || [text, unescaped(text)].some(one => asWord(value).test(one));
  };
  return { field, holds, contradiction: alert => contradictionOf(alert, field, holds) };
}

/** JSON by its bytes. A row or a mail is what the reader of its file made of it: its bytes alone do not name its fields. */
function open({ bytes, value }: RawRecord): unknown {
  const text = Buffer.from(bytes).toString('utf8');
  try {
    const read: unknown = JSON.parse(text);
    if (typeof read === 'object' && read !== null) return read;
  } catch {
    // No JSON: a line of text, a row or a mail.
  }
  return value;
}

function unescaped(text: string): string {
  return text.replace(/\\([\s\S])/g, '$1');
}

function asWord(value: string): RegExp {
  const escaped = value.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
  const before = /^[\p{L}\p{N}]/u.test(value) ? '(?<![\\p{L}\\p{N}])' : '';
  const behind = /[\p{L}\p{N}]$/u.test(value) ? '(?![\\p{L}\\p{N}])' : '';
  const number = /^[\d.]+$/.test(value) ? '(?!\\d|\\.\\d)' : '';
  return new RegExp(`${before}${escaped}${behind}${number}`, 'u');
}

function contradictionOf(
  { evidence, fields, pointers, occurredAt, reportedAt }: Alert,
  field: Evidence['field'],
  holds: Evidence['holds'],
): string | undefined {
  const { action } = fields;
  if (action !== undefined && pointers.action !== undefined && !holds(evidence, pointers.action, action))
    return 'the operation does not stand there';
  const written = pointers.time === undefined || pointers.time === '' ? undefined : field(evidence, pointers.time);
  const read = written === undefined ? Number.NaN : momentOf(written.trim());
  if (!Number.isNaN(read) && ![occurredAt, reportedAt].some(one => one !== undefined && Math.abs(one - read) <= 1))
    return 'the record has another time';
  return undefined;
}

/** NaN for a form that is no RFC 3339 and no count since 1970. */
function momentOf(text: string): number {
  if (/^\d{9,10}(?:\.\d+)?$/.test(text)) return Math.floor(Number(text) * 1000);
  if (/^\d{12,13}(?:\.\d+)?$/.test(text)) return Math.floor(Number(text));
  const parts = /^(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d)(?:[.,](\d+))?\s?(Z|z|UTC|[+-]\d\d:?\d\d)?$/.exec(text);
  if (parts === null) return Number.NaN;
  const [, day, clock, fraction = '', zone = 'Z'] = parts;
  const offset = /^[+-]/.test(zone) ? zone.replace(/^(...)(\d\d)$/, '$1:$2') : 'Z';
  return Date.parse(`${day}T${clock}.${`${fraction}000`.slice(0, 3)}${offset}`);
}

/** SHA-256 over the domain and the canonical JSON of a flat object of strings and booleans. */
export function digest(domain: string, value: { readonly [key: string]: string | boolean }): string {
  const members = Object.keys(value)
    .sort()
    .map(key => `${JSON.stringify(key)}:${JSON.stringify(value[key])}`);
  return createHash('sha256')
    .update(`${domain}\n{${members.join(',')}}`)
    .digest('hex');
}
