import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { executed, planned, undoPlanned } from '../../src/connector/calls.ts';
import { conformance } from '../../src/connector/conformance.ts';
import { parseConfig } from '../../src/responders/request-tracker/config.ts';
import { requestTracker } from '../../src/responders/request-tracker/responder.ts';
import { NO_RT } from './rt-server.ts';
import { type RtTarget, startRtTarget } from './rt-target.ts';

conformance(
  { describe, test, beforeAll, afterAll, beforeEach },
  { title: 'request-tracker, on a Request Tracker', start: startRtTarget, notHere: NO_RT },
);

const WRITER = 'countersign-write';
/** The administrator of an RT that was just set up. */
const ROOT = `Basic ${Buffer.from('root:password').toString('base64')}`;

/** Done before this returns, so before whatever came to the proxy goes on. */
function renameAtOnce(url: string, ticket: string): void {
  const options = {
    method: 'PUT',
    headers: { authorization: ROOT, 'content-type': 'application/json' },
    body: JSON.stringify({ Subject: 'Something worse' }),
  };
  execFileSync(process.execPath, [
    '-e',
    `fetch(${JSON.stringify(`${url}/ticket/${ticket}`)}, ${JSON.stringify(options)}).then(({ ok }) => process.exit(ok ? 0 : 1))`,
  ]);
}

describe.skipIf(NO_RT !== undefined)(
  `a ticket of Request Tracker${NO_RT === undefined ? '' : ` (skipped: ${NO_RT})`}`,
  () => {
    let target: RtTarget;
    beforeAll(async () => {
      target = await startRtTarget();
    });
    afterAll(() => target?.close());
    beforeEach(() => target.restore());

    test.each(['ShowTicket', 'ModifyTicket'])(
      'without %s of the write user it is refused, and nothing is changed',
      async right => {
        const plan = await planned(target, requestTracker);
        const before = await target.snapshot();
        await target.order('revoke', WRITER, right, 'soc');
        try {
          expect((await executed(target, requestTracker, plan)).outcome).toBe('refused');
        } finally {
          await target.order('grant', WRITER, right, 'soc');
        }
        expect(await target.snapshot()).toBe(before);
        expect((await executed(target, requestTracker, plan)).outcome).toBe('applied');
      },
    );

    test('a change in the moment between the look and the write is noticed by RT itself', async () => {
      const plan = await planned(target, requestTracker);
      target.proxy.reset();
      target.proxy.answer(piece => {
        if (piece.includes('PUT /REST/2.0/ticket/')) renameAtOnce(target.system.settings['url'] ?? '', target.victim);
        return undefined;
      });
      const receipt = await executed(target, requestTracker, plan, randomUUID(), target.proxied);
      expect(target.asksForChange(target.proxy.sent()), 'the look saw nothing, and the write was sent').toBe(true);
      expect(receipt.outcome).toBe('refused_drift');
      expect(await target.statusOf(target.victim)).toBe('new');
    });

    test.each(['open', 'stalled'])('a ticket that was %s is so again after the undo', async status => {
      await target.order('set', target.victim, 'Status', status);
      const plan = await planned(target, requestTracker);
      expect(plan.changes).toEqual([{ path: 'ticket.status', from: status, to: 'resolved' }]);
      const receipt = await executed(target, requestTracker, plan);
      const undo = await undoPlanned(target, requestTracker, plan, receipt);
      expect([undo.refusals, undo.changes]).toEqual([[], [{ path: 'ticket.status', from: 'resolved', to: status }]]);
      expect((await executed(target, requestTracker, undo)).outcome).toBe('applied');
      expect(await target.statusOf(target.victim)).toBe(status);
    });

    test('what RT says in words that are not known is no knowledge of what it did', async () => {
      const plan = await planned(target, requestTracker);
      for (const [body, outcome] of [
        ["[\"Ticket 1: Status changed from 'new' to 'open'\"]", 'unknown'],
        ["[\"Ticket 2: Status changed from 'new' to 'resolved'\"]", 'unknown'],
        ['["Vorgang 1: Status geändert"]', 'unknown'],
        ['{}', 'unknown'],
        ['[]', 'refused'],
        ['["Ticket 1: Permission Denied"]', 'refused'],
        ['["Ticket 1: That ticket has unresolved dependencies"]', 'refused'],
      ] as const) {
        target.proxy.reset();
        const said = `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
        target.proxy.answer(piece => (piece.includes('PUT /REST/2.0/ticket/') ? Buffer.from(said) : undefined));
        const receipt = await executed(target, requestTracker, plan, randomUUID(), target.proxied);
        expect([body, receipt.outcome]).toEqual([body, outcome]);
      }
      target.proxy.reset();
    });
  },
);

test.each([
  [{ queue: '3' }, 'url'],
  [{ url: 'https://rt.example.org/REST/2.0' }, 'queue'],
  [{ url: 'https://rt.example.org/REST/2.0', queue: 'soc' }, 'queue'],
  [{ url: 'https://rt.example.org/REST/2.0', queue: '3', active: 'new,,open' }, 'active'],
  [{ url: 'https://rt.example.org/REST/2.0', queue: '3', resolved: '' }, 'resolved'],
  [{ url: 'https://rt.example.org/REST/2.0', queue: '3', token: 'x' }, 'token'],
])('settings %j are refused for %s', (settings, name) => {
  const read = parseConfig(settings as { readonly [name: string]: string });
  expect(read.ok ? 'ok' : read.failure.detail).toContain(`\`${name}\``);
});
