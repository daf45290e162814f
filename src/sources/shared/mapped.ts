import { fail, ok, type Result } from '../../base/result.ts';
import { rfc3339 } from '../../base/time.ts';
import type { AlertField, EntityHit, EntityKind, EntityRole, NormalisedAlert } from '../../model/alert.ts';
import type { FieldMap, RawRecord, Source } from '../../ports/source.ts';
import { type At, dig, rootOf, textAt } from './at.ts';
import { detectionFinding } from './ocsf.ts';
import { severityOfWord } from './severity.ts';
import { isMachineAccount, normaliseEntity, normaliseIp, splitEndpoint } from './values.ts';
import { readTime } from './when.ts';

const FIELDS: readonly AlertField[] = [
  'time',
  'src_ip',
  'dst_ip',
  'src_port',
  'dst_port',
  'user',
  'host',
  'process',
  'command_line',
  'file_path',
  'hash_sha256',
  'url',
  'domain',
  'rule_name',
  'action',
  'outcome',
  'severity',
  'email_from',
  'email_to',
];
const OWN_KEYS: readonly string[] = ['id', 'title', 'ip', 'product'];

/** Reads `id=alert.id,time=ts`. Fails with a sentence for a key that we do not have or a pair without a path. */
export function parseFieldMap(text: string): Result<FieldMap, string> {
  const map = new Map<string, string>();
  for (const pair of text
    .split(',')
    .map(one => one.trim())
    .filter(one => one !== '')) {
    const at = pair.indexOf('=');
    const key = pair.slice(0, Math.max(at, 0)).trim();
    const path = pair.slice(at + 1).trim();
    if (at < 1 || path === '') return fail(`\`${pair}\` is not of the form field=path`);
    if (!OWN_KEYS.includes(key) && !FIELDS.some(field => field === key))
      return fail(`there is no field \`${key}\` to map`);
    map.set(key, path);
  }
  return ok(map);
}

/** The value at a dotted path; a key that itself holds dots is found too, the longest first. */
function follow(from: At, path: string): At | undefined {
  const whole = dig(from, path);
  if (whole !== undefined || !path.includes('.')) return whole;
  const steps = path.split('.');
  for (let count = steps.length - 1; count >= 1; count--) {
    const head = steps.slice(0, count).join('.');
    const next = dig(from, head) ?? (/^\d+$/.test(head) ? dig(from, Number(head)) : undefined);
    const found = next === undefined ? undefined : follow(next, steps.slice(count).join('.'));
    if (found !== undefined) return found;
  }
  return undefined;
}

const ENTITY_OF: ReadonlyMap<string, readonly [EntityKind, EntityRole]> = new Map([
  ['user', ['user', 'actor']],
  ['host', ['host', 'target']],
  ['ip', ['ip', 'related']],
  ['src_ip', ['ip', 'actor']],
  ['dst_ip', ['ip', 'target']],
  ['process', ['process', 'actor']],
  ['command_line', ['command_line', 'actor']],
  ['file_path', ['file', 'related']],
  ['hash_sha256', ['hash', 'related']],
  ['url', ['url', 'related']],
  ['domain', ['domain', 'related']],
  ['email_from', ['mailbox', 'actor']],
  ['email_to', ['mailbox', 'target']],
] as const);

/** What a person's map says about one record. */
interface Overlay {
  readonly fields: { [F in AlertField]?: string };
  readonly pointers: { [F in AlertField]?: string };
  readonly entities: EntityHit[];
}

function overlayOf(root: At, map: FieldMap): Overlay {
  const overlay: Overlay = { fields: {}, pointers: {}, entities: [] };
  for (const [key, path] of map) {
    const at = follow(root, path);
    const text = textAt(at);
    if (at === undefined || text === undefined) continue;
    const field = FIELDS.find(name => name === key);
    const value = field === undefined ? undefined : fieldText(field, text);
    if (field !== undefined && value !== undefined) {
      overlay.fields[field] = value;
      overlay.pointers[field] = at.pointer;
    }
    const entity = ENTITY_OF.get(key);
    if (entity !== undefined) putMapped(overlay, entity[0], entity[1], text, at.pointer);
  }
  return overlay;
}

function fieldText(field: AlertField, text: string): string | undefined {
  if (field === 'time') {
    const time = readTime(text);
    return time === undefined ? undefined : rfc3339(time);
  }
  if (field !== 'outcome') return text;
  if (/^(?:success|succeeded|ok|true|allow(?:ed)?)$/i.test(text)) return 'success';
  return /^(?:fail(?:ure|ed)?|false|den(?:y|ied)|error|block(?:ed)?)$/i.test(text) ? 'failure' : undefined;
}

function putMapped(overlay: Overlay, kind: EntityKind, role: EntityRole, text: string, pointer: string): void {
  const label = kind === 'ip' ? (splitEndpoint(text)?.ip ?? text) : text;
  // A host that is recorded by its address is that address.
  const real: EntityKind =
    kind === 'host' && normaliseIp(text) !== undefined
      ? 'ip'
      : kind === 'user' && isMachineAccount(text)
        ? 'nhi'
        : kind;
  const value = normaliseEntity(real, label);
  if (value !== undefined) overlay.entities.push({ kind: real, value, label, role, pointer, vendorId: undefined });
}

/** The mapped entities first; of the others those that are not the same thing or in a field that the map settles. */
function merged(mapped: readonly EntityHit[], found: readonly EntityHit[]): readonly EntityHit[] {
  if (mapped.length === 0) return found;
  const keys = new Set(mapped.map(one => `${one.kind}:${one.value}`));
  return [...mapped, ...found.filter(one => !keys.has(`${one.kind}:${one.value}`))];
}

function laidOver(alert: NormalisedAlert, record: RawRecord, map: FieldMap): NormalisedAlert {
  const root = rootOf(record.value);
  const overlay = overlayOf(root, map);
  const at = (key: string): string | undefined => {
    const path = map.get(key);
    return path === undefined ? undefined : textAt(follow(root, path));
  };
  const time = overlay.fields.time === undefined ? undefined : readTime(overlay.fields.time);
  const title = at('title') ?? overlay.fields.rule_name;
  const made = {
    ...alert,
    vendorId: at('id') ?? alert.vendorId,
    product: at('product') ?? alert.product,
    title: title ?? alert.title,
    rule: overlay.fields.rule_name ?? title ?? alert.rule,
    severity: overlay.fields.severity === undefined ? alert.severity : severityOfWord(overlay.fields.severity),
    occurredAt: time ?? alert.occurredAt,
    fields: { ...alert.fields, ...(overlay.fields as NormalisedAlert['fields']) },
    pointers: { ...alert.pointers, ...overlay.pointers },
    entities: merged(overlay.entities, alert.entities),
  };
  return { ...made, ocsf: rebuilt(made) };
}

function rebuilt(alert: NormalisedAlert): NormalisedAlert['ocsf'] {
  const before = rootOf(alert.ocsf);
  return detectionFinding({
    ...alert,
    vendor: textAt(dig(before, 'metadata', 'product', 'vendor_name')),
    isAlert: dig(before, 'is_alert')?.value === true,
    unmappedCount: Number(textAt(dig(before, 'unmapped', 'count')) ?? 0),
  });
}

/** A source with a person's map laid over it: what the map names is taken from there, the rest is the source's. */
export function withMap(source: Source, map: FieldMap): Source {
  return {
    id: source.id,
    title: source.title,
    recognise: record => source.recognise(record),
    normalise: record => {
      const result = source.normalise(record);
      return result.ok ? ok(laidOver(result.value, record, map)) : result;
    },
  };
}
