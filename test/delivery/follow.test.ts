import { appendFile, copyFile, mkdtemp, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { followFile } from '../../src/cli/follow.ts';
import { freePort, startTestServer, type TestServer } from '../server/harness.ts';

const WAIT = { timeout: 20_000, interval: 50 };
const row = (id: string) =>
  `${JSON.stringify({ id, time: '2026-03-01T10:00:00Z', title: 'Odd sign-in', host: 'web-1' })}\n`;
const rows = (from: number, count: number) => Array.from({ length: count }, (_, i) => row(`f-${from + i}`)).join('');

describe('a file that is followed', { timeout: 60_000 }, () => {
  let server: TestServer;
  let folder: string;
  let file: string;
  let running: { end(): Promise<{ records: number; duplicate: number }> }[] = [];
  const start = (
    target: () => Promise<{ url: string; token: string }> = async () => ({
      url: server.origin,
      token: server.cliToken,
    }),
  ) => {
    const ending = new AbortController();
    const flags = {
      source: 'auto',
      map: 'id=id,time=time,title=title,host=host',
      state: join(folder, 'state', 'position.json'),
    };
    const done = followFile(file, flags, target, ending.signal);
    done.catch(() => undefined);
    const one = {
      async end() {
        ending.abort();
        return done;
      },
    };
    running.push(one);
    return one;
  };
  const kept = async (): Promise<readonly string[]> => {
    const { rows } = await server.db.ownerPool.query(
      `SELECT vendor_id FROM alert ORDER BY length(vendor_id), vendor_id`,
    );
    return rows.map(one => one.vendor_id);
  };
  const ids = (count: number) => Array.from({ length: count }, (_, i) => `f-${i}`);
  beforeEach(async () => {
    server = await startTestServer();
    folder = await mkdtemp(join(tmpdir(), 'countersign-follow-'));
    file = join(folder, 'alerts.json');
  });
  afterEach(async () => {
    for (const one of running) await one.end().catch(() => undefined);
    running = [];
    await server.close();
    await rm(folder, { recursive: true, force: true });
  });

  test('is sent as it grows, half a line only once it is whole, and a new start goes on where it was', async () => {
    await writeFile(file, rows(0, 3));
    const first = start();
    await expect.poll(kept, WAIT).toEqual(ids(3));
    const half = row('f-3');
    await appendFile(file, half.slice(0, 20));
    await new Promise(resolve => setTimeout(resolve, 600));
    expect(await kept()).toEqual(ids(3));
    await appendFile(file, half.slice(20));
    await expect.poll(kept, WAIT).toEqual(ids(4));
    await first.end();
    await appendFile(file, rows(4, 2));
    const second = start();
    await expect.poll(kept, WAIT).toEqual(ids(6));
    expect(await second.end()).toMatchObject({ records: 2, duplicate: 0 });
  });

  test('is read to its end when it is renamed, then the new one of its name is, and both again after a time away', async () => {
    await writeFile(file, rows(0, 2));
    const first = start();
    await expect.poll(kept, WAIT).toEqual(ids(2));
    await rename(file, `${file}.1`);
    await appendFile(`${file}.1`, `${rows(2, 1)}${row('f-3').trimEnd()}`);
    await writeFile(file, rows(4, 1));
    await expect.poll(kept, WAIT).toEqual(ids(5));
    await first.end();
    await appendFile(file, rows(5, 1));
    await rename(`${file}.1`, `${file}.2`);
    await rename(file, `${file}.1`);
    await new Promise(resolve => setTimeout(resolve, 20));
    await writeFile(file, rows(6, 1));
    await rename(`${file}.1`, `${file}-20260302`);
    await rename(file, `${file}-20260303`);
    await writeFile(file, rows(7, 1));
    await writeFile(`${file}.unrelated`, rows(900, 1));
    start();
    await expect.poll(kept, WAIT).toEqual(ids(8));
  });

  test('loses nothing when it is copied and emptied, also where it has grown beyond the old place since', async () => {
    await writeFile(file, rows(0, 2));
    const first = start();
    await expect.poll(kept, WAIT).toEqual(ids(2));
    await first.end();
    await appendFile(file, rows(2, 1));
    await copyFile(file, `${file}.1`);
    await truncate(file, 0);
    await appendFile(file, rows(3, 6));
    start();
    await expect.poll(kept, WAIT).toEqual(ids(9));
  });

  test('waits while the server is away or has no room, honours Retry-After, and loses and doubles nothing', async () => {
    const answers = ['busy', 'gone', 'busy', 'taken'];
    const times: number[] = [];
    const port = await freePort();
    const front = createServer((request, response) => {
      times.push(Date.now());
      const answer = answers.shift();
      request.resume();
      if (answer === 'busy') response.writeHead(503, { 'retry-after': '1' }).end('{}');
      else if (answer === 'gone') request.socket.destroy();
      else response.writeHead(200).end('{"records":1,"kept":1,"duplicate":0,"quarantined":0}');
    });
    await writeFile(file, rows(0, 1));
    let isStarted = false;
    const one = start(async () => {
      if (!isStarted) throw new Error('no Countersign runs');
      return { url: `http://127.0.0.1:${port}`, token: 'x' };
    });
    await new Promise(resolve => setTimeout(resolve, 300));
    isStarted = true;
    await new Promise<void>(resolve => front.listen(port, '127.0.0.1', resolve));
    await expect.poll(() => answers, WAIT).toEqual([]);
    expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThanOrEqual(990);
    expect(await one.end()).toMatchObject({ records: 1 });
    expect(times).toHaveLength(4);
    front.closeAllConnections();
    await new Promise(resolve => front.close(resolve));
  });

  test('is not marked as sent where the server refuses it for good', async () => {
    await writeFile(file, rows(0, 1));
    await expect(
      followFile(
        file,
        { source: 'auto', state: join(folder, 'p.json') },
        async () => ({ url: server.origin, token: 'guessed' }),
        new AbortController().signal,
      ),
    ).rejects.toThrow('refuses');
    start();
    await expect.poll(kept, WAIT).toEqual(ids(1));
  });
});
