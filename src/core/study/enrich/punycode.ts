/** Parameters of Punycode (RFC 3492 section 5). */
const BASE = 36;
const T_MIN = 1;
const T_MAX = 26;
const SKEW = 38;
const DAMP = 700;
const BIAS_FIRST = 72;
const POINT_FIRST = 128;
const POINT_MAX = 0x10ffff;
/** A label has 63 octets at most (RFC 1035), so no longer one is opened. */
const LABEL_CHARS_MAX = 63;

/**
 * The Unicode form of one label that starts with `xn--`; undefined where it is none. Surrogates and what is beyond
 * Unicode are refused.
 */
export function decodeLabel(label: string): string | undefined {
  if (label.length > LABEL_CHARS_MAX || !/^xn--[a-z0-9-]+$/i.test(label)) return undefined;
  const encoded = label.slice(4).toLowerCase();
  const end = encoded.lastIndexOf('-');
  const points = [...encoded.slice(0, Math.max(end, 0))].map(basic => basic.charCodeAt(0));
  let [n, i, bias] = [POINT_FIRST, 0, BIAS_FIRST];
  for (let at = end < 0 ? 0 : end + 1; at < encoded.length; ) {
    const before = i;
    let weight = 1;
    for (let k = BASE; ; k += BASE) {
      const digit = digitOf(encoded.charCodeAt(at++));
      if (digit === undefined) return undefined;
      i += digit * weight;
      if (i > Number.MAX_SAFE_INTEGER) return undefined;
      const t = k <= bias ? T_MIN : k >= bias + T_MAX ? T_MAX : k - bias;
      if (digit < t) break;
      weight *= BASE - t;
    }
    const length = points.length + 1;
    bias = adapt(i - before, length, before === 0);
    n += Math.floor(i / length);
    i %= length;
    if (n > POINT_MAX || (n >= 0xd800 && n <= 0xdfff)) return undefined;
    points.splice(i++, 0, n);
  }
  return points.length === 0 ? undefined : String.fromCodePoint(...points);
}

function digitOf(code: number): number | undefined {
  if (code >= 97 && code <= 122) return code - 97;
  if (code >= 48 && code <= 57) return code - 48 + 26;
  return undefined;
}

function adapt(delta: number, length: number, isFirst: boolean): number {
  let rest = isFirst ? Math.floor(delta / DAMP) : delta >> 1;
  rest += Math.floor(rest / length);
  let k = 0;
  for (; rest > ((BASE - T_MIN) * T_MAX) >> 1; k += BASE) rest = Math.floor(rest / (BASE - T_MIN));
  return k + Math.floor(((BASE - T_MIN + 1) * rest) / (rest + SKEW));
}
