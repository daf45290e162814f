import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isRoot } from '../../src/app/identities.ts';
import { startProxy } from '../../src/connector/proxy.ts';
import type { Change, ConformanceTarget, HeldConnection } from '../../src/connector/target.ts';
import { secretOf } from '../../src/executor/capability.ts';
import type { SystemConfig } from '../../src/ports/responder.ts';
import { AGENT_SH } from '../../src/responders/linux-host/agent.sh.ts';
import { readSettings } from '../../src/responders/linux-host/config.ts';
import { linuxHostManifest } from '../../src/responders/linux-host/manifest.ts';
import { linuxHost } from '../../src/responders/linux-host/responder.ts';
import { askHost } from '../../src/responders/shared/ssh-command.ts';
import { NOT_IN_THIS_LANE, notHere } from './server-process.ts';

export const NO_HOST =
  NOT_IN_THIS_LANE ??
  (isRoot() ? undefined : 'it takes root to make a network namespace') ??
  notHere('nft', 'nftables') ??
  notHere('sshd', 'openssh-server') ??
  notHere('ip', 'iproute2');

const SSH_PORT = 22;
const ECHO_PORT = 9_000;
const ECHO = `require('net').createServer(s=>{s.on('error',()=>{});s.pipe(s)}).listen(${ECHO_PORT},'0.0.0.0')`;
const HELD_MS_MAX = 400;

/** What the tests beside the suite need, too. */
export interface HostTarget extends ConformanceTarget {
  /** Makes the host answer with this machine id, until {@link restore}. */
  readonly beMachine: (id: string) => Promise<void>;
  /** A connection from outside to a port of the host; undefined where there is no answer. */
  readonly reaches: (port: number) => Promise<boolean>;
  readonly sshPort: number;
  /** The agent of the README as it stands on the host, and another in its place. */
  readonly agent: string;
  putAgent(text: string): Promise<void>;
  /** The key that writes without its one command. */
  freeWriteKey(): Promise<void>;
}

/** A host of its own: a network namespace with an sshd, a service, and the agent of the README. */
export async function startHostTarget(): Promise<HostTarget> {
  const home = await mkdtemp(join(tmpdir(), 'cs-host-'));
  const tag = randomBytes(3).toString('hex');
  const space = `cs-${tag}`;
  const net = `10.213.${randomBytes(1)[0] ?? 0}`;
  const [outside, inside] = [`${net}.1`, `${net}.2`];
  const ip = (...args: readonly string[]) => execFileSync('/usr/sbin/ip', args, { stdio: 'pipe' }).toString();
  const there = (...args: readonly string[]) => ip('netns', 'exec', space, ...args);
  ip('netns', 'add', space);
  const children: ChildProcess[] = [];
  try {
    ip('link', 'add', `cso${tag}`, 'type', 'veth', 'peer', 'name', `csi${tag}`, 'netns', space);
    ip('addr', 'add', `${outside}/30`, 'dev', `cso${tag}`);
    ip('link', 'set', `cso${tag}`, 'up');
    there('ip', 'addr', 'add', `${inside}/30`, 'dev', `csi${tag}`);
    there('ip', 'link', 'set', `csi${tag}`, 'up');
    there('ip', 'link', 'set', 'lo', 'up');
    const keys = await prepareSsh(home);
    const config = join(home, 'sshd_config');
    children.push(
      spawn('/usr/sbin/ip', ['netns', 'exec', space, '/usr/sbin/sshd', '-D', '-e', '-f', config], { stdio: 'ignore' }),
    );
    children.push(spawn('/usr/sbin/ip', ['netns', 'exec', space, process.execPath, '-e', ECHO], { stdio: 'ignore' }));
    const reaches = (port: number) => reached(inside, port);
    for (const port of [SSH_PORT, ECHO_PORT]) while (!(await reaches(port))) await sleep(20);
    return await describe({ home, inside, keys, there, reaches }, async () => {
      for (const child of children) {
        const ended = once(child, 'exit');
        child.kill('SIGKILL');
        await ended;
      }
      ip('netns', 'del', space);
      await rm(home, { recursive: true, force: true });
    });
  } catch (error) {
    for (const child of children) child.kill('SIGKILL');
    ip('netns', 'del', space);
    throw error;
  }
}

interface Keys {
  readonly hostKey: string;
  readonly read: string;
  readonly write: string;
  readonly readLine: string;
  readonly writeLine: string;
  readonly writeKey: string;
}

async function prepareSsh(home: string): Promise<Keys> {
  const made = async (name: string) => {
    execFileSync('/usr/bin/ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', '', '-f', join(home, name)]);
    const secret = await readFile(join(home, name), 'utf8');
    return { secret, open: (await readFile(join(home, `${name}.pub`), 'utf8')).trim() };
  };
  await made('host');
  const [read, write] = [await made('read'), await made('write')];
  const print = execFileSync('/usr/bin/ssh-keygen', ['-l', '-f', join(home, 'host.pub')]).toString();
  await mkdir('/run/sshd', { recursive: true });
  await writeFile(
    join(home, 'sshd_config'),
    `Port ${SSH_PORT}\nHostKey ${home}/host\nAuthorizedKeysFile ${home}/keys\nStrictModes no\nUsePAM no\nPidFile none\n` +
      'PermitRootLogin prohibit-password\nPasswordAuthentication no\nMaxStartups 100\n',
  );
  const line = (mode: string, open: string) => `command="${home}/countersign-host ${mode}",restrict ${open}\n`;
  return {
    hostKey: /SHA256:\S+/.exec(print)?.[0] ?? '',
    read: read.secret,
    write: write.secret,
    readLine: line('read', read.open),
    writeLine: line('write', write.open),
    writeKey: write.open,
  };
}

async function reached(host: string, port: number): Promise<boolean> {
  return await new Promise(resolve => {
    const socket = connect({ host, port, timeout: HELD_MS_MAX });
    const end = (isReached: boolean) => {
      socket.destroy();
      resolve(isReached);
    };
    socket.once('connect', () => end(true));
    socket.once('error', () => end(false));
    socket.once('timeout', () => end(false));
  });
}

interface Place {
  readonly home: string;
  readonly inside: string;
  readonly keys: Keys;
  readonly there: (...args: readonly string[]) => string;
  readonly reaches: (port: number) => Promise<boolean>;
}

async function describe({ home, inside, keys, there, reaches }: Place, stop: () => Promise<void>): Promise<HostTarget> {
  const VICTIM = hostname();
  const machine = randomBytes(16).toString('hex');
  const beMachine = (id: string) => writeFile(join(home, 'machine-id'), `${id}\n`);
  const agent = AGENT_SH.replace('/etc/machine-id', `${home}/machine-id`)
    .replace('$HOME/.ssh/authorized_keys', `${home}/keys`)
    .replace('/run/countersign-host.lock', `${home}/lock`);
  const putAgent = async (text: string) => {
    await writeFile(join(home, 'countersign-host'), text);
    await chmod(join(home, 'countersign-host'), 0o755);
  };
  const putKeys = (...lines: readonly string[]) => writeFile(join(home, 'keys'), lines.join(''));
  const listing = () => {
    try {
      return there('nft', '-s', 'list', 'table', 'inet', 'countersign');
    } catch {
      return '';
    }
  };
  const drop = () => (listing() === '' ? undefined : there('nft', 'delete', 'table', 'inet', 'countersign'));
  const open = () =>
    there('sh', '-c', `ss -Htn state established "sport != :${SSH_PORT}" | grep -vc 127.0.0 || true`).trim();
  const mark = () =>
    there('sh', '-c', 'echo "$(nft -s list table inet countersign 2>/dev/null)" | sha256sum | cut -d" " -f1').trim();
  const nft = (name: string, apply: string, revert: () => unknown): Change => ({
    name,
    apply: async () => void there('nft', ...apply.split(' ')),
    revert: async () => void revert(),
  });
  await putAgent(agent);
  await putKeys(keys.readLine, keys.writeLine);
  await beMachine(machine);
  const proxy = await startProxy({ host: inside, port: SSH_PORT });
  const system: SystemConfig = {
    responder: 'linux-host',
    system: 'web-04',
    settings: {
      host: inside,
      port: String(SSH_PORT),
      user: 'root',
      hostKey: keys.hostKey,
      writeKey: keys.writeKey,
      probePort: String(ECHO_PORT),
    },
  };
  const proxied = { ...system, settings: { ...system.settings, host: '127.0.0.1', port: String(proxy.port) } };
  const [contain, release] = linuxHostManifest.operations;
  if (contain === undefined || release === undefined) throw new Error('the responder contains and releases');
  const command = async (secret: string, text: string) => {
    const settings = readSettings(system.settings);
    if (!settings.ok) throw new Error(settings.failure.detail);
    const said = await askHost(settings.value, secretOf(secret), text, 3_000).catch(() => undefined);
    return said !== undefined && !(said.get('outcome') ?? []).includes('refused');
  };
  let held: readonly HeldConnection[] = [];
  return {
    responder: linuxHost,
    program: {
      module: new URL('../../src/responders/linux-host/responder.ts', import.meta.url).href,
      name: 'linuxHost',
    },
    effect: 'proven',
    // Each call is a login by SSH, and a login takes its time on a machine that has others to do.
    timeoutMs: 3_000,
    system,
    proxied,
    proxy,
    secrets: { read: keys.read, write: keys.write, probe: '{}' },
    contain,
    release,
    victim: VICTIM,
    beMachine,
    reaches,
    sshPort: SSH_PORT,
    agent,
    putAgent,
    freeWriteKey: () => putKeys(keys.readLine, `${keys.writeKey}\n`),
    async restore() {
      proxy.reset();
      drop();
      await beMachine(machine);
    },
    snapshot: async () => there('nft', '-s', 'list', 'ruleset'),
    valueAt: async path => (path === 'host.isolated' ? (listing() === '' ? 'no' : 'yes') : open()),
    isContained: async name => name === VICTIM && listing() !== '',
    version: async () => mark(),
    versionAfterPath: 'host.versionAfter',
    // What SSH carries cannot be read here; that the read key can change nothing is among what is forbidden.
    asksForChange: () => false,
    drifts: [
      {
        name: 'another machine at the address',
        apply: () => beMachine('f'.repeat(32)),
        revert: () => beMachine(machine),
      },
      nft('an isolation by somebody else', 'create table inet countersign', drop),
    ],
    driftsAfter: [
      nft('a way that somebody opened', 'add rule inet countersign in tcp dport 443 accept', () => undefined),
      nft('a release by somebody else', 'delete table inet countersign', () => undefined),
    ],
    scopes: [
      {
        name: 'the read key',
        apply: () => putKeys(keys.writeLine),
        revert: () => putKeys(keys.readLine, keys.writeLine),
      },
      {
        name: 'the write key',
        apply: () => putKeys(keys.readLine),
        revert: () => putKeys(keys.readLine, keys.writeLine),
      },
      {
        name: 'nft',
        apply: () => putAgent(agent.replaceAll('nft ', 'nft-that-is-missing ')),
        revert: () => putAgent(agent),
      },
    ],
    forbidden: [
      ...[
        `isolate k ${machine}`,
        'release k x',
        'id',
        'sh',
        'state; id',
        'nft flush ruleset',
        'isolate k\nid',
        '$(id)',
      ].map(text => ({
        name: `read: ${text}`,
        isAllowed: () => command(keys.read, text),
      })),
      ...['id', 'sh', `isolate k;id ${machine}`, `isolate "}" ${machine}`, 'isolate', 'reboot'].map(text => ({
        name: `write: ${text}`,
        isAllowed: () => command(keys.write, text),
      })),
    ],
    lie: {
      name: 'a lie',
      system,
      apply: () => putAgent(agent.replace(/^isolate\(\) \{$/m, 'isolate() { echo "outcome applied"; return;')),
      revert: () => putAgent(agent),
    },
    async containAlone() {
      there('nft', 'create', 'table', 'inet', 'countersign');
    },
    hold: () => heldAt(inside),
    rests: {
      name: 'what rests on it',
      mentions: [`listens on 0.0.0.0:${ECHO_PORT}`, `connection ${inside}:${ECHO_PORT} with `],
      async apply() {
        held = [await heldAt(inside)];
      },
      async revert() {
        for (const one of held) await one.close();
      },
    },
    untouchable: [],
    hostileNames: [
      '',
      '*',
      ` ${VICTIM}`,
      `${VICTIM} `,
      `${VICTIM}.`,
      VICTIM.toUpperCase() === VICTIM ? 'x' : VICTIM.toUpperCase(),
      `${VICTIM}\n`,
      `${VICTIM}; id`,
      '$(id)',
      '../x',
      '\ud800',
      `\u202e${VICTIM}`,
    ],
    hostileAccounts: [],
    makeHostile: async () => undefined,
    async close() {
      await proxy.close();
      await stop();
    },
  };
}

/** A connection to the service of the host, and whether what is said to it comes back. */
async function heldAt(host: string): Promise<HeldConnection> {
  const socket = connect({ host, port: ECHO_PORT });
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return {
    reads: () =>
      new Promise(resolve => {
        if (socket.destroyed) return resolve(false);
        const timer = setTimeout(() => resolve(false), HELD_MS_MAX);
        socket.once('data', () => {
          clearTimeout(timer);
          resolve(true);
        });
        socket.once('close', () => resolve(false));
        socket.write('x');
      }),
    close: async () => void socket.destroy(),
  };
}
