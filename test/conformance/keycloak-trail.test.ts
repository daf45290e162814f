import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { contextOf, executed, planned } from '../../src/connector/calls.ts';
import type { TrailPage } from '../../src/ports/responder.ts';
import { keycloak } from '../../src/responders/keycloak/responder.ts';
import { asMembers, asText, listOf } from '../../src/responders/shared/http/vendor-http.ts';
import { type Keycloak, NO_KEYCLOAK, START_MS_MAX, startKeycloak } from './keycloak-server.ts';
import { type KeycloakTarget, READ, startKeycloakSessions, startKeycloakUsers, WRITE } from './keycloak-target.ts';

const CUT = { ok: false, failure: { code: 'responder.trail_cut' } };
const NO_TRAIL = { ok: false, failure: { code: 'responder.no_trail' } };
/** Calls under way at once, where many are made. */
const AT_ONCE = 8;

const skipped = NO_KEYCLOAK === undefined ? '' : ` (skipped: ${NO_KEYCLOAK})`;

describe.skipIf(NO_KEYCLOAK !== undefined)(`what a Keycloak realm says that our client did${skipped}`, () => {
  let server: Keycloak;
  let target: KeycloakTarget;
  let victim: string;
  let bystander: string;

  const look = async (cursor: string, of = target) => {
    const page = await keycloak.auditTrail?.(cursor, of.system, contextOf(of));
    if (page === undefined) throw new Error('the responder reads a trail');
    return page;
  };
  const read = async (cursor: string, of = target): Promise<TrailPage> => {
    const page = await look(cursor, of);
    if (!page.ok) throw new Error(page.failure.detail);
    return page.value;
  };
  const told = ({ entries }: TrailPage) => entries.map(({ operation, target: of }) => `${operation} ${of}`.trim());
  const byHand = async (method: string, path: string, body?: object) =>
    expect((await target.callAs(WRITE, target.secrets.write, method, path, body)).status).toBeLessThan(300);
  const setEnabled = (enabled: boolean, id = victim) => byHand('PUT', `/users/${id}`, { enabled });
  /** As the realm's administrator. */
  const changed = async (method: string, path: string, body?: object) =>
    expect((await server.call(method, `/realms/${target.realm}${path}`, body)).status).toBeLessThan(300);
  const keep = async (settings: object) => {
    const config = await server.call('GET', `/realms/${target.realm}/events/config`);
    await changed('PUT', '/events/config', { ...Object.fromEntries(asMembers(config.body)), ...settings });
  };

  beforeAll(async () => {
    server = await startKeycloak();
    target = await startKeycloakUsers(server);
    [victim, bystander] = [await target.idOf(target.victim), await target.idOf('bystander')];
  }, START_MS_MAX);
  afterAll(async () => {
    await target?.close();
    await server?.stop();
  });
  beforeEach(() => target.restore());

  test('begins now: what was done before is nobody’s business', async () => {
    await setEnabled(false);
    const { entries, cursor } = await read('');
    expect(entries).toEqual([]);
    expect((await read(cursor)).entries).toEqual([]);
    await setEnabled(true);
    expect(told(await read(cursor))).toEqual([`enable ${victim}`]);
  });

  test('shows each act of ours by its operation and Keycloak’s id of the user, once', async () => {
    const sessions = await startKeycloakSessions(server);
    for (const of of [target, sessions]) {
      await of.restore();
      const { cursor } = await read('', of);
      const plan = await planned(of, keycloak);
      expect((await executed(of, keycloak, plan)).outcome).toBe('applied');
      expect(told(await read(cursor, of))).toEqual([`${plan.operation} ${plan.target.immutableId}`]);
    }
    await sessions.close();
  });

  test('shows what was done by hand as the same client, also what no operation of ours does, and none of its values', async () => {
    const { cursor } = await read('');
    await setEnabled(false, bystander);
    await byHand('PUT', `/users/${bystander}`, { enabled: true, firstName: 'Canary' });
    await byHand('PUT', `/users/${bystander}/reset-password`, { type: 'password', value: 'canary-1' });
    await byHand('POST', '/users', { username: 'made-by-hand' });
    const page = await read(cursor);
    const made = await target.idOf('made-by-hand');
    expect(told(page)).toEqual([`disable ${bystander}`, bystander, bystander, made]);
    expect(page.entries.map(({ text }) => text)).toEqual([
      `UPDATE users/${bystander}: enabled`,
      `UPDATE users/${bystander}: firstName, enabled`,
      `ACTION users/${bystander}/reset-password`,
      `CREATE users/${made}: username`,
    ]);
    expect(page.entries[0]).toMatchObject({ from: '127.0.0.1', key: '' });
    expect(JSON.stringify(page)).not.toMatch(/canary/i);
  });

  test('leaves out what an administrator did, what Keycloak refused, and what was only looked at', async () => {
    const { cursor } = await read('');
    await changed('PUT', `/users/${victim}`, { enabled: false });
    const refused = await target.callAs(WRITE, target.secrets.write, 'PUT', `/users/${victim}`, { username: '' });
    expect(refused.status).toBe(400);
    await byHand('GET', `/users/${victim}`);
    expect((await read(cursor)).entries).toEqual([]);
  });

  test(
    'loses none of many, though one answer does not hold them and many are of one moment',
    async () => {
      const { cursor } = await read('');
      const waiting = Array.from({ length: 230 }, (_, number) => number % 2 === 0);
      const work = async () => {
        for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) await setEnabled(next);
      };
      await Promise.all(Array.from({ length: AT_ONCE }, work));
      const { entries, cursor: after } = await read(cursor);
      expect(new Set(entries.map(({ id }) => id)).size).toBe(230);
      expect(entries).toHaveLength(230);
      const known = new Set(entries.map(({ id }) => id));
      await setEnabled(false);
      const news = (await read(after)).entries.filter(({ id }) => !known.has(id));
      expect(news.map(({ operation }) => operation)).toEqual(['disable']);
    },
    START_MS_MAX,
  );

  test('goes back a minute behind the last event, as one may be written down late', async () => {
    const { cursor } = await read('');
    await setEnabled(false);
    const second = await read(cursor);
    await setEnabled(true);
    const third = await read(second.cursor);
    expect(told(third)).toEqual([`disable ${victim}`, `enable ${victim}`]);
    expect(third.entries[0]).toEqual(second.entries[0]);
  });

  test('is cut where the events were deleted, also before anything else was done', async () => {
    const { cursor } = await read('');
    await setEnabled(false);
    await changed('DELETE', '/admin-events');
    expect(await look(cursor)).toMatchObject(CUT);
    const begun = await read('');
    await setEnabled(true);
    expect(told(await read(begun.cursor))).toEqual([`enable ${victim}`]);
  });

  test('is whole where the last event is of days ago and has expired', async () => {
    await setEnabled(false);
    const { cursor } = await read('');
    await changed('DELETE', '/admin-events');
    const known = JSON.parse(cursor);
    const old = { ...known, last: { ...known.last, at: Date.now() - 2 * 86_400_000 } };
    expect((await read(JSON.stringify(old))).entries).toEqual([]);
  });

  test.each([
    ['its events', { adminEventsEnabled: false }],
    ['what was sent', { adminEventsDetailsEnabled: false }],
  ])('a realm that does not keep %s has none, and is cut where that was so between two looks', async (_what, off) => {
    const on = { adminEventsEnabled: true, adminEventsDetailsEnabled: true };
    const { cursor } = await read('');
    await keep(off);
    expect(await look('')).toMatchObject(NO_TRAIL);
    expect(await look(cursor)).toMatchObject(NO_TRAIL);
    await setEnabled(false);
    await keep(on);
    expect(await look(cursor)).toMatchObject(CUT);
    const begun = await read('');
    expect((await read(begun.cursor)).entries).toEqual([]);
    // The other way in which an administrator can do it.
    await changed('PUT', '', off);
    await changed('PUT', '', on);
    expect(await look(begun.cursor)).toMatchObject(CUT);
  });

  test('is not cut by an administrator who changes something else of the realm', async () => {
    const { cursor } = await read('');
    await changed('PUT', '', { adminEventsEnabled: true, adminEventsDetailsEnabled: true, displayName: 'Staff' });
    await keep({ eventsEnabled: true });
    expect((await read(cursor)).entries).toEqual([]);
  });

  test.each([
    ['another service account', (cursor: string) => cursor.replace(/"of":"[^"]+"/, '"of":"another"')],
    ['nothing of ours', () => '{"from":0}'],
    ['no form at all', () => 'nothing of ours'],
  ])('a place in the log of %s is a cut', async (_of, turned) => {
    const { cursor } = await read('');
    expect(await look(turned(cursor))).toMatchObject(CUT);
  });

  test('without the right to read it there is none, and a right that was taken back is a failure', async () => {
    const { cursor } = await read('');
    const role = await target.role(`/users/${await target.idOf(`service-account-${READ}`)}`, 'view-events');
    await role.apply();
    expect(await look('')).toMatchObject(NO_TRAIL);
    expect(await look(cursor)).toMatchObject({ ok: false, failure: { code: 'responder.missing_scope' } });
    await role.revert();
    await read(cursor);
  });

  test('shows whoever reads it no password and no secret of a client, and the registration access token that the README warns of', async () => {
    const secret = 'canary-secret';
    const path = `/realms/${target.realm}/clients`;
    await changed('POST', '/clients', { clientId: 'shop', secret });
    const { body } = await server.call('GET', `${path}?clientId=shop`);
    const shop = `${path}/${asText(asMembers(listOf(body)[0]).get('id'))}`;
    const made = asMembers((await server.call('POST', `${shop}/client-secret`)).body);
    await byHand('PUT', `/users/${victim}`, { enabled: true, credentials: [{ type: 'password', value: secret }] });
    const events = async () =>
      JSON.stringify((await target.callAs(READ, target.secrets.read, 'GET', '/admin-events?max=1000')).body);
    expect(await events()).toContain(shop.slice(shop.lastIndexOf('/')));
    expect(await events()).not.toContain(secret);
    expect(asText(made.get('value'))).toMatch(/./);
    expect(await events()).not.toContain(asText(made.get('value')));
    const token = asMembers((await server.call('POST', `${shop}/registration-access-token`)).body);
    expect(await events()).toContain(asText(token.get('registrationAccessToken')));
  });

  test('tells nothing where the service account of the client that writes is not there any more', async () => {
    const own = await startKeycloakUsers(server);
    const { cursor } = await read('', own);
    await own.callAs(WRITE, own.secrets.write, 'DELETE', `/users/${await own.idOf(`service-account-${WRITE}`)}`);
    expect(await look(cursor, own)).toMatchObject({ ok: false, failure: { code: 'responder.unreachable' } });
    await own.close();
  });
});
