import { execFileSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isRoot } from '../../src/app/identities.ts';
import { SSH_AGENT_SH } from '../../src/responders/ssh-certificate/agent.sh.ts';
import { freePort } from './free-port.ts';
import { notHere, startServer } from './server-process.ts';

export const NO_SSHD =
  (isRoot() ? undefined : 'it takes root to end connections of others') ??
  notHere('sshd', 'openssh-server') ??
  notHere('ssh', 'openssh-client') ??
  notHere('ss', 'iproute2');

/** An sshd of its own that trusts a CA, reads a revocation list, and has the script of the README behind two keys. */
export interface Sshd {
  readonly home: string;
  readonly port: number;
  readonly hostKey: string;
  readonly ca: string;
  readonly keys: { readonly read: string; readonly write: string; readonly writeOpen: string };
  readonly agent: string;
  putAgent(text: string): Promise<void>;
  /** Which of the two keys the server knows. */
  putKeys(...modes: readonly ('read' | 'write')[]): Promise<void>;
  putConfig(edit: (text: string) => string): Promise<void>;
  /** What stands in the list, one line each, and what the list that sshd reads says of itself. */
  lists(): Promise<{ readonly lines: readonly string[]; readonly krl: string }>;
  /** Which key file stands where the CA's is; the CA's own where none is named. */
  putCa(file?: string): Promise<void>;
  /** Puts these lines into the list, and makes the list that sshd reads from `krl`, or from the same lines. */
  putLists(lines: readonly string[], krl?: readonly string[]): Promise<void>;
  /** A certificate for root with this serial and key id, and perhaps a command that it is bound to. */
  certify(
    serial: string,
    id: string,
    command?: string,
  ): Promise<{ readonly key: string; readonly certificate: string }>;
  /** Whether sshd's list has the certificate, as ssh-keygen says of the certificate itself. */
  isRevoked(certificate: string): boolean;
  stop(): Promise<void>;
}

const keygen = (...args: readonly string[]) => execFileSync('/usr/bin/ssh-keygen', args, { stdio: 'pipe' }).toString();

export async function startSshd(): Promise<Sshd> {
  const home = await mkdtemp(join(tmpdir(), 'cs-sshd-'));
  await chmod(home, 0o755);
  await mkdir('/run/sshd', { recursive: true });
  const port = await freePort();
  const at = (...names: readonly string[]) => join(home, ...names);
  await mkdir(at('lists'));
  const made = async (name: string) => {
    keygen('-q', '-t', 'ed25519', '-N', '', '-C', '', '-f', at(name));
    return { secret: await readFile(at(name), 'utf8'), open: (await readFile(at(`${name}.pub`), 'utf8')).trim() };
  };
  const printOf = (file: string) => /SHA256:\S+/.exec(keygen('-l', '-f', file))?.[0] ?? '';
  await made('host');
  const [read, write, authority] = [await made('read'), await made('write'), await made('ca')];
  await writeFile(at('lists', 'ca.pub'), `${authority.open}\n`);
  const agent = SSH_AGENT_SH.replace('/etc/ssh/countersign\n', `${at('lists')}\n`)
    .replace('/etc/ssh/sshd_config', at('sshd_config'))
    .replace('/var/log/countersign-sshd.log', at('log'))
    .replace('$HOME/.ssh/authorized_keys', at('keys'))
    .replace('/run/countersign-ssh.lock', at('lock'));
  const config = `Port ${port}\nListenAddress 127.0.0.1\nHostKey ${at('host')}\nAuthorizedKeysFile ${at('keys')}\nTrustedUserCAKeys ${at('lists', 'ca.pub')}\nRevokedKeys ${at('lists', 'krl')}\nStrictModes no\nUsePAM no\nPidFile none\nPermitRootLogin prohibit-password\nPasswordAuthentication no\nMaxStartups 100\n`;
  const putAgent = async (text: string) => {
    await writeFile(at('countersign-ssh'), text);
    await chmod(at('countersign-ssh'), 0o755);
  };
  const putConfig: Sshd['putConfig'] = edit => writeFile(at('sshd_config'), edit(config));
  const opens = { read: read.open, write: write.open };
  const putKeys: Sshd['putKeys'] = (...modes) =>
    writeFile(
      at('keys'),
      modes.map(mode => `command="${at('countersign-ssh')} ${mode}",restrict ${opens[mode]}\n`).join(''),
    );
  const putLists: Sshd['putLists'] = async (lines, krl = lines) => {
    const text = (some: readonly string[]) => some.map(line => `${line}\n`).join('');
    await writeFile(at('made-from'), text(krl));
    keygen('-q', '-k', '-f', at('lists', 'krl'), '-s', at('lists', 'ca.pub'), at('made-from'));
    await writeFile(at('lists', 'revoked'), text(lines));
  };
  await putAgent(agent);
  await putConfig(text => text);
  await putKeys('read', 'write');
  await putLists([]);
  await made('person');
  const server = await startServer('/usr/sbin/sshd', ['-D', '-E', at('log'), '-f', at('sshd_config')], port);
  return {
    home,
    port,
    hostKey: printOf(at('host.pub')),
    ca: printOf(at('ca.pub')),
    keys: { read: read.secret, write: write.secret, writeOpen: write.open },
    agent,
    putAgent,
    putKeys,
    putConfig,
    putLists,
    putCa: async (file = 'ca.pub') => writeFile(at('lists', 'ca.pub'), await readFile(at(file))),
    async lists() {
      const lines = (await readFile(at('lists', 'revoked'), 'utf8')).split('\n').filter(line => line !== '');
      const krl = keygen('-Q', '-l', '-f', at('lists', 'krl')).replace(/^# (?:KRL version|Generated at).*$/gm, '');
      return { lines, krl };
    },
    async certify(serial, id, command) {
      const name = at(`person-${serial}`);
      await writeFile(`${name}.pub`, await readFile(at('person.pub')));
      const bound = command === undefined ? [] : ['-O', `force-command=${command}`];
      keygen('-q', '-s', at('ca'), '-I', id, '-n', 'root', '-z', serial, '-V', '+1h', ...bound, `${name}.pub`);
      return { key: at('person'), certificate: `${name}-cert.pub` };
    },
    isRevoked(certificate) {
      try {
        keygen('-Q', '-f', at('lists', 'krl'), certificate);
        return false;
      } catch {
        return true;
      }
    },
    async stop() {
      await server.stop();
      await rm(home, { recursive: true, force: true });
    },
  };
}
