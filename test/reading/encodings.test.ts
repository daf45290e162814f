import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesOf, notesOf, split, textsOf, valuesOf } from './split.ts';

const LITTLE = 'read as UTF-16, little end first';
const BIG = 'read as UTF-16, big end first';

function utf16(text: string, isBig = false): Uint8Array {
  const bytes = new Uint8Array(text.length * 2);
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    bytes[2 * i + (isBig ? 0 : 1)] = unit >> 8;
    bytes[2 * i + (isBig ? 1 : 0)] = unit & 0xff;
  }
  return bytes;
}

const latin = (text: string): Uint8Array => Uint8Array.from(text, letter => letter.charCodeAt(0));

describe('a file in UTF-16', () => {
  it.each([
    ['little end first with its mark', false, '\ufeff', LITTLE],
    ['big end first with its mark', true, '\ufeff', BIG],
    ['little end first without', false, '', LITTLE],
    ['big end first without', true, '', BIG],
  ])('%s is read, says so, and keeps its bytes', (_, isBig, mark, note) => {
    const lines = ['{"user":"Zoë 😀"}', '{"user":"\u4e2d"}'];
    for (const size of [undefined, 1, 3, 5]) {
      const pieces = split(utf16(`${mark}${lines.join('\r\n')}\r\n`, isBig), size);
      expect(textsOf(pieces)).toEqual(lines);
      expect(notesOf(pieces)).toEqual([[note], [note]]);
      expect(pieces.map(bytesOf)).toEqual(lines.map(line => utf16(line, isBig)));
    }
  });

  it('may be CSV, XML or mail like any other', () => {
    expect(valuesOf(split(utf16('\ufeffid,name\n1,é\n')))).toEqual([{ id: '1', name: 'é' }]);
    expect(textsOf(split(utf16('\ufeff<Events><Event>é</Event></Events>')))).toEqual(['<Event>é</Event>']);
  });

  it('keeps a lone surrogate and half a unit at the end', () => {
    const file = new Uint8Array([...utf16('\ufeff{"a":"\ud800"}\n'), 0x41]);
    const [first, second] = split(file, 2);
    expect(first?.ok === true && first.record.value).toEqual({ a: '\ud800' });
    expect(first && bytesOf(first)).toEqual(utf16('{"a":"\ud800"}'));
    expect(second?.ok === false && [second.refusal.detail, [...second.bytes]]).toEqual([
      'the file ends inside a code unit of UTF-16',
      [0x41],
    ]);
  });

  it('gives every unit of any text back', () => {
    const units = fc.array(fc.integer({ min: 0x20, max: 0xffff }), { minLength: 4, maxLength: 60 });
    fc.assert(
      fc.property(units, fc.boolean(), fc.integer({ min: 1, max: 9 }), (codes, isBig, size) => {
        const line = `line ${String.fromCharCode(...codes)}`;
        const pieces = split(utf16(`\ufeff${line}`, isBig), size);
        expect(pieces.map(bytesOf)).toEqual([utf16(line, isBig)]);
      }),
      { numRuns: 300 },
    );
  });
});

describe('a line that is not UTF-8', () => {
  it('is read as Windows-1252 byte by byte where it is, says so, and keeps its bytes', () => {
    const bytes = latin('user=Zo\xeb cost=5\x80\nuser=ok\n');
    const pieces = split(bytes);
    expect(textsOf(pieces)).toEqual(['user=Zoë cost=5€', 'user=ok']);
    expect(notesOf(pieces)).toEqual([['2 bytes are not UTF-8 and were read as Windows-1252'], []]);
    expect(pieces.map(one => String.fromCharCode(...bytesOf(one)))).toEqual(['user=Zo\xeb cost=5\x80', 'user=ok']);
  });

  it('keeps what in it is UTF-8', () => {
    const bytes = new Uint8Array([...new TextEncoder().encode('{"a":"é '), 0xe9, ...latin('"}')]);
    expect(valuesOf(split(bytes))).toEqual([{ a: 'é é' }]);
  });

  it('gives a surrogate that was encoded alone as what it is', () => {
    const bytes = new Uint8Array([...latin('{"a":"'), 0xed, 0xa0, 0x80, ...latin('"}')]);
    const pieces = split(bytes);
    expect(valuesOf(pieces)).toEqual([{ a: '\ud800' }]);
    expect(notesOf(pieces)).toEqual([['1 surrogates were encoded alone']]);
  });

  it.each([
    ['a byte that Windows-1252 does not have', [0x61, 0x81]],
    ['control characters', [0xff, 0x00, 0x01, 0x61]],
  ])('is set aside with its reason where it is no text: %s', (_, bytes) => {
    const [piece] = split(Uint8Array.from([0x61, 0x0a, ...bytes])).slice(1);
    expect(piece?.ok === false && [piece.refusal.detail, [...piece.bytes]]).toEqual([
      'the record is not valid UTF-8, and no text of Windows-1252 either',
      bytes,
    ]);
  });

  it('is a row of a table too', () => {
    expect(valuesOf(split(latin('id,name\n1,Zo\xeb\n')))).toEqual([{ id: '1', name: 'Zoë' }]);
  });

  it('never mixes two texts up unsaid: each reading without a note is the bytes’ only one', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 40 }), bytes => {
        const line = bytes.map(byte => (byte === 0x0a || byte === 0x0d ? 0x20 : byte));
        for (const piece of split(Uint8Array.from([0x61, 0x0a, 0x78, ...line])).slice(1)) {
          if (!piece.ok || piece.record.notes !== undefined) continue;
          expect(new TextEncoder().encode(piece.record.text)).toEqual(bytesOf(piece));
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('a mark of UTF-8', () => {
  it('is passed over at the beginning of a file and of a line', () => {
    const files = '\ufeff{"a":1}\n\ufeff{"Records":[{"b":2}]}\n';
    expect(valuesOf(split(files))).toEqual([{ a: 1 }, { b: 2 }]);
  });
});
