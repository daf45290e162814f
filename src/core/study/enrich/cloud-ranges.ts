import ipaddr from 'ipaddr.js';
import { fail, ok, type Result } from '../../../base/result.ts';
import { parseTime, type UnixMs, unixMsFrom } from '../../../base/time.ts';
import { parseAddress } from './address.ts';

export type CloudProvider = 'aws' | 'azure' | 'gcp';

/** What a provider publishes of one of its ranges. Empty where it does not say. */
export interface CloudLabel {
  readonly service: string;
  readonly region: string;
}

/** The address ranges of one provider, searched by the longest prefix. */
export interface CloudRanges {
  readonly provider: CloudProvider;
  /** By the file itself; undefined where it carries no date. */
  readonly asOf: UnixMs | undefined;
  readonly entries: number;
  readonly bytes: number;
  /** Entries of the file that are no ranges that we can read. They are counted, and make every answer partial. */
  readonly notUnderstood: number;
  readonly find: (address: string) => CloudLabel | undefined;
}

/** AWS publishes some 10,000 ranges and Azure some 90,000. */
const ENTRIES_MAX = 500_000;
const LABELS_MAX = 65_535;
const LABEL_CHARS_MAX = 100;
/** Of IPv6 the upper half is compared: nobody publishes a longer prefix. */
const V6_BITS_MAX = 64;
/** More general than any service of a provider; a narrower label of the same range is preferred. */
const GENERAL = new Set(['AMAZON', 'AzureCloud', 'Google Cloud']);

interface Entry {
  readonly prefix: string;
  readonly label: CloudLabel;
}

/**
 * Reads a file of ranges as its provider publishes it: `ip-ranges.json` of AWS, `ServiceTags_Public_….json` of Azure,
 * `cloud.json` of Google. Which one it is, is told by its form.
 */
export function readCloudRanges(text: string): Result<CloudRanges, string> {
  let file: unknown;
  try {
    file = JSON.parse(text.replace(/^\ufeff/, ''));
  } catch {
    return fail('the file is not JSON');
  }
  const read = isObject(file) ? (ofAws(file) ?? ofAzure(file) ?? ofGoogle(file)) : undefined;
  if (read === undefined) return fail('the file is not in the form of AWS, Azure or Google');
  if (read.entries.length > ENTRIES_MAX) return fail(`the file has more than ${ENTRIES_MAX} ranges`);
  return index(read);
}

interface ReadFile {
  readonly provider: CloudProvider;
  readonly asOf: UnixMs | undefined;
  readonly entries: readonly Entry[];
}

type Fields = { readonly [field: string]: unknown };

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value.slice(0, LABEL_CHARS_MAX) : '');
const listOf = (value: unknown): readonly Fields[] => (Array.isArray(value) ? value.filter(isObject) : []);

/** https://docs.aws.amazon.com/vpc/latest/userguide/aws-ip-syntax.html */
function ofAws(file: Fields): ReadFile | undefined {
  if (!Array.isArray(file['prefixes']) || typeof file['syncToken'] !== 'string' || !('ipv6_prefixes' in file))
    return undefined;
  const entries = [...listOf(file['prefixes']), ...listOf(file['ipv6_prefixes'])].map(item => ({
    prefix: textOf(item['ip_prefix']) || textOf(item['ipv6_prefix']),
    label: { service: textOf(item['service']), region: textOf(item['region']) },
  }));
  const seconds = Number(file['syncToken']);
  const asOf = Number.isSafeInteger(seconds) && seconds > 0 ? unixMsFrom(seconds * 1_000) : undefined;
  return { provider: 'aws', asOf, entries };
}

/** https://learn.microsoft.com/azure/virtual-network/service-tags-overview: it carries a change number and no date. */
function ofAzure(file: Fields): ReadFile | undefined {
  if (!Array.isArray(file['values']) || typeof file['cloud'] !== 'string') return undefined;
  const entries = listOf(file['values']).flatMap(tag => {
    const properties = isObject(tag['properties']) ? tag['properties'] : {};
    const service = textOf(properties['systemService']) || textOf(tag['name']).replace(/\..*$/, '');
    const label = { service, region: textOf(properties['region']) };
    const prefixes: readonly unknown[] = Array.isArray(properties['addressPrefixes'])
      ? properties['addressPrefixes']
      : [];
    return prefixes.map(prefix => ({ prefix: textOf(prefix), label }));
  });
  return { provider: 'azure', asOf: undefined, entries };
}

/** https://www.gstatic.com/ipranges/cloud.json */
function ofGoogle(file: Fields): ReadFile | undefined {
  if (!Array.isArray(file['prefixes']) || typeof file['creationTime'] !== 'string') return undefined;
  const entries = listOf(file['prefixes']).map(item => ({
    prefix: textOf(item['ipv4Prefix']) || textOf(item['ipv6Prefix']),
    label: { service: textOf(item['service']), region: textOf(item['scope']) },
  }));
  return { provider: 'gcp', asOf: parseTime(file['creationTime']), entries };
}

/** Ranges of one length, sorted: where each begins, and which label it has. */
interface Level<Starts extends Uint32Array | BigUint64Array> {
  readonly bits: number;
  readonly starts: Starts;
  readonly labels: Uint16Array;
}

function index({ provider, asOf, entries }: ReadFile): Result<CloudRanges, string> {
  const labels: CloudLabel[] = [];
  const labelIds = new Map<string, number>();
  const v4 = new Map<number, Map<number, number>>();
  const v6 = new Map<number, Map<bigint, number>>();
  let notUnderstood = 0;
  for (const { prefix, label } of entries) {
    const range = rangeOf(prefix);
    if (range === undefined) {
      notUnderstood++;
      continue;
    }
    const key = `${label.service}\n${label.region}`;
    const id = labelIds.get(key) ?? labels.push(label) - 1;
    if (id >= LABELS_MAX) return fail(`the file names more than ${LABELS_MAX} services and regions`);
    labelIds.set(key, id);
    if (typeof range.start === 'number') keep(v4, range.bits, range.start, id, labels);
    else keep(v6, range.bits, range.start, id, labels);
  }
  const levels4 = levelsOf(v4, starts => Uint32Array.from(starts));
  const levels6 = levelsOf(v6, starts => BigUint64Array.from(starts));
  const bytes = [...levels4, ...levels6].reduce(
    (sum, { starts, labels: of }) => sum + starts.byteLength + of.byteLength,
    0,
  );
  return ok({
    provider,
    asOf,
    entries: entries.length - notUnderstood,
    bytes,
    notUnderstood,
    find(address) {
      const place = placeOf(address);
      if (place === undefined) return undefined;
      const id = typeof place === 'number' ? search4(levels4, place) : search6(levels6, place);
      return id === undefined ? undefined : labels[id];
    },
  });
}

/** Of several labels of one range the one that says most: a service before the provider as a whole. */
function keep<N extends number | bigint>(
  levels: Map<number, Map<N, number>>,
  bits: number,
  start: N,
  id: number,
  labels: readonly CloudLabel[],
): void {
  const level = levels.get(bits) ?? new Map<N, number>();
  levels.set(bits, level);
  const known = level.get(start);
  const isGeneral = (at: number) => GENERAL.has(labels[at]?.service ?? '') || labels[at]?.service === '';
  if (known === undefined || (isGeneral(known) && !isGeneral(id))) level.set(start, id);
}

function levelsOf<N extends number | bigint, Starts extends Uint32Array | BigUint64Array>(
  levels: ReadonlyMap<number, ReadonlyMap<N, number>>,
  packed: (starts: readonly N[]) => Starts,
): readonly Level<Starts>[] {
  return [...levels]
    .sort(([a], [b]) => b - a)
    .map(([bits, level]) => {
      const starts = [...level.keys()].sort((one, other) => (one < other ? -1 : 1));
      return { bits, starts: packed(starts), labels: Uint16Array.from(starts, start => level.get(start) ?? 0) };
    });
}

function rangeOf(prefix: string): { readonly start: number | bigint; readonly bits: number } | undefined {
  const slash = prefix.lastIndexOf('/');
  const bits = Number(prefix.slice(slash + 1));
  const place = slash < 0 ? undefined : placeOf(prefix.slice(0, slash));
  if (place === undefined || !/^\d{1,3}$/.test(prefix.slice(slash + 1))) return undefined;
  if (typeof place === 'number') return bits <= 32 ? { start: masked4(place, bits), bits } : undefined;
  return bits <= V6_BITS_MAX ? { start: masked6(place, bits), bits } : undefined;
}

const masked4 = (place: number, bits: number): number => (bits === 0 ? 0 : (place & (-1 << (32 - bits))) >>> 0);
const masked6 = (place: bigint, bits: number): bigint => (place >> BigInt(64 - bits)) << BigInt(64 - bits);

/** An IPv4 address as a number, the upper half of an IPv6 address as a big one. */
function placeOf(address: string): number | bigint | undefined {
  const parsed = parseAddress(address)?.address;
  if (parsed === undefined) return undefined;
  const bytes = parsed.toByteArray();
  if (parsed instanceof ipaddr.IPv4) return bytes.reduce((sum, byte) => sum * 256 + byte, 0);
  return bytes.slice(0, 8).reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
}

function search4(levels: readonly Level<Uint32Array>[], place: number): number | undefined {
  for (const { bits, starts, labels } of levels) {
    const at = indexOf(starts, masked4(place, bits));
    if (at !== undefined) return labels[at];
  }
  return undefined;
}

function search6(levels: readonly Level<BigUint64Array>[], place: bigint): number | undefined {
  for (const { bits, starts, labels } of levels) {
    const at = indexOf(starts, masked6(place, bits));
    if (at !== undefined) return labels[at];
  }
  return undefined;
}

function indexOf<N extends number | bigint>(sorted: ArrayLike<N>, wanted: N): number | undefined {
  let [low, high] = [0, sorted.length - 1];
  while (low <= high) {
    const middle = (low + high) >> 1;
    const value = sorted[middle];
    if (value === undefined) return undefined;
    if (value === wanted) return middle;
    if (value < wanted) low = middle + 1;
    else high = middle - 1;
  }
  return undefined;
}
