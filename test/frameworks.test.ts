import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../', import.meta.url));
const read = (name: string) => JSON.parse(readFileSync(join(root, 'test/attacks/catalogue', name), 'utf8'));
const controls: Record<string, { satisfies: string[]; tests?: string[] }> = read('controls.json');
const frameworks: Record<string, { requirements: Record<string, string>; byAbsence?: Record<string, string> }> =
  read('frameworks.json');

test('docs/frameworks.md says what the catalogue and the attacks are today', () => {
  const { status, stdout } = spawnSync(process.execPath, [join(root, 'tools/frameworks.mjs'), '--check'], {
    encoding: 'utf8',
  });
  expect(status, stdout).toBe(0);
});

test('every requirement that a control is said to answer exists, with its title', () => {
  const unknown = Object.values(controls)
    .flatMap(({ satisfies }) => satisfies)
    .filter(requirement => {
      const at = requirement.indexOf(':');
      return frameworks[requirement.slice(0, at)]?.requirements[requirement.slice(at + 1)] === undefined;
    });
  expect(unknown).toEqual([]);
});

test('every requirement is answered by a control, or it is said why none is needed', () => {
  const answered = new Set(Object.values(controls).flatMap(({ satisfies }) => satisfies));
  const open = Object.entries(frameworks).flatMap(([framework, { requirements, byAbsence = {} }]) =>
    Object.keys(requirements)
      .filter(id => byAbsence[id] === undefined && !answered.has(`${framework}:${id}`))
      .map(id => `${framework}:${id}`),
  );
  expect(open).toEqual([]);
});

test('every attack names a control of the catalogue, and every test that a control names is there', () => {
  const folder = join(root, 'test/attacks');
  const named = readdirSync(folder)
    .filter(name => name.endsWith('.test.ts'))
    .flatMap(name =>
      [...readFileSync(join(folder, name), 'utf8').matchAll(/\bid: '([A-Z]{3}-\d{2})'/g)].map(match => match[1] ?? ''),
    );
  expect(named.length).toBeGreaterThan(40);
  expect(named.filter(id => controls[id] === undefined)).toEqual([]);
  expect(
    Object.values(controls)
      .flatMap(({ tests = [] }) => tests)
      .filter(path => !existsSync(join(root, path))),
  ).toEqual([]);
});
