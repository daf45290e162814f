import { parseJsonText } from '../shared/at.ts';
import { cellsOf, headerOf } from '../shared/csv.ts';
import { RFC_3164, RFC_5424 } from '../shared/log-line.ts';
import { phrasesOf } from './phrases.ts';

/** What a log line says by its form. Every value is a part of the line as it stands there. */
export interface TextHead {
  readonly form: 'syslog' | 'pairs' | 'json' | 'plain';
  readonly product: string | undefined;
  readonly vendor: string | undefined;
  readonly title: string | undefined;
  readonly rule: string | undefined;
  readonly pairs: readonly (readonly [readonly string[], unknown])[];
}

const PAIRS_MAX = 512;

/** The key under which the program of a syslog head stands. */
export const SYSLOG_PROGRAM = 'programname';
type Pairs = (readonly [readonly string[], unknown])[];

/** `<134>1 1772445600.77 host …`: seconds since 1970, and none of the rest of RFC 5424's head. */
const EPOCH_HEAD = /^<\d{1,3}>1? ?(\d{10}(?:\.\d{1,9})?) (\S{1,255}) /;
/** `key:"value";` between brackets. */
const COLON_PAIR = /(?:^|[[\s;])([A-Za-z_][\w.-]{0,63}):"([^"]*)"(?=[;\]])/g;

/** Reads a log line: a syslog head (RFC 5424, RFC 3164), then JSON or key=value pairs, else plain words. */
export function parseText(text: string): TextHead {
  const pairs: Pairs = [];
  const rest = syslogHead(text, pairs);
  const isSyslog = pairs.length > 0;
  const brace = rest.indexOf('{');
  const json = brace < 0 ? undefined : parseJsonText(rest.slice(brace));
  if (json !== undefined) {
    pairs.push([[], json]);
    return {
      form: 'json',
      product: undefined,
      vendor: undefined,
      title: undefined,
      rule: undefined,
      pairs: flattened(pairs),
    };
  }
  const found = tableRow(rest) ?? keyValues(rest);
  pairs.push(...phrasesOf(rest), ...found);
  const form = isSyslog ? 'syslog' : found.length > 0 ? 'pairs' : 'plain';
  const title = rest.split('\n', 1)[0]?.trim();
  return {
    form,
    product: undefined,
    vendor: undefined,
    // A line of nothing but pairs has no words of its own.
    title: title === '' || (form === 'pairs' && !rest.includes('\n')) ? undefined : title,
    rule: undefined,
    pairs,
  };
}

/** A header line with one row under it: how a shipper wraps a line of a CSV log. */
function tableRow(text: string): Pairs | undefined {
  const [first = '', second, ...more] = text.trim().split(/\r?\n/, 3);
  const header = second === undefined || more.length > 0 ? undefined : headerOf(first);
  const cells = header === undefined ? undefined : cellsOf(second ?? '');
  if (header === undefined || cells?.length !== header.length) return undefined;
  return header.slice(0, PAIRS_MAX).map((name, index) => [[name], cells[index]] as const);
}

function syslogHead(text: string, pairs: Pairs): string {
  const modern = RFC_5424.exec(text);
  if (modern !== null) {
    const [whole, time, host, app, , , data] = modern;
    pairs.push([['timestamp'], time], [['hostname'], host], [[SYSLOG_PROGRAM], app]);
    for (const pair of (data ?? '').matchAll(/ ([\w.@-]+)="((?:[^"\\\]]|\\.)*)"/g))
      pairs.push([[pair[1] ?? ''], pair[2]]);
    for (const [, key = '', value] of (data ?? '').matchAll(COLON_PAIR)) pairs.push([[key], value]);
    return text.slice(whole.length);
  }
  const epoch = EPOCH_HEAD.exec(text);
  if (epoch !== null) {
    pairs.push([['timestamp'], epoch[1]], [['hostname'], epoch[2]]);
    return text.slice(epoch[0].length);
  }
  const old = RFC_3164.exec(text);
  if (old === null) return text;
  const [whole, time, host, app] = old;
  pairs.push([['timestamp'], time], [['hostname'], host]);
  if (app !== undefined) pairs.push([[SYSLOG_PROGRAM], app]);
  return text.slice(whole.length);
}

/** JSON inside a line is flattened here, because what is inside a text has only the text's pointer. */
function flattened(pairs: Pairs): Pairs {
  const flat: Pairs = [];
  const open: (readonly [readonly string[], unknown])[] = [...pairs].reverse();
  for (let node = open.pop(); node !== undefined && flat.length < PAIRS_MAX; node = open.pop()) {
    const [path, value] = node;
    if (typeof value !== 'object' || value === null) {
      if (value !== null && value !== undefined) flat.push(node);
      continue;
    }
    const isList = Array.isArray(value);
    for (const [key, member] of Object.entries(value).reverse()) open.push([isList ? path : [...path, key], member]);
  }
  return flat;
}

const COLON_CHARS_MAX = 16_384;
const PAIR = /(?:^|[\s,;|([])([A-Za-z_][\w.-]{0,63})=(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|([^\s,;|)\]]*))/g;
const LINE_PAIR = /^[ \t]*([A-Za-z][A-Za-z ]{0,40}?)[ \t]*:[ \t]+(\S[^\r\n]*)$/gm;
const LINE_EQUALS = /^([A-Za-z]\w{0,40})=([^\r\n]*)$/gm;

/** `key=value` pairs of a line; of a text of several lines `Key=rest of line` and `Key: value` too. */
function keyValues(text: string): Pairs {
  const pairs: Pairs = [];
  if (/^\s*</.test(text) && text.includes('</')) return elementsOf(text);
  for (const [, key = '', value] of text.slice(0, COLON_CHARS_MAX).matchAll(COLON_PAIR)) pairs.push([[key], value]);
  if (!text.includes('\n')) {
    for (const [, key = '', double, single, bare] of text.matchAll(PAIR)) {
      if (pairs.length >= PAIRS_MAX) break;
      pairs.push([[key], double ?? single ?? bare ?? '']);
      // Linux audit puts the pairs of the program that reports into a quoted value.
      for (const [, inner = '', quoted, , plain] of (single ?? '').matchAll(PAIR))
        pairs.push([[inner], quoted ?? plain ?? '']);
    }
    return pairs.length === 1 ? [] : pairs;
  }
  for (const [, key = '', value = ''] of text.matchAll(LINE_EQUALS))
    if (pairs.length < PAIRS_MAX) pairs.push([[key], value.trim()]);
  for (const [, key = '', value = ''] of text.matchAll(LINE_PAIR))
    if (pairs.length < PAIRS_MAX) pairs.push([[key], value.trim()]);
  return pairs;
}

const ELEMENT = /<([A-Za-z][\w.:-]{0,63})((?:\s[^<>]*)?)>([^<>]*)<\/\1>|<([A-Za-z][\w.:-]{0,63})(\s[^<>]*?)\/>/g;
const ATTRIBUTE = /([A-Za-z][\w.:-]{0,63})=(?:"([^"]*)"|'([^']*)')/g;

/** The leaves of an XML text by element name, or by `Name` where each leaf has one (Windows events), and the attributes. */
function elementsOf(text: string): Pairs {
  const pairs: Pairs = [];
  for (const [, element, attributes = '', value, empty, emptyAttributes = ''] of text.matchAll(ELEMENT)) {
    if (pairs.length >= PAIRS_MAX) break;
    let name = element ?? empty ?? '';
    for (const [, key = '', double, single] of (attributes + emptyAttributes).matchAll(ATTRIBUTE)) {
      const stated = double ?? single ?? '';
      if (/^name$/i.test(key) && element !== undefined) name = stated;
      else pairs.push([[name, key], stated]);
    }
    if (value !== undefined && value.trim() !== '') pairs.push([[name], unescapedXml(value.trim())]);
  }
  return pairs;
}

function unescapedXml(text: string): string {
  return text.replace(
    /&(lt|gt|quot|apos|amp);/g,
    (_, name: string) => ({ lt: '<', gt: '>', quot: '"', apos: "'" })[name] ?? '&',
  );
}
