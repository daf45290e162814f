import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { idFloor, timeOrdered } from './id.ts';

const ms = fc.integer({ min: 0, max: 2 ** 48 - 1 });
const random = fc.uint8Array({ minLength: 10, maxLength: 10 });

/** The digits of a number of 128 bits in Crockford's base 32, by division. */
function byDivision(bytes: Uint8Array): string {
  let value = BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
  let text = '';
  for (let i = 0; i < 26; i++) {
    text = '0123456789abcdefghjkmnpqrstvwxyz'.charAt(Number(value & 31n)) + text;
    value >>= 5n;
  }
  return text;
}

describe('an id', () => {
  test('is the UUIDv7 of its time and randomness, in base 32', () => {
    fc.assert(
      fc.property(ms, random, (at, bytes) => {
        const uuid = Buffer.alloc(16);
        uuid.writeUIntBE(at, 0, 6);
        uuid.set(bytes, 6);
        uuid[6] = ((uuid[6] ?? 0) & 0x0f) | 0x70;
        uuid[8] = ((uuid[8] ?? 0) & 0x3f) | 0x80;
        expect(timeOrdered(at, bytes)).toBe(byDivision(uuid));
      }),
    );
  });

  test('sorts by time, and after the floor of its time', () => {
    fc.assert(
      fc.property(ms, ms, random, random, (a, b, x, y) => {
        if (a < b) expect(timeOrdered(a, x) < timeOrdered(b, y)).toBe(true);
        expect(idFloor('alert', a) <= `alr_${timeOrdered(a, x)}`).toBe(true);
      }),
    );
  });
});
