import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { addChannel } from '../../src/app/notices/channels.ts';
import type { RunningProcess, ServerSecrets } from '../../src/ports/secrets.ts';
import { buildChild, type Child, startChild } from '../harness/child.ts';
import { firstAdministrator, startTestServer } from '../server/harness.ts';
import { type MailServer, plainMail, startMailServer } from './receivers.ts';

describe('a server that is killed while it sends a notice', () => {
  let program: string;
  let child: Child | undefined;
  const endings: (() => Promise<unknown>)[] = [];
  beforeAll(async () => {
    program = await buildChild('server-process');
  });
  afterEach(async () => {
    for (const end of endings.splice(0).reverse()) await end();
  });
  afterAll(() => rm(program, { force: true }));

  const run = async (secrets: ServerSecrets): Promise<RunningProcess> => {
    const started = startChild(program, secrets);
    child = started;
    while (!started.lines().includes('listening')) await sleep(20);
    return {
      async stop() {
        child?.process.kill('SIGTERM');
        await child?.ended;
      },
    };
  };

  async function begin() {
    const folder = await mkdtemp(join(tmpdir(), 'countersign-notices-'));
    const mail = await startMailServer();
    await addChannel(folder, plainMail(mail.port, { to: ['soc@example.org'] }));
    const server = await startTestServer({ run, wellKnown: { folder } });
    endings.push(
      () => rm(folder, { recursive: true, force: true }),
      () => mail.close(),
      () => server.close(),
    );
    const admin = await firstAdministrator(server);
    const states = async () =>
      (
        await server.db.ownerPool.query<{ state: string; cut: number; tries: number; failure: string }>(
          'SELECT state, cut, tries, failure FROM notice',
        )
      ).rows;
    return { mail, server, admin, states };
  }

  /** Kills the server when the mail has arrived whole and before the server can know it. */
  function killOnce(mail: MailServer, times: number): void {
    let left = times;
    mail.onMail = async () => {
      if (left > 0) {
        left -= 1;
        await child?.kill();
      }
      return undefined;
    };
  }

  test('sends it once more, under the same id, and says so; the log has it once', async () => {
    const { mail, server, admin, states } = await begin();
    killOnce(mail, 1);
    expect((await admin.post('/api/v1/kill-switch/stop', { reason: 'unsure' })).status).toBe(204);
    await expect.poll(() => mail.received.length, { timeout: 20_000 }).toBe(1);
    await run(server.secrets);
    await expect.poll(() => mail.received.length, { timeout: 20_000 }).toBe(2);
    await expect.poll(states, { timeout: 10_000 }).toMatchObject([{ state: 'sent', cut: 1 }]);
    expect(new Set(mail.received.map(one => one.mail.messageId)).size).toBe(1);
    expect(mail.received.map(one => one.mail.text?.includes('You may have had this before'))).toEqual([false, true]);
    await child?.kill();
    await run(server.secrets);
    await sleep(7_000);
    expect(mail.received).toHaveLength(2);
    const { rows } = await server.db.ownerPool.query(
      `SELECT count(*)::int AS n FROM audit_entry WHERE position('"type":"notice.sent"'::bytea in entry) > 0`,
    );
    expect(rows[0].n).toBe(1);
  }, 90_000);

  test('twice at the same one gives it up: two arrive at most, and Health says that nobody knows', async () => {
    const { mail, server, admin, states } = await begin();
    killOnce(mail, 2);
    await admin.post('/api/v1/kill-switch/stop', { reason: 'unsure' });
    for (const count of [1, 2]) {
      await expect.poll(() => mail.received.length, { timeout: 20_000 }).toBe(count);
      await run(server.secrets);
    }
    await expect
      .poll(states, { timeout: 20_000 })
      .toMatchObject([{ state: 'dead', failure: 'its sending was cut off; whether it arrived is not known' }]);
    await sleep(6_000);
    expect(mail.received).toHaveLength(2);
    await admin.signIn();
    expect((await admin.get('/api/v1/me')).body.health).toContainEqual(
      expect.objectContaining({ name: 'notices', status: 'degraded' }),
    );
  }, 90_000);
});
