import { createServer } from 'node:http';
import { afterEach, describe, expect, test } from 'vitest';
import { checkDelivery } from '../../src/app/sources.ts';
import { nameText, writeNotice } from '../../src/core/notices/write.ts';
import type { Notice, NoticeFact } from '../../src/model/notice.ts';
import { mail } from '../../src/notifiers/mail/index.ts';
import { isPublic, post } from '../../src/notifiers/shared/post.ts';
import { slack } from '../../src/notifiers/slack/index.ts';
import { webhook } from '../../src/notifiers/webhook/index.ts';
import type { ConnectedChannel, Notifier } from '../../src/ports/notifier.ts';
import { startDouble } from '../look-ups/doubles.ts';
import { channel, hasOpenssl, makeCertificate, plainMail, startMailServer } from './receivers.ts';

const ORIGIN = 'https://soc.example.org';
const HOSTILE =
  'a\r\nBcc: victim@evil.example\r\n\r\n<script>alert(1)</script> https://evil.example/approve?yes <!channel> *bold* @here \u202Egnp.exe';

function noticeWith(name: string, allowsNames: boolean): Notice {
  const fact: NoticeFact = {
    key: 'review_waits/prp_1/1',
    kind: 'review_waits',
    subject: 'prp_1',
    tier: 'T3',
    until: '2026-11-26T08:30:00.000Z',
    missing: { signatures: 2, needed: 2, gaps: 1 },
    count: 1,
    name,
  };
  return writeNotice([fact], { id: 'ntc_1', writtenAt: '2026-11-26T08:00:00.000Z', origin: ORIGIN, allowsNames });
}

const tell = (notifier: Notifier, to: ConnectedChannel, notice: Notice, isRepeat = false) =>
  notifier.tell(
    to,
    { notice, to: to.config.kind === 'mail' ? ['dana@example.org'] : [], isRepeat },
    new AbortController().signal,
  );

const endings: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0)) await end();
});
const ending = <T extends { close(): Promise<void> }>(one: T): T => {
  endings.push(() => one.close());
  return one;
};

describe('a notice', () => {
  test('says what waits, how strictly, until when and what blocks it, and links to the page without a token', () => {
    const notice = noticeWith('', false);
    expect(notice.subject).toBe('Countersign: A proposal waits for a review');
    expect(notice.items[0]?.text).toBe(
      'Proposal prp_1 (T3) waits for a review until 2026-11-26 08:30 UTC. 2 of 2 signatures are missing. One gap in required telemetry to acknowledge.',
    );
    expect(notice.items[0]?.link).toBe(`${ORIGIN}/proposals/prp_1`);
  });

  test('holds no name where an administrator did not allow names, and an inert one where they did', () => {
    expect(JSON.stringify(noticeWith(HOSTILE, false))).not.toMatch(/evil|script|channel|gnp/);
    const [item] = noticeWith(HOSTILE, true).items;
    // biome-ignore lint/suspicious/noControlCharactersInRegex: their absence is what is tested.
    expect(item?.name).not.toMatch(/[\u0000-\u001f\u202e]|https:\/\/|evil\.example|@/);
    expect(noticeWith(HOSTILE, true).subject).toBe(noticeWith('', true).subject);
    expect(nameText('x'.repeat(1_000)).length).toBeLessThan(100);
  });

  test('of many things lists twenty, the most pressing first, and counts the others', () => {
    const facts = Array.from({ length: 500 }, (_, n): NoticeFact => {
      const waits = { kind: 'review_waits', tier: 'T1', until: '', missing: undefined, count: 1, name: '' } as const;
      return n === 499
        ? { ...waits, key: 'acts_stopped/1', kind: 'acts_stopped', tier: '', subject: '' }
        : { ...waits, key: `review_waits/prp_${n}/1`, subject: `prp_${n}` };
    });
    const notice = writeNotice(facts, { id: 'ntc_1', writtenAt: '', origin: ORIGIN, allowsNames: false });
    expect(notice.items).toHaveLength(20);
    expect(notice.items[0]?.kind).toBe('acts_stopped');
    expect(notice.more).toBe('480');
    expect(notice.subject).toBe('Countersign: The kill switch is on, and 499 more');
  });
});

describe('a mail', () => {
  test('has no header, recipient or part that a name could have added, no picture, and no link but ours', async () => {
    const server = ending(await startMailServer());
    const sent = await tell(mail, plainMail(server.port, { allowsNames: true }), noticeWith(HOSTILE, true));
    expect(sent).toEqual({ ok: true, value: true });
    const [got] = server.received;
    expect(got?.to).toEqual(['dana@example.org']);
    expect(got?.mail.headers.map(header => header.key).sort()).toEqual([
      'auto-submitted',
      'content-type',
      'date',
      'from',
      'message-id',
      'mime-version',
      'subject',
      'to',
      'x-auto-response-suppress',
    ]);
    expect(got?.mail.subject).toBe('Countersign: A proposal waits for a review');
    expect(got?.mail.messageId).toBe('<ntc_1@countersign.example>');
    const { html = '', text = '' } = got?.mail ?? {};
    expect(html).not.toMatch(/<(?:img|script|style|link|iframe|form|video|object)|url\(|src=/i);
    const links = [...`${html}\n${text}`.matchAll(/https?:\/\/[^\s"<>]+/g)].map(([link]) => link);
    expect(new Set(links)).toEqual(new Set([`${ORIGIN}/proposals/prp_1`]));
    expect([...html.matchAll(/href="([^"]+)"/g)].every(([, link]) => link === `${ORIGIN}/proposals/prp_1`)).toBe(true);
    expect(text).toContain('decides nothing');
    expect(got?.mail.attachments).toEqual([]);
  });

  test('says where it may be a repeat, under the same id', async () => {
    const server = ending(await startMailServer());
    await tell(mail, plainMail(server.port), noticeWith('', false));
    await tell(mail, plainMail(server.port), noticeWith('', false), true);
    expect(server.received.map(one => one.mail.messageId)).toEqual([
      '<ntc_1@countersign.example>',
      '<ntc_1@countersign.example>',
    ]);
    expect(server.received.map(one => one.mail.text?.includes('You may have had this before'))).toEqual([false, true]);
  });

  test('goes to no address with a line break, a second address or a command in it', async () => {
    const server = ending(await startMailServer());
    const of = (to: string) =>
      mail.tell(
        plainMail(server.port),
        { notice: noticeWith('', false), to: [to], isRepeat: false },
        new AbortController().signal,
      );
    for (const address of [
      'a@example.org\r\nBcc: b@evil.example',
      'a@example.org, b@evil.example',
      'a@example.org>\r\nRCPT TO:<b@evil.example',
      '"a b"@example.org',
      '',
    ])
      expect(await of(address)).toMatchObject({ ok: false, failure: { kind: 'not_allowed', isFinal: true } });
    expect(server.received).toEqual([]);
  });

  test('leaves encrypted or not at all: STARTTLS that is missing, stripped or not trusted sends nothing', async context => {
    if (!hasOpenssl()) context.skip('there is no openssl to make certificates with');
    const tls = makeCertificate();
    const login = { user: 'soc', pass: 'correct horse' };
    const server = ending(await startMailServer({ ...tls }, login));
    const none = ending(await startMailServer({ hideSTARTTLS: true, disabledCommands: ['AUTH', 'STARTTLS'] }));
    const starttls = (port: number, ca?: string) =>
      channel(
        'mail',
        {
          host: '127.0.0.1',
          port,
          security: 'starttls',
          from: 'soc@example.org',
          ca,
          ...(port === none.port ? {} : { user: login.user }),
        },
        port === none.port ? '' : login.pass,
      );
    expect(await tell(mail, starttls(server.port, tls.cert), noticeWith('', false))).toMatchObject({ ok: true });
    expect(server.received).toMatchObject([{ isEncrypted: true, user: 'soc' }]);
    expect(await tell(mail, starttls(server.port), noticeWith('', false))).toMatchObject({
      ok: false,
      failure: { isFinal: false, mayHaveArrived: false },
    });
    expect(await tell(mail, starttls(none.port), noticeWith('', false))).toMatchObject({ ok: false });
    const wrong = { ...starttls(server.port, tls.cert), credential: 'wrong' };
    expect(await tell(mail, wrong, noticeWith('', false))).toMatchObject({
      ok: false,
      failure: { because: 'the mail server answered 535 to the user and password', isFinal: false },
    });
    expect(server.received).toHaveLength(1);
    expect(none.received).toEqual([]);
    expect(
      mail.check(channel('mail', { host: 'mail.example.org', port: 25, security: 'none', from: 'a@b.example' })),
    ).toMatch(/encrypted only/);
  });

  test('whose server breaks off after the words have left may have arrived; before that it did not', async () => {
    const cut = ending(await startMailServer());
    cut.onMail = () => new Promise(() => undefined);
    const telling = tell(mail, plainMail(cut.port), noticeWith('', false));
    await new Promise(resolve => setTimeout(resolve, 300));
    await Promise.all([endings.splice(0).map(end => end())]);
    expect(await telling).toMatchObject({ ok: false, failure: { mayHaveArrived: true, isFinal: false } });
    expect(await tell(mail, plainMail(1), noticeWith('', false))).toMatchObject({
      ok: false,
      failure: { kind: 'unreachable', mayHaveArrived: false },
    });
    const refusing = ending(await startMailServer());
    refusing.onRecipient = () => 550;
    expect(await tell(mail, plainMail(refusing.port), noticeWith('', false))).toMatchObject({
      ok: false,
      failure: { isFinal: true, because: 'the mail server answered 550' },
    });
    refusing.onRecipient = () => 451;
    expect(await tell(mail, plainMail(refusing.port), noticeWith('', false))).toMatchObject({
      ok: false,
      failure: { isFinal: false, mayHaveArrived: false },
    });
  }, 30_000);
});

test('nothing waits for a mail server that says nothing when the server is told to end', async () => {
  const mute = ending(await startMailServer());
  mute.onMail = () => new Promise(() => undefined);
  const ends = new AbortController();
  const telling = mail.tell(
    plainMail(mute.port),
    { notice: noticeWith('', false), to: ['dana@example.org'], isRepeat: false },
    ends.signal,
  );
  setTimeout(() => ends.abort(), 300);
  const began = performance.now();
  expect(await telling).toMatchObject({ ok: false, failure: { mayHaveArrived: true } });
  expect(performance.now() - began).toBeLessThan(3_000);
}, 40_000);

describe('a message to a chat', () => {
  test('is escaped by the rules of Slack, unfurls nothing and mentions nobody', async () => {
    const hook = ending(await startDouble((_asked, response) => response.end('ok')));
    const to = channel('slack', { mayBePrivate: true, allowsNames: true }, `${hook.url}/services/T/B/x`);
    const name = '<!channel> <https://evil.example|ok> <@U1> & *x*';
    expect(await tell(slack, to, noticeWith(name, true))).toEqual({ ok: true, value: true });
    const body = JSON.parse(hook.asked[0]?.body ?? '');
    expect(body).toMatchObject({
      unfurl_links: false,
      unfurl_media: false,
      mrkdwn: false,
      parse: 'none',
      link_names: false,
    });
    const marked = [...String(body.text).matchAll(/<([^>]*)>/g)].map(([, inside]) => inside);
    expect(new Set(marked)).toEqual(new Set([`${ORIGIN}/proposals/prp_1`]));
    expect(body.text).toContain('&lt;!channel&gt; &lt;https[:]//evil[.]example|ok&gt; &lt;[at]U1&gt; &amp;');
    expect(body).not.toHaveProperty('blocks');
    expect(body).not.toHaveProperty('attachments');
  });
});

describe('a signed webhook', () => {
  const SECRET = 'k'.repeat(43);

  test('is signed as our own doors check deliveries, over time, id and body', async () => {
    const hook = ending(await startDouble((_asked, response) => response.end()));
    const to = channel('webhook', { mayBePrivate: true, url: `${hook.url}/in` }, SECRET);
    expect(await tell(webhook, to, noticeWith('', false), true)).toEqual({ ok: true, value: true });
    const [asked] = hook.asked;
    const signed = {
      timestamp: String(asked?.headers['x-countersign-timestamp']),
      id: String(asked?.headers['x-countersign-delivery']),
      signature: String(asked?.headers['x-countersign-signature']),
    };
    const source = {
      id: 's',
      kind: undefined,
      fieldMap: undefined,
      scheme: 'countersign',
      tokensSha256: [],
      hmacSecrets: [SECRET],
    };
    const check = (body: string, id = signed.id) =>
      checkDelivery({ now: () => Date.now() } as never, source as never, { ...signed, id }, Buffer.from(body)).ok;
    expect(check(asked?.body ?? '')).toBe(true);
    expect(check(`${asked?.body} `)).toBe(false);
    expect(check(asked?.body ?? '', 'ntc_2')).toBe(false);
    expect(JSON.parse(asked?.body ?? '')).toMatchObject({ id: 'ntc_1', isRepeat: 'yes', v: '1' });
  });

  test('follows no redirect', async () => {
    const inside = ending(await startDouble((_asked, response) => response.end()));
    const hook = ending(
      await startDouble((_asked, response) => {
        response.writeHead(307, { location: `${inside.url}/admin` }).end();
      }),
    );
    const to = channel('webhook', { mayBePrivate: true, url: hook.url }, SECRET);
    expect(await tell(webhook, to, noticeWith('', false))).toMatchObject({
      ok: false,
      failure: { kind: 'redirected', isFinal: true },
    });
    expect(inside.asked).toEqual([]);
  });

  test('reaches no private address, by number, name or wrapping, unless an administrator allows it', async () => {
    const hook = ending(await startDouble((_asked, response) => response.end()));
    const { port } = new URL(hook.url);
    for (const host of ['127.0.0.1', 'localhost', '[::ffff:127.0.0.1]', '2130706433', '0x7f.1', '0.0.0.0']) {
      const to = channel('webhook', { url: `https://${host}:${port}/` }, SECRET);
      const said = await post(
        to,
        { url: new URL(to.config.url), headers: {}, body: '{}' },
        new AbortController().signal,
      );
      expect({ host, said }).toMatchObject({ said: { ok: false, failure: { kind: 'not_allowed', isFinal: true } } });
    }
    expect(hook.asked).toEqual([]);
    for (const address of [
      '10.1.2.3',
      '172.16.0.1',
      '192.168.1.1',
      '169.254.169.254',
      '100.64.0.1',
      '::1',
      'fd00::1',
      'fe80::1',
      '::ffff:10.0.0.1',
      '64:ff9b::7f00:1',
      '2002:7f00:1::',
    ])
      expect({ address, isPublic: isPublic(address) }).toEqual({ address, isPublic: false });
    expect(isPublic('93.184.216.34')).toBe(true);
    expect(webhook.check(channel('webhook', { url: 'https://10.0.0.1/' }, SECRET))).toMatch(/private/);
    expect(webhook.check(channel('webhook', { url: 'http://example.org/' }, SECRET))).toMatch(/https/);
    expect(webhook.check(channel('webhook', { url: 'https://example.org/' }, 'short'))).toMatch(/32/);
  });

  test('whose other side never answers, or answers without end, is given up in time', async () => {
    const endless = createServer((_request, response) => {
      response.writeHead(200);
      const timer = setInterval(() => response.write('x'.repeat(65_536)), 1);
      response.on('close', () => clearInterval(timer));
    });
    await new Promise<void>(resolve => endless.listen(0, '127.0.0.1', resolve));
    const address = endless.address();
    endings.push(
      () =>
        new Promise(resolve => {
          endless.closeAllConnections();
          endless.close(resolve);
        }),
    );
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const to = channel('webhook', { mayBePrivate: true, url: `http://127.0.0.1:${port}/` }, SECRET);
    expect(await tell(webhook, to, noticeWith('', false))).toEqual({ ok: true, value: true });
    const silent = ending(await startDouble(() => undefined));
    const late = channel('webhook', { mayBePrivate: true, url: silent.url }, SECRET);
    expect(await tell(webhook, late, noticeWith('', false))).toMatchObject({
      ok: false,
      failure: { kind: 'timed_out', mayHaveArrived: true, isFinal: false },
    });
  }, 30_000);
});
