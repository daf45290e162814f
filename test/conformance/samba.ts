import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Client } from 'ldapts';
import { isRoot } from '../../src/app/identities.ts';
import { NOT_IN_THIS_LANE, notHere } from './server-process.ts';

export const BASE = 'DC=corp,DC=example,DC=org';

/** Why no domain controller can be started on this machine, or in this lane. */
export const NO_SAMBA =
  NOT_IN_THIS_LANE ??
  (isRoot() ? undefined : 'it takes root to make a network namespace') ??
  notHere('samba', 'samba') ??
  notHere('samba-tool', 'samba-ad-provision samba-dsdb-modules samba-vfs-modules python3-samba') ??
  notHere('openssl', 'openssl') ??
  notHere('ip', 'iproute2');

const run = promisify(execFile);
const ENV = { ...process.env, PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin` };
const START_MS_MAX = 30_000;

/** A domain controller of a test's own. */
export interface Samba {
  /** Its address, in a network namespace that nothing but this machine reaches. */
  readonly host: string;
  /** PEM of the authority of its certificate. */
  readonly tlsCa: string;
  /** Over a socket that only root may open, as the directory itself. */
  readonly admin: Client;
  readonly stop: () => Promise<void>;
}

/** The domain that this process copies from, and how many controllers stand on a copy: it goes with the last of them. */
let made: { readonly home: Promise<string>; users: number } | undefined;

/** Making a domain takes seconds, and copying one does not. */
async function copyDomain(to: string): Promise<string> {
  made ??= { home: provision(), users: 0 };
  made.users += 1;
  const from = await made.home;
  await cp(join(from, 'dc'), join(to, 'dc'), { recursive: true, filter: path => !path.endsWith('.sock') });
  return from;
}

async function letDomainGo(): Promise<void> {
  if (made === undefined) return;
  made.users -= 1;
  if (made.users > 0) return;
  const { home } = made;
  made = undefined;
  await rm(await home, { recursive: true, force: true });
}

async function provision(): Promise<string> {
  const home = await mkdtemp(join(tmpdir(), 'cs-ad-new-'));
  const password = `Canary-${randomBytes(12).toString('hex')}`;
  const options = ['realm=CORP.EXAMPLE.ORG', 'domain=CORP', 'server-role=dc', 'dns-backend=SAMBA_INTERNAL'];
  const where = [`targetdir=${join(home, 'dc')}`, `adminpass=${password}`, 'host-name=dc1', 'host-ip=127.0.0.1'];
  const args = [...options, ...where].map(option => `--${option}`);
  await run('samba-tool', ['domain', 'provision', ...args], { env: ENV, maxBuffer: 16_777_216 });
  return home;
}

/** Starts a domain controller in a temporary folder and a network namespace of its own. */
export async function startSamba(): Promise<Samba> {
  const home = await mkdtemp(join(tmpdir(), 'cs-ad-'));
  const original = await copyDomain(home);
  const tag = randomBytes(3).toString('hex');
  const space = `cs-${tag}`;
  const net = `10.214.${randomBytes(1)[0] ?? 0}`;
  const host = `${net}.2`;
  const tlsCa = await prepare(home, original, host, `csi${tag}`);
  const ip = (...args: readonly string[]) => execFileSync('/usr/sbin/ip', args, { stdio: 'pipe' });
  ip('netns', 'add', space);
  let server: ChildProcess | undefined;
  let said = '';
  const stop = async () => {
    if (server !== undefined && server.exitCode === null && server.signalCode === null) {
      const ended = once(server, 'exit');
      server.kill('SIGKILL');
      await ended;
    }
    ip('netns', 'del', space);
    await letDomainGo();
    await rm(home, { recursive: true, force: true });
  };
  try {
    ip('link', 'add', `cso${tag}`, 'type', 'veth', 'peer', 'name', `csi${tag}`, 'netns', space);
    ip('addr', 'add', `${net}.1/30`, 'dev', `cso${tag}`);
    ip('link', 'set', `cso${tag}`, 'up');
    ip('-n', space, 'addr', 'add', `${host}/30`, 'dev', `csi${tag}`);
    for (const device of [`csi${tag}`, 'lo']) ip('-n', space, 'link', 'set', device, 'up');
    const config = join(home, 'dc/etc/smb.conf');
    server = spawn('/usr/sbin/ip', ['netns', 'exec', space, 'samba', '-i', '-M', 'single', '-s', config], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: ENV,
    });
    for (const stream of [server.stdout, server.stderr])
      stream?.on('data', piece => (said = `${said}${piece}`.slice(-2_000)));
    await untilListening(host, server, () => said);
    const socket = join(home, 'dc/private/ldap_priv/ldapi');
    const admin = new Client({ url: 'ldap://admin', timeout: 10_000, createConnection: () => connect(socket) });
    return {
      host,
      tlsCa,
      admin,
      async stop() {
        await admin.unbind().catch(() => undefined);
        await stop();
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/**
 * Its settings and its certificate. Simple binds without TLS are let through, so that the suite can stand between and read what
 * is sent; what does not go through the suite's proxy speaks LDAPS.
 */
async function prepare(home: string, original: string, host: string, device: string): Promise<string> {
  const config = join(home, 'dc/etc/smb.conf');
  const [key, certificate] = [join(home, 'tls.key'), join(home, 'tls.pem')];
  const ours = [
    'server services = ldap, kdc',
    'ldap server require strong auth = no',
    `interfaces = lo ${device}`,
    'bind interfaces only = yes',
    `log file = ${home}/log`,
    ...['pid directory', 'ncalrpc dir'].map(name => `${name} = ${home}/run`),
    `tls keyfile = ${key}`,
    `tls certfile = ${certificate}`,
    `tls cafile = ${certificate}`,
  ];
  const text = (await readFile(config, 'utf8'))
    .replaceAll(original, home)
    .split('\n')
    .filter(
      line =>
        !/^\s*(dns forwarder|interfaces|bind interfaces only|log file|pid directory|ncalrpc dir|server services)\s*=/.test(
          line,
        ),
    )
    .join('\n');
  await mkdir(join(home, 'run'));
  await writeFile(config, text.replace('[global]', `[global]\n\t${ours.join('\n\t')}`));
  const subject = ['-subj', '/CN=dc1.corp.example.org', '-addext', `subjectAltName=IP:${host}`];
  const files = ['-keyout', key, '-out', certificate];
  await run('openssl', [
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:prime256v1',
    '-nodes',
    ...subject,
    ...files,
  ]);
  return await readFile(certificate, 'utf8');
}

async function untilListening(host: string, server: ChildProcess, said: () => string): Promise<void> {
  const until = Date.now() + START_MS_MAX;
  while (Date.now() < until && server.exitCode === null) {
    const isOpen = await new Promise<boolean>(resolve => {
      const socket = connect({ host, port: 389, timeout: 200 }, () => resolve(true));
      socket.once('error', () => resolve(false));
      socket.once('timeout', () => resolve(false));
      socket.once('connect', () => socket.destroy());
    });
    if (isOpen) return;
    await sleep(50);
  }
  throw new Error(`samba did not start: ${said()}`);
}
