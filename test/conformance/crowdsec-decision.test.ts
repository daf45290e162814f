import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { capabilityOf, contextOf } from '../../src/connector/calls.ts';
import { conformance } from '../../src/connector/conformance.ts';
import { parseConfig } from '../../src/responders/crowdsec-decision/config.ts';
import { crowdsecDecision } from '../../src/responders/crowdsec-decision/responder.ts';
import { NO_CROWDSEC } from './crowdsec-server.ts';
import { type CrowdsecTarget, startCrowdsecTarget } from './crowdsec-target.ts';

conformance(
  { describe, test, beforeAll, afterAll, beforeEach },
  { title: 'crowdsec-decision, on a CrowdSec', start: startCrowdsecTarget, notHere: NO_CROWDSEC },
);

const LOOK_EVERY_MS = 100;
const SECONDS = 3;

describe.skipIf(NO_CROWDSEC !== undefined)(
  `a ban that CrowdSec ends${NO_CROWDSEC === undefined ? '' : ` (skipped: ${NO_CROWDSEC})`}`,
  () => {
    let target: CrowdsecTarget;
    beforeAll(async () => {
      target = await startCrowdsecTarget();
    });
    afterAll(() => target?.close());
    beforeEach(() => target.restore());

    test('people sign when it ends, a bouncer keeps to it until then, and nobody has to end it', async () => {
      const system = target.lasting(`${SECONDS}s`);
      const request = { operation: 'ban', target: { name: target.victim }, before: undefined };
      const plan = await crowdsecDecision.plan(request, system, contextOf(target));
      if (!plan.ok) throw new Error(plan.failure.detail);
      expect(plan.value.params).toEqual({ duration: `${SECONDS}s` });
      expect(await target.serves(target.victim)).toBe(true);
      const receipt = await crowdsecDecision.execute(
        plan.value,
        system,
        capabilityOf(target, randomUUID()),
        contextOf(target),
      );
      expect(receipt.outcome, receipt.detail).toBe('applied');
      expect(await target.serves(target.victim)).toBe(false);
      expect(await target.serves('192.0.2.67')).toBe(true);
      const until = Date.now() + 2 * SECONDS * 1_000;
      while (!(await target.serves(target.victim)) && Date.now() < until) await sleep(LOOK_EVERY_MS);
      expect(await target.serves(target.victim)).toBe(true);
      const seen = await crowdsecDecision.observe(plan.value, system, contextOf(target));
      expect(seen).toMatchObject({ ok: true, value: { state: 'not_in_effect', effect: 'not_in_effect' } });
      const back = await crowdsecDecision.plan(
        { operation: 'unban', target: { name: target.victim }, before: receipt.before },
        system,
        contextOf(target),
      );
      expect(back).toMatchObject({ ok: true, value: { refusals: [{ reason: 'changed_since' }] } });
    });
  },
);

describe('the settings of a CrowdSec', () => {
  const usual = { url: 'https://crowdsec.example.org', ownNetworks: '203.0.113.0/24 2001:db8:1::/48' };

  test('are taken with a time of four hours where none is set', () => {
    expect(parseConfig(usual)).toMatchObject({ ok: true, value: { duration: '4h', machine: 'countersign' } });
  });

  test.each([
    { ownNetworks: '' },
    { ownNetworks: '203.0.113.0/33' },
    { ownNetworks: 'office' },
    { ownNetworks: '203.0.113.0/24/8' },
    { duration: '' },
    { duration: '0h' },
    { duration: '-1h' },
    { duration: 'forever' },
    { url: 'http://crowdsec.example.org' },
    { password: 'x' },
  ])('are refused as %j', wrong => {
    expect(parseConfig({ ...usual, ...wrong })).toMatchObject({ ok: false });
  });
});
