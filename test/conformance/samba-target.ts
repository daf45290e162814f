import { randomBytes } from 'node:crypto';
import { Attribute, Client, EqualityFilter, Change as LdapChange } from 'ldapts';
import { startProxy } from '../../src/connector/proxy.ts';
import type { Change, ConformanceTarget, HeldConnection } from '../../src/connector/target.ts';
import type { SystemConfig } from '../../src/ports/responder.ts';
import { adAccountManifest } from '../../src/responders/ad-account/manifest.ts';
import { adAccount } from '../../src/responders/ad-account/responder.ts';
import { asksForChange, lyingAnswer } from './ldap-wire.ts';
import { BASE, type Samba, startSamba } from './samba.ts';
import { type Grant, RIGHT, readDacl, withGrants, writeDacl } from './samba-rights.ts';
import { forbiddenOf, scopesOf } from './samba-scopes.ts';

export const PEOPLE = `OU=people,${BASE}`;
export const VICTIM = 'c.victim';
export const VICTIM_DN = `CN=${VICTIM},${PEOPLE}`;
export const READ_DN = `CN=cs-read,OU=svc,${BASE}`;
export const WRITE_DN = `CN=cs-write,OU=svc,${BASE}`;
export const STAFF = `CN=staff,OU=groups,${BASE}`;
const CHIEF_DN = `CN=chief,${PEOPLE}`;
export const ADMINS = `CN=Domain Admins,CN=Users,${BASE}`;
const USER_ACCOUNT_CONTROL = 'bf967a68-0de6-11d0-a285-00aa003049e2';

export interface Passwords {
  readonly read: string;
  readonly write: string;
  readonly victim: string;
}

/** What the suite and the tests beside it do as the administrator of the domain. */
export interface SambaTarget extends ConformanceTarget {
  readonly admin: Client;
  readonly passwords: Passwords;
  readonly host: string;
  readonly sids: { readonly read: Buffer; readonly write: Buffer };
  /** What is granted on the accounts below `people`. */
  grant(grants: readonly Grant[]): Promise<void>;
  bindAs(dn: string, password: string): Promise<Client>;
  edit(
    operation: 'add' | 'delete' | 'replace',
    dn: string,
    type: string,
    values: readonly (string | Buffer)[],
  ): Promise<void>;
}

/** As `unicodePwd` takes a password: in quotes, UTF-16. */
export const asUnicodePwd = (password: string) => Buffer.from(`"${password}"`, 'utf16le');

/** Starts a domain controller of its own, with the delegation of the README. */
export async function startSambaTarget(): Promise<SambaTarget> {
  const password = () => `Canary-${randomBytes(12).toString('hex')}`;
  const passwords = { read: password(), write: password(), victim: password() };
  const samba = await startSamba();
  try {
    return await prepare(samba, passwords);
  } catch (error) {
    await samba.stop();
    throw error;
  }
}

/** Everything that is there before the suite begins. `chief` is the only administrator that is enabled. */
async function populate({ admin }: Samba, passwords: Passwords, password: string): Promise<void> {
  for (const unit of ['people', 'moved', 'svc', 'groups'])
    await admin.add(`OU=${unit},${BASE}`, { objectClass: ['organizationalUnit'] });
  await addUser(admin, READ_DN, 'cs-read', passwords.read);
  await addUser(admin, WRITE_DN, 'cs-write', passwords.write);
  await addUser(admin, VICTIM_DN, VICTIM, passwords.victim);
  await addUser(admin, `CN=bystander,${PEOPLE}`, 'bystander', password);
  await addUser(admin, CHIEF_DN, 'chief', password);
  await admin.add(`CN=station,${PEOPLE}`, {
    objectClass: ['computer'],
    sAMAccountName: ['STATION$'],
    userAccountControl: ['4096'],
  });
  await admin.add(STAFF, { objectClass: ['group'], sAMAccountName: ['staff'], member: [VICTIM_DN] });
  const change = (operation: 'add' | 'replace', type: string, values: string[]) =>
    new LdapChange({ operation, modification: new Attribute({ type, values }) });
  await admin.modify(ADMINS, change('add', 'member', [CHIEF_DN]));
  await admin.modify(`CN=Administrator,CN=Users,${BASE}`, change('replace', 'userAccountControl', ['514']));
}

async function addUser(admin: Client, dn: string, name: string, password: string): Promise<void> {
  await admin.add(dn, [
    new Attribute({ type: 'objectClass', values: ['user'] }),
    new Attribute({ type: 'sAMAccountName', values: [name] }),
    new Attribute({ type: 'userAccountControl', values: ['512'] }),
    new Attribute({ type: 'unicodePwd', values: [asUnicodePwd(password)] }),
  ]);
}

async function prepare(samba: Samba, passwords: Passwords): Promise<SambaTarget> {
  const { admin, host } = samba;
  await populate(samba, passwords, `Canary-${randomBytes(12).toString('hex')}`);
  const clients = new Set<Client>();
  const bindAs = async (dn: string, password: string) => {
    const client = new Client({ url: `ldap://${host}`, timeout: 5_000, connectTimeout: 5_000 });
    clients.add(client);
    await client.bind(dn, password);
    return client;
  };
  // The first login of an account leaves a mark on it, and later ones do not for days.
  for (const [dn, password] of [
    [READ_DN, passwords.read],
    [WRITE_DN, passwords.write],
    [VICTIM_DN, passwords.victim],
  ] as const)
    await (await bindAs(dn, password)).unbind();
  const sidOf = async (dn: string) => {
    const options = { scope: 'base' as const, attributes: ['objectSid'], explicitBufferAttributes: ['objectSid'] };
    const value = (await admin.search(dn, options)).searchEntries[0]?.['objectSid'];
    if (!Buffer.isBuffer(value)) throw new Error(`${dn} has no SID`);
    return value;
  };
  const sids = { read: await sidOf(READ_DN), write: await sidOf(WRITE_DN) };
  const bare = await readDacl(admin, PEOPLE);
  const usual: Grant = {
    isAllow: true,
    mask: RIGHT.readProperty | RIGHT.writeProperty,
    on: USER_ACCOUNT_CONTROL,
    sid: sids.write,
  };
  const grant = (grants: readonly Grant[]) => writeDacl(admin, PEOPLE, withGrants(bare, grants));
  await grant([usual]);
  const proxy = await startProxy({ host, port: 389 });
  const system: SystemConfig = {
    responder: 'ad-account',
    system: 'corp',
    settings: { url: `ldaps://${host}`, tlsCa: samba.tlsCa, baseDn: BASE, readDn: READ_DN, writeDn: WRITE_DN },
  };
  const proxied = { ...system, settings: { ...system.settings, url: `ldap://127.0.0.1:${proxy.port}` } };
  const [contain, release] = adAccountManifest.operations;
  if (contain === undefined || release === undefined) throw new Error('the responder contains and releases');
  const edit: SambaTarget['edit'] = async (operation, dn, type, values) =>
    await admin.modify(
      dn,
      new LdapChange({ operation, modification: new Attribute({ type, values: values as string[] }) }),
    );
  const read = async (dn: string, attribute: string) => {
    const { searchEntries } = await admin.search(dn, { scope: 'base', attributes: [attribute] });
    const value = searchEntries[0]?.[attribute];
    return typeof value === 'string' ? value : '';
  };
  return {
    responder: adAccount,
    system,
    proxied,
    proxy,
    secrets: { read: passwords.read, write: passwords.write, probe: JSON.stringify({ [VICTIM]: passwords.victim }) },
    contain,
    release,
    program: {
      module: new URL('../../src/responders/ad-account/responder.ts', import.meta.url).href,
      name: 'adAccount',
    },
    // A connection that is open stays, and so do tickets: nothing shows that they are gone.
    effect: 'unproven',
    leavesSessions: true,
    // Samba answers everybody from one process here.
    timeoutMs: 3_000,
    victim: VICTIM,
    admin,
    passwords,
    host,
    sids,
    grant,
    bindAs,
    edit,
    async restore() {
      proxy.reset();
      await grant([usual]);
      if ((await read(VICTIM_DN, 'userAccountControl')) !== '512')
        await edit('replace', VICTIM_DN, 'userAccountControl', ['512']);
    },
    snapshot: () => snapshotOf(admin),
    valueAt: () => read(VICTIM_DN, 'userAccountControl'),
    async isContained(name) {
      const filter = new EqualityFilter({ attribute: 'sAMAccountName', value: name });
      const { searchEntries } = await admin.search(BASE, { filter, attributes: ['userAccountControl'] });
      return (Number(searchEntries[0]?.['userAccountControl']) & 2) !== 0;
    },
    version: () => read(VICTIM_DN, 'uSNChanged'),
    versionAfterPath: 'account.versionAfter',
    asksForChange,
    ...driftsOf(admin, edit, passwords.victim),
    scopes: scopesOf({ grant, usual, sids, edit, readPassword: passwords.read }),
    forbidden: forbiddenOf(bindAs, passwords, 'disable an account'),
    lie: {
      name: 'a lie',
      system: proxied,
      apply: async () => proxy.answer(lyingAnswer),
      revert: async () => proxy.reset(),
    },
    containAlone: () => edit('replace', VICTIM_DN, 'userAccountControl', ['514']),
    hold: async () => heldBy(await bindAs(VICTIM_DN, passwords.victim)),
    rests: restsOn(admin),
    untouchable: [
      { name: 'cs-read', reason: 'own_identity', isRefusedByTarget: true },
      { name: 'cs-write', reason: 'own_identity', isRefusedByTarget: true },
      { name: 'chief', reason: 'last_administrator', isRefusedByTarget: false },
      { name: 'Administrator', reason: 'not_expressible', isRefusedByTarget: true },
      { name: 'krbtgt', reason: 'not_expressible', isRefusedByTarget: true },
      { name: 'STATION$', reason: 'not_expressible', isRefusedByTarget: true },
      { name: 'DC1$', reason: 'not_expressible', isRefusedByTarget: true },
    ],
    hostileNames: HOSTILE_NAMES,
    hostileAccounts: [
      'x)(uid=*',
      '*',
      'a*b',
      'back\\slash',
      "o'brien",
      'comma, inc',
      '#hash',
      '"quoted"',
      'plus+equals=semi;',
      '\\2a',
      `CN=${VICTIM}`,
    ],
    makeHostile: name => made(admin, name),
    async close() {
      await proxy.close();
      for (const client of clients) await client.unbind().catch(() => undefined);
      await samba.stop();
    },
  };
}

const HOSTILE_NAMES = [
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
  `CORP\\${VICTIM}`,
  `${VICTIM}\n`,
  '\ud800',
  `${VICTIM}'--`,
  '(objectClass=*)',
  // A group is no account.
  'staff',
  'Domain Admins',
  'v'.repeat(300),
];

/** An account of that name, which needs no password; undefined where the directory takes no such name. */
async function made(admin: Client, name: string): Promise<Change | undefined> {
  const dn = `CN=hostile,${PEOPLE}`;
  const apply = async () =>
    await admin.add(dn, { objectClass: ['user'], sAMAccountName: [name], userAccountControl: ['544'] });
  try {
    await apply();
  } catch {
    return undefined;
  }
  await admin.del(dn);
  return { name, apply, revert: () => admin.del(dn) };
}

const SEEN = [
  'objectClass',
  'cn',
  'sAMAccountName',
  'userAccountControl',
  'member',
  'description',
  'pwdLastSet',
  'manager',
];

/** What an act could change, of everybody. Not version numbers and times, which move with every change. */
async function snapshotOf(admin: Client): Promise<string> {
  const { searchEntries } = await admin.search(BASE, {
    filter: '(|(objectClass=user)(objectClass=group)(objectClass=organizationalUnit))',
    attributes: SEEN,
  });
  return JSON.stringify(
    searchEntries
      .map(entry => Object.entries(entry).sort())
      .sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)),
  );
}

function driftsOf(
  admin: Client,
  edit: SambaTarget['edit'],
  password: string,
): Pick<ConformanceTarget, 'drifts' | 'driftsAfter'> {
  const change = (name: string, apply: () => Promise<void>, revert: () => Promise<void>): Change => ({
    name,
    apply,
    revert,
  });
  const control = (value: string) => () => edit('replace', VICTIM_DN, 'userAccountControl', [value]);
  const makeAnew = async () => {
    await admin.del(VICTIM_DN);
    await addUser(admin, VICTIM_DN, VICTIM, password);
    await edit('add', STAFF, 'member', [VICTIM_DN]);
  };
  const moved = `CN=${VICTIM},OU=moved,${BASE}`;
  return {
    drifts: [
      change('a disabling by somebody else', control('514'), control('512')),
      change('a password that never ends', control('66048'), control('512')),
      change('an account of the same name made anew', makeAnew, makeAnew),
      change(
        'another name to log in by',
        () => edit('replace', VICTIM_DN, 'sAMAccountName', ['renamed']),
        () => edit('replace', VICTIM_DN, 'sAMAccountName', [VICTIM]),
      ),
      change(
        'a move',
        () => admin.modifyDN(VICTIM_DN, moved),
        () => admin.modifyDN(moved, VICTIM_DN),
      ),
      change(
        'a new membership',
        () => edit('add', ADMINS, 'member', [VICTIM_DN]),
        () => edit('delete', ADMINS, 'member', [VICTIM_DN]),
      ),
    ],
    driftsAfter: [
      change('an enabling by somebody else', control('512'), async () => undefined),
      change(
        'a new description',
        () => edit('replace', VICTIM_DN, 'description', ['on leave']),
        () => edit('replace', VICTIM_DN, 'description', []),
      ),
      change(
        'a new password',
        () => edit('replace', VICTIM_DN, 'unicodePwd', [asUnicodePwd('Canary-Another-1')]),
        () => edit('replace', VICTIM_DN, 'unicodePwd', [asUnicodePwd(password)]),
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

function restsOn(admin: Client): ConformanceTarget['rests'] {
  const group = `CN=payroll,OU=groups,${BASE}`;
  const outer = `CN=finance,OU=groups,${BASE}`;
  const report = `CN=report,${PEOPLE}`;
  return {
    name: 'what rests on it',
    mentions: [`member of ${group}`, `member of ${outer}`, `named as manager by ${report}`, VICTIM_DN],
    apply: async () => {
      await admin.add(group, { objectClass: ['group'], sAMAccountName: ['payroll'], member: [VICTIM_DN] });
      await admin.add(outer, { objectClass: ['group'], sAMAccountName: ['finance'], member: [group] });
      await admin.add(report, { objectClass: ['user'], sAMAccountName: ['report'], manager: [VICTIM_DN] });
    },
    revert: async () => {
      for (const dn of [report, outer, group]) await admin.del(dn);
    },
  };
}
