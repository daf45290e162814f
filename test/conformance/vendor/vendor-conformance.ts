import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { contextOf, executed, planned, undoPlanned } from '../../../src/connector/calls.ts';
import { conformance } from '../../../src/connector/conformance.ts';
import type { Responder } from '../../../src/ports/responder.ts';
import { CHANGE, type VendorTarget } from './vendor-target.ts';

interface Suite {
  readonly title: string;
  readonly start: () => Promise<VendorTarget>;
  /** Why the kit is not gone through here; absent where it is. */
  readonly notHere?: string | undefined;
}

/** The whole kit, and what else is held of whoever talks to a vendor over HTTP. */
export function vendorConformance({ title, start, notHere }: Suite): void {
  const runner = { describe, test, beforeAll, afterAll, beforeEach };
  conformance(runner, { title: `${title}, on a double of our own`, start, notHere });

  describe(`${title}, on the wire`, () => {
    let target: VendorTarget;
    beforeAll(async () => {
      target = await start();
    });
    afterAll(() => target.close());
    beforeEach(() => target.restore());
    const plan = () =>
      target.responder.plan(
        { operation: target.contain.name, target: { name: target.victim }, before: undefined },
        target.proxied,
        contextOf(target),
      );
    /** How often something was asked to change, token requests aside. */
    const changes = () => target.proxy.sent().toString('latin1').match(new RegExp(CHANGE, 'g'))?.length ?? 0;

    test('A17 every exchange of act, look and undo is as the vendor describes it, and what is not would be found', async () => {
      const made = await planned(target, target.responder);
      const receipt = await executed(target, target.responder, made);
      await target.responder.observe(made, target.system, contextOf(target));
      if (target.release !== undefined)
        await executed(target, target.responder, await undoPlanned(target, target.responder, made, receipt));
      expect(target.double.violations).toEqual([]);
      const writes = [...target.double.exchanges.keys()].filter(name => /^(?:PATCH|POST|PUT|DELETE) /.test(name));
      expect(writes.length, 'contain and release were exchanges of the document').toBeGreaterThan(0);
      expect([...target.double.exchanges.keys()].some(name => name.startsWith('GET '))).toBe(true);
      expect(await target.tryWrong()).toEqual([400, [expect.stringContaining('no such parameter')]]);
    });

    test('no token that was got on the way stands in a plan, a receipt or an observation', async () => {
      const made = await planned(target, target.responder);
      const receipt = await executed(target, target.responder, made);
      const seen = await target.responder.observe(made, target.system, contextOf(target));
      const texts = JSON.stringify([made, receipt, seen]);
      expect(target.double.credentials.size).toBeGreaterThan(0);
      for (const credential of target.double.credentials)
        if (credential !== '') expect(texts.includes(credential)).toBe(false);
    });

    test('a look that is asked to wait does so once, and says so where it would be too long', async () => {
      let asked = 0;
      target.proxy.answer(piece => (isRequest(piece) && asked++ === 0 ? reply(429, 'retry-after: 0') : undefined));
      const waited = await plan();
      expect(waited.ok ? '' : waited.failure.detail).toBe('');
      target.proxy.reset();
      target.proxy.answer(piece => (isRequest(piece) ? reply(429, 'retry-after: 60') : undefined));
      const failed = await plan();
      expect(failed).toMatchObject({ ok: false, failure: { code: 'responder.unreachable' } });
      expect(failed.ok ? '' : failed.failure.detail).toContain('for another 60 s');
    });

    test.each([
      [429, 'retry-after: 1', 'refused'],
      [302, 'location: /elsewhere', 'unknown'],
      [403, '', 'refused'],
      [500, '', 'unknown'],
      [503, 'retry-after: 1', 'unknown'],
    ] as const)('a change that is answered %i (%s) is sent once and is %s', async (status, header, outcome) => {
      const made = await planned(target, target.responder);
      const before = await target.snapshot();
      target.proxy.reset();
      target.proxy.answer(piece => (CHANGE.test(piece.toString('latin1')) ? reply(status, header) : undefined));
      const receipt = await executed(target, target.responder, made, randomUUID(), target.proxied);
      expect([receipt.outcome, changes()]).toEqual([outcome, 1]);
      target.proxy.reset();
      expect(await target.snapshot()).toBe(before);
    });

    test('an answer that is no JSON, one without an end and a redirect are no plan', async () => {
      for (const answer of [
        reply(200, '', 'no json'),
        reply(200, '', `"${'x'.repeat(5_000_000)}"`),
        reply(200, '', '[[[[[]]]]]'),
        reply(301, 'location: http://127.0.0.1:9/'),
      ]) {
        target.proxy.reset();
        target.proxy.answer(piece => (isRequest(piece) ? answer : undefined));
        expect((await plan()).ok).toBe(false);
      }
      target.proxy.reset();
    });

    test('an answer in another form shows nothing, and least of all that it is done', async () => {
      const made = await planned(target, target.responder);
      for (const body of ['{}', 'null', '"done"', '[[[[[]]]]]', '<ok/>']) {
        target.proxy.reset();
        target.proxy.answer(piece => (isLook(piece) ? reply(200, '', body) : undefined));
        const seen = await target.responder.observe(made, target.proxied, contextOf(target));
        expect(seen.ok ? seen.value.state : 'nothing', body).not.toBe('in_effect');
        const { outcome } = await executed(target, target.responder, made, randomUUID(), target.proxied);
        expect(['refused_drift', 'failed', 'refused'], body).toContain(outcome);
      }
      target.proxy.reset();
    });
  });
}

/** A look at a target, and no request for a token. */
function isLook(piece: Buffer): boolean {
  return piece.toString('latin1').startsWith('GET ');
}

/** The start of a request, and not the rest of one. */
function isRequest(piece: Buffer): boolean {
  return /^(GET|POST|PUT|PATCH|DELETE) /.test(piece.toString('latin1'));
}

function reply(status: number, header: string, body = '{}'): Buffer {
  const head = `HTTP/1.1 ${status} X\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n`;
  return Buffer.from(`${head}${header === '' ? '' : `${header}\r\n`}connection: close\r\n\r\n${body}`);
}

/** The rights that a responder declares are those that the vendor's document names for what it asks, and no others. */
export function declaredRights(responder: Responder, { contract }: Pick<VendorTarget, 'contract'>): void {
  const named = (isRead: boolean) =>
    [
      ...new Set(
        contract.operations.filter(({ method }) => (method === 'GET') === isRead).flatMap(({ scopes }) => scopes),
      ),
    ].sort();
  expect([...responder.manifest.scopes.read].sort()).toEqual(named(true));
  expect([...responder.manifest.scopes.write].sort()).toEqual(named(false));
}
