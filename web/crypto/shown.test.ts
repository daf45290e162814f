import { expect, test } from 'vitest';
import { proposal } from '../dev/data-proposal.ts';
import { readShown } from './shown.ts';

const { presentation, act } = proposal({ tier: 'T3' });
const [shown, done] = [JSON.stringify(presentation), JSON.stringify(act)];

test('kept texts are read as what they say', () => {
  expect(readShown(shown, done)).toEqual({ presentation, act });
});

test('what would break the drawing of them is not read, whatever member it is', () => {
  for (const name of Object.keys(presentation).filter(one => one !== 'v')) {
    expect(readShown(JSON.stringify({ ...presentation, [name]: 7 }), done), name).toBeUndefined();
    expect(readShown(JSON.stringify({ ...presentation, [name]: [null] }), done), name).toBeUndefined();
  }
  expect(readShown(JSON.stringify({ ...presentation, reasons: ['constructor'] }), done)).toBeUndefined();
  expect(readShown(shown, JSON.stringify({ ...act, target: null }))).toBeUndefined();
  for (const text of ['', 'null', '[]', '{"sentence":', shown.slice(1)]) expect(readShown(text, done)).toBeUndefined();
});
