import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ConnectedLookUp } from '../ports/look-up.ts';
import { addLookUp, addOwnDomain, readLookUps, removeLookUp, setTlp } from './look-up-store.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'countersign-look-ups-'));
});
afterEach(() => rm(folder, { recursive: true }));

const misp = (more: Partial<ConnectedLookUp['config']> = {}): ConnectedLookUp => ({
  credential: 'a key',
  config: {
    name: 'misp',
    kind: 'misp',
    url: 'https://misp.example.org',
    maxTlp: 'amber',
    quota: { perMinute: 10, perDay: 100 },
    settings: {},
    ca: undefined,
    ...more,
  },
});

test('a key is kept where only its owner may read it', async () => {
  await addLookUp(folder, misp());
  expect((await stat(join(folder, 'look-ups.json'))).mode & 0o777).toBe(0o600);
  expect((await readLookUps(folder)).lookUps).toEqual([misp()]);
});

test('adding replaces the one of this name, and removing forgets its key', async () => {
  await addLookUp(folder, misp());
  await addLookUp(folder, misp({ maxTlp: 'clear' }));
  await addLookUp(folder, misp({ name: 'other' }));
  expect((await readLookUps(folder)).lookUps.map(({ config }) => `${config.name} ${config.maxTlp}`)).toEqual([
    'misp clear',
    'other amber',
  ]);
  expect(await removeLookUp(folder, 'misp')).toBe(true);
  expect(await removeLookUp(folder, 'misp')).toBe(false);
  await removeLookUp(folder, 'other');
  expect(await readFile(join(folder, 'look-ups.json'), 'utf8')).not.toContain('a key');
});

test('nothing is configured until somebody does, and unmarked is amber', async () => {
  expect(await readLookUps(folder)).toMatchObject({ lookUps: [], usualTlp: 'amber' });
});

test('marks of sources and own domains are kept beside the look-ups', async () => {
  await addLookUp(folder, misp());
  await setTlp(folder, 'okta', 'red');
  await setTlp(folder, undefined, 'green');
  await addOwnDomain(folder, 'Example.ORG');
  const { sourceTlp, usualTlp, ownDomains, lookUps } = await readLookUps(folder);
  expect([[...sourceTlp], usualTlp, ownDomains, lookUps.length]).toEqual([
    [['okta', 'red']],
    'green',
    ['example.org'],
    1,
  ]);
});

test('a damaged file is refused, so that nothing is asked under marks that were lost', async () => {
  await writeFile(join(folder, 'look-ups.json'), '{"v":1,"usualTlp":"none"}');
  await expect(readLookUps(folder)).rejects.toThrow('damaged');
});

test.each([
  [misp({ kind: 'nobody' }), 'there is no look-up'],
  [misp({ name: 'Not A Name' }), 'lower-case'],
  [misp({ name: '!misp' }), 'lower-case'],
  [misp({ settings: { collection: 'x' } }), 'has no setting'],
  [misp({ kind: 'taxii' }), 'needs --set collection'],
  [{ ...misp(), credential: '' }, 'a key is needed'],
  [{ ...misp(), credential: 'a\r\nb: c' }, 'characters that no key has'],
])('what cannot work is refused: %#', async (entry, because) => {
  await expect(addLookUp(folder, entry)).rejects.toThrow(because);
});

test.each([
  ['http://misp.example.com', 'begins with https'],
  ['ftp://127.0.0.1', 'begins with https'],
  ['https://user:pass@misp.example.com', 'has no user'],
  ['https://misp.example.com/?a=b', 'no query'],
  ['nonsense', 'is no URL'],
])('an address that would give the key away, or is none, is refused: %s', async (url, because) => {
  await expect(addLookUp(folder, misp({ url }))).rejects.toThrow(because);
});
