import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DRILL_FAULTS, type SealOpening } from '../../model/drill.ts';
import { readSeal } from './closed.ts';
import { type SealQuestion, sealHolds, sealOf } from './seal.ts';

const HEX = fc.uint8Array({ minLength: 32, maxLength: 32 }).map(bytes => Buffer.from(bytes).toString('hex'));
const OPENING: fc.Arbitrary<SealOpening> = fc.record({
  v: fc.constant('1' as const),
  installation: fc.constant('ins_1'),
  proposal: fc.constantFrom('prp_1', 'prp_2'),
  revision: fc.constantFrom('1', '2'),
  is: fc.constantFrom('act' as const, 'drill' as const),
  fault: fc.constantFrom('' as const, ...DRILL_FAULTS),
  salt: HEX,
}) as fc.Arbitrary<SealOpening>;

function questionOf(opening: SealOpening, mask: string): SealQuestion {
  const made = sealOf(opening, mask);
  return {
    installation: 'ins_1',
    act: { proposal: opening.proposal, revision: opening.revision, salt: made.actSalt },
    seal: { opening: made.opening, mask, pendingId: 'rec_1' },
    logged: made.digest,
  };
}

const act: SealOpening = {
  v: '1',
  installation: 'ins_1',
  proposal: 'prp_1',
  revision: '1',
  is: 'act',
  fault: '',
  salt: 'a'.repeat(64),
};

describe('a seal', () => {
  test('holds for what was sealed as an act, and for nothing else', () => {
    fc.assert(
      fc.property(OPENING, HEX, (opening, mask) => {
        expect(sealHolds(questionOf(opening, mask)).ok).toBe(opening.is === 'act');
      }),
    );
  });

  test('of a drill opens as no act, whatever opening, mask and entry of the log are put in their place', () => {
    fc.assert(
      fc.property(OPENING, OPENING, HEX, HEX, (drill, other, mask, otherMask) => {
        const of = questionOf({ ...drill, is: 'drill', fault: 'namesake' }, mask);
        const stripped = sealOf({ ...other, is: 'act' }, otherMask);
        const put = { ...of, seal: { opening: stripped.opening, mask: otherMask, pendingId: 'rec_2' } };
        expect(sealHolds({ ...put, logged: stripped.digest }).ok).toBe(false);
        expect(sealHolds({ ...put, logged: of.logged }).ok).toBe(false);
      }),
    );
  });

  test('that is missing, unreadable, of another revision or not in the log is none', () => {
    const of = questionOf(act, 'b'.repeat(64));
    const codes = [
      { ...of, seal: undefined },
      { ...of, logged: undefined },
      { ...of, logged: 'c'.repeat(64) },
      { ...of, act: { ...of.act, revision: '2' } },
      { ...of, installation: 'ins_2' },
      { ...of, seal: { opening: '{}', mask: '', pendingId: '' } },
    ].map(question => {
      const held = sealHolds(question);
      return held.ok ? 'ok' : held.failure.code;
    });
    expect(new Set(codes)).toEqual(new Set(['execution.unsealed']));
  });

  test('is read back as it was printed, and gives away neither what it is of nor the salt of the act', () => {
    fc.assert(
      fc.property(OPENING, HEX, (opening, mask) => {
        const made = sealOf(opening, mask);
        expect(readSeal(made.opening)).toEqual({ ok: true, value: opening });
        expect(made.digest).not.toBe(made.actSalt);
        expect(sealOf(opening, mask)).toEqual(made);
      }),
    );
  });
});
