import { fail, ok, type Result } from '../../base/result.ts';
import type { UnixMs } from '../../base/time.ts';
import type { AlertField, EntityHit, EntityKind, EntityRole, NormalisedAlert } from '../../model/alert.ts';
import type { FieldMap, RawRecord, Source } from '../../ports/source.ts';
import { type At, dig, rootOf, textAt, token } from './at.ts';
import { formed, NO_TIME, type Unformed } from './draft.ts';
import { machineKindOf } from './machine.ts';
import { detectionFinding } from './ocsf.ts';
import { severityOfWord } from './severity.ts';
import { isMachineAccount, normaliseEntity, normaliseIp, splitEndpoint } from './values.ts';
import { readTime, timeText } from './when.ts';

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
const FIELD_OF_KEY: ReadonlyMap<string, AlertField> = new Map(FIELDS.map(field => [field, field]));
const OWN_KEYS = ['id', 'title', 'ip', 'product'] as const;
type OwnKey = (typeof OWN_KEYS)[number];

function isOwnKey(key: string): key is OwnKey {
  return (OWN_KEYS as readonly string[]).includes(key);
}

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
    if (!isOwnKey(key) && !FIELD_OF_KEY.has(key)) return fail(`there is no field \`${key}\` to map`);
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

/** One pair of a map, made ready once for all records. */
interface Mapping {
  readonly path: string;
  /** Where the path leads if it is one key at the top of the record, as it usually is. */
  readonly pointer: string;
  readonly own: OwnKey | undefined;
  readonly field: AlertField | undefined;
  /** What a person names as the title is what a statement about the alert cites as its rule. */
  readonly isRuleName: boolean;
  readonly entity: readonly [EntityKind, EntityRole] | undefined;
}

function mappingsOf(map: FieldMap): readonly Mapping[] {
  return [...map].map(([key, path]) => ({
    path,
    pointer: `/${token(path)}`,
    own: isOwnKey(key) ? key : undefined,
    field: FIELD_OF_KEY.get(key),
    isRuleName: key === 'title' && !map.has('rule_name'),
    entity: ENTITY_OF.get(key),
  }));
}

function placeOf(root: At, { path, pointer }: Mapping): At | undefined {
  const { value } = root;
  if (typeof value !== 'object' || value === null || Array.isArray(value) || !Object.hasOwn(value, path))
    return follow(root, path);
  const found = (value as { readonly [key: string]: unknown })[path];
  return found === null || found === undefined ? follow(root, path) : { value: found, pointer };
}

/** What a person's map says about one record. */
interface Overlay {
  readonly fields: { [F in AlertField]?: string };
  readonly pointers: { [F in AlertField]?: string };
  readonly entities: EntityHit[];
  /** The mapped id, title, product and ip. */
  readonly own: { [K in OwnKey]?: string };
  /** Pointer and whole text of each mapped value; of a pointer that is mapped twice the same. Few, so a list. */
  readonly taken: { readonly pointer: string; readonly text: string }[];
  time: UnixMs | undefined;
}

function overlayOf(root: At, mappings: readonly Mapping[]): Overlay {
  const overlay: Overlay = {
    fields: {},
    pointers: {},
    entities: [],
    own: {},
    taken: [],
    time: undefined,
  };
  for (const mapping of mappings) {
    const at = placeOf(root, mapping);
    const text = textAt(at);
    if (at === undefined || text === undefined) continue;
    overlay.taken.push({ pointer: at.pointer, text });
    const { own, field, isRuleName, entity } = mapping;
    if (own !== undefined) overlay.own[own] = text;
    if (field !== undefined) putField(overlay, field, text, at.pointer);
    if (isRuleName) putField(overlay, 'rule_name', text, at.pointer);
    if (entity !== undefined) putMapped(overlay, entity[0], entity[1], text, at.pointer);
  }
  return overlay;
}

function putField(overlay: Overlay, field: AlertField, text: string, pointer: string): void {
  if (field === 'time') overlay.time = readTime(text);
  const value =
    field === 'time' ? (overlay.time === undefined ? undefined : timeText(overlay.time)) : fieldText(field, text);
  if (value === undefined) return;
  overlay.fields[field] = value;
  overlay.pointers[field] = pointer;
}

function fieldText(field: AlertField, text: string): string | undefined {
  if (field !== 'outcome') return text;
  if (/^(?:success|succeeded|ok|true|allow(?:ed)?)$/i.test(text)) return 'success';
  return /^(?:fail(?:ure|ed)?|false|den(?:y|ied)|error|block(?:ed)?)$/i.test(text) ? 'failure' : undefined;
}

function putMapped(overlay: Overlay, kind: EntityKind, role: EntityRole, text: string, pointer: string): void {
  const machine = kind === 'user' ? machineKindOf(text) : undefined;
  const label = kind === 'ip' ? (splitEndpoint(text)?.ip ?? text) : text;
  // A host that is recorded by its address is that address.
  const real: EntityKind =
    kind === 'host' && normaliseIp(text) !== undefined
      ? 'ip'
      : kind === 'user' && (machine !== undefined || isMachineAccount(text))
        ? 'nhi'
        : kind;
  const value = normaliseEntity(real, label);
  if (value === undefined) return;
  const hit = { kind: real, value, label, role, pointer, vendorId: undefined };
  overlay.entities.push(machine === undefined ? hit : { ...hit, machine });
}

/** The mapped entities first; of the others those that are not the same thing, nor the same whole value otherwise read. */
function merged(overlay: Overlay, found: readonly EntityHit[]): readonly EntityHit[] {
  const all = overlay.entities.slice();
  for (const one of found) {
    if (isTaken(overlay, one.pointer, one.label)) continue;
    if (!overlay.entities.some(other => other.kind === one.kind && other.value === one.value)) all.push(one);
  }
  return all;
}

/** Whether the map gives this whole value at this place a meaning. */
function isTaken(overlay: Overlay, pointer: string, text: string): boolean {
  return overlay.taken.some(one => one.pointer === pointer && one.text === text);
}

/** The source's fields but those that it read from a value to which the map gives another meaning. */
function fieldsUnder(alert: NormalisedAlert, overlay: Overlay): Pick<NormalisedAlert, 'fields' | 'pointers'> {
  const fields: { [F in AlertField]?: string } = {};
  const pointers: { [F in AlertField]?: string } = {};
  for (const name of FIELDS) {
    const value = overlay.fields[name] ?? alert.fields[name];
    if (value === undefined) continue;
    const isMapped = overlay.fields[name] !== undefined;
    const pointer = isMapped ? overlay.pointers[name] : alert.pointers[name];
    if (!isMapped && pointer !== undefined && name !== 'time' && isTaken(overlay, pointer, value)) continue;
    fields[name] = value;
    if (pointer !== undefined) pointers[name] = pointer;
  }
  return { fields: fields as NormalisedAlert['fields'], pointers };
}

/** How sure the source is of what it guessed: what the map names is certain, so nothing is said of it. */
function confidenceUnder(
  alert: NormalisedAlert,
  overlay: Overlay,
  fields: NormalisedAlert['fields'],
): NormalisedAlert['confidence'] {
  if (alert.confidence === undefined) return undefined;
  const left: { [F in AlertField]?: number } = {};
  for (const name of FIELDS) {
    const confidence = alert.confidence[name];
    if (confidence !== undefined && fields[name] !== undefined && overlay.fields[name] === undefined)
      left[name] = confidence;
  }
  return left;
}

function laidOver(alert: NormalisedAlert, record: RawRecord, mappings: readonly Mapping[]): NormalisedAlert {
  const overlay = overlayOf(rootOf(record.value), mappings);
  const title = overlay.own.title ?? overlay.fields.rule_name;
  const { fields, pointers } = fieldsUnder(alert, overlay);
  const confidence = confidenceUnder(alert, overlay, fields);
  const made: Unformed = {
    source: alert.source,
    vendorId: overlay.own.id ?? alert.vendorId,
    product: overlay.own.product ?? alert.product,
    title: title ?? alert.title,
    rule: overlay.fields.rule_name ?? title ?? alert.rule,
    severity: overlay.fields.severity === undefined ? alert.severity : severityOfWord(overlay.fields.severity),
    occurredAt: overlay.time ?? alert.occurredAt,
    endedAt: alert.endedAt,
    reportedAt: alert.reportedAt,
    fields,
    pointers,
    ...(confidence === undefined ? {} : { confidence }),
    entities: merged(overlay, alert.entities),
    techniques: alert.techniques,
    tactics: alert.tactics,
    vendorLinks: alert.vendorLinks,
    warnings: overlay.time === undefined ? alert.warnings : alert.warnings.filter(text => text !== NO_TIME),
  };
  return formed(made, () => rebuilt(made, alert.ocsf));
}

function rebuilt(alert: Unformed, ocsf: NormalisedAlert['ocsf']): NormalisedAlert['ocsf'] {
  const before = rootOf(ocsf);
  return detectionFinding({
    ...alert,
    vendor: textAt(dig(before, 'metadata', 'product', 'vendor_name')),
    isAlert: dig(before, 'is_alert')?.value === true,
    unmappedCount: Number(textAt(dig(before, 'unmapped', 'count')) ?? 0),
  });
}

/** The last map that was laid over each source: a file or a delivery has one for all its records. */
const overlaid = new WeakMap<Source, { readonly map: FieldMap; readonly mapped: Source }>();

/** A source with a person's map laid over it: what the map names is taken from there, the rest is the source's. */
export function withMap(source: Source, map: FieldMap): Source {
  const known = overlaid.get(source);
  if (known?.map === map) return known.mapped;
  const mappings = mappingsOf(map);
  const mapped: Source = {
    id: source.id,
    title: source.title,
    recognise: record => source.recognise(record),
    normalise: record => {
      const result = source.normalise(record);
      return result.ok ? ok(laidOver(result.value, record, mappings)) : result;
    },
  };
  overlaid.set(source, { map, mapped });
  return mapped;
}
