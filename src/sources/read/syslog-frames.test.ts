import fc from 'fast-check';
import { expect, test } from 'vitest';
import { utf8 } from '../../base/bytes.ts';
import { createSyslogFrames, FRAME_BYTES_MAX } from './syslog-frames.ts';

/** What comes out of a connection that sends these bytes in these pieces. */
function heard(
  bytes: Uint8Array,
  cuts: readonly number[] = [],
): { readonly texts: string[]; readonly isBroken: boolean } {
  const frames = createSyslogFrames();
  const texts: string[] = [];
  const take = (pieces: ReturnType<typeof frames.push>) => {
    for (const piece of pieces)
      texts.push(
        piece.ok ? piece.record.text : `refused ${piece.refusal.detail} ${Buffer.from(piece.bytes).toString()}`,
      );
  };
  const places = [...new Set(cuts.map(cut => cut % (bytes.length + 1)))].sort((a, b) => a - b);
  let from = 0;
  for (const at of [...places, bytes.length]) {
    take(frames.push(bytes.slice(from, at)));
    from = at;
  }
  const isBroken = frames.isBroken();
  take(frames.end());
  return { texts, isBroken };
}

const counted = (text: string) => `${utf8(text).length} ${text}`;

test('counted messages and lines may be mixed on one connection, and a counted one may hold line ends', () => {
  const bytes = utf8(
    `${counted('<13>1 one\ntwo')}<14>line\n\r\n${counted('<15>ünï\n')}2026-01-01 no priority\n<16>last`,
  );
  expect(heard(bytes).texts).toEqual(['<13>1 one\ntwo', '<14>line', '<15>ünï', '2026-01-01 no priority', '<16>last']);
});

test('where the bytes are cut never changes what is heard', () => {
  const message = fc.string({ maxLength: 40, unit: 'binary' }).map(text => `<13>${text.replaceAll(/[\n\r\0]/g, '.')}.`);
  const framed = fc.oneof(
    message.map(counted),
    message.map(text => `${text}\n`),
    fc.constant('12 not counted\n'),
    fc.constant('0 <1>\n'),
  );
  fc.assert(
    fc.property(fc.array(framed, { maxLength: 8 }), fc.array(fc.nat(), { maxLength: 12 }), (parts, cuts) => {
      const bytes = utf8(parts.join(''));
      expect(heard(bytes, cuts)).toEqual(heard(bytes));
      expect(heard(bytes).texts).toHaveLength(parts.length);
    }),
  );
});

test('no bytes make it throw or lose anything but what stands between messages', () => {
  const byte = fc.constantFrom(...utf8('0123456789 <>ab\n\r\0'), 0xff);
  fc.assert(
    fc.property(fc.array(byte, { maxLength: 200 }), fc.array(fc.nat(), { maxLength: 5 }), (list, cuts) => {
      const bytes = Uint8Array.from(list);
      const frames = createSyslogFrames();
      const cut = (cuts[0] ?? 0) % (bytes.length + 1);
      const pieces = [...frames.push(bytes.slice(0, cut)), ...frames.push(bytes.slice(cut)), ...frames.end()];
      const kept = pieces.reduce((sum, piece) => sum + (piece.ok ? piece.record.bytes : piece.bytes).length, 0);
      const headers = [
        ...Buffer.from(bytes)
          .toString('latin1')
          .matchAll(/\d+ (?=<)/g),
      ].join('').length;
      const between = list.filter(one => [0x0a, 0x0d, 0].includes(one)).length;
      if (!frames.isBroken()) expect(kept).toBeGreaterThanOrEqual(bytes.length - headers - between);
    }),
  );
});

test('a length that is huge ends the connection with a reason; one that is negative, zero or no number is a line', () => {
  const huge = heard(utf8('99999999 <13>x'));
  expect(huge).toEqual({
    texts: [`refused a message says that it has more than ${FRAME_BYTES_MAX} bytes 99999999 <13>x`],
    isBroken: true,
  });
  expect(heard(utf8('18446744073709551616 <13>x')).isBroken).toBe(true);
  for (const line of ['-5 <13>x', '0 <13>x', '1e3 <13>x', '0x10 <13>x', '123456789012345678901234 <13>x'])
    expect(heard(utf8(`${line}\n`))).toEqual({ texts: [line], isBroken: false });
});

test('half a line at the end is kept, and half a counted message is refused with what is missing', () => {
  expect(heard(utf8('<13>half a li')).texts).toEqual(['<13>half a li']);
  expect(heard(utf8('20 <13>half')).texts).toEqual([
    'refused the connection ended 12 bytes before the end of the message 20 <13>half',
  ]);
});

test('a line without end is refused once, and the next line is heard', () => {
  const frames = createSyslogFrames();
  const chunk = new Uint8Array(64 * 1024).fill(0x61);
  const pieces = Array.from({ length: 40 }, () => frames.push(chunk)).flat();
  expect(pieces.map(piece => piece.ok)).toEqual([false]);
  expect(frames.push(utf8('\n<13>next\n')).map(piece => piece.ok && piece.record.text)).toEqual(['<13>next']);
});
