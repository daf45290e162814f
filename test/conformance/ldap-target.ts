import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Attribute, Client, EqualityFilter, Change as LdapChange } from 'ldapts';
import type { SystemConfig } from '../../src/ports/responder.ts';
import { ldapAccountManifest } from '../../src/responders/ldap-account/manifest.ts';
import { ldapAccount } from '../../src/responders/ldap-account/responder.ts';
import { freePort } from './free-port.ts';
import { startProxy } from './proxy.ts';
import type { Change, ConformanceTarget, HeldConnection } from './target.ts';

const BASE = 'dc=example,dc=org';
const PEOPLE = `ou=people,${BASE}`;
const VICTIM = 'c.victim';
const VICTIM_DN = `uid=${VICTIM},${PEOPLE}`;
const READ_DN = `uid=cs-read,ou=svc,${BASE}`;
const WRITE_DN = `uid=cs-write,ou=svc,${BASE}`;
const ADMIN_DN = `cn=admin,${BASE}`;
const ADMINS = `cn=admins,ou=groups,${BASE}`;
const LOCKED = '000001010000Z';

/** The access rules that README.md of the responder tells an operator to set. */
const RULES: readonly string[] = [
  // A locked account's open connections may do nothing. The value is the normalised one: sets compare those.
  'to * by set="user/pwdAccountLockedTime & [00000101000000Z]" none by * break',
  'to attrs=userPassword by anonymous auth by self =w by * none',
  `to dn.subtree="${PEOPLE}" attrs=pwdAccountLockedTime by dn.exact="${WRITE_DN}" write by dn.exact="${READ_DN}" read by * none`,
  `to * by dn.exact="${READ_DN}" read by dn.exact="${WRITE_DN}" read by users read by * none`,
];

const SLAPD = [
  '/usr/sbin/slapd',
  '/usr/lib/openldap/slapd',
  '/usr/libexec/slapd',
  '/opt/homebrew/opt/openldap/libexec/slapd',
].find(existsSync);
const SCHEMA = ['/etc/ldap/schema', '/etc/openldap/schema'].find(existsSync);
const MODULES = ['/usr/lib/ldap', '/usr/lib/openldap'].find(existsSync);

/** Why slapd cannot be started on this machine; undefined where it can. */
export const NO_SLAPD =
  SLAPD === undefined || SCHEMA === undefined || MODULES === undefined
    ? 'slapd is not installed (Debian: apt-get install slapd)'
    : undefined;

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
  await mkdir(join(home, 'data'));
  await writeFile(join(home, 'slapd.conf'), configText(home, passwords), { mode: 0o600 });
  await writeFile(join(home, 'base.ldif'), entriesText(passwords), { mode: 0o600 });
  const program = SLAPD ?? '';
  await promisify(execFile)(program, [
    '-T',
    'add',
    '-f',
    join(home, 'slapd.conf'),
    '-b',
    BASE,
    '-l',
    join(home, 'base.ldif'),
  ]);
  const port = await freePort();
  const server = spawn(program, ['-d', '0', '-f', join(home, 'slapd.conf'), '-h', `ldap://127.0.0.1:${port}/`], {
    stdio: 'ignore',
  });
  try {
    await untilListening(port, server);
    return await prepare(server, home, port, passwords);
  } catch (error) {
    server.kill('SIGKILL');
    throw error;
  }
}

const START_MS_MAX = 20_000;

async function untilListening(port: number, server: ChildProcess): Promise<void> {
  const until = Date.now() + START_MS_MAX;
  while (Date.now() < until && server.exitCode === null) {
    const isOpen = await new Promise<boolean>(resolve => {
      const socket = connect(port, '127.0.0.1', () => resolve(true)).on('error', () => resolve(false));
      socket.on('connect', () => socket.destroy());
    });
    if (isOpen) return;
    await sleep(20);
  }
  throw new Error(`slapd did not start: ${server.exitCode}`);
}

interface Passwords {
  readonly admin: string;
  readonly config: string;
  readonly read: string;
  readonly write: string;
  readonly victim: string;
}

function configText(home: string, passwords: Passwords): string {
  return `${['core', 'cosine', 'inetorgperson'].map(name => `include ${SCHEMA}/${name}.schema`).join('\n')}
modulepath ${MODULES}
moduleload back_mdb
moduleload ppolicy
pidfile "${home}/slapd.pid"
argsfile "${home}/slapd.args"
database config
rootdn cn=config
rootpw ${passwords.config}
database mdb
maxsize 67108864
suffix ${BASE}
rootdn ${ADMIN_DN}
rootpw ${passwords.admin}
directory "${home}/data"
dbnosync
index objectClass,uid,entryUUID,member eq
overlay ppolicy
ppolicy_default cn=default,ou=policies,${BASE}
ppolicy_use_lockout

${RULES.map(rule => `access ${rule}`).join('\n')}
`;
}

const person = (uid: string, password: string) => `dn: uid=${uid},${PEOPLE}
objectClass: inetOrgPerson
uid: ${uid}
cn: ${uid}
sn: ${uid}
userPassword: ${password}
`;

function entriesText(passwords: Passwords): string {
  const unit = (name: string) => `dn: ou=${name},${BASE}\nobjectClass: organizationalUnit\nou: ${name}\n`;
  const service = (dn: string, password: string) =>
    `dn: ${dn}\nobjectClass: account\nobjectClass: simpleSecurityObject\nuid: ${dn.slice(4, dn.indexOf(','))}\nuserPassword: ${password}\n`;
  return [
    `dn: ${BASE}\nobjectClass: dcObject\nobjectClass: organization\no: Example\ndc: example\n`,
    ...['people', 'moved', 'svc', 'groups', 'policies'].map(unit),
    `dn: cn=default,ou=policies,${BASE}\nobjectClass: pwdPolicy\nobjectClass: device\ncn: default\npwdAttribute: userPassword\npwdLockout: TRUE\npwdMaxFailure: 5\n`,
    service(READ_DN, passwords.read),
    service(WRITE_DN, passwords.write),
    person(VICTIM, passwords.victim),
    person('bystander', passwords.victim),
    person('chief', passwords.victim),
    `dn: ${ADMINS}\nobjectClass: groupOfNames\ncn: admins\nmember: uid=chief,${PEOPLE}\n`,
    `dn: cn=staff,ou=groups,${BASE}\nobjectClass: groupOfNames\ncn: staff\nmember: uid=bystander,${PEOPLE}\n`,
  ].join('\n');
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
  const [lock, unlock] = ldapAccountManifest.operations;
  if (lock === undefined || unlock === undefined) throw new Error('the responder locks and unlocks');
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
    lock,
    unlock,
    victim: VICTIM,
    victimDn: VICTIM_DN,
    admin,
    rules,
    usualRules: RULES,
    bindAs,
    async restore() {
      proxy.reset();
      await rules(RULES);
      if ((await read(VICTIM_DN, 'pwdAccountLockedTime')) !== '')
        await edits.set(VICTIM_DN, 'pwdAccountLockedTime', []);
    },
    snapshot: async () => await snapshotOf(admin),
    valueAt: async () => (await read(VICTIM_DN, 'pwdAccountLockedTime')) || 'not set',
    async isLocked(name) {
      const { searchEntries } = await admin.search(PEOPLE, {
        filter: new EqualityFilter({ attribute: 'uid', value: name }),
        attributes: ['pwdAccountLockedTime'],
      });
      return searchEntries[0]?.['pwdAccountLockedTime'] === LOCKED;
    },
    version: async () => await read(VICTIM_DN, 'entryCSN'),
    versionAfterPath: 'account.versionAfter',
    asksForChange: sent => requestTags(sent).some(tag => CHANGE_TAGS.has(tag)),
    ...driftsOf(edits, passwords.victim),
    scopes: scopesOf(rules, edits, passwords.read),
    forbidden: forbiddenOf(bindAs, passwords),
    lie: {
      name: 'a lie',
      apply: async () => proxy.answer(lyingAnswer),
      revert: async () => proxy.reset(),
      system: proxied,
    },
    async lockAlone() {
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

function editsOf(admin: Client) {
  const edit = (operation: 'add' | 'delete' | 'replace') => async (dn: string, type: string, values: string[]) =>
    await admin.modify(dn, new LdapChange({ operation, modification: new Attribute({ type, values }) }));
  return { add: edit('add'), remove: edit('delete'), set: edit('replace'), admin };
}

type Edits = ReturnType<typeof editsOf>;

/** Every entry with its users' attributes, and the lock. Not entryCSN, entryUUID and times, which move with every change. */
async function snapshotOf(admin: Client): Promise<string> {
  const { searchEntries } = await admin.search(BASE, { attributes: ['*', 'pwdAccountLockedTime'] });
  return JSON.stringify(
    searchEntries
      .map(entry => Object.entries(entry).sort())
      .sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)),
  );
}

function driftsOf(edits: Edits, password: string): Pick<ConformanceTarget, 'drifts' | 'driftsAfterLock'> {
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
    driftsAfterLock: [
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

function scopesOf(
  rules: (texts: readonly string[]) => Promise<void>,
  { set }: Edits,
  readPassword: string,
): readonly Change[] {
  const hidden = (what: string): Change => ({
    name: what,
    apply: () => rules([`to ${what} by dn.exact="${READ_DN}" none by * break`, ...RULES]),
    revert: () => rules(RULES),
  });
  return [
    ...['entryUUID', 'entryCSN', 'pwdAccountLockedTime'].map(attribute =>
      hidden(`dn.subtree="${PEOPLE}" attrs=${attribute}`),
    ),
    hidden(`dn.exact="${ADMINS}" attrs=member`),
    hidden('*'),
    {
      name: 'the bind',
      apply: () => set(READ_DN, 'userPassword', ['another']),
      revert: () => set(READ_DN, 'userPassword', [readPassword]),
    },
  ];
}

function forbiddenOf(
  bindAs: (dn: string, password: string) => Promise<Client>,
  passwords: Passwords,
): ConformanceTarget['forbidden'] {
  const replace = (type: string, values: string[]) =>
    new LdapChange({ operation: 'replace', modification: new Attribute({ type, values }) });
  const attempts: readonly { readonly name: string; readonly run: (client: Client) => Promise<unknown> }[] = [
    {
      name: 'write userPassword of an account',
      run: client => client.modify(VICTIM_DN, replace('userPassword', ['x'])),
    },
    { name: 'write another attribute', run: client => client.modify(VICTIM_DN, replace('description', ['x'])) },
    { name: 'write members of a group', run: client => client.modify(ADMINS, replace('member', [VICTIM_DN])) },
    { name: 'delete an entry', run: client => client.del(VICTIM_DN) },
    { name: 'rename an entry', run: client => client.modifyDN(VICTIM_DN, 'uid=x') },
    {
      name: 'add an entry',
      run: client => client.add(`uid=new,${PEOPLE}`, { objectClass: ['account'], uid: ['new'] }),
    },
    {
      name: 'lock its own identities',
      run: client => client.modify(WRITE_DN, replace('pwdAccountLockedTime', [LOCKED])),
    },
    {
      name: 'read userPassword',
      run: async client => {
        const { searchEntries } = await client.search(VICTIM_DN, { scope: 'base', attributes: ['userPassword'] });
        if ((searchEntries[0]?.['userPassword'] ?? []).length === 0) throw new Error('not shown');
      },
    },
  ];
  const lock = {
    name: 'lock an account',
    run: (client: Client) => client.modify(VICTIM_DN, replace('pwdAccountLockedTime', [LOCKED])),
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
    ...[...attempts, lock].map(attempt => forbidden('read', attempt)),
    ...attempts.map(attempt => forbidden('write', attempt)),
  ];
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

/** Modify, add, delete and rename: protocolOp tags of RFC 4511. */
const CHANGE_TAGS = new Set([0x66, 0x68, 0x4a, 0x6c]);

interface LdapMessage {
  readonly id: number;
  readonly tag: number;
  readonly bytes: Buffer;
}

/** Splits what a client sent into its messages. Message ids of one byte are all that a test's connection needs. */
function messagesIn(sent: Buffer): readonly LdapMessage[] {
  const messages: LdapMessage[] = [];
  for (let at = 0; at + 2 < sent.length; ) {
    const first = sent[at + 1] ?? 0;
    const lengthBytes = first < 0x80 ? 0 : first & 0x7f;
    const length = lengthBytes === 0 ? first : sent.readUIntBE(at + 2, lengthBytes);
    const body = at + 2 + lengthBytes;
    messages.push({ id: sent[body + 2] ?? 0, tag: sent[body + 3] ?? 0, bytes: sent.subarray(at, body + length) });
    at = body + length;
  }
  return messages;
}

function requestTags(sent: Buffer): readonly number[] {
  return messagesIn(sent).map(({ tag }) => tag);
}

/** Success for a modify that was never passed on. A dry run is let through: the lie is about the change. */
function lyingAnswer(piece: Buffer): Buffer | undefined {
  const [message] = messagesIn(piece);
  if (message?.tag !== 0x66 || message.bytes.includes('1.3.6.1.4.1.4203.666.5.2')) return undefined;
  return Buffer.from([0x30, 0x0c, 0x02, 0x01, message.id, 0x67, 0x07, 0x0a, 0x01, 0x00, 0x04, 0x00, 0x04, 0x00]);
}
