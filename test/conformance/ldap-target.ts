import type { ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Attribute, Client, EqualityFilter, Change as LdapChange } from 'ldapts';
import { startProxy } from '../../src/connector/proxy.ts';
import type { Change, ConformanceTarget, HeldConnection } from '../../src/connector/target.ts';
import type { SystemConfig } from '../../src/ports/responder.ts';
import { ldapAccountManifest } from '../../src/responders/ldap-account/manifest.ts';
import { ldapAccount } from '../../src/responders/ldap-account/responder.ts';
import { type Edits, editsOf, forbiddenOf, scopesOf } from './ldap-rights.ts';
import { asksForChange, lyingAnswer } from './ldap-wire.ts';
import {
  ADMIN_DN,
  ADMINS,
  BASE,
  LOCKED,
  type Passwords,
  PEOPLE,
  READ_DN,
  RULES,
  startSlapd,
  VICTIM,
  VICTIM_DN,
  WRITE_DN,
} from './slapd.ts';

/** What the suite and the tests beside it do as the administrator of the directory. */
export interface LdapTarget extends ConformanceTarget {
  readonly admin: Client;
  readonly victimDn: string;
  /** Replaces the access rules while the server runs, until {@link restore}. */
  rules(rules: readonly string[]): Promise<void>;
  readonly usualRules: readonly string[];
  bindAs(dn: string, password: string): Promise<Client>;
}

/** Starts a slapd of its own in a temporary folder, with the password policy overlay and the rules of the README. */
export async function startLdapTarget(): Promise<LdapTarget> {
  const home = await mkdtemp(join(tmpdir(), 'cs-slapd-'));
  const password = () => `canary-${randomBytes(12).toString('hex')}`;
  const passwords = { admin: password(), config: password(), read: password(), write: password(), victim: password() };
  const { server, port } = await startSlapd(home, passwords);
  try {
    return await prepare(server, home, port, passwords);
  } catch (error) {
    server.kill('SIGKILL');
    throw error;
  }
}

async function prepare(server: ChildProcess, home: string, port: number, passwords: Passwords): Promise<LdapTarget> {
  const clients = new Set<Client>();
  const bindAs = async (dn: string, password: string) => {
    const client = new Client({ url: `ldap://127.0.0.1:${port}`, timeout: 5_000, connectTimeout: 5_000 });
    clients.add(client);
    await client.bind(dn, password);
    return client;
  };
  const admin = await bindAs(ADMIN_DN, passwords.admin);
  const config = await bindAs('cn=config', passwords.config);
  const databases = (await config.search('cn=config', { filter: '(objectClass=olcMdbConfig)', attributes: ['1.1'] }))
    .searchEntries;
  const database = databases[0]?.dn ?? '';
  const rules = async (texts: readonly string[]) =>
    await config.modify(
      database,
      new LdapChange({
        operation: 'replace',
        modification: new Attribute({ type: 'olcAccess', values: texts.map((text, i) => `{${i}}${text}`) }),
      }),
    );
  const proxy = await startProxy({ host: '127.0.0.1', port });
  const system: SystemConfig = {
    responder: 'ldap-account',
    system: 'directory',
    settings: {
      url: `ldap://127.0.0.1:${port}`,
      baseDn: BASE,
      readDn: READ_DN,
      writeDn: WRITE_DN,
      privilegedGroups: ADMINS,
    },
  };
  const proxied = { ...system, settings: { ...system.settings, url: `ldap://127.0.0.1:${proxy.port}` } };
  const [contain, release] = ldapAccountManifest.operations;
  if (contain === undefined || release === undefined) throw new Error('the responder contains and releases');
  const read = async (dn: string, attribute: string) => {
    const { searchEntries } = await admin.search(dn, { scope: 'base', attributes: [attribute] });
    const value = searchEntries[0]?.[attribute];
    return typeof value === 'string' ? value : '';
  };
  const edits = editsOf(admin);
  return {
    responder: ldapAccount,
    system,
    proxied,
    proxy,
    secrets: { read: passwords.read, write: passwords.write, probe: JSON.stringify({ [VICTIM]: passwords.victim }) },
    contain,
    release,
    program: {
      module: new URL('../../src/responders/ldap-account/responder.ts', import.meta.url).href,
      name: 'ldapAccount',
    },
    effect: 'proven',
    victim: VICTIM,
    victimDn: VICTIM_DN,
    admin,
    rules,
    usualRules: RULES,
    bindAs,
    byHand: {
      name: 'a lock with ldapmodify',
      async apply() {
        const writer = await bindAs(WRITE_DN, passwords.write);
        await writer.modify(
          VICTIM_DN,
          new LdapChange({
            operation: 'replace',
            modification: new Attribute({ type: 'pwdAccountLockedTime', values: [LOCKED] }),
          }),
        );
        await writer.unbind();
      },
      revert: () => edits.set(VICTIM_DN, 'pwdAccountLockedTime', []),
    },
    async restore() {
      proxy.reset();
      await rules(RULES);
      if ((await read(VICTIM_DN, 'pwdAccountLockedTime')) !== '')
        await edits.set(VICTIM_DN, 'pwdAccountLockedTime', []);
    },
    snapshot: async () => await snapshotOf(admin),
    valueAt: async () => (await read(VICTIM_DN, 'pwdAccountLockedTime')) || 'not set',
    async isContained(name) {
      const { searchEntries } = await admin.search(PEOPLE, {
        filter: new EqualityFilter({ attribute: 'uid', value: name }),
        attributes: ['pwdAccountLockedTime'],
      });
      return searchEntries[0]?.['pwdAccountLockedTime'] === LOCKED;
    },
    version: async () => await read(VICTIM_DN, 'entryCSN'),
    versionAfterPath: 'account.versionAfter',
    asksForChange,
    ...driftsOf(edits, passwords.victim),
    scopes: scopesOf(rules, edits, passwords.read),
    forbidden: forbiddenOf(bindAs, passwords),
    lie: {
      name: 'a lie',
      apply: async () => proxy.answer(lyingAnswer),
      revert: async () => proxy.reset(),
      system: proxied,
    },
    async containAlone() {
      // On a server whose rules let the open connections of a locked account go on.
      await rules(RULES.slice(1));
      await edits.set(VICTIM_DN, 'pwdAccountLockedTime', [LOCKED]);
    },
    hold: async () => heldBy(await bindAs(VICTIM_DN, passwords.victim)),
    rests: restsOn(edits),
    untouchable: [
      { name: 'cs-read', reason: 'own_identity', isRefusedByTarget: true },
      { name: 'cs-write', reason: 'own_identity', isRefusedByTarget: true },
      { name: 'chief', reason: 'last_administrator', isRefusedByTarget: false },
    ],
    hostileNames: [
      '',
      ' ',
      '*',
      `${VICTIM}*`,
      'c.*',
      `${VICTIM})(uid=bystander`,
      `*)(|(uid=*`,
      `${VICTIM}\\2a`,
      `${VICTIM}\0`,
      `${VICTIM} `,
      ` ${VICTIM}`,
      `${VICTIM}\u200b`,
      `\u202e${VICTIM}`,
      'c\uff0evictim',
      'c.vict\u0131m',
      VICTIM_DN,
      `${VICTIM},${PEOPLE}`,
      `${VICTIM}\n`,
      '\ud800',
      `${VICTIM}'--`,
      '(objectClass=*)',
      'v'.repeat(300),
    ],
    hostileAccounts: [
      'x)(uid=*',
      '*',
      'a*b',
      'back\\slash',
      "o'brien",
      'comma, inc',
      '#hash',
      '<tag>',
      '"quoted"',
      'plus+equals=semi;',
      '\\2a',
      `uid=${VICTIM}`,
    ],
    async makeHostile(name) {
      const dn = `uid=${escapedInDn(name)},${PEOPLE}`;
      return {
        name,
        apply: async () => await admin.add(dn, { objectClass: ['inetOrgPerson'], uid: [name], cn: ['x'], sn: ['x'] }),
        revert: async () => await admin.del(dn),
      };
    },
    async close() {
      await proxy.close();
      for (const client of clients) await client.unbind().catch(() => undefined);
      const ended = new Promise(resolve => server.once('exit', resolve));
      server.kill('SIGTERM');
      await ended;
      await rm(home, { recursive: true, force: true });
    },
  };
}

/** RFC 4514, 2.4: any octet may stand as a backslash and two hex digits. */
function escapedInDn(text: string): string {
  return [...Buffer.from(text)].map(byte => `\\${byte.toString(16).padStart(2, '0')}`).join('');
}

/** Every entry with its users' attributes, and the lock. Not entryCSN, entryUUID and times, which move with every change. */
async function snapshotOf(admin: Client): Promise<string> {
  const { searchEntries } = await admin.search(BASE, { attributes: ['*', 'pwdAccountLockedTime'] });
  return JSON.stringify(
    searchEntries
      .map(entry => Object.entries(entry).sort())
      .sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)),
  );
}

function driftsOf(edits: Edits, password: string): Pick<ConformanceTarget, 'drifts' | 'driftsAfter'> {
  const { admin, add, remove, set } = edits;
  const change = (name: string, apply: () => Promise<void>, revert: () => Promise<void>): Change => ({
    name,
    apply,
    revert,
  });
  const makeAnew = async () => {
    await admin.del(VICTIM_DN);
    await admin.add(VICTIM_DN, {
      objectClass: ['inetOrgPerson'],
      uid: [VICTIM],
      cn: [VICTIM],
      sn: [VICTIM],
      userPassword: [password],
    });
  };
  const moved = `uid=${VICTIM},ou=moved,${BASE}`;
  return {
    drifts: [
      change(
        'a lock by somebody else',
        () => set(VICTIM_DN, 'pwdAccountLockedTime', [LOCKED]),
        () => set(VICTIM_DN, 'pwdAccountLockedTime', []),
      ),
      change('an entry of the same name made anew', makeAnew, makeAnew),
      change(
        'a rename',
        () => admin.modifyDN(VICTIM_DN, 'uid=renamed'),
        () => admin.modifyDN(`uid=renamed,${PEOPLE}`, `uid=${VICTIM}`),
      ),
      change(
        'a move',
        () => admin.modifyDN(VICTIM_DN, `uid=${VICTIM},ou=moved,${BASE}`),
        () => admin.modifyDN(moved, VICTIM_DN),
      ),
      change(
        'a new membership',
        () => add(ADMINS, 'member', [VICTIM_DN]),
        () => remove(ADMINS, 'member', [VICTIM_DN]),
      ),
      change(
        'a new object class',
        () => add(VICTIM_DN, 'objectClass', ['uidObject']),
        () => remove(VICTIM_DN, 'objectClass', ['uidObject']),
      ),
    ],
    driftsAfter: [
      change(
        'an unlock by somebody else',
        () => set(VICTIM_DN, 'pwdAccountLockedTime', []),
        async () => undefined,
      ),
      change(
        'a new description',
        () => set(VICTIM_DN, 'description', ['on leave']),
        () => set(VICTIM_DN, 'description', []),
      ),
      change(
        'a lock by somebody else on top',
        () => set(VICTIM_DN, 'pwdAccountLockedTime', [LOCKED]),
        async () => undefined,
      ),
      change(
        'a new password',
        () => set(VICTIM_DN, 'userPassword', ['another']),
        () => set(VICTIM_DN, 'userPassword', [password]),
      ),
    ],
  };
}

function heldBy(client: Client): HeldConnection {
  return {
    reads: async () => {
      if (!client.isConnected) return false;
      try {
        return (await client.search(PEOPLE, { attributes: ['cn'] })).searchEntries.length > 1;
      } catch {
        return false;
      }
    },
    close: async () => await client.unbind().catch(() => undefined),
  };
}

function restsOn({ admin }: Edits): ConformanceTarget['rests'] {
  const group = `cn=payroll,ou=groups,${BASE}`;
  const outer = `cn=finance,ou=groups,${BASE}`;
  const report = `uid=report,${PEOPLE}`;
  return {
    name: 'what rests on it',
    mentions: [
      `member of ${group}`,
      `member of ${outer}`,
      `named as manager, owner or secretary by ${report}`,
      VICTIM_DN,
    ],
    apply: async () => {
      await admin.add(group, { objectClass: ['groupOfNames'], cn: ['payroll'], member: [VICTIM_DN] });
      await admin.add(outer, { objectClass: ['groupOfNames'], cn: ['finance'], member: [group] });
      await admin.add(report, {
        objectClass: ['inetOrgPerson'],
        uid: ['report'],
        cn: ['r'],
        sn: ['r'],
        manager: [VICTIM_DN],
      });
    },
    revert: async () => {
      for (const dn of [report, outer, group]) await admin.del(dn);
    },
  };
}
