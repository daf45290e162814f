import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { freePort } from './free-port.ts';

export const BASE = 'dc=example,dc=org';
export const PEOPLE = `ou=people,${BASE}`;
export const VICTIM = 'c.victim';
export const VICTIM_DN = `uid=${VICTIM},${PEOPLE}`;
export const READ_DN = `uid=cs-read,ou=svc,${BASE}`;
export const WRITE_DN = `uid=cs-write,ou=svc,${BASE}`;
export const ADMIN_DN = `cn=admin,${BASE}`;
export const ADMINS = `cn=admins,ou=groups,${BASE}`;
export const LOCKED = '000001010000Z';

/** The access rules that README.md of the responder tells an operator to set. */
export const RULES: readonly string[] = [
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

/** Made for each start, so that one that leaks is found by its text. */
export interface Passwords {
  readonly admin: string;
  readonly config: string;
  readonly read: string;
  readonly write: string;
  readonly victim: string;
}

/** What differs between one slapd and another. */
export interface Setup {
  /** Modules besides, and databases that stand before the main one. */
  readonly before: string;
  /** Lines of the main database. */
  readonly within: string;
  readonly rules: readonly string[];
  /** Further entries, as LDIF. */
  readonly entries: (passwords: Passwords) => readonly string[];
}

const USUAL: Setup = { before: '', within: '', rules: RULES, entries: () => [] };

function configText(home: string, passwords: Passwords, setup: Setup): string {
  return `${['core', 'cosine', 'inetorgperson'].map(name => `include ${SCHEMA}/${name}.schema`).join('\n')}
modulepath ${MODULES}
moduleload back_mdb
moduleload ppolicy
moduleload accesslog
moduleload back_monitor
pidfile "${home}/slapd.pid"
argsfile "${home}/slapd.args"
database config
rootdn cn=config
rootpw ${passwords.config}
${setup.before}
database mdb
maxsize 67108864
suffix ${BASE}
rootdn ${ADMIN_DN}
rootpw ${passwords.admin}
directory "${home}/data"
dbnosync
index objectClass,uid,entryUUID,member eq
${setup.within}
overlay ppolicy
ppolicy_default cn=default,ou=policies,${BASE}
ppolicy_use_lockout
overlay accesslog
logdb cn=accesslog
logops writes
logsuccess TRUE
${setup.rules.map(rule => `access ${rule}`).join('\n')}
database mdb
maxsize 67108864
suffix cn=accesslog
rootdn cn=accesslog
rootpw ${passwords.config}
directory "${home}/trail"
dbnosync
index reqStart,reqAuthzID,objectClass eq
access to * by dn.exact="${READ_DN}" read by * none
limits dn.exact="${READ_DN}" size=unlimited
`;
}

const person = (uid: string, password: string) => `dn: uid=${uid},${PEOPLE}
objectClass: inetOrgPerson
uid: ${uid}
cn: ${uid}
sn: ${uid}
userPassword: ${password}
`;

function entriesText(passwords: Passwords, setup: Setup): string {
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
    ...setup.entries(passwords),
  ].join('\n');
}

/** Starts slapd on `home`, a folder for it alone. */
export async function startSlapd(
  home: string,
  passwords: Passwords,
  setup: Setup = USUAL,
): Promise<{ readonly server: ChildProcess; readonly port: number }> {
  for (const folder of ['data', 'trail']) await mkdir(join(home, folder));
  await writeFile(join(home, 'slapd.conf'), configText(home, passwords, setup), { mode: 0o600 });
  await writeFile(join(home, 'base.ldif'), entriesText(passwords, setup), { mode: 0o600 });
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
  await untilListening(port, server);
  return { server, port };
}
