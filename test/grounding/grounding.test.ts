import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { mixedIncidents, realIncidents } from '../../src/cli/grounding/corpus.ts';
import { type GroundingFigures, measureGrounding } from '../../src/cli/grounding/measure.ts';
import { createNumbers } from '../../src/cli/grounding/numbers.ts';
import { dataFile } from '../data/present.ts';

const LIES = { claims: 12, own: 8, other: 8 };

function expectGrounded(figures: GroundingFigures): void {
  expect(figures.examples).toEqual([]);
  expect(figures.falseAlarms).toBe(0);
  expect(figures.ratio).toBeGreaterThanOrEqual(0.995);
  for (const [name, { made, caught }] of Object.entries(figures.byClass)) {
    expect(made, name).toBeGreaterThan(100);
    expect(caught / made, name).toBeGreaterThanOrEqual(0.995);
  }
  expect(figures.tampered.caught).toBe(figures.tampered.made);
  expect(figures.disagreements).toBe(0);
  expect(figures.disagreementsOnLies).toBe(0);
}

describe('claims of the records that our sources are tested with', () => {
  test('are all verified, and ten thousand lies about them are caught, by both verifiers alike', {
    timeout: 120_000,
  }, () => {
    const numbers = createNumbers(1);
    const figures = measureGrounding(mixedIncidents(numbers, 110), LIES, numbers);
    expectGrounded(figures);
    expect(figures.mutations).toBeGreaterThanOrEqual(10_000);
    expect(figures.recomputed).toBeGreaterThanOrEqual(10_000);
  });
});

describe('claims of real records (skipped where ../shared/data is absent)', () => {
  test.skipIf(dataFile('otrf/index.ndjson') === undefined)(
    'are all verified, and lies about them are caught, by both verifiers alike',
    { timeout: 180_000 },
    async () => {
      const numbers = createNumbers(2);
      const figures = measureGrounding(await realIncidents(numbers, 200), LIES, numbers);
      expectGrounded(figures);
      expect(figures.incidents).toBeGreaterThan(30);
    },
  );
});

describe('the second implementation', () => {
  const folder = fileURLToPath(new URL('../../src/cli/grounding/', import.meta.url));
  const importsOf = (file: string): readonly string[] =>
    [...readFileSync(folder + file, 'utf8').matchAll(/from '([^']+)'/g)].map(([, from]) => from ?? '');
  const independent = readdirSync(folder).filter(file => file.startsWith('second-') || file === 'other-mutators.ts');

  test('shares no code with the one that it checks', () => {
    expect(independent.length).toBe(6);
    for (const file of independent)
      expect(
        importsOf(file).filter(from => from.includes('/core/')),
        file,
      ).toEqual([]);
  });
});
