import { NoAnswer } from '../shared/wire-text.ts';

/** A value of XML-RPC (http://xmlrpc.com/spec.md), as far as supervisord sends any. Numbers and times are kept as they are written. */
export type RpcValue = string | boolean | readonly RpcValue[] | { readonly [name: string]: RpcValue };

/** The other side understood the call and did not do it. */
export class RpcFault extends Error {
  override readonly name = 'RpcFault';
  readonly code: number;
  constructor(code: number, text: string) {
    super(text);
    this.code = code;
  }
}

const ESCAPES: { readonly [char: string]: string } = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };

const escaped = (text: string) => text.replaceAll(/[&<>]/g, char => ESCAPES[char] ?? '');

/** A call as its text. */
export function callText(method: string, params: readonly (string | boolean)[]): string {
  const values = params.map(param =>
    typeof param === 'string' ? `<string>${escaped(param)}</string>` : `<boolean>${param ? 1 : 0}</boolean>`,
  );
  const list = values.map(value => `<param><value>${value}</value></param>`).join('');
  return `<?xml version="1.0"?><methodCall><methodName>${method}</methodName><params>${list}</params></methodCall>`;
}

/** Elements are not nested deeper in any answer of supervisord. */
const DEPTH_MAX = 8;
const TOKEN = /<(\/?)([A-Za-z][A-Za-z0-9.]*)\s*(\/?)>|([^<]+)/y;
const SCALARS = new Set(['string', 'int', 'i4', 'double', 'dateTime.iso8601', 'nil']);

/**
 * Reads an answer. Elements without attributes, text and the five entities are all that the format has: a document type, a
 * comment or a section of raw text is no answer. Throws {@link RpcFault} for a fault, and {@link NoAnswer} for anything else
 * that is not the answer to a call.
 */
export function readAnswer(text: string): RpcValue {
  const reader = new Reader(text.replace(/^\s*<\?xml[^<>]*\?>/, ''));
  reader.open('methodResponse');
  const isFault = reader.nextIs('fault');
  for (const name of isFault ? ['fault'] : ['params', 'param']) reader.open(name);
  const value = reader.value(0);
  for (const name of isFault ? ['fault'] : ['param', 'params']) reader.close(name);
  reader.close('methodResponse');
  reader.end();
  if (!isFault) return value;
  const fault = membersOf(value);
  throw new RpcFault(Number(fault['faultCode']), String(fault['faultString']));
}

/** The members of a struct; none of anything else. */
export function membersOf(value: RpcValue | undefined): { readonly [name: string]: RpcValue } {
  return typeof value === 'object' && !Array.isArray(value) ? (value as { readonly [name: string]: RpcValue }) : {};
}

type Token =
  | { readonly kind: 'open' | 'close' | 'empty'; readonly name: string }
  | { readonly kind: 'text'; readonly text: string };

class Reader {
  private readonly tokens: readonly Token[];
  private at = 0;

  constructor(text: string) {
    const tokens: Token[] = [];
    TOKEN.lastIndex = 0;
    while (TOKEN.lastIndex < text.length) {
      const found = TOKEN.exec(text);
      if (found === null) throw unreadable();
      const [, slash, name, isEmpty, words] = found;
      if (name === undefined) tokens.push({ kind: 'text', text: unescaped(words ?? '') });
      else tokens.push({ kind: slash === '/' ? 'close' : isEmpty === '/' ? 'empty' : 'open', name });
    }
    this.tokens = tokens;
  }

  private take(kind: 'open' | 'close', name: string): void {
    this.skipBlank();
    const token = this.tokens[this.at];
    if (token?.kind !== kind || token.name !== name) throw unreadable();
    this.at += 1;
  }

  private skipBlank(): void {
    const token = this.tokens[this.at];
    if (token?.kind === 'text' && token.text.trim() === '') this.at += 1;
  }

  open(name: string): void {
    this.take('open', name);
  }

  close(name: string): void {
    this.take('close', name);
  }

  end(): void {
    this.skipBlank();
    if (this.at !== this.tokens.length) throw unreadable();
  }

  nextIs(name: string, kind: 'open' | 'empty' = 'open'): boolean {
    this.skipBlank();
    const token = this.tokens[this.at];
    return token?.kind === kind && token.name === name;
  }

  private text(): string {
    const token = this.tokens[this.at];
    if (token?.kind !== 'text') return '';
    this.at += 1;
    return token.text;
  }

  value(depth: number): RpcValue {
    if (depth > DEPTH_MAX) throw unreadable();
    this.open('value');
    const value = this.typed(depth);
    this.close('value');
    return value;
  }

  /** What stands in a value. Without a type it is a text. */
  private typed(depth: number): RpcValue {
    const next = this.tokens[this.at];
    if (next?.kind === 'text' && (next.text.trim() !== '' || this.tokens[this.at + 1]?.kind === 'close'))
      return this.text();
    this.skipBlank();
    const token = this.tokens[this.at];
    if (token?.kind === 'close') return '';
    if (token === undefined || token.kind === 'text') throw unreadable();
    if (token.kind === 'empty') {
      if (!SCALARS.has(token.name)) throw unreadable();
      this.at += 1;
      return '';
    }
    if (token.name === 'struct') return this.struct(depth);
    if (token.name === 'array') return this.array(depth);
    if (token.name !== 'boolean' && !SCALARS.has(token.name)) throw unreadable();
    this.open(token.name);
    const text = this.text();
    this.close(token.name);
    return token.name === 'boolean' ? text.trim() === '1' : text;
  }

  private struct(depth: number): RpcValue {
    const members: [string, RpcValue][] = [];
    this.open('struct');
    while (this.nextIs('member')) {
      this.open('member');
      this.open('name');
      const name = this.text();
      this.close('name');
      members.push([name, this.value(depth + 1)]);
      this.close('member');
    }
    this.close('struct');
    return Object.fromEntries(members);
  }

  private array(depth: number): RpcValue {
    const values: RpcValue[] = [];
    this.open('array');
    if (this.nextIs('data', 'empty')) this.at += 1;
    else {
      this.open('data');
      while (this.nextIs('value')) values.push(this.value(depth + 1));
      this.close('data');
    }
    this.close('array');
    return values;
  }
}

const unreadable = () => new NoAnswer('the answer is no answer of XML-RPC');

const ENTITIES: { readonly [name: string]: string } = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };
const CODE_POINT_MAX = 0x10ffff;

function unescaped(text: string): string {
  return text.replace(/&(?:#(\d{1,7})|#x([0-9a-fA-F]{1,6})|(\w+));|&/g, (_whole, decimal, hex, name) => {
    const point = decimal === undefined ? Number.parseInt(String(hex), 16) : Number(decimal);
    const known = name === undefined ? undefined : ENTITIES[String(name)];
    if (known !== undefined) return known;
    if (name !== undefined || !(point <= CODE_POINT_MAX)) throw unreadable();
    return String.fromCodePoint(point);
  });
}
