import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { capabilityOf, contextOf, executed, planned, undoPlanned } from '../../src/connector/calls.ts';
import { conformance } from '../../src/connector/conformance.ts';
import type { Plan } from '../../src/ports/responder.ts';
import { parseConfig } from '../../src/responders/imap-mail/config.ts';
import { imapMail } from '../../src/responders/imap-mail/responder.ts';
import { NO_DOVECOT, USUAL_RIGHTS } from './dovecot.ts';
import { type MailTarget, startMailTarget } from './mail-target.ts';
import { NOT_IN_THIS_LANE } from './server-process.ts';

conformance(
  { describe, test, beforeAll, afterAll, beforeEach },
  { title: 'imap-mail, on a Dovecot', start: startMailTarget, notHere: NOT_IN_THIS_LANE ?? NO_DOVECOT },
);

const ID = '<invoice-1@mail.example.net>';

describe.skipIf(NO_DOVECOT !== undefined)(
  `a message in a mailbox${NO_DOVECOT === undefined ? '' : ` (skipped: ${NO_DOVECOT})`}`,
  () => {
    let target: MailTarget;
    beforeAll(async () => {
      target = await startMailTarget();
    });
    afterAll(() => target?.close());
    beforeEach(() => target.restore());

    const observed = async (plan: Plan, probe = true) => {
      const seen = await imapMail.observe(plan, target.system, contextOf(target, { probe }));
      if (!seen.ok) throw new Error(seen.failure.detail);
      return seen.value;
    };

    test('is taken out of every folder that has it, and comes back to each', async () => {
      await target.deliver(ID, 'Archive/2026');
      await target.deliver(ID);
      const plan = await planned(target, imapMail);
      expect(plan.blast.direct).toHaveLength(3);
      const receipt = await executed(target, imapMail, plan);
      expect(receipt).toMatchObject({ outcome: 'applied', detail: 'messages moved: 3' });
      expect(await target.foldersOf(ID)).toEqual(['Quarantine']);
      const undo = await undoPlanned(target, imapMail, plan, receipt);
      expect(await executed(target, imapMail, undo)).toMatchObject({ outcome: 'applied' });
      expect(await target.foldersOf(ID)).toEqual(['Archive/2026', 'INBOX']);
      expect(await observed(undo)).toMatchObject({ state: 'in_effect', effect: 'in_effect' });
    });

    test('cannot be read by a session that was open and has not been told yet', async () => {
      const owner = await target.as('owner');
      await owner.ask('SELECT INBOX');
      const uid = /SEARCH (\d+)/.exec(await owner.ask(`UID SEARCH HEADER Message-ID "${ID}"`))?.[1];
      await executed(target, imapMail, await planned(target, imapMail));
      expect(await owner.ask(`UID FETCH ${uid} (BODY.PEEK[TEXT])`)).not.toContain('pay at once');
      await owner.close();
    });

    test('is not claimed to be out of reach where its owner may open the quarantine, or nobody can look as they do', async () => {
      const plan = await planned(target, imapMail);
      await executed(target, imapMail, plan);
      expect(await observed(plan, false)).toMatchObject({ state: 'in_effect', effect: 'unproven' });
      expect(await observed(plan)).toMatchObject({ state: 'in_effect', effect: 'in_effect' });
      await target.server.rights(USUAL_RIGHTS, { owner: 'lr' });
      expect(await observed(plan)).toMatchObject({ state: 'in_effect', effect: 'not_in_effect' });
    });

    test('that is sent once more afterwards is seen', async () => {
      const plan = await planned(target, imapMail);
      await executed(target, imapMail, plan);
      await target.deliver(ID);
      expect(await observed(plan)).toMatchObject({ state: 'in_effect', effect: 'not_in_effect' });
    });

    test('that bears two ids is found by each, and by no other', async () => {
      await target.deliver('<first@evil.example>', 'INBOX', 'Message-ID:\r\n <second@evil.example>\r\n');
      for (const id of ['<first@evil.example>', '<second@evil.example>']) {
        const plan = await imapMail.plan(
          { operation: 'quarantine', target: { name: `alice@example.org/${id}` }, before: undefined },
          target.system,
          contextOf(target),
        );
        expect(plan).toMatchObject({ ok: true, value: { refusals: [], blast: { direct: [expect.any(String)] } } });
      }
    });

    test.each([...'lrswei'])('stays where it is while the write login has no %s, and that is said', async right => {
      const plan = await planned(target, imapMail);
      await target.server.rights({ ...USUAL_RIGHTS, 'user=countersign-write': 'lrswei'.replace(right, '') });
      const { outcome, detail } = await executed(target, imapMail, plan);
      expect(outcome).toBe('refused');
      expect(detail).toContain(`${right} on `);
      expect(await target.foldersOf(ID)).toEqual(['INBOX']);
    });

    test('is told as not known where the server went away between two folders, with what was moved', async () => {
      await target.deliver(ID, 'Archive');
      const plan = await planned(target, imapMail);
      target.proxy.reset();
      let moves = 0;
      target.proxy.answer(piece => {
        if (!piece.includes('UID MOVE')) return undefined;
        return ++moves < 2 ? undefined : Buffer.from('* BYE\r\nc99 OK\r\n');
      });
      const receipt = await imapMail.execute(
        plan,
        target.proxied,
        capabilityOf(target, randomUUID()),
        contextOf(target),
      );
      expect(receipt.outcome).toBe('unknown');
      expect(await target.foldersOf(ID)).toEqual(['INBOX', 'Quarantine']);
      expect(JSON.parse(receipt.before['mail.moved'] ?? '')).toEqual([
        [expect.any(String), expect.any(Number), 'Archive'],
      ]);
      expect(await observed(plan)).toMatchObject({ state: 'not_in_effect' });
      const undo = await undoPlanned(target, imapMail, plan, receipt);
      expect(await executed(target, imapMail, undo)).toMatchObject({ outcome: 'applied' });
      expect(await target.foldersOf(ID)).toEqual(['Archive', 'INBOX']);
    });
  },
);

describe('the settings of a mail server', () => {
  const usual = { host: 'imap.example.org' };

  test('are taken with TLS on the port for it', () => {
    expect(parseConfig(usual)).toMatchObject({ ok: true, value: { port: '993', tls: 'verify-full' } });
  });

  test.each([
    { host: '' },
    { tls: 'off' },
    { quarantine: 'inbox' },
    { quarantine: 'Mail\r\nc1 DELETE INBOX' },
    { readLogin: 'countersign-write' },
    { writeLogin: 'a\0b' },
    { keptMailboxes: 'Legal, HR' },
    { password: 'x' },
  ])('are refused as %j', wrong => {
    expect(parseConfig({ ...usual, ...wrong })).toMatchObject({ ok: false });
  });
});
