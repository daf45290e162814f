import { concatBytes } from '../../base/bytes.ts';
import type { RawRecord } from '../../ports/source.ts';
import { RECORD_BYTES_MAX } from '../shared/bounds.ts';
import { ENVELOPES, type EnvelopeKind, FIRST_KEYS } from './envelope-kinds.ts';
import { CLOSE_LIST, COMMA, endOfValue, memberAt, OPEN_LIST, OPEN_OBJECT, pastSpace } from './json-walk.ts';
import { jsonPiece, type Piece, refused, withNote } from './record.ts';

/** What stands around a list and is longer than this is set aside as a piece of its own, not noted on each record. */
export const AROUND_CHARS_MAX = 1_000;

/** The records of a JSON value: its own, or where it is an envelope those of its list, each with its exact bytes. */
export function jsonPieces(bytes: Uint8Array): readonly Piece[] {
  const whole = jsonPiece(bytes);
  if (!whole.ok) return [whole];
  return elementsOf(whole.record) ?? [whole];
}

/** The elements of a record that is an envelope, undefined for any other. */
export function elementsOf(record: RawRecord): readonly Piece[] | undefined {
  const found = envelopeOf(record.value);
  if (found === undefined) return undefined;
  const list = listIn(record.bytes, found.kind.path);
  if (list === undefined) return undefined;
  const notes = [...(record.notes ?? [])];
  const around = aroundOf(record.value, found.kind);
  const aside: Piece[] = [];
  if (around !== undefined && around.length <= AROUND_CHARS_MAX) notes.push(aroundNote(around));
  else if (around !== undefined) {
    const rest = concatBytes(record.bytes.subarray(0, list.from), record.bytes.subarray(list.until));
    aside.push(refused(rest, aroundDetail(list.ranges.length)));
  }
  const pieces = list.ranges.map(([from, until]) => notes.reduce(withNote, jsonPiece(record.bytes.slice(from, until))));
  return [...pieces, ...aside];
}

export function aroundNote(text: string): string {
  return `the delivery that it came in says ${text}`;
}

export function aroundDetail(count: number): string {
  return `what a delivery says around its list; the ${count} records of the list were read`;
}

type Keyed = { readonly [key: string]: unknown };

function isObject(value: unknown): value is Keyed {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function own(value: unknown, key: string): unknown {
  return isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
}

/** The kind of envelope that a whole value is, undefined where it is one record. */
function envelopeOf(value: unknown): { readonly kind: EnvelopeKind } | undefined {
  if (!isObject(value) || !FIRST_KEYS.some(key => typeof value[key] === 'object' && Object.hasOwn(value, key)))
    return undefined;
  const found = ENVELOPES.find(one => fits(value, one));
  return found === undefined ? undefined : { kind: found };
}

function fits(value: Keyed, kind: EnvelopeKind): boolean {
  const list = kind.path.reduce<unknown>(own, value);
  if (!Array.isArray(list)) return false;
  // An empty list says nothing of what its elements would be: only paging may stand beside it.
  if (list.length === 0 && (kind.needs.length > 0 || kind.element.length > 0)) return false;
  if (!kind.needs.every(key => own(value, key) !== undefined)) return false;
  if (kind.shape !== undefined && !kind.shape[1].test(String(own(value, kind.shape[0])))) return false;
  if (
    !list.every(
      one => isObject(one) && (kind.element.length === 0 || kind.element.some(key => Object.hasOwn(one, key))),
    )
  )
    return false;
  let node: unknown = value;
  for (const step of kind.path) {
    if (!isObject(node) || !Object.keys(node).every(key => key === step || mayStand(kind, key))) return false;
    node = node[step];
  }
  return true;
}

function mayStand(kind: EnvelopeKind, key: string): boolean {
  return kind.transport.has(key) || kind.says.has(key);
}

/** What the envelope says that is neither transport nor in its list, as JSON; undefined where that is nothing. */
function aroundOf(value: unknown, kind: EnvelopeKind): string | undefined {
  const said = new Map<string, unknown>();
  let node: unknown = value;
  for (const step of kind.path) {
    if (!isObject(node)) break;
    for (const [key, member] of Object.entries(node)) {
      const isEmpty =
        member === null || member === '' || member === 0 || (Array.isArray(member) && member.length === 0);
      if (kind.says.has(key) && !isEmpty) said.set(key, member);
    }
    node = node[step];
  }
  return said.size === 0 ? undefined : JSON.stringify(Object.fromEntries(said));
}

/** Where the list's elements stand. Undefined where a key on the way comes twice: then no reading is the right one. */
function listIn(
  bytes: Uint8Array,
  path: readonly string[],
):
  | { readonly from: number; readonly until: number; readonly ranges: readonly (readonly [number, number])[] }
  | undefined {
  let at = pastSpace(bytes, 0);
  // A byte-order mark in the middle of a file stands before its line.
  if (bytes[at] === 0xef) at = pastSpace(bytes, at + 3);
  for (const step of path) {
    const places: number[] = [];
    if (bytes[at] !== OPEN_OBJECT) return undefined;
    for (let member = memberAt(bytes, at + 1); member !== undefined; ) {
      if (member.key === step) places.push(member.value);
      const end = endOfValue(bytes, member.value);
      if (end === undefined) return undefined;
      member = memberAt(bytes, end);
    }
    const [place] = places;
    if (place === undefined || places.length > 1) return undefined;
    at = place;
  }
  if (bytes[at] !== OPEN_LIST) return undefined;
  const ranges: (readonly [number, number])[] = [];
  let next = pastSpace(bytes, at + 1);
  while (next < bytes.length && bytes[next] !== CLOSE_LIST) {
    const end = endOfValue(bytes, next);
    if (end === undefined) return undefined;
    ranges.push([next, end]);
    next = pastSpace(bytes, end);
    if (bytes[next] === COMMA) next = pastSpace(bytes, next + 1);
  }
  return { from: at + 1, until: next, ranges };
}

/** Bytes of a delivery's beginning in which the list must begin, where the delivery is larger than a record may be. */
const HEAD_BYTES_MAX = 65_536;

/**
 * Where the list of an envelope begins that is too large to be looked at whole, told by what stands before it.
 * Less strict than {@link envelopeOf}, because the other choice is to refuse all of it. Undefined for any other value.
 */
export function largeListIn(bytes: Uint8Array): { readonly list: number; readonly kind: EnvelopeKind } | undefined {
  const head = bytes.subarray(0, Math.min(bytes.length, HEAD_BYTES_MAX, RECORD_BYTES_MAX));
  const keys: string[] = [];
  const path: string[] = [];
  let at = pastSpace(head, 0);
  if (head[at] === 0xef) at = pastSpace(head, at + 3);
  if (head[at] !== OPEN_OBJECT) return undefined;
  for (let member = memberAt(head, at + 1); member !== undefined; ) {
    const { key, value } = member;
    const inner = [...path, key];
    if (head[value] === OPEN_LIST && head[pastSpace(head, value + 1)] === OPEN_OBJECT) {
      const kind = ENVELOPES.find(
        one => one.path.join('.') === inner.join('.') && keys.every(other => mayStand(one, other)),
      );
      if (kind !== undefined) return { list: value, kind };
    }
    const isOnTheWay = head[value] === OPEN_OBJECT && ENVELOPES.some(one => isPrefix(inner, one.path));
    if (isOnTheWay) {
      path.push(key);
      member = memberAt(head, value + 1);
      continue;
    }
    keys.push(key);
    const end = endOfValue(head, value);
    if (end === undefined) return undefined;
    member = memberAt(head, end);
  }
  return undefined;
}

function isPrefix(some: readonly string[], path: readonly string[]): boolean {
  return some.length < path.length && some.every((key, index) => path[index] === key);
}
