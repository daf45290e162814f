import { fail, ok, type Result } from '../../base/result.ts';
import type { NormalisedAlert } from '../../model/alert.ts';
import type { RawRecord, Refusal, Source } from '../../ports/source.ts';
import { closeDraft, type Draft, NO_TIME, openDraft, putTime, warn } from '../shared/draft.ts';
import { severityOfWord } from '../shared/severity.ts';
import { type Chosen, chooseFields } from './choose.ts';
import { leavesOf } from './leaves.ts';
import type { TextHead } from './text.ts';

/** More control characters than this share of a text, and it is no text. */
const CONTROL_SHARE_MAX = 0.1;

function isBinary(text: string): boolean {
  if (text.includes('\u0000')) return true;
  const head = text.slice(0, 1_000);
  let controls = 0;
  for (let i = 0; i < head.length; i++) {
    const code = head.charCodeAt(i);
    if (code < 0x20 && code !== 0x09 && code !== 0x0a && code !== 0x0d && code !== 0x1b) controls++;
  }
  return controls > head.length * CONTROL_SHARE_MAX;
}

function isReadable(record: RawRecord): boolean {
  const { value } = record;
  if (typeof value === 'string') return value.trim() !== '';
  if (typeof value !== 'object' || value === null) return false;
  // Some products deliver one event as a list of one.
  const event: unknown = Array.isArray(value) && value.length === 1 ? value[0] : value;
  return typeof event === 'object' && event !== null && !Array.isArray(event) && Object.keys(event).length > 0;
}

/** A title without what differs from line to line, so that lines of one kind have one rule. */
function templateOf(title: string): string {
  return title
    .replace(/"[^"]*"|'[^']*'/g, '*')
    .replace(/\b(?:0x)?[0-9a-f]{8,}\b/gi, '*')
    .replace(/\d+/g, '*');
}

/** What the record calls itself: its rule, else its own title, else what its text says, else what was done. */
function titleOf(draft: Draft, chosen: Chosen, head: TextHead | undefined, value: unknown): string {
  const isLine = chosen.title !== undefined && head !== undefined && chosen.title.includes(head.title ?? chosen.title);
  const own = isLine ? (chosen.said ?? head.title) : chosen.title;
  const line = typeof value === 'string' ? value.trim().split('\n', 1)[0] : undefined;
  return (
    draft.fields.rule_name ??
    own ??
    chosen.said ??
    head?.title ??
    draft.fields.action ??
    line ??
    chosen.kind ??
    'unnamed record'
  );
}

function normalise(record: RawRecord): Result<NormalisedAlert, Refusal> {
  if (!isReadable(record))
    return fail({ code: 'source.rejected_input', detail: 'the record is no object and no text' });
  if (typeof record.value === 'string' && isBinary(record.value)) {
    return fail({ code: 'source.rejected_input', detail: 'the record is binary' });
  }
  const draft = openDraft(record.value);
  const { leaves, head, isCut } = leavesOf(record.value);
  const chosen = chooseFields(draft, leaves);
  const occurredAt = putTime(draft, chosen.time);
  if (occurredAt === undefined) warn(draft, NO_TIME);
  if (isCut) warn(draft, 'the record has more values than are looked at');
  const title = titleOf(draft, chosen, head, record.value);
  return ok(
    closeDraft(draft, {
      source: 'generic',
      // A key called `id` may hold the kind of event as well as its own id, and two records must never become one.
      vendorId: undefined,
      product: chosen.product ?? head?.product ?? 'generic',
      vendor: chosen.vendor ?? head?.vendor,
      title,
      rule: chosen.rule ?? head?.rule ?? draft.fields.rule_name ?? (title === chosen.kind ? title : templateOf(title)),
      // A bare number says nothing without its scale.
      severity: severityOfWord(draft.fields.severity),
      occurredAt,
      isAlert: draft.fields.rule_name !== undefined,
    }),
  );
}

/** What no other source recognises: fields by the names of their keys and the shape of their values. Never sure. */
export const generic: Source = {
  id: 'generic',
  title: 'Generic (JSON, CSV, syslog, key=value)',
  recognise: record => (isReadable(record) ? 0.05 : 0.02),
  normalise,
};
