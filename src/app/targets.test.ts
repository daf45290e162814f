import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openStorage } from '../executor/storage.ts';
import { connectTarget, disconnectTarget, readTargets } from './targets.ts';

let root: string;
let data: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'countersign targets '));
  data = join(root, 'data');
  mkdirSync(`${data}.executor`, { mode: 0o700 });
  const genesis = {
    v: '1',
    installation: 'ins_1',
    tenant: 'default',
    logOrigin: 'o',
    logVkey: 'k',
    linkPublicKey: 'l',
    linkExpiresAt: 'e',
    rpId: 'localhost',
    origin: 'http://localhost:1',
    demo: false,
    policyDigest: 'd',
    inventoryDigest: '',
  };
  writeFileSync(join(`${data}.executor`, 'genesis.json'), JSON.stringify(genesis));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const entry = {
  system: 'orders-db',
  responder: 'postgres-role',
  settings: { host: 'db.example.org', database: 'orders' },
  readCredential: 'read-secret',
  writeCredential: 'write-secret',
  probeCredential: undefined,
};

test('a running executor takes up a connected system, and forgets one that was removed', async () => {
  const storage = openStorage(`${data}.executor`);
  expect(storage.systems()).toEqual([]);
  await connectTarget(data, entry);
  expect(storage.systems().map(system => system.config.system)).toEqual(['orders-db']);
  expect(await disconnectTarget(data, 'orders-db')).toBe(true);
  expect(storage.systems()).toEqual([]);
  expect(await disconnectTarget(data, 'orders-db')).toBe(false);
});

test('credentials lie in a file that only the executor reads', async () => {
  await connectTarget(data, entry);
  expect(statSync(join(`${data}.executor`, 'systems.json')).mode & 0o777).toBe(0o600);
});

test('a store that cannot be read leaves no system to act on', async () => {
  await connectTarget(data, entry);
  const storage = openStorage(`${data}.executor`);
  expect(storage.systems()).toHaveLength(1);
  writeFileSync(join(`${data}.executor`, 'systems.json'), '{"broken":');
  expect(storage.systems()).toEqual([]);
});

test.each([
  ['one credential for looking and changing', { ...entry, writeCredential: 'read-secret' }, /have to differ/],
  ['no write credential', { ...entry, writeCredential: '' }, /both needed/],
  ['an unknown responder', { ...entry, responder: 'carrier-pigeon' }, /there is no responder/],
  ['a setting that does not exist', { ...entry, settings: { ...entry.settings, colour: 'red' } }, /colour/],
  ['a name that is none', { ...entry, system: '../etc' }, /lower-case/],
])('%s is refused in a sentence, and nothing is stored', async (_what, wrong, sentence) => {
  await expect(connectTarget(data, wrong)).rejects.toThrow(sentence);
  expect(await readTargets(data)).toEqual([]);
});

test('where nothing is installed, it says so', async () => {
  await expect(connectTarget(join(root, 'nowhere'), entry)).rejects.toThrow(/countersign start/);
});
