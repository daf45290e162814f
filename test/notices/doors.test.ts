import { createHmac } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ROUTES } from '../../src/api/route-list.ts';
import { addChannel } from '../../src/app/notices/channels.ts';
import { Browser, firstAdministrator, send, startTestServer, type TestServer } from '../server/harness.ts';
import { type MailServer, plainMail, startMailServer } from './receivers.ts';

/** How scanners of mail, previews of chats and impatient browsers introduce themselves. */
const BOTS: readonly Record<string, string>[] = [
  { 'user-agent': 'Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)' },
  { 'user-agent': 'Mozilla/5.0 (compatible; bingbot/2.0) BingPreview/1.0b' },
  { 'user-agent': 'Mozilla/5.0', 'sec-purpose': 'prefetch;prerender', purpose: 'prefetch' },
  { 'user-agent': 'Barracuda Sentinel (EE)', accept: '*/*' },
];

describe('a link of a notice', () => {
  let server: TestServer;
  let mail: MailServer;
  let folder: string;
  let admin: Browser;
  let sam: Browser;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'countersign-notices-'));
    mail = await startMailServer();
    await addChannel(folder, plainMail(mail.port, { to: ['soc@example.org'] }));
    server = await startTestServer({ wellKnown: { folder } });
    admin = await firstAdministrator(server);
    sam = new Browser(server);
    await sam.enrol(await admin.invite('Sam', ['responder']), 'Sam');
    await sam.signIn();
  });
  afterAll(async () => {
    await server.close();
    await mail.close();
    await rm(folder, { recursive: true, force: true });
  });

  const arrived = async (count: number) =>
    expect.poll(() => mail.received.length, { timeout: 20_000, interval: 100 }).toBeGreaterThanOrEqual(count);

  /** Everything that could have changed, but for what was logged of notices that left. */
  async function everything(): Promise<string> {
    const { ownerPool } = server.db;
    const { rows: tables } = await ownerPool.query<{ name: string }>(
      `SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE' ORDER BY 1`,
    );
    const sums: string[] = [];
    for (const { name } of tables) {
      if (name.startsWith('audit_') || name === 'executor_status') continue;
      const { rows } = await ownerPool.query<{ sum: string }>(
        `SELECT md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) AS sum FROM ${name} t`,
      );
      sums.push(`${name} ${rows[0]?.sum}`);
    }
    return sums.join('\n');
  }

  test('decides nothing, whoever follows it how: with and without a session, by GET, HEAD and OPTIONS, as a preview or a scanner', async () => {
    expect((await sam.post('/api/v1/tell-me/address', { address: 'sam@example.org' })).body).toMatchObject({
      isConfirmed: false,
      isWaiting: true,
    });
    await admin.post('/api/v1/kill-switch/stop', { reason: 'unsure' });
    await arrived(2);
    const raws = mail.received.map(one => `${one.mail.text}\n${one.mail.html}`).join('\n');
    const links = new Set([...raws.matchAll(/https?:\/\/[^\s"<>]+/g)].map(([link]) => link));
    expect(links.size).toBeGreaterThanOrEqual(2);
    for (const link of links) expect(link.startsWith(`${server.origin}/`)).toBe(true);
    await expect.poll(async () => (await admin.get('/api/v1/notices')).body.waiting, { timeout: 10_000 }).toBe(0);
    const before = await everything();
    for (const link of links) {
      const { pathname, hash } = new URL(link);
      const code = hash.slice(1);
      // What a crawler makes of it, the part that a browser never sends too.
      const paths = [pathname, `${pathname}?code=${code}`, `${pathname}/${code}`, `/api/v1${pathname}`];
      if (code !== '') paths.push(`/api/v1/tell-me/confirm?code=${code}`, `/api/v1/tell-me/confirm/${code}`);
      for (const path of paths)
        for (const method of ['GET', 'HEAD', 'OPTIONS'])
          for (const headers of BOTS)
            for (const cookie of [{}, { cookie: sam.cookie }, { cookie: admin.cookie }])
              await send(server, method, path, { ...headers, ...cookie });
    }
    expect(await everything()).toBe(before);
    expect((await sam.get('/api/v1/tell-me')).body).toMatchObject({ isConfirmed: false });
  }, 60_000);

  test('to check an address counts with the session of whoever named it, by the page, and with no other', async () => {
    const check = mail.received.find(one => one.to[0] === 'sam@example.org');
    const code = /\/tell-me#([\w-]+)/.exec(check?.mail.text ?? '')?.[1] ?? '';
    const confirm = { code };
    expect((await admin.post('/api/v1/tell-me/confirm', confirm)).body.code).toBe('notice.code_wrong');
    const bare = await send(
      server,
      'POST',
      '/api/v1/tell-me/confirm',
      { 'content-type': 'application/json' },
      JSON.stringify(confirm),
    );
    expect(bare.status).toBe(403);
    const bearer = { authorization: `Bearer ${server.cliToken}`, 'content-type': 'application/json' };
    const machine = await send(server, 'POST', '/api/v1/tell-me/confirm', bearer, JSON.stringify(confirm));
    expect(machine.body.code).toBe('access.machine');
    expect((await sam.post('/api/v1/tell-me/confirm', confirm)).body).toMatchObject({ isConfirmed: true });
    expect((await sam.post('/api/v1/tell-me/confirm', confirm)).body.code).toBe('notice.code_wrong');
  });

  test('and its answer: no door takes anything from a chat, signed as Slack signs it or not', async () => {
    expect(ROUTES.filter(route => /slack|chat|interact|slash|teams|mattermost|callback/i.test(route.path))).toEqual([]);
    const posts = ROUTES.filter(route => route.method !== 'get' && route.caller === 'anyone').map(route => route.path);
    expect(posts.every(path => /^\/api\/v1\/(enrol|session)\//.test(path))).toBe(true);
    const payload = `payload=${encodeURIComponent(JSON.stringify({ type: 'block_actions', actions: [{ action_id: 'approve', value: 'prp_1' }] }))}`;
    const timestamp = String(Math.floor(Date.now() / 1_000));
    const signature = `v0=${createHmac('sha256', 'anything').update(`v0:${timestamp}:${payload}`).digest('hex')}`;
    const before = await everything();
    const more = [
      '/slack/actions',
      '/slack/events',
      '/api/v1/slack',
      '/api/v1/notices',
      '/api/v1/notices/reply',
      '/ingest/slack',
    ];
    for (const path of [
      ...ROUTES.filter(route => route.method === 'post').map(route => route.path.replaceAll(/:\w+/g, 'x')),
      ...more,
    ]) {
      const answer = await send(
        server,
        'POST',
        path,
        {
          'content-type': 'application/x-www-form-urlencoded',
          'x-slack-request-timestamp': timestamp,
          'x-slack-signature': signature,
        },
        payload,
      );
      expect({ path, isRefused: answer.status >= 400 && answer.status < 500 }).toEqual({ path, isRefused: true });
    }
    expect(await everything()).toBe(before);
  });

  test('is for people: wishes are their own, channels show nothing that opens them, a test takes an administrator', async () => {
    const wishes = { kinds: ['act_in_doubt'], quiet: { from: 1_320, to: 360, zone: 'Europe/Berlin' } };
    expect((await sam.put('/api/v1/tell-me', wishes)).body).toMatchObject({
      kinds: [
        'review_escalated',
        'act_in_doubt',
        'break_glass_used',
        'person_enrolled',
        'person_changed',
        'credential_misused',
      ],
      quiet: wishes.quiet,
    });
    for (const wrong of [
      { ...wishes, kinds: ['everything'] },
      { ...wishes, quiet: { ...wishes.quiet, zone: '../etc' } },
      { ...wishes, person: 'usr_x' },
    ])
      expect((await sam.put('/api/v1/tell-me', wrong)).status).toBe(400);
    for (const address of ['a@b.example\r\nBcc: c@d.example', 'a@b, c@d', 'no address'])
      expect((await sam.post('/api/v1/tell-me/address', { address })).status).toBe(400);
    const view = (await sam.get('/api/v1/notices')).body;
    expect(view.channels).toMatchObject([{ name: 'mail', addresses: ['soc@example.org'], allowsNames: false }]);
    // One of the kinds has the word in its name.
    const shown = view.channels.map(({ kinds: _kinds, ...rest }: { kinds: readonly string[] }) => rest);
    expect(JSON.stringify(shown)).not.toContain('credential');
    expect((await sam.post('/api/v1/notices/channels/mail/test', {})).body.code).toBe('access.denied');
    const before = mail.received.length;
    expect((await admin.post('/api/v1/notices/channels/mail/test', {})).status).toBe(204);
    expect((await admin.post('/api/v1/notices/channels/mail/test', {})).body.code).toBe('system.rate_limited');
    await arrived(before + 1);
    expect(mail.received.at(-1)?.mail.subject).toBe('Countersign: a test');
    expect((await admin.get('/api/v1/me')).body.health).toContainEqual(expect.objectContaining({ name: 'notices' }));
  });
});
