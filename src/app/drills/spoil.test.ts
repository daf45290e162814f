import { describe, expect, test } from 'vitest';
import { DRILL_FAULTS } from '../../model/drill.ts';
import type { Draft } from '../proposals/draft.ts';
import { type Material, spoil } from './spoil.ts';

/** An act on an account, with two statements, each on a record of its own that names it. */
function draftOf(name: string, incident: `inc_${string}`, system = 'orders-db'): Draft {
  const citations = [1, 2].map(n => ({ evidence: `evd_${name}${n}` as const, pointer: '/user', value: name }));
  return {
    proposal: 'prp_0',
    revision: 1,
    incident,
    origin: { kind: 'option', option: `act:database:suspend:${system}:${name}`, chosenBy: 'usr_lead' },
    contributors: [],
    responder: 'database',
    system,
    operation: 'suspend',
    target: { name },
    params: {},
    undoes: undefined,
    undoesTier: undefined,
    citations,
    says: new Map(citations.map(({ evidence, pointer }, i) => [`${evidence}${pointer}`, `${name} did ${i}`])),
    coverage: { status: 'complete', gaps: [] },
    explained: undefined,
  };
}

const material: Material = {
  base: draftOf('jo', 'inc_1'),
  beside: [draftOf('kim', 'inc_1')],
  elsewhere: [draftOf('lee', 'inc_2')],
  namesakes: [{ responder: 'directory', system: 'corp-ad', name: 'JO' }],
};

const nameOf = ({ target }: Draft) => ('name' in target ? target.name : '');
const told = ({ citations, says }: Draft) =>
  citations.map(({ evidence, pointer, value }) => ({ value, says: says.get(`${evidence}${pointer}`) ?? '' }));

describe('a drill', () => {
  test.each(DRILL_FAULTS)('of the kind %s differs from the act that it is made of, and says which it is', fault => {
    const spoilt = spoil(fault, material);
    expect(spoilt?.draft.drill).toBe(fault);
    expect({ ...spoilt?.draft, drill: undefined }).not.toEqual({ ...material.base, drill: undefined });
    expect(spoilt?.places.length).toBeGreaterThan(0);
  });

  test.each(DRILL_FAULTS)(
    'of the kind %s cites as much as an act, the target in a field, and every place that would show it',
    fault => {
      const { draft, places } = spoil(fault, material) ?? { draft: material.base, places: [] };
      expect(draft.citations).toHaveLength(material.base.citations.length);
      expect(draft.citations.map(({ value }) => value.toLowerCase())).toContain(nameOf(draft).toLowerCase());
      expect(told(draft).every(({ says }) => says !== '')).toBe(true);
      const cited = draft.citations.map(({ evidence, pointer }) => `${evidence}${pointer}`);
      for (const place of places) expect(cited).toContain(`${place.evidence}${place.pointer}`);
    },
  );

  test.each(DRILL_FAULTS)('of the kind %s is not made where there is nothing to make it of', fault => {
    const citation = material.base.citations.slice(0, 1);
    const bare = { base: { ...material.base, citations: citation }, beside: [], elsewhere: [], namesakes: [] };
    expect(spoil(fault, bare)).toBeUndefined();
  });

  test('on a wrong target says nothing of that target but that a record names it', () => {
    const { draft } = spoil('wrong_target', material) ?? { draft: material.base };
    expect(nameOf(draft)).toBe('kim');
    expect(told(draft).map(({ says }) => says)).toEqual(['jo did 0', 'jo did 1']);
  });

  test('with swapped evidence has each statement beside another record', () => {
    const { draft } = spoil('evidence_swapped', material) ?? { draft: material.base };
    expect(told(draft).map(({ says }) => says)).toEqual(['jo did 1', 'jo did 0']);
  });

  test('of another incident rests on what was said there', () => {
    const { draft } = spoil('another_incident', material) ?? { draft: material.base };
    expect(draft.incident).toBe('inc_1');
    expect(told(draft).every(({ says }) => says.startsWith('lee'))).toBe(true);
  });

  test('on a namesake is on the account of somebody else, under the name that the records have', () => {
    const { draft } = spoil('namesake', material) ?? { draft: material.base };
    expect(draft).toMatchObject({ system: 'corp-ad', responder: 'directory', target: { name: 'JO' } });
    expect(draft.citations).toEqual(material.base.citations);
  });
});
