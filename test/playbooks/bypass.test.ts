import { expect, test } from 'vitest';
import { judge, mutate, planted, safe } from '../../src/cli/bench-playbooks.ts';
import { PLANTS } from '../../src/cli/playbook-cases/plants.ts';

/** Playbooks of each kind here; `countersign bench playbooks` has ten thousand. */
const SEEDS = Array.from({ length: 50 }, (_, index) => index + 1);

test.each(Object.keys(PLANTS))('%s: the effect that nobody is asked about is named, wherever it stands', sort => {
  const judged = SEEDS.slice(0, 4).flatMap(seed => judge(planted(seed, sort)) ?? []);
  const reached = judged.filter(({ tried }) => [...tried].some(name => name.includes('.planted')));
  expect(reached.length).toBeGreaterThan(0);
  for (const { found, tried } of judged) expect([...tried].filter(name => !found.has(name))).toEqual([]);
});

test('no playbook is refused in which every effect has a human step of its own', () => {
  const judged = SEEDS.flatMap(seed => judge(safe(seed)) ?? []);
  expect(judged.length).toBeGreaterThan(SEEDS.length / 2);
  expect(judged.filter(({ found, tried }) => found.size + tried.size > 0)).toEqual([]);
});

test('of playbooks that were changed at random, what trying everything finds is what the analysis names', () => {
  const judged = SEEDS.flatMap(seed => judge(mutate(seed)) ?? []);
  expect(judged.some(({ tried }) => tried.size > 0)).toBe(true);
  for (const { found, tried } of judged) expect([...tried].filter(name => !found.has(name))).toEqual([]);
});
