import { describe, expect, test } from 'vitest';
import type { Answer } from './imap.ts';
import { copiesIn } from './message.ts';

const ID = '<invoice-1@mail.example.net>';
const opened: Answer = { status: 'OK', text: '', lines: [{ text: '* OK [UIDVALIDITY 17] UIDs valid', literals: [] }] };

function fetched(text: string): Answer {
  return { status: 'OK', text: '', lines: [{ text, literals: [Buffer.from(`Message-ID: ${ID}\r\n\r\n`)] }] };
}

describe('a message that a server tells of', () => {
  test.each([
    '* 1 FETCH (UID 9 FLAGS (UID 5 \\Seen) INTERNALDATE "02-Mar-2026 10:00:00 +0000" BODY[HEADER.FIELDS (X)] \0)',
    '* 1 FETCH (FLAGS (x UID 5 \\Seen) BODY[HEADER.FIELDS (X)] \0 INTERNALDATE "02-Mar-2026 10:00:00 +0000" UID 9)',
  ])('has its own number, in whatever order it is told and whatever keywords its owner gave it: %j', text => {
    expect(copiesIn('INBOX', opened, fetched(text), ID)).toMatchObject([
      { folder: 'INBOX', validity: '17', uid: 9, isOpened: true, arrived: '02-Mar-2026 10:00:00 +0000' },
    ]);
  });

  test('is none of ours where its number is missing', () => {
    expect(copiesIn('INBOX', opened, fetched('* 1 FETCH (FLAGS (UID 5) BODY[HEADER.FIELDS (X)] \0)'), ID)).toEqual([]);
  });
});
