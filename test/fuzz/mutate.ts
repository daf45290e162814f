import type { Dice } from './dice.ts';

/** What senders write who mean harm, and what products write by accident. */
const NASTY: readonly string[] = [
  '',
  '\u0000',
  '\u202e\u2066',
  '\ud800',
  '__proto__',
  'constructor',
  'null',
  '-',
  '1e999',
  '9'.repeat(400),
  '='.repeat(500),
  'a='.repeat(500),
  '\\'.repeat(501),
  '"'.repeat(77),
  '{"a":'.repeat(40),
  '['.repeat(300),
  '<Event>',
  'CEF:0|a|b|c|d|e|5|',
  'LEEF:2.0|a|b|c|d|^|',
  '192.0.2.1:99999',
  '::ffff:192.0.2.1',
  '2099-12-31T23:59:59Z',
  '1970-01-01T00:00:00Z',
  '0001-01-01T00:00:00Z',
  'https://[::1]:x/%00',
  'a@b@c',
  '=?utf-8?B?/w==?=',
  'x'.repeat(20_000),
  ' '.repeat(5_000),
  'é中😀',
];

const ODD_VALUES: readonly unknown[] = [null, true, false, 0, -1, 1e308, [], {}, [[]], [null], { a: { b: [] } }];
const DEEP_MAX = 110;
const STEPS_MAX = 8;

function deep(dice: Dice): unknown {
  let value: unknown = dice.one(NASTY);
  for (let i = dice.below(DEEP_MAX); i > 0; i--) value = dice.chance(2) ? [value] : { a: value };
  return value;
}

/** Always new objects: one that stood in two places could come to hold itself, and no JSON does. */
function replacement(dice: Dice, from: unknown): unknown {
  const old: unknown = structuredClone(from);
  switch (dice.below(6)) {
    case 0:
      return structuredClone(dice.one(ODD_VALUES));
    case 1:
      return deep(dice);
    case 2:
      return [old, structuredClone(old)];
    case 3:
      return typeof old === 'string' ? text(dice, old) : String(old);
    case 4:
      return typeof old === 'string' ? old + dice.one(NASTY) : { [dice.one(NASTY)]: old };
    default:
      return dice.one(NASTY);
  }
}

/** A JSON value with a few of its members replaced, dropped, added or moved to another place. */
export function value(dice: Dice, original: unknown): unknown {
  const whole: { root: unknown } = { root: structuredClone(original) };
  for (let step = 1 + dice.below(STEPS_MAX); step > 0; step--) {
    const places: { readonly node: { [key: string]: unknown }; readonly key: string }[] = [];
    const open: unknown[] = [whole];
    for (let node = open.pop(); node !== undefined && places.length < 2_000; node = open.pop()) {
      if (typeof node !== 'object' || node === null) continue;
      for (const [key, member] of Object.entries(node)) {
        places.push({ node: node as { [name: string]: unknown }, key });
        open.push(member ?? undefined);
      }
    }
    const { node, key } = dice.one(places);
    const put = (name: string, member: unknown): void => {
      Object.defineProperty(node, name, { value: member, enumerable: true, configurable: true, writable: true });
    };
    if (dice.chance(6) && !Array.isArray(node) && node !== (whole as object)) delete node[key];
    else if (dice.chance(6) && !Array.isArray(node)) put(dice.one(NASTY), structuredClone(node[key]));
    else if (dice.chance(6)) {
      const other = dice.one(places);
      put(key, structuredClone(other.node[other.key]));
    } else put(key, replacement(dice, node[key]));
  }
  return whole.root;
}

/** A text with a few of its characters and words dropped, repeated, cut or replaced. */
export function text(dice: Dice, original: string): string {
  let result = original;
  for (let step = 1 + dice.below(4); step > 0; step--) {
    const at = dice.below(result.length + 1);
    const length = dice.below(Math.min(60, result.length - at) + 1);
    const part = result.slice(at, at + length);
    const middle = dice.one([
      '',
      part + part,
      dice.one(NASTY),
      part.repeat(50),
      String.fromCharCode(dice.below(0x10000)),
      part.split('').reverse().join(''),
    ]);
    result = result.slice(0, at) + middle + result.slice(at + length);
  }
  return result.slice(0, 200_000);
}

/** Bytes of which some are dropped, flipped or cut off, or among which some are put. */
export function bytes(dice: Dice, original: Uint8Array): Uint8Array {
  let result = Buffer.from(original);
  for (let step = dice.below(5); step > 0; step--) {
    const at = dice.below(result.length + 1);
    const length = dice.below(Math.min(200, result.length - at) + 1);
    const put = dice.chance(3)
      ? Buffer.from(dice.one(NASTY))
      : Buffer.from(Array.from({ length: dice.below(6) }, () => dice.below(256)));
    if (dice.chance(12)) result = result.subarray(0, at);
    else if (dice.chance(2)) result = Buffer.concat([result.subarray(0, at), result.subarray(at + length)]);
    else result = Buffer.concat([result.subarray(0, at), put, result.subarray(at)]);
  }
  return new Uint8Array(result);
}
