import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { capabilityOf, contextOf, planned } from '../../src/connector/calls.ts';
import { conformance } from '../../src/connector/conformance.ts';
import { linuxHost } from '../../src/responders/linux-host/responder.ts';
import { type HostTarget, NO_HOST, startHostTarget } from './host-target.ts';

conformance(
  { describe, test, beforeAll, afterAll, beforeEach },
  {
    title: 'linux-host, on a network namespace with nftables and an sshd',
    start: startHostTarget,
    notHere: NO_HOST,
    checkMsMax: 600_000,
  },
);

describe.skipIf(NO_HOST !== undefined)(
  `what an isolation leaves open${NO_HOST === undefined ? '' : ` (skipped: ${NO_HOST})`}`,
  () => {
    let target: HostTarget;
    beforeAll(async () => {
      target = await startHostTarget();
    });
    afterAll(() => target?.close());
    beforeEach(() => target.restore());

    test('the way by which it can be released stays open, and no other does', async () => {
      const plan = await planned(target, linuxHost);
      const receipt = await linuxHost.execute(
        plan,
        target.system,
        capabilityOf(target, randomUUID()),
        contextOf(target),
      );
      expect(receipt.outcome).toBe('applied');
      expect(await target.reaches(target.sshPort)).toBe(true);
      expect(await target.reaches(Number(target.system.settings['probePort']))).toBe(false);
    });

    test('the machine that Countersign runs on is not cut off', async () => {
      const own = (await readFile('/etc/machine-id', 'utf8').catch(() => '')).trim();
      if (own === '') return expect(own, 'this machine has no id, so none can be mistaken for it').toBe('');
      await target.beMachine(own);
      const plan = await planned(target, linuxHost);
      expect(plan.refusals).toMatchObject([{ reason: 'own_identity' }]);
    });
  },
);
