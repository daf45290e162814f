import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { unixMsFrom } from '../base/time.ts';
import { isPublicName } from '../core/study/enrich/domain.ts';
import { OfflineData, SUFFIXES_OF } from './enrichment-data.ts';

const NOW = unixMsFrom(Date.UTC(2026, 10, 25));

test('the date of the suffix list is that of the version that is installed', () => {
  const entry = createRequire(import.meta.url).resolve('tldts');
  const root = entry.slice(0, entry.lastIndexOf(join('tldts', 'dist')) + 'tldts'.length);
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  expect(dirname(root)).toContain('node_modules');
  expect(version).toBe(SUFFIXES_OF.version);
});

test('what is shipped is read when it is first asked for, and then has a date', async () => {
  const data = new OfflineData(undefined);
  expect((await data.sets(NOW)).find(({ id }) => id === 'country')).toMatchObject({ status: 'waiting', bytes: 0 });
  const { country, suffixes, clouds } = await data.read();
  if (!country.ok || !suffixes.ok) throw new Error('the shipped data does not load');
  expect(country.data('8.8.8.8')).toBe('US');
  expect(country.data('2001:4860:4860::8888')).toBe('US');
  expect(country.data('10.0.0.1')).toBeUndefined();
  expect(suffixes.data('a.b.co.uk')).toEqual({ registrable: 'b.co.uk', suffix: 'co.uk', kind: 'icann' });
  expect(suffixes.data('someone.github.io').kind).toBe('private');
  expect(isPublicName('dc01.corp.local', suffixes.data)).toBe(false);
  expect(clouds).toEqual([]);
  const [set] = await data.sets(NOW);
  expect(set).toMatchObject({ status: 'ok', licence: 'PDDL 1.0' });
  expect(set?.bytes).toBeLessThan(8 * 1024 * 1024);
});

test('data that has grown old is stale', async () => {
  const data = new OfflineData(undefined);
  await data.read();
  const [country] = await data.sets(unixMsFrom(Date.UTC(2028, 0, 1)));
  expect(country?.status).toBe('stale');
});

test('a damaged file of ranges fails with its reason and takes nothing else with it', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'countersign-ranges-'));
  await writeFile(join(folder, 'aws.json'), '{"prefixes": 7');
  await writeFile(join(folder, 'gcp.json'), JSON.stringify({ creationTime: '2026-11-01T00:00:00', prefixes: [] }));
  const { clouds } = await new OfflineData(folder).read();
  expect(clouds).toMatchObject([{ ok: false, because: 'the file is not JSON', source: 'aws.json' }, { ok: true }]);
  await rm(folder, { recursive: true });
});
