import { fail, ok, type Result } from '../../src/base/result.ts';

/** One value of a JSON text: where it stands (RFC 6901), and between which characters. */
export interface JsonSpan {
  readonly pointer: string;
  readonly start: number;
  readonly end: number;
}

/** A piece of one printed line. Its text is a slice of the record, never written anew. */
export interface JsonPart {
  readonly kind: 'punctuation' | 'key' | 'text' | 'number' | 'word';
  readonly text: string;
}

/** One line of the record set out for reading. `pointer` is that of the value that begins or ends on it. */
export interface JsonLine {
  readonly indent: number;
  readonly pointer: string;
  readonly parts: readonly JsonPart[];
}

export interface JsonLayout {
  readonly lines: readonly JsonLine[];
  /** By pointer. Where a key stands twice, the last one, as JSON readers take it. */
  readonly spans: ReadonlyMap<string, JsonSpan>;
}

const DEPTH_MAX = 200;
const TOKEN =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: RFC 8259 names exactly these as not allowed in a string
  /[ \t\n\r]*(?:([{}[\],:])|("(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*")|(-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)|(true|false|null))/y;

interface Token {
  readonly kind: JsonPart['kind'];
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

/**
 * Sets out a JSON text in lines without re-serialising it: numbers, escapes and the order of keys stay as they were
 * written. Refused where the text is not one JSON value, and is then shown as it is.
 */
export function layoutJson(raw: string): Result<JsonLayout, 'not_json'> {
  const reader = new Reader(raw);
  return reader.value('', 0, undefined, '') && reader.isAtEnd()
    ? ok({ lines: reader.finished(), spans: reader.spans })
    : fail('not_json');
}

class Reader {
  readonly spans = new Map<string, JsonSpan>();
  readonly #raw: string;
  readonly #lines: { indent: number; pointer: string; parts: JsonPart[] }[] = [];
  #at = 0;

  constructor(raw: string) {
    this.#raw = raw;
  }

  finished(): readonly JsonLine[] {
    return this.#lines;
  }

  isAtEnd(): boolean {
    return this.#raw.slice(this.#at).trim() === '';
  }

  #next(): Token | undefined {
    TOKEN.lastIndex = this.#at;
    const match = TOKEN.exec(this.#raw);
    if (match === null) return undefined;
    this.#at = TOKEN.lastIndex;
    const [, punctuation, text, number, word = ''] = match;
    const found = punctuation ?? text ?? number ?? word;
    const kind =
      punctuation !== undefined
        ? 'punctuation'
        : text !== undefined
          ? 'text'
          : number !== undefined
            ? 'number'
            : 'word';
    return { kind, text: found, start: this.#at - found.length, end: this.#at };
  }

  #peek(): string | undefined {
    const at = this.#at;
    const token = this.#next();
    this.#at = at;
    return token?.text;
  }

  /** Reads one value onto the last line, or onto a new one. `tail` is the comma after it. */
  value(pointer: string, depth: number, line: { parts: JsonPart[] } | undefined, tail: string): boolean {
    const token = this.#next();
    if (token === undefined || depth > DEPTH_MAX) return false;
    const onto = line ?? this.#line(depth, pointer);
    if (token.text === '{' || token.text === '[') return this.#container(token, pointer, depth, onto);
    if (token.kind === 'punctuation') return false;
    onto.parts.push({ kind: token.kind, text: token.text });
    if (tail !== '') onto.parts.push({ kind: 'punctuation', text: tail });
    this.spans.set(pointer, { pointer, start: token.start, end: token.end });
    return true;
  }

  #container(open: Token, pointer: string, depth: number, onto: { parts: JsonPart[] }): boolean {
    const close = open.text === '{' ? '}' : ']';
    onto.parts.push({ kind: 'punctuation', text: open.text });
    if (this.#peek() === close) {
      const end = this.#next();
      onto.parts.push({ kind: 'punctuation', text: close });
      this.spans.set(pointer, { pointer, start: open.start, end: end?.end ?? open.end });
      return true;
    }
    for (let index = 0; ; index++) {
      const isRead =
        open.text === '{'
          ? this.#member(pointer, depth + 1)
          : this.value(`${pointer}/${index}`, depth + 1, undefined, '');
      const separator = isRead ? this.#next() : undefined;
      if (separator === undefined) return false;
      if (separator.text === close) {
        this.#line(depth, pointer).parts.push({ kind: 'punctuation', text: close });
        this.spans.set(pointer, { pointer, start: open.start, end: separator.end });
        return true;
      }
      if (separator.text !== ',') return false;
      this.#lines.at(-1)?.parts.push({ kind: 'punctuation', text: ',' });
    }
  }

  #member(parent: string, depth: number): boolean {
    const key = this.#next();
    if (key?.kind !== 'text' || this.#next()?.text !== ':') return false;
    const pointer = `${parent}/${escapePointer(JSON.parse(key.text) as string)}`;
    const line = this.#line(depth, pointer);
    line.parts.push({ kind: 'key', text: key.text }, { kind: 'punctuation', text: ': ' });
    return this.value(pointer, depth, line, '');
  }

  #line(indent: number, pointer: string): { indent: number; pointer: string; parts: JsonPart[] } {
    const line = { indent, pointer, parts: [] };
    this.#lines.push(line);
    return line;
  }
}

/** RFC 6901 section 3. */
export function escapePointer(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1');
}

/** Whether a value stands at a cited pointer or within it. */
export function isWithin(pointer: string, cited: string): boolean {
  return pointer === cited || pointer.startsWith(`${cited}/`);
}

/** The value at a pointer as text: a string without its quotes, anything else as written. Undefined where none is. */
export function valueAt(raw: string, layout: JsonLayout, pointer: string): string | undefined {
  const found = layout.spans.get(pointer);
  if (found === undefined) return undefined;
  const text = raw.slice(found.start, found.end);
  return text.startsWith('"') ? (JSON.parse(text) as string) : text;
}
