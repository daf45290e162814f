import { describe, expect, test } from 'vitest';
import { mayDo, WRITE_ACCOUNT_CONTROL } from './access-list.ts';
import { guidBytes, guidText, ridOf, sidText } from './binary.ts';

const CONTROL = 'bf967a68-0de6-11d0-a285-00aa003049e2';
const RESTRICTIONS = '4c164200-20c0-11d0-a768-00aa006e0529';
const DESCRIPTION = 'bf967950-0de6-11d0-a285-00aa003049e2';

/** `S-1-5-21-RID`, in its own bytes. */
function sid(rid: number): Buffer {
  const bytes = Buffer.from([1, 2, 0, 0, 0, 0, 0, 5, 21, 0, 0, 0, 0, 0, 0, 0]);
  bytes.writeUInt32LE(rid, 12);
  return bytes;
}

function ace(type: number, flags: number, mask: number, on: string, rid: number): Buffer {
  const isObject = type >= 5;
  const body = Buffer.concat([
    isObject ? Buffer.from([on === '' ? 0 : 1, 0, 0, 0]) : Buffer.alloc(0),
    isObject && on !== '' ? guidBytes(on) : Buffer.alloc(0),
    sid(rid),
  ]);
  const head = Buffer.from([type, flags, 8 + body.length, 0, mask, 0, 0, 0]);
  return Buffer.concat([head, body]);
}

function descriptor(...aces: readonly Buffer[]): Buffer {
  const front = Buffer.alloc(20);
  front.set([1, 0, 4, 0x80]);
  front[16] = 20;
  const size = 8 + aces.reduce((sum, { length }) => sum + length, 0);
  return Buffer.concat([front, Buffer.from([4, 0, size & 0xff, size >> 8, aces.length, 0, 0, 0]), ...aces]);
}

const US = ['S-1-5-21-7'];
const asked = (...aces: readonly Buffer[]) => mayDo(descriptor(...aces), US, WRITE_ACCOUNT_CONTROL);

describe('an access list', () => {
  test.each([
    ['grants nothing where it says nothing', asked(), false],
    ['grants the attribute to whom it names', asked(ace(5, 0, 0x20, CONTROL, 7)), true],
    ['grants it with the set that it belongs to', asked(ace(5, 0, 0x20, RESTRICTIONS, 7)), true],
    ['grants it with everything', asked(ace(0, 0, 0x20, '', 7)), true],
    ['grants nothing to others', asked(ace(5, 0, 0x20, CONTROL, 8)), false],
    ['grants nothing with another attribute', asked(ace(5, 0, 0x20, DESCRIPTION, 7)), false],
    ['grants no write with a read', asked(ace(5, 0, 0x10, CONTROL, 7)), false],
    ['grants nothing here that only what is below inherits', asked(ace(5, 8, 0x20, CONTROL, 7)), false],
    [
      'denies what an entry before the grant denies',
      asked(ace(6, 0, 0x20, CONTROL, 7), ace(5, 0, 0x20, CONTROL, 7)),
      false,
    ],
    ['grants what an entry before the denial grants', asked(ace(5, 0, 0x20, CONTROL, 7), ace(1, 0, 0x20, '', 7)), true],
  ])('%s', (_title, may, expected) => {
    expect(may).toBe(expected);
  });

  test('that is cut short is not understood, and so grants nothing', () => {
    const whole = descriptor(ace(5, 0, 0x20, CONTROL, 7));
    for (let length = 0; length < whole.length; length++)
      expect(mayDo(whole.subarray(0, length), US, WRITE_ACCOUNT_CONTROL), String(length)).not.toBe(true);
  });
});

test('a GUID and a SID are read as they are written', () => {
  expect(guidText(guidBytes(CONTROL))).toBe(CONTROL);
  expect(guidBytes(CONTROL).subarray(0, 4).toString('hex')).toBe('687a96bf');
  expect(sidText(sid(500))).toBe('S-1-5-21-500');
  expect(ridOf('S-1-5-21-500')).toBe(500);
  expect(sidText(Buffer.from([1, 200]))).toBeUndefined();
});
