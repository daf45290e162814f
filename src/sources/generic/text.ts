import { parseJsonText } from '../shared/at.ts';
import { cellsOf, headerOf } from '../shared/csv.ts';
import { phrasesOf } from './phrases.ts';

/** What a log line says by its form. Every value is a part of the line as it stands there. */
export interface TextHead {
  readonly form: 'cef' | 'leef' | 'syslog' | 'pairs' | 'json' | 'plain';
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

const RFC_5424 = /^<\d{1,3}>\d{1,2} (\S+) (\S+) (\S+) (\S+) (\S+) (?:-|(\[.*?\](?= |$))) ?/s;
const RFC_3164 =
  /^(?:<\d{1,3}>)?([A-Z][a-z]{2} {1,2}\d{1,2}(?: \d{4})? \d{2}:\d{2}:\d{2}(?:\.\d+)?|\d{4}-\d{2}-\d{2}T\S+) (\S+) (?:(?!CEF:|LEEF:)([\w./()-]{1,64})(?:\[(\d+)\])?: ?|: ?)?/;

/** `<134>1 1772445600.77 host …`: seconds since 1970, and none of the rest of RFC 5424's head. */
const EPOCH_HEAD = /^<\d{1,3}>1? ?(\d{10}(?:\.\d{1,9})?) (\S{1,255}) /;
/** `key:"value";` between brackets. */
const COLON_PAIR = /(?:^|[[\s;])([A-Za-z_][\w.-]{0,63}):"([^"]*)"(?=[;\]])/g;

/** Reads a log line: a syslog head (RFC 5424, RFC 3164), then CEF, LEEF, JSON or key=value pairs, else plain words. */
export function parseText(text: string): TextHead {
  const pairs: Pairs = [];
  const rest = syslogHead(text, pairs);
  const isSyslog = pairs.length > 0;
  const cef = /CEF:\d+\|/.exec(rest);
  if (cef !== null && cef.index < 256) return cefOf(rest.slice(cef.index), pairs);
  const leef = /LEEF:[12](?:\.\d)?\|/.exec(rest);
  if (leef !== null && leef.index < 256) return leefOf(rest.slice(leef.index), pairs);
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

/** The parts of a head line between unescaped bars. */
function barred(text: string, count: number): { readonly parts: readonly string[]; readonly rest: string } {
  const parts: string[] = [];
  let from = 0;
  for (let at = 0; at < text.length && parts.length < count; at++) {
    if (text[at] === '\\') at++;
    else if (text[at] === '|') {
      parts.push(text.slice(from, at).replace(/\\([|\\])/g, '$1'));
      from = at + 1;
    }
  }
  return { parts, rest: text.slice(from) };
}

/** ArcSight Common Event Format, revision 25: the extension's names that its dictionary defines. */
const CEF_NAMES: ReadonlyMap<string, string> = new Map([
  ['src', 'src_ip'],
  ['dst', 'dst_ip'],
  ['spt', 'src_port'],
  ['dpt', 'dst_port'],
  ['suser', 'user_name'],
  ['duser', 'dst_user'],
  ['shost', 'source_host'],
  ['dhost', 'dhost'],
  ['dvchost', 'dvchost'],
  ['rt', 'event_time'],
  ['act', 'action'],
  ['fname', 'file_path'],
  ['filePath', 'file_path'],
  ['fileHash', 'file_hash'],
  ['request', 'url'],
  ['sproc', 'process_name'],
  ['dproc', 'process_name'],
  ['outcome', 'outcome'],
]);

function cefOf(text: string, pairs: Pairs): TextHead {
  const { parts, rest } = barred(text, 7);
  const [, vendor, product, , rule, name, severity] = parts;
  pairs.push(...extensionOf(rest));
  pairs.push([['rule_name'], name], [['severity'], severity]);
  return { form: 'cef', product, vendor, title: name, rule: rule ?? name, pairs };
}

const EXTENSION_KEY = /(?:^|\s)([A-Za-z0-9_.[\]]{1,64})=/g;

/** A value runs to the next key that is not escaped. Found by its keys, so that no value costs more than its length. */
function extensionOf(text: string): Pairs {
  const keys = [...text.matchAll(EXTENSION_KEY)].slice(0, PAIRS_MAX);
  return keys.map((match, index) => {
    const [whole, key = ''] = match;
    const value = text.slice(match.index + whole.length, keys[index + 1]?.index ?? text.length);
    return [[CEF_NAMES.get(key) ?? key], value.replace(/\\([=\\])/g, '$1').trim()] as const;
  });
}

/** IBM LEEF 1.0 (tabs) and 2.0 (a stated delimiter). */
function leefOf(text: string, pairs: Pairs): TextHead {
  const isTwo = text.startsWith('LEEF:2');
  const { parts, rest } = barred(text, isTwo ? 6 : 5);
  const [, vendor, product, , rule, stated] = parts;
  const hex = /^(?:0?x)([0-9a-fA-F]{1,4})$/.exec(stated ?? '')?.[1];
  const delimiter = isTwo ? (hex === undefined ? stated || '\t' : String.fromCharCode(Number.parseInt(hex, 16))) : '\t';
  for (const pair of rest.split(delimiter).slice(0, PAIRS_MAX)) {
    const at = pair.indexOf('=');
    if (at > 0)
      pairs.push([[CEF_NAMES.get(pair.slice(0, at).trim()) ?? pair.slice(0, at).trim()], pair.slice(at + 1).trim()]);
  }
  return { form: 'leef', product, vendor, title: rule, rule, pairs };
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
