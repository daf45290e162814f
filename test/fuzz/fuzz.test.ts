import { describe, expect, it } from 'vitest';
import { SOURCES } from '../../src/sources/index.ts';
import { fuzz, sourceCase, splitterCase } from './fuzz.ts';

/** A second each; `npm run fuzz` takes as long as it is told. The seed of a fault makes it again there. */
const FOR_MS = 1_000;
const SEED = Number(process.env['COUNTERSIGN_FUZZ_SEED'] ?? Date.now() % 1_000_000_000);

function expectNoFault(name: string, runCase: (seed: number) => void): void {
  const { cases, fault } = fuzz(runCase, SEED, FOR_MS);
  const again = `npm run fuzz -- --only ${name} --seed ${fault?.seed}`;
  expect(fault === undefined ? '' : `${String(fault.error)}; again: ${again}`).toBe('');
  expect(cases).toBeGreaterThan(5);
}

describe('bytes of anything and records that were changed', () => {
  it.each(SOURCES.sources.map(source => source.id))('never break %s, nor hold it up', id => {
    const source = SOURCES.sources.find(one => one.id === id);
    if (source !== undefined) expectNoFault(id, seed => sourceCase(source, seed));
  });

  it('are taken apart without losing any, however they come', () => {
    expectNoFault('splitter', splitterCase);
  });
});
