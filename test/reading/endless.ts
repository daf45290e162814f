// Reads a file that is made while it is read, and prints what became of it and the memory that it took.
import { Readable } from 'node:stream';
import { createGzip } from 'node:zlib';
import { readRecords } from '../../src/app/read-files.ts';
import { normaliseRecord } from '../../src/core/intake/normalise.ts';
import { SOURCES } from '../../src/sources/index.ts';

const MEGABYTE = 1_048_576;

function* repeated(head: string, unit: string, megabytes: number, tail: string): Generator<Buffer> {
  yield Buffer.from(head);
  const block = Buffer.from(unit.repeat(Math.ceil(MEGABYTE / unit.length)));
  for (let i = 0; i < megabytes; i++) yield block;
  yield Buffer.from(tail);
}

const MAIL = 'From: a@example.com\r\nTo: b@example.org\r\nSubject: s\r\n\r\n';
const FILES: { readonly [name: string]: () => Readable } = {
  line: () => Readable.from(repeated('', 'a', 1_024, '\n{"after":1}\n')),
  'json-string': () => Readable.from(repeated('[{"a":"', 'x', 256, '"},{"after":1}]')),
  'json-line': () => Readable.from(repeated('{"before":1}\n{"a":"', 'x', 512, '"}\n{"after":1}\n')),
  'bomb-of-gzip': () => Readable.from(repeated('', '\0', 1_024, '\n{"after":1}\n')).pipe(createGzip({ level: 1 })),
  envelope: () =>
    Readable.from(repeated('{"Records":[{"eventID":"0"}', `,{"eventID":"1","pad":"${'x'.repeat(2_000)}"}`, 64, ']}')),
  'envelope-without-end': () => Readable.from(repeated('{"Records":[{"a":"', 'x', 128, '')),
  'event-without-end': () =>
    Readable.from(repeated('<Events><Event>', 'x', 128, '</Event><Event>after</Event></Events>')),
  'quote-without-end': () => Readable.from(repeated('id,name\n1,"', 'x', 256, '"\n2,after\n')),
  mail: () => Readable.from(repeated(MAIL, 'x', 256, '')),
  mailbox: () =>
    Readable.from(
      repeated(
        `From a@example.com Mon Mar  2 01:00:00 2026\n${MAIL}`,
        'x',
        256,
        `\n\nFrom b Mon Mar  2 01:00:00 2026\n${MAIL}after\n`,
      ),
    ),
  deep: () => Readable.from(repeated('', '[', 1, `${']'.repeat(MEGABYTE)}\n`)),
  blank: () => Readable.from(repeated('', ' ', 512, '\n{"after":1}\n')),
};

const file = FILES[process.argv[2] ?? ''];
if (file === undefined) throw new Error(`no file is called ${process.argv[2]}`);
const counts = { kept: 0, refused: 0, bytes: 0, last: '' };
for await (const pieces of readRecords('-', file())) {
  for (const piece of pieces) {
    const result = piece.ok ? normaliseRecord(piece.record, SOURCES, 'auto', new Map()) : undefined;
    if (result?.ok === true) counts.kept += 1;
    else counts.refused += 1;
    const bytes = piece.ok ? piece.record.bytes : piece.bytes;
    counts.bytes = Math.max(counts.bytes, bytes.length);
    counts.last = new TextDecoder().decode(bytes.subarray(0, 40));
  }
}
process.stdout.write(JSON.stringify({ ...counts, rssMegabytes: Math.round(process.resourceUsage().maxRSS / 1_024) }));
