import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { contextOf, executed, planned } from '../../src/connector/calls.ts';
import type { TrailPage } from '../../src/ports/responder.ts';
import { okta } from '../../src/responders/okta/responder.ts';
import { eventOf, type State, startOktaLog } from './okta-target.ts';
import type { VendorTarget } from './vendor/vendor-target.ts';

const BYSTANDER = '00uBystand0000000001';

describe('what an Okta organisation says that our app did', () => {
  let target: VendorTarget;
  let state: () => State;
  const look = async (cursor: string) => {
    const page = await okta.auditTrail?.(cursor, target.system, contextOf(target));
    if (page === undefined) throw new Error('the responder reads a trail');
    return page;
  };
  const read = async (cursor: string): Promise<TrailPage> => {
    const page = await look(cursor);
    if (!page.ok) throw new Error(page.failure.detail);
    return page.value;
  };
  const told = ({ entries }: TrailPage) => entries.map(({ operation, target: of }) => `${operation} ${of}`.trim());

  beforeAll(async () => {
    ({ target, state } = await startOktaLog());
  });
  afterAll(() => target?.close());
  beforeEach(() => target.restore());

  test('begins now: what was done before is nobody’s business', async () => {
    state().log.push(eventOf('user.lifecycle.suspend', BYSTANDER, { published: '2026-01-01T00:00:00.000Z' }));
    const { entries, cursor } = await read('');
    expect(entries).toEqual([]);
    expect((await read(cursor)).entries).toEqual([]);
  });

  test('shows an act of ours by its operation and Okta’s id of the user, once', async () => {
    const { cursor } = await read('');
    const plan = await planned(target, okta);
    await executed(target, okta, plan);
    const page = await read(cursor);
    expect(told(page)).toEqual([`suspend ${plan.target.immutableId}`]);
    expect((await read(page.cursor)).entries).toEqual([]);
  });

  test('shows what was done by hand with the same app, also what no operation of ours does', async () => {
    const { cursor } = await read('');
    state().log.push(
      eventOf('user.lifecycle.suspend', BYSTANDER),
      eventOf('user.mfa.factor.reset_all', BYSTANDER),
      eventOf('group.user_membership.add', BYSTANDER, {
        target: [
          { id: BYSTANDER, type: 'User', alternateId: 'b' },
          { id: '00uOther0000000000001', type: 'User', alternateId: 'o' },
        ],
      }),
    );
    const page = await read(cursor);
    expect(told(page)).toEqual([`suspend ${BYSTANDER}`, BYSTANDER, '']);
    expect(page.entries[1]).toMatchObject({ from: '192.0.2.9', key: '' });
    expect(page.entries[1]?.text).toContain('user.mfa.factor.reset_all');
  });

  test('leaves out what is no change: tokens, what Okta refused, and what others did', async () => {
    const { cursor } = await read('');
    state().log.push(
      eventOf('app.oauth2.token.grant.access_token', BYSTANDER),
      eventOf('user.lifecycle.suspend', BYSTANDER, { outcome: { result: 'FAILURE' } }),
      eventOf('user.lifecycle.suspend', BYSTANDER, { actor: { id: '00uBoss0000000000001', type: 'User' } }),
    );
    expect((await read(cursor)).entries).toEqual([]);
  });

  test('loses and doubles none of many, over as many looks as it takes', async () => {
    let { cursor } = await read('');
    const all = Array.from({ length: 2_500 }, () => eventOf('user.lifecycle.unsuspend', BYSTANDER));
    state().log.push(...all);
    const seen: string[] = [];
    for (let looks = 0; looks < 4; looks++) {
      const page = await read(cursor);
      seen.push(...page.entries.map(({ id }) => id));
      cursor = page.cursor;
    }
    expect(seen).toEqual(all.map(({ uuid }) => uuid));
  });

  test('a hostile text is shown as what it is', async () => {
    const { cursor } = await read('');
    state().log.push(eventOf('user.lifecycle.suspend', BYSTANDER, { displayMessage: '\u202etxet\n<b>signed</b>' }));
    const [entry] = (await read(cursor)).entries;
    expect(entry?.text).not.toMatch(/[\u202e\n]/);
  });

  test.each([
    ['another app', (cursor: string) => cursor.replace('0oaWriter', '0oaAnother')],
    ['no cursor at all', () => '{"next":"/api/v1/users?after=1"}'],
    [
      'an address elsewhere',
      () => '{"client":"0oaWriter00000000001","next":"https://example.org/api/v1/logs?after=1"}',
    ],
  ])('a place in the log of %s is a cut', async (_of, turned) => {
    const { cursor } = await read('');
    expect(await look(turned(cursor))).toMatchObject({ ok: false, failure: { code: 'responder.trail_cut' } });
  });

  test('a place that Okta has forgotten is a cut', async () => {
    const { cursor } = await read('');
    state().isForgetful = true;
    expect(await look(cursor)).toMatchObject({ ok: false, failure: { code: 'responder.trail_cut' } });
  });

  test('without leave to read it there is none, and leave that was taken back is a failure', async () => {
    const { cursor } = await read('');
    state().grants['0oaReader00000000001'] = ['okta.users.read', 'okta.roles.read'];
    expect(await look('')).toMatchObject({ ok: false, failure: { code: 'responder.no_trail' } });
    expect(await look(cursor)).toMatchObject({ ok: false, failure: { code: 'responder.missing_scope' } });
  });

  test('an answer that does not say where the log goes on is none', async () => {
    const { cursor } = await read('');
    const body =
      'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\nconnection: close\r\n\r\n[]';
    target.proxy.reset();
    target.proxy.answer(piece => (piece.includes('GET /api/v1/logs') ? Buffer.from(body) : undefined));
    const page = await okta.auditTrail?.(cursor, target.proxied, contextOf(target));
    expect(page).toMatchObject({ ok: false, failure: { code: 'responder.unreachable' } });
    target.proxy.reset();
  });
});
