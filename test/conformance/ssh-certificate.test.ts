import { execFileSync } from 'node:child_process';
import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { contextOf, executed, planned, undoPlanned } from '../../src/connector/calls.ts';
import { conformance } from '../../src/connector/conformance.ts';
import { parseConfig } from '../../src/responders/ssh-certificate/config.ts';
import { sshCertificate } from '../../src/responders/ssh-certificate/responder.ts';
import { type CertificateTarget, startCertificateTarget } from './certificate-target.ts';
import { NOT_IN_THIS_LANE } from './server-process.ts';
import { NO_SSHD } from './sshd.ts';

const NOT_HERE = NOT_IN_THIS_LANE ?? NO_SSHD;

conformance(
  { describe, test, beforeAll, afterAll, beforeEach },
  {
    title: 'ssh-certificate, on an sshd with a CA',
    start: startCertificateTarget,
    notHere: NOT_HERE,
    checkMsMax: 600_000,
  },
);

const MS_MAX = 60_000;

describe.skipIf(NOT_HERE !== undefined)(
  `a certificate on an SSH server${NOT_HERE === undefined ? '' : ` (skipped: ${NOT_HERE})`}`,
  () => {
    let target: CertificateTarget;
    beforeAll(async () => {
      target = await startCertificateTarget();
    });
    afterAll(() => target?.close());
    beforeEach(() => target.restore());

    test('that is revoked lets nobody in, ends its sessions and no others, and lets them in again', {
      timeout: MS_MAX,
    }, async () => {
      const [victim, other] = [await target.login(target.victim), await target.login('12')];
      const plan = await planned(target, sshCertificate);
      const receipt = await executed(target, sshCertificate, plan);
      expect(receipt).toMatchObject({ outcome: 'applied' });
      expect([await victim.reads(), await other.reads()]).toEqual([false, true]);
      await expect(target.login(target.victim)).rejects.toThrow('lets nobody in');
      await other.close();
      const undo = await undoPlanned(target, sshCertificate, plan, receipt);
      expect(await executed(target, sshCertificate, undo)).toMatchObject({ outcome: 'applied' });
      await (await target.login(target.victim)).close();
    });

    test('whose key id reads like a line of the log names no other', { timeout: MS_MAX }, async () => {
      const id = `x (serial ${target.victim}) CA ED25519 ${target.server.ca}`;
      const held = await target.login('12', id);
      const { blast } = await planned(target, sshCertificate);
      expect(blast.direct).toEqual([]);
      await held.close();
    });

    test('is told to be out of reach only where each open connection is accounted for', {
      timeout: MS_MAX,
    }, async () => {
      const held = await target.login('12');
      const plan = await planned(target, sshCertificate);
      await executed(target, sshCertificate, plan);
      const log = join(target.server.home, 'log');
      const text = await readFile(log, 'utf8');
      const look = async () => {
        const seen = await sshCertificate.observe(plan, target.system, contextOf(target));
        return seen.ok ? seen.value.effect : seen.failure.detail;
      };
      expect(await look()).toBe('in_effect');
      await writeFile(log, '');
      expect(await look()).toBe('unproven');
      await appendFile(log, text);
      await held.close();
    });

    test('by which the command itself came is not revoked', { timeout: MS_MAX }, async () => {
      const { home, port, certify } = target.server;
      const { key, certificate } = await certify('99', 'countersign', `${join(home, 'countersign-ssh')} write`);
      const authority = Buffer.from(target.server.ca.slice('SHA256:'.length), 'base64').toString('hex');
      const options = ['StrictHostKeyChecking=no', 'UserKnownHostsFile=/dev/null', `CertificateFile=${certificate}`];
      const args = options.flatMap(option => ['-o', option]);
      const said = execFileSync(
        'ssh',
        ['-F', 'none', ...args, '-i', key, '-p', String(port), 'root@127.0.0.1', `revoke 99 ab ${authority}`],
        { stdio: 'pipe' },
      ).toString();
      expect(said).toContain('outcome refused\ndetail the connection by which this came rests on it');
      expect((await target.server.lists()).lines).toEqual([]);
    });

    test('is taken again while others stay revoked, whoever revoked them', { timeout: MS_MAX }, async () => {
      const { server } = target;
      await server.putLists(['# by hand', 'serial: 5', 'id: bob']);
      const plan = await planned(target, sshCertificate);
      const receipt = await executed(target, sshCertificate, plan);
      const { lines } = await server.lists();
      await server.putLists([...lines, '# countersign cd', 'serial: 6']);
      const undo = await undoPlanned(target, sshCertificate, plan, receipt);
      expect(await executed(target, sshCertificate, undo)).toMatchObject({ outcome: 'applied' });
      expect((await server.lists()).lines).toEqual([
        '# by hand',
        'serial: 5',
        'id: bob',
        '# countersign cd',
        'serial: 6',
      ]);
    });

    test.each([
      { what: 'before sshd had its list', isRead: false, left: [] },
      { what: 'after sshd had its list', isRead: true, left: ['serial: 8'] },
    ])(
      'a change that was cut off $what is ended or dropped by the next one',
      { timeout: MS_MAX },
      async ({ isRead, left }) => {
        const { server } = target;
        await server.putLists([], isRead ? ['serial: 8'] : []);
        await writeFile(join(server.home, 'lists', 'revoked.next'), 'serial: 8\n');
        const authority = Buffer.from(server.ca.slice('SHA256:'.length), 'base64').toString('hex');
        const said = await target.command('write', `revoke 9 ab ${authority}`);
        expect(said?.get('outcome')).toEqual(['applied']);
        expect((await server.lists()).lines).toEqual([...left, '# countersign ab', 'serial: 9']);
      },
    );
  },
);

describe('the settings of an SSH server', () => {
  const usual = {
    host: 'web-04.example.org',
    hostKey: `SHA256:${'A'.repeat(43)}`,
    writeKey: 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAA',
  };

  test('are taken with port and login spelled out', () => {
    expect(parseConfig(usual)).toMatchObject({ ok: true, value: { port: '22', user: 'root' } });
  });

  test.each([
    { host: '' },
    { hostKey: 'MD5:00' },
    { writeKey: 'ssh-ed25519 AAAA me@here' },
    { keptSerials: '0' },
    { keptSerials: '5,6' },
    { keptSerials: '5-9' },
    { password: 'x' },
  ])('are refused as %j', wrong => {
    expect(parseConfig({ ...usual, ...wrong })).toMatchObject({ ok: false });
  });
});
