import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sendFile } from '../../src/cli/ingest.ts';
import { firstAdministrator, lines, send, startTestServer, type TestServer } from './harness.ts';

const record = (id: number) => ({
  id: `f-${id}`,
  time: '2026-03-01T10:00:00Z',
  title: 'Odd sign-in',
  host: 'web-1',
  severity: 'low',
});

describe('files sent to a server', () => {
  let server: TestServer;
  let folder: string;
  const file = async (name: string, content: string | Uint8Array) => {
    const path = join(folder, name);
    await writeFile(path, content);
    return path;
  };
  const sendIt = (path: string, token = server.cliToken) =>
    sendFile({ url: server.origin, token }, path, { source: 'auto', map: 'id=id,time=time,title=title,host=host' });

  beforeAll(async () => {
    server = await startTestServer();
    folder = await mkdtemp(join(tmpdir(), 'countersign-files-'));
  });
  afterAll(async () => {
    await server.close();
    await rm(folder, { recursive: true, force: true });
  });

  test('are taken as NDJSON, a list, CSV or gzip of these, and records is always the sum of what became of them', async () => {
    const three = [record(1), record(2), record(3)];
    const csv = `id,time,title,host,severity\n${[record(10), record(11)].map(one => Object.values(one).join(',')).join('\n')}\n`;
    const sent = [
      await sendIt(await file('a.ndjson', lines(three))),
      await sendIt(await file('a.ndjson.gz', gzipSync(lines(three)))),
      await sendIt(await file('b.json', JSON.stringify([record(4), record(5)]))),
      await sendIt(await file('c.csv', csv)),
    ];
    expect(sent.map(one => (one.ok ? [one.counts.records, one.counts.kept, one.counts.duplicate] : one))).toEqual([
      [3, 3, 0],
      [3, 0, 3],
      [2, 2, 0],
      [2, 2, 0],
    ]);
  });

  test('of more than one batch are taken whole', async () => {
    const many = lines(Array.from({ length: 2_345 }, (_, i) => record(1_000 + i)));
    const sent = await sendIt(await file('many.ndjson', many));
    expect(sent).toMatchObject({ ok: true, counts: { records: 2_345, kept: 2_345 } });
  });

  test('that are not there, or a gzip that is cut short, are said to be', async () => {
    expect(await sendIt(join(folder, 'nothing'))).toMatchObject({
      ok: false,
      isFile: true,
      because: expect.stringContaining('no such file'),
    });
    const cut = await file('cut.gz', gzipSync(lines([record(7)])).subarray(0, 40));
    expect(await sendIt(cut)).toMatchObject({ ok: false, isFile: false });
  });

  test('are refused without the token of the installation', async () => {
    expect(await sendIt(await file('d.ndjson', lines([record(8)])), 'guessed')).toMatchObject({
      ok: false,
      because: expect.stringContaining('Sign in first'),
    });
  });

  test('pushed above the bound are refused, also where only unpacking shows it', async () => {
    const admin = await firstAdministrator(server);
    const { token } = (await admin.post('/api/v1/sources', { id: 'pusher' })).body;
    const push = (body: Uint8Array, headers: Record<string, string> = {}) =>
      send(server, 'POST', '/ingest/pusher', { authorization: `Bearer ${token}`, ...headers }, body);
    const bomb = gzipSync(Buffer.alloc(70 * 1024 * 1024, 'x'));
    expect(bomb.length).toBeLessThan(1024 * 1024);
    expect((await push(bomb, { 'content-encoding': 'gzip' })).body.code).toBe('request.too_large');
    const large = await push(Buffer.alloc(9 * 1024 * 1024, 'x')).catch(() => 'cut off');
    expect(large === 'cut off' || (typeof large === 'object' && large.body.code === 'request.too_large')).toBe(true);
  });
});
