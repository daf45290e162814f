import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { startProxy } from '../../src/connector/proxy.ts';
import type { Change, ConformanceTarget, HeldConnection } from '../../src/connector/target.ts';
import { secretOf } from '../../src/executor/capability.ts';
import type { SystemConfig } from '../../src/ports/responder.ts';
import { askHost, type Said } from '../../src/responders/shared/ssh-command.ts';
import { readSettings } from '../../src/responders/ssh-certificate/config.ts';
import { sshCertificateManifest } from '../../src/responders/ssh-certificate/manifest.ts';
import { sshCertificate } from '../../src/responders/ssh-certificate/responder.ts';
import { type Sshd, startSshd } from './sshd.ts';

const VICTIM = '4711';
const KEPT = '7';
const HELD_MS_MAX = 5_000;

/** What the tests beside the suite need, too. */
export interface CertificateTarget extends ConformanceTarget {
  readonly server: Sshd;
  /** Runs a command of the script with one of the two keys; undefined where it said nothing. */
  command(mode: 'read' | 'write', text: string): Promise<Said | undefined>;
  /** Logs in with a certificate of this serial and holds the session. Rejects where the server lets nobody in. */
  login(serial: string, id?: string): Promise<HeldConnection>;
}

/** An sshd of its own, a CA, and somebody with a certificate. */
export async function startCertificateTarget(): Promise<CertificateTarget> {
  const server = await startSshd();
  const proxy = await startProxy({ host: '127.0.0.1', port: server.port });
  const settingsAt = (port: number) => ({
    host: '127.0.0.1',
    port: String(port),
    hostKey: server.hostKey,
    writeKey: server.keys.writeOpen,
    keptSerials: KEPT,
  });
  const system: SystemConfig = { responder: 'ssh-certificate', system: 'web-04', settings: settingsAt(server.port) };
  const proxied = { ...system, settings: settingsAt(proxy.port) };
  const [contain, release] = sshCertificateManifest.operations;
  if (contain === undefined || release === undefined) throw new Error('the responder contains and releases');
  const command: CertificateTarget['command'] = async (mode, text) => {
    const settings = readSettings(system.settings);
    if (!settings.ok) throw new Error(settings.failure.detail);
    return await askHost(settings.value, secretOf(server.keys[mode]), text, 3_000).catch(() => undefined);
  };
  const isAllowed = async (mode: 'read' | 'write', text: string) => {
    const said = await command(mode, text);
    return said !== undefined && !(said.get('outcome') ?? []).some(outcome => outcome.startsWith('refused'));
  };
  const login: CertificateTarget['login'] = async (serial, id = 'alice') =>
    await heldWith(server, await server.certify(serial, id));
  const isContained = async (name: string) => server.isRevoked((await server.certify(name, 'somebody')).certificate);
  const open: HeldConnection[] = [];
  const restore = async () => {
    proxy.reset();
    await server.putAgent(server.agent);
    await server.putLists([]);
  };
  const lists = (name: string, lines: readonly string[], krl?: readonly string[]): Change => ({
    name,
    apply: () => server.putLists(lines, krl),
    revert: restore,
  });
  return {
    responder: sshCertificate,
    program: {
      module: new URL('../../src/responders/ssh-certificate/responder.ts', import.meta.url).href,
      name: 'sshCertificate',
    },
    effect: 'proven',
    // Each call is a login by SSH, and a login takes its time on a machine that has others to do.
    timeoutMs: 3_000,
    system,
    proxied,
    proxy,
    secrets: { read: server.keys.read, write: server.keys.write, probe: '{}' },
    contain,
    release,
    victim: VICTIM,
    server,
    command,
    login,
    restore,
    snapshot: async () => JSON.stringify(await server.lists()),
    valueAt: async path =>
      path === 'certificate.revoked' ? ((await isContained(VICTIM)) ? 'yes' : 'no') : String(clientsOf(server.port)),
    isContained,
    async version() {
      const { lines } = await server.lists();
      const at = lines.indexOf(`serial: ${VICTIM}`);
      return at < 0 ? 'none' : (lines[at - 1] ?? '').replace('# countersign ', '');
    },
    versionAfterPath: 'certificate.versionAfter',
    // What SSH carries cannot be read here; that the read key can change nothing is among what is forbidden.
    asksForChange: () => false,
    drifts: [
      lists('a revocation by somebody else', [`serial: ${VICTIM}`]),
      lists('a list that somebody made by hand', [], ['serial: 5']),
      {
        name: 'another CA',
        apply: () => otherCa(server),
        revert: async () => {
          await server.putCa();
          await restore();
        },
      },
    ],
    driftsAfter: [
      lists('a list that was emptied', []),
      lists('a revocation that somebody made again', ['# countersign ab', `serial: ${VICTIM}`]),
      lists('a list that sshd reads, made by hand', [], ['serial: 5']),
    ],
    scopes: [
      { name: 'the read key', apply: () => server.putKeys('write'), revert: () => server.putKeys('read', 'write') },
      { name: 'the write key', apply: () => server.putKeys('read'), revert: () => server.putKeys('read', 'write') },
      {
        name: 'an sshd that reads the list',
        apply: () => server.putConfig(text => text.replace('lists/krl', 'lists/other')),
        revert: () => server.putConfig(text => text),
      },
      {
        name: 'an sshd that trusts the CA',
        apply: () => server.putConfig(text => text.replace('lists/ca.pub', 'read.pub')),
        revert: () => server.putConfig(text => text),
      },
      ...['ss', 'flock'].map(program => ({
        name: program,
        apply: () => server.putAgent(server.agent.replace(`command -v ${program} `, 'command -v gone-from-here ')),
        revert: restore,
      })),
      {
        name: 'the log of sshd',
        apply: () => server.putAgent(server.agent.replace(/^LOG=.*$/m, 'LOG=/nowhere')),
        revert: restore,
      },
    ],
    forbidden: [
      ...[
        `revoke ${VICTIM} ab`,
        `reinstate ${VICTIM} ab cd ef`,
        'id',
        'sh',
        'state 5; id',
        'state 5\nid',
        '$(id)',
        'state 0',
      ].map(text => ({ name: `read: ${text}`, isAllowed: () => isAllowed('read', text) })),
      ...[
        'id',
        'sh',
        'revoke 0 ab',
        'revoke 05 ab',
        'revoke 5-9 ab',
        'revoke 123456789012345678901 ab',
        'revoke 5',
        'revoke id ab',
        'revoke 5;id ab',
        `reinstate ${VICTIM} ab cd`,
        `revoke ${VICTIM} ab`,
        `revoke ${VICTIM} ab cd`,
        'put 5 ab',
      ].map(text => ({ name: `write: ${text}`, isAllowed: () => isAllowed('write', text) })),
    ],
    lie: {
      name: 'a lie',
      system,
      apply: () =>
        server.putAgent(server.agent.replace(/^revoke\(\) \{$/m, 'revoke() { echo "outcome applied"; return;')),
      revert: restore,
    },
    containAlone: () => server.putLists([`serial: ${VICTIM}`]),
    hold: () => login(VICTIM),
    rests: {
      name: 'what rests on it',
      mentions: ['session of root from 127.0.0.1 port '],
      async apply() {
        open.push(await login(VICTIM));
      },
      async revert() {
        for (const one of open.splice(0)) await one.close();
      },
    },
    untouchable: [{ name: KEPT, reason: 'not_expressible', isRefusedByTarget: true }],
    hostileNames: [
      '',
      '0',
      '*',
      ` ${VICTIM}`,
      `${VICTIM} `,
      `0${VICTIM}`,
      `+${VICTIM}`,
      `-${VICTIM}`,
      `${VICTIM}.0`,
      `${VICTIM}-9999`,
      '0x1267',
      '4.711e3',
      `${VICTIM}\n`,
      `${VICTIM}; id`,
      `serial: ${VICTIM}`,
      '\uff14\uff17\uff11\uff11',
      '18446744073709551616',
      `\u202e${VICTIM}`,
      '\ud800',
      'alice',
    ],
    hostileAccounts: ['1', '47', '47110', '18446744073709551615'],
    makeHostile: async name => ({ name, apply: async () => undefined, revert: restore }),
    async close() {
      await proxy.close();
      await server.stop();
    },
  };
}

async function otherCa(server: Sshd): Promise<void> {
  await server.putCa('read.pub');
  await server.putLists([]);
}

/** How many clients are connected to the server: `ssh`, and not this process. */
function clientsOf(port: number): number {
  const text = execFileSync('/usr/bin/ss', ['-Htnp', 'state', 'established', `dport = :${port}`], {
    stdio: 'pipe',
  }).toString();
  return text.split('\n').filter(line => line.includes('("ssh",')).length;
}

async function heldWith(
  { port }: Sshd,
  { key, certificate }: { readonly key: string; readonly certificate: string },
): Promise<HeldConnection> {
  const options = ['StrictHostKeyChecking=no', 'UserKnownHostsFile=/dev/null', 'LogLevel=ERROR', 'BatchMode=yes'];
  const args = [...options, `CertificateFile=${certificate}`].flatMap(option => ['-o', option]);
  const child = spawn('ssh', ['-F', 'none', ...args, '-i', key, '-p', String(port), 'root@127.0.0.1', 'cat'], {
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  child.stdin.on('error', () => undefined);
  const held = { reads: () => echoes(child), close: () => ended(child) };
  if (!(await held.reads())) {
    await held.close();
    throw new Error('the server lets nobody in with this certificate');
  }
  return held;
}

/** Whether what is said into the session comes back. */
async function echoes(child: ChildProcess): Promise<boolean> {
  if (child.exitCode !== null || child.signalCode !== null) return false;
  return await new Promise(resolve => {
    const end = (isAlive: boolean) => {
      clearTimeout(timer);
      child.stdout?.off('data', said);
      child.off('exit', gone);
      resolve(isAlive);
    };
    const said = () => end(true);
    const gone = () => end(false);
    const timer = setTimeout(() => end(false), HELD_MS_MAX);
    child.stdout?.once('data', said);
    child.once('exit', gone);
    child.stdin?.write('x\n');
  });
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  child.kill('SIGKILL');
  await exit;
}
