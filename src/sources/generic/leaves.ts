import { type At, openJson, token } from '../shared/at.ts';
import { LEAVES_MAX } from '../shared/bounds.ts';
import { type PathNode, pathBelow, rootPath } from './path.ts';
import { parseText, type TextHead } from './text.ts';

/** A scalar of the record: its keys from the root without list indexes, and where it stands. */
export interface Leaf {
  readonly path: PathNode;
  readonly at: At;
}

export interface Leaves {
  readonly leaves: readonly Leaf[];
  /** The head of a text (syslog, CEF, LEEF), where the record is one or wraps one. */
  readonly head: TextHead | undefined;
  readonly isCut: boolean;
}

/** Keys whose value is the whole log line that a shipper wrapped. */
const TEXT_KEYS: ReadonlySet<string> = new Set([
  'message',
  'msg',
  '_raw',
  'raw',
  'log',
  'full_log',
  'original',
  'event_original',
  'body',
  'text',
  'line',
  'rawlog',
  'raw_log',
  'raw_message',
]);

/** Everything scalar in a record, opened where a text holds JSON or a known log format. */
export function leavesOf(root: unknown): Leaves {
  const leaves: Leaf[] = [];
  let head: TextHead | undefined;
  const whole = rootPath();
  const open: Leaf[] = [{ path: whole, at: { value: root, pointer: '' } }];
  for (let node = open.pop(); node !== undefined && leaves.length < LEAVES_MAX; node = open.pop()) {
    const { value } = node.at;
    if (typeof value === 'object' && value !== null) {
      pushMembers(node.path, node.at, open);
      continue;
    }
    if (typeof value === 'string') {
      const opened = node.at.isInText === true && !/^[[{]/.test(value) ? undefined : opensAs(node.path, node.at);
      if (opened?.kind === 'json') {
        open.push({ path: node.path, at: opened.at });
        continue;
      }
      if (opened?.kind === 'text') {
        head ??= opened.head;
        leaves.push(...opened.leaves);
      }
    }
    if (node.path !== whole && value !== null && value !== undefined) leaves.push(node);
  }
  return { leaves, head, isCut: leaves.length >= LEAVES_MAX };
}

function pushMembers(path: PathNode, at: At, open: Leaf[]): void {
  const { value, isInText } = at;
  if (typeof value !== 'object' || value === null) return;
  const isList = Array.isArray(value);
  const held = value as { readonly [key: string]: unknown };
  const keys = Object.keys(value);
  const pair = isList || path.path.length === 0 ? undefined : pairOf(keys, held);
  // Pushed last to first, so that they come off the stack in the record's order.
  for (let index = Math.min(keys.length, LEAVES_MAX) - 1; index >= 0; index--) {
    const key = keys[index] ?? '';
    const member = held[key];
    if (member === null || member === undefined) continue;
    const name = pair?.held === key ? pair.name : key;
    open.push({
      path: isList ? path : pathBelow(path, name),
      at:
        isInText === true
          ? { value: member, pointer: at.pointer, isInText }
          : { value: member, pointer: `${at.pointer}/${token(key)}` },
    });
  }
}

const NAME_KEYS: ReadonlySet<string> = new Set(['key', 'Key', 'name', 'Name', 'field', 'attribute', 'displayName']);
const VALUE_KEYS: ReadonlySet<string> = new Set([
  'value',
  'Value',
  'ValueString',
  'stringValue',
  'newValue',
  'NewValue',
]);
const PAIR_KEYS_MAX = 4;
const PAIR_NAME_CHARS_MAX = 64;

/** What `{key, value}` says: the key under which its value stands, and the name that the other gives it. */
function pairOf(
  keys: readonly string[],
  value: { readonly [key: string]: unknown },
): { held: string; name: string } | undefined {
  if (keys.length < 2 || keys.length > PAIR_KEYS_MAX) return undefined;
  const held = keys.find(key => VALUE_KEYS.has(key));
  if (held === undefined) return undefined;
  const naming = keys.find(key => NAME_KEYS.has(key));
  const name = naming === undefined ? undefined : value[naming];
  return typeof name === 'string' && name !== '' && name.length <= PAIR_NAME_CHARS_MAX ? { held, name } : undefined;
}

type Opened =
  | { readonly kind: 'json'; readonly at: At }
  | { readonly kind: 'text'; readonly head: TextHead; readonly leaves: readonly Leaf[] };

function opensAs(node: PathNode, at: At): Opened | undefined {
  const text = String(at.value);
  const first = text.charCodeAt(0);
  if (first === 0x7b || first === 0x5b) {
    const json = openJson(at);
    if (json !== undefined) return { kind: 'json', at: json };
  }
  const last = node.path[node.path.length - 1];
  node.mayBeText ??= last === undefined || TEXT_KEYS.has(last.toLowerCase());
  if (!node.mayBeText) return undefined;
  const whole = rootPath();
  const head = parseText(text);
  const inText = (value: unknown): At => ({ value, pointer: at.pointer, isInText: true });
  return {
    kind: 'text',
    head,
    leaves: head.pairs.map(([keys, value]) => ({ path: keys.reduce(pathBelow, whole), at: inText(value) })),
  };
}
