import { RECORD_BYTES_MAX } from '../shared/bounds.ts';
import { delimitedHeaderOf } from '../shared/csv.ts';
import { decodeText } from './encoding.ts';
import { isMessage, startsWithFrom } from './message.ts';

/**
 * How the records of a file are told apart. `documents` are JSON values of any layout: an array's, or one after the
 * other; `events` the `<Event>` elements of Windows; `message` one message of mail, `mailbox` several.
 */
export type Layout = 'ndjson' | 'documents' | 'csv' | 'zeek' | 'events' | 'message' | 'mailbox' | 'text';

const NEWLINE = 0x0a;
const OPEN_LIST = 0x5b;
const OPEN_OBJECT = 0x7b;
const LESS = 0x3c;
/** Bytes in which an export of Windows names its first element. */
const PROLOG_BYTES_MAX = 1_024;

/**
 * The layout by the first bytes. Undefined while they are too few; what is answered is what any more bytes would
 * answer too, so that it does not matter how a file is cut into chunks.
 */
export function layoutOf(bytes: Uint8Array, isEnd: boolean): Layout | undefined {
  let at = 0;
  while (at < bytes.length && (bytes[at] ?? 0) <= 0x20) at++;
  if (at === bytes.length) return isEnd || at > RECORD_BYTES_MAX ? 'text' : undefined;
  const rest = bytes.subarray(at);
  if (rest[0] === OPEN_LIST) return listLayout(rest, isEnd);
  if (rest[0] === LESS) {
    const events = eventsLayout(rest, isEnd);
    if (events !== 'no') return events;
  }
  const newline = rest.indexOf(NEWLINE);
  if (newline < 0 && !isEnd && rest.length <= RECORD_BYTES_MAX) return undefined;
  const line = rest.subarray(0, Math.min(newline < 0 ? rest.length : newline, RECORD_BYTES_MAX));
  if (rest[0] === OPEN_OBJECT) return objectLayout((decodeText(line)?.text ?? '').trim());
  // A message's header begins with the file.
  const isMail = at === 0 ? isMessage(bytes, isEnd) : false;
  if (isMail === undefined) return undefined;
  if (isMail) return startsWithFrom(bytes) ? 'mailbox' : 'message';
  return lineLayout((decodeText(line)?.text ?? '').trim());
}

function lineLayout(line: string): Layout {
  if (line.startsWith('#separator ')) return 'zeek';
  return delimitedHeaderOf(line) === undefined ? 'text' : 'csv';
}

/** An array by what its bracket opens. A log line may begin with a bracket too. */
function listLayout(bytes: Uint8Array, isEnd: boolean): Layout | undefined {
  let at = 1;
  while (at < bytes.length && at <= RECORD_BYTES_MAX && (bytes[at] ?? 0) <= 0x20) at++;
  if (at === bytes.length) return isEnd ? 'documents' : undefined;
  const next = bytes[at] ?? 0;
  if (next === OPEN_LIST || next === OPEN_OBJECT || next === 0x22) return 'documents';
  // An empty array is a delivery of nothing, not a line.
  if (next !== 0x5d) return 'text';
  let after = at + 1;
  while (after < bytes.length && (bytes[after] ?? 0) <= 0x20 && bytes[after] !== NEWLINE) after++;
  if (after === bytes.length) return isEnd ? 'documents' : undefined;
  return bytes[after] === NEWLINE ? 'documents' : 'text';
}

/** An object that ends on its line is one of many; one that is open at its end is a document of several lines. */
function objectLayout(line: string): Layout {
  return /^\{$|[[{,]$/.test(line) && !line.endsWith('}') ? 'documents' : 'ndjson';
}

/** `no` where it is another text that begins with a bracket, as a line of syslog does. */
function eventsLayout(bytes: Uint8Array, isEnd: boolean): Layout | 'no' | undefined {
  const head = String.fromCharCode(...bytes.subarray(0, PROLOG_BYTES_MAX));
  if (/^(?:<\?xml[^>]{0,512}\?>\s*)?(?:<!--[^>]{0,256}-->\s*)?<Events?[\s>]/.test(head)) return 'events';
  const mayBe = /^<(?:\?|E|$)/.test(head) && bytes.length < PROLOG_BYTES_MAX && !isEnd;
  // Once a tag is closed that is no prolog, it is none of ours.
  return mayBe && !/^<E[^>]*>|^<\?[^>]*>\s*<[^E!][^>]*>/.test(head) ? undefined : 'no';
}
