import { Attribute, Change, type Client } from 'ldapts';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { MS_PER_DAY, MS_PER_MINUTE, unixMsFrom } from '../../src/base/time.ts';
import { capabilityOf, contextOf } from '../../src/connector/calls.ts';
import type { TrailEntry } from '../../src/ports/responder.ts';
import { ldapAccount } from '../../src/responders/ldap-account/responder.ts';
import { type LdapTarget, startLdapTarget } from '../conformance/ldap-target.ts';
import { BASE, LOCKED, NO_SLAPD, READ_DN, VICTIM_DN, WRITE_DN } from '../conformance/slapd.ts';
import { must } from '../harness/installation.ts';

describe.skipIf(NO_SLAPD !== undefined)(`what a directory itself keeps of our write account${NO_SLAPD ?? ''}`, () => {
  let target: LdapTarget;
  let byHand: Client;

  beforeAll(async () => {
    target = await startLdapTarget();
    byHand = await target.bindAs(WRITE_DN, target.secrets.write);
  }, 60_000);
  afterAll(() => target.close());
  beforeEach(() => target.restore());

  const read = (cursor: string, aheadMs = 0) =>
    ldapAccount.auditTrail?.(cursor, target.system, {
      ...contextOf(target),
      now: () => unixMsFrom(Date.now() + aheadMs),
    });
  const page = async (cursor: string) => {
    const answer = await read(cursor);
    if (answer === undefined) throw new Error('it can be read');
    return must(answer);
  };
  const set = (client: Client, attribute: string, values: string[], operation: 'replace' | 'delete' = 'replace') =>
    client.modify(VICTIM_DN, new Change({ operation, modification: new Attribute({ type: attribute, values }) }));
  const lock = (client: Client) => set(client, 'pwdAccountLockedTime', [LOCKED]);
  const unlock = (client: Client) => set(client, 'pwdAccountLockedTime', []);
  const victimId = async () => {
    const { searchEntries } = await target.admin.search(VICTIM_DN, { scope: 'base', attributes: ['entryUUID'] });
    return String(searchEntries[0]?.['entryUUID']);
  };
  /** What is new: a look shows what was just read a second time. */
  const news = async (cursor: string) => {
    const before = new Set((await page(cursor)).entries.map(({ id }) => id));
    return {
      of: async (): Promise<readonly TrailEntry[]> => (await page(cursor)).entries.filter(({ id }) => !before.has(id)),
    };
  };

  test('begins with what comes after the first look', async () => {
    await lock(byHand);
    await unlock(byHand);
    const begun = await page('');
    expect(begun.entries).toEqual([]);
    expect((await page(begun.cursor)).entries).toEqual([]);
    await lock(byHand);
    expect((await page(begun.cursor)).entries).toHaveLength(1);
  });

  test('has each act of ours once, on its target: the dry run before it is none', async () => {
    const { cursor } = await page('');
    for (const operation of ['lock', 'unlock'] as const) {
      const seen = await news(cursor);
      const before = operation === 'unlock' ? lastBefore : undefined;
      const plan = must(
        await ldapAccount.plan(
          { operation, target: { name: target.victim }, before },
          target.system,
          contextOf(target),
        ),
      );
      const receipt = await ldapAccount.execute(
        plan,
        target.system,
        capabilityOf(target, operation),
        contextOf(target),
      );
      expect(receipt, receipt.detail).toMatchObject({ outcome: 'applied' });
      lastBefore = receipt.before;
      expect(await seen.of()).toMatchObject([{ operation, target: plan.target.immutableId, key: '' }]);
    }
  });
  let lastBefore: { readonly [path: string]: string } | undefined;

  test('has what was done with the account by hand, and when', async () => {
    const { cursor } = await page('');
    const before = Date.now();
    await lock(byHand);
    const [entry] = (await page(cursor)).entries;
    expect(entry).toMatchObject({ operation: 'lock', target: await victimId() });
    expect(entry?.text).toContain(VICTIM_DN);
    // The overlay counts below the second.
    expect(entry?.at).toBeGreaterThan(before - 1_001);
    expect(entry?.at).toBeLessThan(Date.now() + 1_001);
  });

  test('names no operation of ours where it was changed in another way', async () => {
    const { cursor } = await page('');
    await lock(byHand);
    await set(byHand, 'pwdAccountLockedTime', [LOCKED], 'delete');
    expect((await page(cursor)).entries.map(({ operation }) => operation)).toEqual(['lock', '']);
  });

  test('leaves out what an administrator did themselves, and what was refused', async () => {
    const { cursor } = await page('');
    await lock(target.admin);
    await expect(set(byHand, 'description', ['x'])).rejects.toThrow();
    expect((await page(cursor)).entries).toEqual([]);
  });

  test('is read on from where it was, and shows again only what is less than a minute older', async () => {
    const first = await page('');
    await lock(byHand);
    const second = await page(first.cursor);
    await unlock(byHand);
    const third = await page(second.cursor);
    expect(third.entries.map(({ operation }) => operation)).toEqual(['lock', 'unlock']);
    expect(third.entries[0]).toEqual(second.entries[0]);
  });

  test('is nothing that the write account could read, change or empty', async () => {
    await lock(byHand);
    await expect(byHand.search('cn=accesslog', { scope: 'sub' })).rejects.toMatchObject({ code: 32 });
    const reader = await target.bindAs(READ_DN, target.secrets.read);
    const { searchEntries } = await reader.search('cn=accesslog', { scope: 'one', attributes: ['reqStart'] });
    const [record] = searchEntries;
    for (const client of [byHand, reader])
      await expect(client.del(record?.dn ?? '')).rejects.toMatchObject({ code: 50 });
  });

  test('that lost the record that was read last is said to be cut, and so is one that nobody knows', async () => {
    const begun = await page('');
    await lock(byHand);
    const { cursor } = await page(begun.cursor);
    const last = String(JSON.parse(cursor).last);
    expect(
      await read(JSON.stringify({ ...JSON.parse(cursor), last: last.replace(/\d{6}Z$/, '999999Z') })),
    ).toMatchObject({
      ok: false,
      failure: { code: 'responder.trail_cut' },
    });
    expect(await read('nothing of ours')).toMatchObject({ ok: false, failure: { code: 'responder.trail_cut' } });
  });

  test('that was emptied and begun anew is said to be cut, and one that was purged when its time came is not', async () => {
    const begun = await page('');
    await lock(byHand);
    const known = JSON.parse((await page(begun.cursor)).cursor);
    const whole = '20260101000000.000000Z#000000#000#000000';
    const other = (readAt: number) => read(JSON.stringify({ ...known, whole, readAt }));
    expect(await other(Date.now() - MS_PER_MINUTE)).toMatchObject({ failure: { code: 'responder.trail_cut' } });
    // The log is whole since a moment ago, and this was read two days after that.
    expect(await other(Date.now() + 2 * MS_PER_DAY)).toMatchObject({ ok: true });
  });

  test('is said not to be there where the directory keeps none, or where it may not be read', async () => {
    const blind = {
      ...target.system,
      settings: { ...target.system.settings, readDn: `uid=bystander,ou=people,${BASE}` },
    };
    // Its password is that of the victim.
    const password = String(JSON.parse(target.secrets.probe ?? '{}')[target.victim]);
    const answer = await ldapAccount.auditTrail?.('', blind, {
      ...contextOf(target),
      readCredential: async () => ({ reveal: () => password }),
    });
    expect(answer).toMatchObject({ ok: false, failure: { code: 'responder.no_trail' } });
  });
});
