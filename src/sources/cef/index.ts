import { fail, ok, type Result } from '../../base/result.ts';
import type { NormalisedAlert, Severity } from '../../model/alert.ts';
import type { RawRecord, Refusal, Source } from '../../ports/source.ts';
import { type At, textAt } from '../shared/at.ts';
import { tacticsAt, techniquesAt } from '../shared/attack.ts';
import { closeDraft, type Draft, NO_TIME, openDraft, putEntity, putField, putTime, warn } from '../shared/draft.ts';
import { barredHead, carriedLine, syslogHeadOf } from '../shared/log-line.ts';
import { severityOfWord } from '../shared/severity.ts';
import { type Extension, extensionOf } from './extension.ts';
import { putMapped } from './fields.ts';
import { cefTime } from './time.ts';

const MARK = 'CEF:';
const NAME = /\bCEF:\d+(?:\.\d+)?(?=\|)/;
const HEAD_PARTS = 7;

interface Line {
  readonly at: At;
  readonly parts: readonly string[];
  readonly before: string;
  readonly extension: Extension;
}

function lineOf(value: unknown): Line | undefined {
  const at = carriedLine(value, MARK);
  const head = at === undefined ? undefined : barredHead(String(at.value), NAME, HEAD_PARTS);
  if (at === undefined || head === undefined) return undefined;
  return { at, parts: head.parts, before: head.before, extension: extensionOf(head.rest, at.pointer) };
}

function recognise(record: RawRecord): number {
  // Asked for every record of every product: most do not hold the mark at all.
  if (!record.text.includes(MARK)) return 0;
  const at = carriedLine(record.value, MARK);
  if (at === undefined || barredHead(String(at.value), NAME, HEAD_PARTS) === undefined) return 0;
  return at.pointer === '' ? 0.95 : 0.8;
}

/** 0 to 10, or Low, Medium, High, Very-High (CEF revision 25, "Header Information"). */
function severityOf(text: string): Severity {
  if (/^very[- ]?high$/i.test(text)) return 'critical';
  if (!/^(?:\d|10)$/.test(text)) return severityOfWord(text);
  const value = Number(text);
  if (value >= 9) return 'critical';
  if (value >= 7) return 'high';
  return value >= 4 ? 'medium' : 'low';
}

/** `start` is when it began, `rt` when the device heard of it; the time of the line before them is the last resort. */
function putTimes(draft: Draft, line: Line): Pick<NormalisedAlert, 'occurredAt' | 'endedAt' | 'reportedAt'> {
  const { extension, at, before } = line;
  const [start, end, received] = (['start', 'end', 'rt'] as const).map(key => extension.get(key));
  const syslog = syslogHeadOf(before)?.head.time;
  for (const one of [
    start,
    received,
    end,
    syslog === undefined ? undefined : { ...at, value: syslog, isInText: true },
  ]) {
    const time = cefTime(textAt(one));
    if (one === undefined || time === undefined) continue;
    const occurredAt = putTime(draft, { ...one, value: time });
    return { occurredAt, endedAt: cefTime(textAt(end)), reportedAt: cefTime(textAt(received)) };
  }
  warn(draft, NO_TIME);
  return { occurredAt: undefined, endedAt: undefined, reportedAt: undefined };
}

function normalise(record: RawRecord): Result<NormalisedAlert, Refusal> {
  const line = lineOf(record.value);
  if (line === undefined) return fail({ code: 'source.rejected_input', detail: 'no head of CEF with its seven parts' });
  const draft = openDraft(record.value);
  const [, vendor = '', product = '', , rule = '', name = '', severity = ''] = line.parts;
  const inLine = (value: string): At => ({ value, pointer: line.at.pointer, isInText: true });
  const times = putTimes(draft, line);
  putField(draft, 'rule_name', inLine(name));
  putField(draft, 'severity', inLine(severity));
  putMapped(draft, line.extension);
  const host = syslogHeadOf(line.before)?.head.host;
  if (host !== undefined) {
    putEntity(draft, 'host', 'observer', inLine(host));
    putField(draft, 'host', inLine(host));
  }
  if (line.extension.isCut) warn(draft, 'the line has more pairs than are looked at');
  const attack = line.extension.labelled(/mitre|att&?ck|technique|tactic/i);
  const id = textAt(line.extension.get('externalId'));
  const title = name.trim() === '' ? rule.trim() || 'CEF event' : name.trim();
  return ok(
    closeDraft(draft, {
      source: 'cef',
      // `externalId` is the device's own number of the event, and devices begin anew: it relates, it does not name.
      vendorId: undefined,
      product: product.trim() || 'CEF',
      vendor: vendor.trim() || undefined,
      title,
      rule: rule.trim() || title,
      severity: severityOf(severity.trim()),
      ...times,
      techniques: techniquesAt(...attack),
      tactics: tacticsAt(...attack),
      vendorLinks: id === undefined ? [] : [`externalId:${id}`],
      isAlert: true,
    }),
  );
}

/** ArcSight Common Event Format, as a line, over syslog, or wrapped by a shipper. */
export const cef: Source = { id: 'cef', title: 'CEF (Common Event Format)', recognise, normalise };
