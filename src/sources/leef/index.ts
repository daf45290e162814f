import { fail, ok, type Result } from '../../base/result.ts';
import type { UnixMs } from '../../base/time.ts';
import type { NormalisedAlert, Severity } from '../../model/alert.ts';
import type { RawRecord, Refusal, Source } from '../../ports/source.ts';
import { type At, textAt } from '../shared/at.ts';
import { closeDraft, type Draft, NO_TIME, openDraft, putEntity, putField, putTime, warn } from '../shared/draft.ts';
import { putIdentity } from '../shared/identity.ts';
import { barredHead, carriedLine, syslogHeadOf } from '../shared/log-line.ts';
import { hostOfUrl, normaliseDomain, normaliseIp } from '../shared/values.ts';
import { readTime } from '../shared/when.ts';
import { timeByPattern } from './time.ts';

const MARK = 'LEEF:';
const NAME = /\bLEEF:[12](?:\.\d)?(?=\|)/;
const HEAD_PARTS = 5;
const PAIRS_MAX = 512;

interface Line {
  readonly at: At;
  readonly parts: readonly string[];
  readonly before: string;
  readonly attributes: ReadonlyMap<string, string>;
}

function lineOf(value: unknown): Line | undefined {
  const at = carriedLine(value, MARK);
  const head = at === undefined ? undefined : barredHead(String(at.value), NAME, HEAD_PARTS);
  if (at === undefined || head === undefined) return undefined;
  const [delimiter, text] = delimiterOf(head.parts[0] ?? '', head.rest);
  const attributes = new Map<string, string>();
  for (const pair of text.split(delimiter, PAIRS_MAX)) {
    const equals = pair.indexOf('=');
    const key = pair.slice(0, Math.max(equals, 0)).trim();
    if (key !== '' && !attributes.has(key)) attributes.set(key, pair.slice(equals + 1).trim());
  }
  return { at, parts: head.parts, before: head.before, attributes };
}

/**
 * What divides the attributes, and the attributes. LEEF 1.0 has tabs; 2.0 states a character or its code (`^`, `x5E`,
 * `0x5E`) and then tabs where it is empty. A syslog daemon may have written the tab as `#011`.
 */
function delimiterOf(name: string, rest: string): readonly [string, string] {
  const bar = rest.indexOf('|');
  const stated = name.startsWith('LEEF:2') && bar >= 0 && bar <= 6 ? rest.slice(0, bar) : undefined;
  if (stated === undefined || stated.includes('=')) return [tabOf(rest), rest];
  const text = rest.slice(bar + 1);
  if (stated === '') return [tabOf(text), text];
  const hex = /^(?:0?x)([0-9a-fA-F]{1,4})$/.exec(stated)?.[1];
  return [hex === undefined ? stated : String.fromCharCode(Number.parseInt(hex, 16)), text];
}

function tabOf(text: string): string {
  return !text.includes('\t') && text.includes('#011') ? '#011' : '\t';
}

function recognise(record: RawRecord): number {
  // Asked for every record of every product: most do not hold the mark at all.
  if (!record.text.includes(MARK)) return 0;
  const at = carriedLine(record.value, MARK);
  if (at === undefined || barredHead(String(at.value), NAME, HEAD_PARTS) === undefined) return 0;
  return at.pointer === '' ? 0.95 : 0.8;
}

/** 1 to 10, 10 the gravest (IBM, "LEEF event attributes"). */
function severityOf(text: string | undefined): Severity {
  if (!/^(?:[1-9]|10)$/.test(text ?? '')) return 'unknown';
  const value = Number(text);
  if (value >= 9) return 'critical';
  if (value >= 7) return 'high';
  return value >= 4 ? 'medium' : 'low';
}

function putWhen(draft: Draft, line: Line, inLine: (value: string | undefined) => At | undefined): UnixMs | undefined {
  const { attributes } = line;
  const [text, pattern] = [attributes.get('devTime'), attributes.get('devTimeFormat')];
  const byPattern = text === undefined || pattern === undefined ? undefined : timeByPattern(text, pattern);
  const syslog = syslogHeadOf(line.before)?.head.time;
  const time =
    byPattern ??
    (text === undefined ? undefined : readTime(text)) ??
    (syslog === undefined ? undefined : readTime(syslog));
  if (time === undefined) {
    warn(draft, NO_TIME);
    return undefined;
  }
  const at = inLine(text ?? syslog);
  return at === undefined ? undefined : putTime(draft, { ...at, value: time });
}

/** The attributes that IBM defines and that are fields or entities of ours. */
function putMapped(draft: Draft, attribute: (key: string) => At | undefined): void {
  for (const [key, field, role] of [
    ['src', 'src_ip', 'actor'],
    ['dst', 'dst_ip', 'target'],
  ] as const) {
    const at = attribute(key);
    if (at === undefined || normaliseIp(String(at.value)) === undefined) continue;
    putField(draft, field, at);
    putEntity(draft, 'ip', role, at);
  }
  for (const [key, field] of [
    ['srcPort', 'src_port'],
    ['dstPort', 'dst_port'],
  ] as const) {
    const at = attribute(key);
    if (/^\d{1,5}$/.test(textAt(at) ?? '')) putField(draft, field, at);
  }
  putIdentity(draft, 'actor', attribute('usrName') ?? attribute('accountName'), {
    domain: textAt(attribute('domain')),
  });
  const host = attribute('identHostName');
  putEntity(draft, 'host', 'target', host);
  putField(draft, 'host', host);
  putEntity(draft, 'ip', 'related', attribute('identSrc'));
  const url = attribute('url');
  putField(draft, 'url', url);
  const name = hostOfUrl(textAt(url) ?? '');
  if (url !== undefined && name !== undefined) {
    putEntity(draft, 'url', 'related', url);
    if (normaliseDomain(name) !== undefined) putEntity(draft, 'domain', 'related', url, { part: name });
    if (normaliseDomain(name) !== undefined) putField(draft, 'domain', url, name);
  }
  putField(draft, 'action', attribute('action') ?? attribute('act'));
}

function normalise(record: RawRecord): Result<NormalisedAlert, Refusal> {
  const line = lineOf(record.value);
  if (line === undefined) return fail({ code: 'source.rejected_input', detail: 'no head of LEEF with its five parts' });
  const draft = openDraft(record.value);
  const inLine = (value: string | undefined): At | undefined =>
    value === undefined || value === '' ? undefined : { value, pointer: line.at.pointer, isInText: true };
  const [, vendor = '', product = '', , event = ''] = line.parts;
  const occurredAt = putWhen(draft, line, inLine);
  putField(draft, 'rule_name', inLine(event));
  const severity = inLine(line.attributes.get('sev'));
  putField(draft, 'severity', severity);
  putMapped(draft, key => inLine(line.attributes.get(key)));
  const host = inLine(syslogHeadOf(line.before)?.head.host);
  putEntity(draft, 'host', 'observer', host);
  putField(draft, 'host', host);
  const title = event.trim() || 'LEEF event';
  return ok(
    closeDraft(draft, {
      source: 'leef',
      vendorId: undefined,
      product: product.trim() || 'LEEF',
      vendor: vendor.trim() || undefined,
      title,
      rule: title,
      severity: severityOf(textAt(severity)),
      occurredAt,
      isAlert: true,
    }),
  );
}

/** IBM Log Event Extended Format 1.0 and 2.0, as a line, over syslog, or wrapped by a shipper. */
export const leef: Source = { id: 'leef', title: 'LEEF (Log Event Extended Format)', recognise, normalise };
