import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { addChannel } from '../../src/app/notices/channels.ts';
import { Notices } from '../../src/app/notices/notices.ts';
import { MS_PER_DAY, MS_PER_MINUTE } from '../../src/base/time.ts';
import { GATHER_MS } from '../../src/core/notices/pace.ts';
import { SYSTEM } from '../harness/installation.ts';
import { nextLook, startTrailed, type TrailedInstallation, writeByHand } from '../harness/trails.ts';
import { type MailServer, plainMail, startMailServer } from './receivers.ts';

describe('of what a target’s own log says', () => {
  let trailed: TrailedInstallation;
  let mails: MailServer;
  let folder: string;
  let notices: Notices;
  beforeEach(async () => {
    trailed = await startTrailed();
    mails = await startMailServer();
    folder = await mkdtemp(join(tmpdir(), 'countersign-notices-'));
    await addChannel(folder, plainMail(mails.port, { to: ['soc@countersign.example'] }));
    notices = fresh();
    await trailed.world.executorPool.query(
      "INSERT INTO executor_status (tenant_id, id, body, at) VALUES (current_setting('countersign.tenant'), 1, $1, now())",
      [{ systems: [{ system: SYSTEM, responder: 'test-target', trail: 'what the test target writes down' }] }],
    );
    await nextLook(trailed);
  });
  afterEach(async () => {
    await mails.close();
    await trailed.world.stop();
    await rm(folder, { recursive: true, force: true });
  });

  /** As a server that was just started would have it. */
  const fresh = () =>
    new Notices(trailed.world.context, folder, { all: () => [], activityNow: () => trailed.world.context.now() });
  /** The mails that came of a look and of the time in which others could have joined. */
  async function told(): Promise<readonly string[]> {
    await notices.round();
    trailed.world.advance(GATHER_MS + 1);
    await notices.round();
    return mails.received.splice(0).map(({ mail }) => `${mail.subject}\n${mail.text}`);
  }

  test('people are told of a change that nobody signed, once, and with a way to the page', async () => {
    await writeByHand(trailed.world, 'app_kim');
    await nextLook(trailed);
    const [mail, ...others] = await told();
    expect(others).toEqual([]);
    expect(mail).toContain('A change was made with our credential that nobody signed');
    expect(mail).toContain('change it now');
    expect(mail).toContain('/health');
    // Neither which account it was nor anything else that the target wrote.
    expect(mail).not.toMatch(/kim/);
    await nextLook(trailed);
    expect(await told()).toEqual([]);
  });

  test('people are told how many changes a flood is', async () => {
    for (let n = 0; n < 60; n++) await writeByHand(trailed.world, 'app_kim', n % 2 === 1);
    await nextLook(trailed);
    const [mail] = await told();
    expect(mail).toContain('and 50 more of the kind');
  });

  test('people are told that it was cut', async () => {
    await writeByHand(trailed.world, 'app_kim');
    await nextLook(trailed);
    await told();
    trailed.trail.lines = [];
    await nextLook(trailed);
    expect((await told())[0]).toContain('cannot be read, or was cut');
  });

  test('people are told that nobody can read it, once a day, and not by a server that was just started', async () => {
    trailed.trail.failure = 'responder.unreachable';
    trailed.world.advance(6 * MS_PER_MINUTE);
    await nextLook(trailed);
    const running = notices;
    notices = fresh();
    expect(await told()).toEqual([]);
    notices = running;
    expect((await told())[0]).toContain('A target’s own log is not read');
    trailed.world.advance(MS_PER_MINUTE);
    expect(await told()).toEqual([]);
    trailed.world.advance(MS_PER_DAY);
    expect(await told()).toHaveLength(1);
    // The one that was started is no longer new.
    trailed.trail.failure = undefined;
    await nextLook(trailed);
    expect(await told()).toEqual([]);
  });
});
