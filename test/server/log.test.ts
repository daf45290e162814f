import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runVerify } from '../../src/cli/verify.ts';
import { type Browser, firstAdministrator, send, startTestServer, type TestServer } from './harness.ts';

describe('the log of a running server', () => {
  let server: TestServer;
  let admin: Browser;
  let home: string;
  beforeAll(async () => {
    server = await startTestServer();
    admin = await firstAdministrator(server);
    home = await mkdtemp(join(tmpdir(), 'log-test-'));
    await writeFile(join(home, 'policy'), `log ${server.genesis.logVkey}\nquorum none\n`);
    await writeFile(join(home, 'token'), server.cliToken);
  });
  afterAll(async () => {
    await server.close();
    await rm(home, { recursive: true });
  });

  async function verify(url: string): Promise<{ code: number; said: string }> {
    let said = '';
    const flags = { policy: join(home, 'policy'), token: join(home, 'token') };
    const code = await runVerify(url, flags, text => {
      said += text;
    });
    return { code, said };
  }

  test('is verified over HTTP, by the address of the log or of the server', async () => {
    for (const url of [`${server.origin}/log`, `${server.origin}/log/`, server.origin]) {
      const { code, said } = await verify(url);
      expect([code, said]).toEqual([0, expect.stringMatching(/^8 process +pass/m)]);
    }
  });

  test('is shown to nobody who has no role', async () => {
    for (const path of ['/log/checkpoint', '/log/tile/0/000.p/1', '/log/tile/entries/000.p/1']) {
      expect((await send(server, 'GET', path)).status).toBe(401);
    }
  });

  test('gives a receipt that verifies by itself', async () => {
    const receipt = await admin.get('/api/v1/log/proof/0');
    await writeFile(join(home, 'first.tlog-proof'), receipt.text);
    const { code, said } = await verify(join(home, 'first.tlog-proof'));
    expect([code, said]).toEqual([0, expect.stringContaining('installation.made')]);
  });

  test('has no other paths', async () => {
    for (const path of ['/log/tile/0/000', '/log/tile/0/999.p/1', '/log/tile/entries/000.p/256', '/log/tile/x']) {
      expect((await admin.get(path)).status).toBe(404);
    }
  });
});
