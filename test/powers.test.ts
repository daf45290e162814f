import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { OWN_SYSTEM } from '../src/model/proposal.ts';
import { RESPONDERS } from '../src/responders/index.ts';

const path = (name: string) => fileURLToPath(new URL(`../${name}`, import.meta.url));

test('SECURITY.md lists every power, and none that does not exist', () => {
  const folders = readdirSync(path('src/responders'), { withFileTypes: true })
    .filter(entry => entry.isDirectory() && entry.name !== 'shared')
    .map(entry => entry.name)
    .sort();
  const listed = [...readFileSync(path('SECURITY.md'), 'utf8').matchAll(/^\| `([a-z-]+)` \| (.+?) \|/gm)].map(
    ([, name = '', operations = '']) => ({
      name,
      operations: [...operations.matchAll(/`([a-z-]+)`/g)].map(match => match[1]).sort(),
    }),
  );
  expect(listed.map(power => power.name).sort()).toEqual(folders);
  expect([...RESPONDERS.keys()].sort()).toEqual(folders);
  for (const power of listed)
    expect(
      RESPONDERS.get(power.name)
        ?.manifest.operations.map(operation => operation.name)
        .sort(),
    ).toEqual(power.operations);
});

test('no operation of any responder is below T1, and every undo is an operation that exists', () => {
  for (const { manifest } of RESPONDERS.values()) {
    const names = manifest.operations.map(operation => operation.name);
    for (const operation of manifest.operations) {
      expect(manifest.name === OWN_SYSTEM ? ['own'] : ['identity', 'access', 'production']).toContain(
        operation.touches,
      );
      expect(operation.undo === undefined || names.includes(operation.undo)).toBe(true);
    }
  }
});
