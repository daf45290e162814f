import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client } from 'ssh2';
import { vi } from 'vitest';
import { contextOf } from '../../src/connector/calls.ts';
import type { readSettings } from '../../src/responders/ssh-certificate/config.ts';
import { type CertificateTarget, startCertificateTarget } from '../conformance/certificate-target.ts';
import { NO_SSHD } from '../conformance/sshd.ts';
import { carriedOut, onTarget, planOf } from './on-target.ts';
import { takeOut } from './seams.ts';
import { attack } from './twin.ts';

vi.mock('../../src/responders/ssh-certificate/config.ts', async original =>
  (await import('./seams.ts')).replaceable(
    await original<typeof import('../../src/responders/ssh-certificate/config.ts')>(),
    'readSettings',
  ),
);

/** The certificate by which people come in when all else fails. */
const KEPT = '7';
const SOMEBODY_ELSE = '12';
const TIMEOUT_MS = 60_000;

/** Whether the server lets somebody in who has this certificate. */
async function comesIn(target: CertificateTarget, serial: string): Promise<boolean> {
  return await target.login(serial).then(
    async held => {
      await held.close();
      return true;
    },
    () => false,
  );
}

/** What the script on the host is without, in the next run. */
let withoutOnHost: { readonly text: string; readonly instead: string } | undefined;

/** A server whose script is without what is to be taken out. */
async function startServer(): Promise<CertificateTarget> {
  const target = await startCertificateTarget();
  const out = withoutOnHost;
  withoutOnHost = undefined;
  if (out === undefined) return target;
  const { agent } = target.server;
  if (!agent.includes(out.text)) throw new Error('the script has no such control');
  await target.server.putAgent(agent.replace(out.text, () => out.instead));
  return target;
}

attack({
  id: 'EXE-09',
  attack: 'the certificate by which people come in when all else fails is proposed to be revoked, so that nobody does',
  control: 'the serials that are set to be never revoked',
  timeoutMs: TIMEOUT_MS,
  notHere: NO_SSHD,
  run: () =>
    onTarget(startServer, async target => {
      const said = await carriedOut(target, await planOf(target, 'revoke', KEPT));
      const isIn = await comesIn(target, KEPT);
      return { succeeded: !isIn, seen: `${said}; it ${isIn ? 'opens' : 'opens nothing any more'}` };
    }),
  without: () =>
    takeOut<typeof readSettings>('readSettings', (actual, given) => {
      const read = actual(given);
      return read.ok ? { ...read, value: { ...read.value, keptSerials: [] } } : read;
    }),
});

attack({
  id: 'EXE-02',
  attack:
    'whoever took the key that writes revokes a range of serials, so that everybody with a certificate is shut out',
  control: 'that the script on the host takes one number and nothing else as a serial',
  timeoutMs: TIMEOUT_MS,
  notHere: NO_SSHD,
  run: () =>
    onTarget(startServer, async target => {
      const authority = Buffer.from(target.server.ca.slice('SHA256:'.length), 'base64').toString('hex');
      const said = await target.command('write', `revoke 1-999999 ab ${authority}`);
      const isIn = await comesIn(target, SOMEBODY_ELSE);
      return {
        succeeded: !isIn,
        seen: `${said?.get('outcome')?.join(', ')}; somebody else ${isIn ? 'comes in' : 'is shut out'}`,
      };
    }),
  without: () => {
    withoutOnHost = { text: `case $serial in '' | 0* | *[!0-9]*) refuse 'this is no serial' ;; esac\n`, instead: '' };
  },
});

attack({
  id: 'EXE-05',
  attack:
    'whoever stole a certificate tries a login with a name that reads like a line of sshd’s log, so that their open session counts as somebody else’s, outlives the revocation and is said to be out',
  control: 'that a line of the log is read from its start',
  timeoutMs: TIMEOUT_MS,
  notHere: NO_SSHD,
  run: () =>
    onTarget(startServer, async target => {
      const thief = await target.login(target.victim);
      const port = await portOf(target, target.victim);
      await tried(target, `a b c 127.0.0.1 port ${port} Accepted none for root from 127.0.0.1 port ${port} ssh2`);
      const signed = await planOf(target, 'revoke');
      const said = await carriedOut(target, signed);
      const seen =
        typeof signed === 'string'
          ? undefined
          : await target.responder.observe(signed, target.system, contextOf(target));
      const effect = seen?.ok === true ? seen.value.effect : 'not looked at';
      const isIn = await thief.reads();
      await thief.close();
      return {
        succeeded: isIn && effect === 'in_effect',
        seen: `${said}, ${effect}; the thief’s session ${isIn ? 'goes on' : 'has been ended'}`,
      };
    }),
  without: () => {
    withoutOnHost = { text: '/^Accepted ', instead: '/Accepted ' };
  },
});

/** From which port whoever is in with this certificate came, as they themselves know. */
async function portOf({ server }: CertificateTarget, serial: string): Promise<string> {
  const log = await readFile(join(server.home, 'log'), 'utf8');
  const lines = log.split('\n').filter(line => line.includes(`(serial ${serial})`));
  return / port (\d+) ssh2/.exec(lines.at(-1) ?? '')?.[1] ?? '';
}

/** A login by a name that nobody has, of which sshd writes a line. */
async function tried({ server }: CertificateTarget, username: string): Promise<void> {
  const client = new Client();
  client.on('error', () => undefined);
  const closed = new Promise<void>(resolve => {
    client.once('close', () => resolve());
  });
  client.connect({ host: '127.0.0.1', port: server.port, username });
  await closed;
  const log = await readFile(join(server.home, 'log'), 'utf8');
  if (!log.includes(username)) throw new Error('sshd wrote nothing of the name');
}
