import type { ChildProcess } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readdir, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Attribute, BerWriter, Client, Change as LdapChange } from 'ldapts';
import { startProxy } from '../../src/connector/proxy.ts';
import type { Change, ConformanceTarget, HeldConnection } from '../../src/connector/target.ts';
import type { SystemConfig } from '../../src/ports/responder.ts';
import { ALLOW_OLD, END_OLD, ROTATE, TAKE_BACK } from '../../src/responders/ldap-rotation/manifest.ts';
import { ldapRotation } from '../../src/responders/ldap-rotation/responder.ts';
import { filesIn, later } from './changes.ts';
import { type Edits, editsOf } from './ldap-rights.ts';
import { asksForChange, lyingAnswer, messagesIn } from './ldap-wire.ts';
import {
  ADMIN_DN,
  ADMINS,
  BASE,
  LOCKED,
  type Passwords,
  READ_DN,
  type Setup,
  startSlapd,
  VICTIM_DN,
  WRITE_DN,
} from './slapd.ts';

const SERVICES = `ou=svc,${BASE}`;
export const A_DN = `uid=orders-a,${SERVICES}`;
export const B_DN = `uid=orders-b,${SERVICES}`;
const A = 'orders-a';
const B = 'orders-b';
const GROUP = `cn=orders,ou=groups,${BASE}`;

/** The access rules that README.md of the responder tells an operator to set. */
const PAIR = `dn.regex="^uid=orders-[ab],${SERVICES}$"`;
export const ROTATION_RULES: readonly string[] = [
  'to * by set="user/pwdAccountLockedTime & [00000101000000Z]" none by * break',
  `to ${PAIR} attrs=userPassword by dn.exact="${WRITE_DN}" =w by anonymous auth by self =w by * none`,
  'to attrs=userPassword by anonymous auth by self =w by * none',
  `to ${PAIR} attrs=pwdAccountLockedTime by dn.exact="${WRITE_DN}" write by dn.exact="${READ_DN}" read by * none`,
  `to * by dn.exact="${READ_DN}" read by dn.exact="${WRITE_DN}" read by users read by * none`,
];
const MONITOR_RULE = `to dn.subtree="cn=Connections,cn=Monitor" by dn.exact="${READ_DN}" read by * none`;

const SETUP: Setup = {
  before: `database monitor\naccess ${MONITOR_RULE}`,
  within: 'lastbind on',
  rules: ROTATION_RULES,
  entries: ({ victim }) => [
    ...[A, B].map(
      name =>
        `dn: uid=${name},${SERVICES}\nobjectClass: account\nobjectClass: simpleSecurityObject\nuid: ${name}\nuserPassword: ${victim}\n`,
    ),
    `dn: ${GROUP}\nobjectClass: groupOfNames\ncn: orders\nmember: ${A_DN}\nmember: ${B_DN}\n`,
  ],
};

/** What stands in the file from which the consumers of the service read. */
export interface ServiceSecret {
  readonly user: string;
  readonly password: string;
  /** Where its consumers bring both. */
  readonly url?: string;
}

/** What the tests beside the suite do as the administrator of the directory and of the machine. */
export interface LdapRotationTarget extends ConformanceTarget {
  readonly secretFile: string;
  readonly password: string;
  readonly edits: Edits;
  /** Other access rules than {@link ROTATION_RULES}. */
  rules(texts: readonly string[]): Promise<void>;
  bindAs(dn: string, password: string): Promise<Client>;
  secret(): Promise<ServiceSecret>;
  writeSecret(secret: ServiceSecret): Promise<void>;
  /** One attribute of one entry; empty where it has none. */
  read(dn: string, attribute: string): Promise<string>;
  /** Whether the directory takes note of who binds. */
  noteBinds(isOn: boolean): Promise<void>;
}

/** A service that uses login A, while B stands by. */
export function startLdapRotation(): Promise<LdapRotationTarget> {
  return start(rotationOf);
}

/** A service that was moved to login B and uses it, while A may still bind. */
export function startLdapEnding(): Promise<LdapRotationTarget> {
  return start(endingOf);
}

async function start(stage: (common: Common) => Promise<LdapRotationTarget>): Promise<LdapRotationTarget> {
  const home = await realpath(await mkdtemp(join(tmpdir(), 'cs-slapd-')));
  const password = () => `canary-${randomBytes(12).toString('hex')}`;
  const passwords = { admin: password(), config: password(), read: password(), write: password(), victim: password() };
  const { server, port } = await startSlapd(home, passwords, SETUP);
  try {
    return await stage(await commonOf(server, home, port, passwords));
  } catch (error) {
    server.kill('SIGKILL');
    throw error;
  }
}

type Common = Awaited<ReturnType<typeof commonOf>>;

/** What both stages have in common. */
async function commonOf(server: ChildProcess, home: string, port: number, passwords: Passwords) {
  const clients = new Set<Client>();
  const bindAs = async (dn: string, secret: string) => {
    const client = new Client({ url: `ldap://127.0.0.1:${port}`, timeout: 5_000, connectTimeout: 5_000 });
    clients.add(client);
    await client.bind(dn, secret);
    return client;
  };
  const admin = await bindAs(ADMIN_DN, passwords.admin);
  const config = await bindAs('cn=config', passwords.config);
  const setConfig = async (dn: string, type: string, values: string[]) =>
    await config.modify(dn, new LdapChange({ operation: 'replace', modification: new Attribute({ type, values }) }));
  const databaseOf = async (name: string) => {
    const { searchEntries } = await config.search('cn=config', {
      filter: '(objectClass=olcDatabaseConfig)',
      attributes: ['1.1'],
    });
    return searchEntries.find(entry => entry.dn.includes(`}${name},`))?.dn ?? '';
  };
  const [main, monitor] = [await databaseOf('mdb'), await databaseOf('monitor')];
  const rulesOf = (dn: string) => (texts: readonly string[]) =>
    setConfig(
      dn,
      'olcAccess',
      texts.map((text, at) => `{${at}}${text}`),
    );
  const [rules, monitorRules] = [rulesOf(main), rulesOf(monitor)];
  const folder = join(home, 'secrets');
  await mkdir(folder, { mode: 0o700 });
  const secretFile = join(folder, 'orders.json');
  const edits = editsOf(admin);
  const read = async (dn: string, attribute: string) => {
    const { searchEntries } = await admin.search(dn, { scope: 'base', attributes: [attribute] });
    const value = searchEntries[0]?.[attribute];
    return typeof value === 'string' ? value : '';
  };
  const secret = async () => JSON.parse(await readFile(secretFile, 'utf8')) as ServiceSecret;
  const writeSecret = async (next: ServiceSecret) => {
    await rm(secretFile, { force: true });
    await writeFile(secretFile, JSON.stringify({ url: 'ldap', ...next }), { mode: 0o600 });
  };
  /** A new password lifts a lock, so that is set after it. */
  const setLogin = async (dn: string, password: string, isLocked: boolean) => {
    const replace = (type: string, values: string[]) =>
      new LdapChange({ operation: 'replace', modification: new Attribute({ type, values }) });
    await admin.modify(dn, replace('userPassword', [password]));
    if (isLocked) await admin.modify(dn, replace('pwdAccountLockedTime', [LOCKED]));
  };
  const proxy = await startProxy({ host: '127.0.0.1', port });
  const system: SystemConfig = {
    responder: 'ldap-rotation',
    system: 'orders-directory',
    settings: {
      url: `ldap://127.0.0.1:${port}`,
      baseDn: BASE,
      readDn: READ_DN,
      writeDn: WRITE_DN,
      dnA: A_DN,
      dnB: B_DN,
      secretFile,
      consumers: 'orders-api, nightly-export',
    },
  };
  return {
    home,
    admin,
    read,
    rules,
    setLogin,
    monitorRules,
    noteBinds: (isOn: boolean) => setConfig(main, 'olcLastBind', [isOn ? 'TRUE' : 'FALSE']),
    edits,
    bindAs,
    secret,
    writeSecret,
    secretFile,
    password: passwords.victim,
    responder: ldapRotation,
    system,
    proxied: { ...system, settings: { ...system.settings, url: `ldap://127.0.0.1:${proxy.port}` } },
    proxy,
    timeoutMs: 2_000,
    secrets: { read: passwords.read, write: passwords.write, probe: JSON.stringify({ [A]: passwords.victim }) },
    program: {
      module: new URL('../../src/responders/ldap-rotation/responder.ts', import.meta.url).href,
      name: 'ldapRotation',
    },
    victim: A,
    hold: async () => heldBy(await bindAs(A_DN, passwords.victim)),
    snapshot: async () => JSON.stringify([await entriesOf(admin), await filesIn(folder)]),
    asksForChange,
    forbidden: forbiddenOf(bindAs, passwords),
    rests: restsOn(() => bindAs(A_DN, passwords.victim)),
    hostileNames: HOSTILE_NAMES,
    hostileAccounts: [],
    makeHostile: async () => undefined,
    scopes: scopesOf({ rules, monitorRules, edits, folder, secretFile, readPassword: passwords.read }),
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

/** Times of passwords are told to the second. */
const NEXT_SECOND_MS = 1_100;

async function rotationOf(common: Common): Promise<LdapRotationTarget> {
  const { admin, edits, password, proxy, secretFile, setLogin } = common;
  const atRest = async () => {
    await common.rules(ROTATION_RULES);
    await setLogin(A_DN, password, false);
    await setLogin(B_DN, randomBytes(12).toString('hex'), true);
    for (const name of await readdir(join(secretFile, '..'))) await rm(join(secretFile, '..', name), { force: true });
    await common.writeSecret({ user: A_DN, password });
  };
  await atRest();
  return {
    ...common,
    contain: ROTATE,
    release: TAKE_BACK,
    effect: 'unproven',
    leavesSessions: true,
    async restore() {
      proxy.reset();
      await atRest();
    },
    async valueAt(path) {
      if (path === 'file.login') return (await common.secret()).user;
      return String((await common.read(B_DN, 'pwdAccountLockedTime')) === LOCKED);
    },
    // Without a bind, of which the directory would take note.
    async isContained() {
      const { user, password: kept } = await common.secret();
      const isOpen = (await common.read(B_DN, 'pwdAccountLockedTime')) === '';
      return user === B_DN && isOpen && isHashOf(await common.read(B_DN, 'userPassword'), kept);
    },
    version: () => common.read(B_DN, 'entryCSN'),
    versionAfterPath: 'standby.versionAfter',
    drifts: [
      ...driftsOfEntries(common),
      later(
        'a lock of the login in use',
        () => edits.set(A_DN, 'pwdAccountLockedTime', [LOCKED]),
        () => edits.set(A_DN, 'pwdAccountLockedTime', []),
      ),
      later('somebody who opened the other login', () => edits.set(B_DN, 'pwdAccountLockedTime', [])),
      later('a password for the other login', async () => {
        await sleep(NEXT_SECOND_MS);
        await setLogin(B_DN, 'somebody-s', true);
      }),
      later('another file', () => common.writeSecret({ user: A_DN, password })),
      later('a link in its place', async () => {
        await writeFile(join(common.home, 'elsewhere'), JSON.stringify({ user: A_DN, password }));
        await rm(secretFile);
        await symlink(join(common.home, 'elsewhere'), secretFile);
      }),
    ],
    driftsAfter: [
      later('a new password of the new login', async () => {
        await sleep(NEXT_SECOND_MS);
        await setLogin(B_DN, 'another', false);
      }),
      later('a lock of the new login', () => edits.set(B_DN, 'pwdAccountLockedTime', [LOCKED])),
      later(
        'a lock of the old login',
        () => edits.set(A_DN, 'pwdAccountLockedTime', [LOCKED]),
        () => edits.set(A_DN, 'pwdAccountLockedTime', []),
      ),
      later('another file', async () => common.writeSecret(await common.secret())),
      later('no file before', () => rm(`${secretFile}.before`)),
    ],
    lie: {
      name: 'a lie',
      apply: async () => proxy.answer(await liar(admin)),
      revert: async () => proxy.reset(),
      system: common.proxied,
    },
    containAlone: async () => {
      await setLogin(B_DN, 'by-hand', false);
      await common.writeSecret({ user: B_DN, password: 'by-hand' });
    },
    untouchable: [{ name: B, reason: 'already_in_effect', isRefusedByTarget: true }],
  };
}

async function endingOf(common: Common): Promise<LdapRotationTarget> {
  const { edits, password, proxy, setLogin } = common;
  const secretOfB = randomBytes(12).toString('hex');
  const moved = async () => {
    await common.rules(ROTATION_RULES);
    await setLogin(A_DN, password, false);
    await setLogin(B_DN, secretOfB, false);
    await (await common.bindAs(B_DN, secretOfB)).unbind();
    await common.writeSecret({ user: B_DN, password: secretOfB });
  };
  await moved();
  const lock = () => edits.set(A_DN, 'pwdAccountLockedTime', [LOCKED]);
  const unlock = () => edits.set(A_DN, 'pwdAccountLockedTime', []);
  return {
    ...common,
    contain: END_OLD,
    release: ALLOW_OLD,
    effect: 'proven',
    async restore() {
      proxy.reset();
      await moved();
    },
    valueAt: async () => String((await common.read(A_DN, 'pwdAccountLockedTime')) === LOCKED),
    isContained: async () => (await common.read(A_DN, 'pwdAccountLockedTime')) === LOCKED,
    version: () => common.read(A_DN, 'entryCSN'),
    versionAfterPath: 'login.versionAfter',
    drifts: [
      ...driftsOfEntries(common),
      later('a lock by somebody else', lock, unlock),
      later('a new password of the new login, with which nobody bound', () => setLogin(B_DN, 'another', false)),
      later(
        'a lock of the new login',
        () => edits.set(B_DN, 'pwdAccountLockedTime', [LOCKED]),
        () => edits.set(B_DN, 'pwdAccountLockedTime', []),
      ),
      later(
        'a service that went back to the old one',
        () => common.writeSecret({ user: A_DN, password }),
        () => common.writeSecret({ user: B_DN, password: secretOfB }),
      ),
    ],
    driftsAfter: [
      later('an unlock by somebody else', unlock),
      later(
        'a new description',
        () => edits.set(A_DN, 'description', ['on hold']),
        () => edits.set(A_DN, 'description', []),
      ),
      later('a lock by somebody else on top', lock),
      later('a new password', () => setLogin(A_DN, 'another', true)),
    ],
    lie: {
      name: 'a lie',
      apply: async () => proxy.answer(lyingAnswer),
      revert: async () => proxy.reset(),
      system: common.proxied,
    },
    async containAlone() {
      await common.rules(ROTATION_RULES.slice(1));
      await lock();
    },
    untouchable: [{ name: B, reason: 'not_settled', isRefusedByTarget: true }],
  };
}

function driftsOfEntries({ admin, edits }: Common): readonly Change[] {
  return [
    later(
      'a rename of the login in use',
      () => admin.modifyDN(A_DN, 'uid=renamed'),
      () => admin.modifyDN(`uid=renamed,${SERVICES}`, `uid=${A}`),
    ),
    later(
      'a rename of the other login',
      () => admin.modifyDN(B_DN, 'uid=renamed'),
      () => admin.modifyDN(`uid=renamed,${SERVICES}`, `uid=${B}`),
    ),
    later(
      'a membership that only one has',
      () => edits.add(ADMINS, 'member', [A_DN]),
      () => edits.remove(ADMINS, 'member', [A_DN]),
    ),
    later(
      'a membership that the other has lost',
      () => edits.remove(GROUP, 'member', [B_DN]),
      () => edits.add(GROUP, 'member', [B_DN]),
    ),
    later(
      'a new object class',
      () => edits.add(B_DN, 'objectClass', ['uidObject']),
      () => edits.remove(B_DN, 'objectClass', ['uidObject']),
    ),
  ];
}

/** Whether that is what the directory keeps of this password. */
function isHashOf(kept: string, password: string): boolean {
  const bytes = Buffer.from(kept.replace(/^\{SSHA\}/, ''), 'base64');
  const digest = createHash('sha1').update(password).update(bytes.subarray(20)).digest();
  return kept.startsWith('{SSHA}') && digest.equals(bytes.subarray(0, 20));
}

/**
 * Says yes to every change and to a bind as the other login, and shows once that it took note of that bind. Everything else is
 * answered by the directory, which heard of nothing.
 */
async function liar(admin: Client): Promise<(piece: Buffer) => Buffer | undefined> {
  const { searchEntries } = await admin.search(B_DN, {
    scope: 'base',
    attributes: ['entryUUID', 'entryCSN', 'modifiersName', 'objectClass'],
  });
  const entry = { ...searchEntries[0], pwdChangedTime: '20260101000000Z', pwdLastSuccess: '20260101000001Z' };
  let [hasBound, hasShown] = [false, false];
  return piece => {
    const [message] = messagesIn(piece);
    const isOfB = message?.bytes.subarray(0, 24 + B_DN.length).includes(B_DN) === true;
    if (message?.tag === 0x60 && isOfB) {
      hasBound = true;
      return done(message.id, 0x61);
    }
    if (message?.tag === 0x63 && isOfB && hasBound && !hasShown) {
      hasShown = true;
      return Buffer.concat([shown(message.id, entry), done(message.id, 0x65)]);
    }
    return lyingAnswer(piece);
  };
}

function done(id: number, tag: number): Buffer {
  return Buffer.from([0x30, 0x0c, 0x02, 0x01, id, tag, 0x07, 0x0a, 0x01, 0x00, 0x04, 0x00, 0x04, 0x00]);
}

function shown(id: number, entry: { readonly [name: string]: unknown }): Buffer {
  const writer = new BerWriter();
  writer.startSequence();
  writer.writeInt(id);
  writer.startSequence(0x64);
  writer.writeString(B_DN);
  writer.startSequence();
  for (const [name, value] of Object.entries(entry)) {
    if (name === 'dn') continue;
    writer.startSequence();
    writer.writeString(name);
    writer.startSequence(0x31);
    for (const text of [value].flat()) writer.writeString(String(text));
    writer.endSequence();
    writer.endSequence();
  }
  writer.endSequence();
  writer.endSequence();
  writer.endSequence();
  return writer.buffer;
}

/** Every entry with its users' attributes, and the locks. Not what a directory keeps of the standby's password: nobody has that. */
async function entriesOf(admin: Client): Promise<unknown> {
  const { searchEntries } = await admin.search(BASE, { attributes: ['*', 'pwdAccountLockedTime'] });
  return searchEntries
    .map(entry => (entry.dn === B_DN ? { ...entry, userPassword: '' } : entry))
    .map(entry => Object.entries(entry).sort())
    .sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
}

function heldBy(client: Client): HeldConnection {
  return {
    reads: async () => {
      if (!client.isConnected) return false;
      try {
        return (await client.search(SERVICES, { attributes: ['uid'] })).searchEntries.length > 1;
      } catch {
        return false;
      }
    },
    close: async () => await client.unbind().catch(() => undefined),
  };
}

function scopesOf(parts: {
  readonly rules: (texts: readonly string[]) => Promise<void>;
  readonly monitorRules: (texts: readonly string[]) => Promise<void>;
  readonly edits: Edits;
  readonly folder: string;
  readonly secretFile: string;
  readonly readPassword: string;
}): readonly Change[] {
  const { rules, monitorRules, edits, folder, secretFile, readPassword } = parts;
  const hidden = (what: string) =>
    later(
      what,
      () => rules([`to ${what} by dn.exact="${READ_DN}" none by * break`, ...ROTATION_RULES]),
      () => rules(ROTATION_RULES),
    );
  return [
    ...['entryUUID', 'entryCSN', 'pwdAccountLockedTime', 'pwdChangedTime', 'pwdLastSuccess'].map(attribute =>
      hidden(`dn.subtree="${SERVICES}" attrs=${attribute}`),
    ),
    hidden('*'),
    later(
      'cn=Monitor',
      () => monitorRules(['to * by * none']),
      () => monitorRules([MONITOR_RULE]),
    ),
    later(
      'the bind',
      () => edits.set(READ_DN, 'userPassword', ['another']),
      () => edits.set(READ_DN, 'userPassword', [readPassword]),
    ),
    later(
      'a folder that only the executor writes into',
      () => chmod(folder, 0o777),
      () => chmod(folder, 0o700),
    ),
    later(
      'a file that only its owner writes',
      () => chmod(secretFile, 0o660),
      () => chmod(secretFile, 0o600),
    ),
  ];
}

function forbiddenOf(
  bindAs: (dn: string, password: string) => Promise<Client>,
  passwords: Passwords,
): ConformanceTarget['forbidden'] {
  const replace = (type: string, values: string[]) =>
    new LdapChange({ operation: 'replace', modification: new Attribute({ type, values }) });
  const attempts: readonly { readonly name: string; readonly run: (client: Client) => Promise<unknown> }[] = [
    { name: 'write the password of a person', run: client => client.modify(VICTIM_DN, replace('userPassword', ['x'])) },
    { name: 'lock a person', run: client => client.modify(VICTIM_DN, replace('pwdAccountLockedTime', [LOCKED])) },
    {
      name: 'lock its own identities',
      run: client => client.modify(READ_DN, replace('pwdAccountLockedTime', [LOCKED])),
    },
    { name: 'write another attribute', run: client => client.modify(A_DN, replace('description', ['x'])) },
    { name: 'write members of a group', run: client => client.modify(ADMINS, replace('member', [A_DN])) },
    { name: 'delete an entry', run: client => client.del(A_DN) },
    { name: 'rename an entry', run: client => client.modifyDN(A_DN, 'uid=x') },
    {
      name: 'read userPassword',
      run: async client => {
        const { searchEntries } = await client.search(A_DN, { scope: 'base', attributes: ['userPassword'] });
        if ((searchEntries[0]?.['userPassword'] ?? []).length === 0) throw new Error('not shown');
      },
    },
  ];
  const ofPair = {
    name: 'write the password of a login of the pair',
    run: (client: Client) => client.modify(B_DN, replace('userPassword', ['x'])),
  };
  const forbidden = (who: 'read' | 'write', { name, run }: (typeof attempts)[number]) => ({
    name: `${who}: ${name}`,
    isAllowed: async () => {
      const client = await bindAs(who === 'read' ? READ_DN : WRITE_DN, passwords[who]);
      return await run(client).then(
        () => true,
        () => false,
      );
    },
  });
  return [
    ...[...attempts, ofPair].map(attempt => forbidden('read', attempt)),
    ...attempts.map(attempt => forbidden('write', attempt)),
  ];
}

function restsOn(bind: () => Promise<Client>): ConformanceTarget['rests'] {
  let open: readonly Client[] = [];
  return {
    name: 'what rests on it',
    mentions: [
      'orders-api reads the file of the secret',
      'nightly-export reads the file of the secret',
      `member of ${GROUP}`,
      'connection from IP=127.0.0.1:',
    ],
    apply: async () => {
      open = [await bind(), await bind()];
    },
    revert: async () => {
      for (const client of open) await client.unbind();
    },
  };
}

const HOSTILE_NAMES = [
  '',
  ' ',
  '*',
  `${A}*`,
  `${A})(uid=orders-b`,
  `${A}\\2a`,
  `${A}\0`,
  `${A} `,
  ` ${A}`,
  A.toUpperCase(),
  `${A}\u200b`,
  `\u202e${A}`,
  A_DN,
  'c.victim',
  'cs-read',
  `${A}\n`,
  '\ud800',
  '(objectClass=*)',
  'v'.repeat(300),
];
