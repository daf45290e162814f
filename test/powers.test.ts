import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { OWN_SYSTEM } from '../src/model/proposal.ts';
import { RESPONDERS } from '../src/responders/index.ts';
import { TARGETS } from './conformance/targets.ts';

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
  const names = listed.map(power => power.name).sort();
  expect(
    folders.filter(folder => !names.includes(folder)),
    'each responder has a row "| `name` | `operation`, … | what it needs |" in SECURITY.md, under Our powers',
  ).toEqual([]);
  expect(names).toEqual(folders);
  expect([...RESPONDERS.keys()].sort()).toEqual(folders);
  for (const power of listed)
    expect(
      RESPONDERS.get(power.name)
        ?.manifest.operations.map(operation => operation.name)
        .sort(),
    ).toEqual(power.operations);
});

/** They act on what this installation itself keeps or passes on, so no server of somebody else's is there to be started. */
const WITHOUT_A_SERVER = ['countersign', 'http-call', 'mcp-tool'];

test('each responder for another system is among those that the executor is killed with, and in the lane of servers', () => {
  const needed = [...RESPONDERS.keys()].filter(name => !WITHOUT_A_SERVER.includes(name));
  const killed = [...TARGETS.keys()].map(name => name.split(',', 1)[0] ?? '');
  const lane = readFileSync(path('tools/servers.mjs'), 'utf8');
  expect(
    needed.filter(name => !killed.includes(name)),
    'each has a line in test/conformance/targets.ts',
  ).toEqual([]);
  expect(
    needed.filter(name => !lane.includes(`'${name}'`)),
    'each has its name in tools/servers.mjs',
  ).toEqual([]);
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
