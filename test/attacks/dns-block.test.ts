import { vi } from 'vitest';
import { executed, undoPlanned } from '../../src/connector/calls.ts';
import type { untouchable } from '../../src/responders/dns-block/config.ts';
import type { updateOf } from '../../src/responders/dns-block/message.ts';
import { type DnsTarget, NO_NAMED, startDnsTarget } from '../conformance/dns-target.ts';
import { carriedOut, onTarget, planOf } from './on-target.ts';
import { takeOut } from './seams.ts';
import { attack } from './twin.ts';

vi.mock('../../src/responders/dns-block/config.ts', async original =>
  (await import('./seams.ts')).replaceable(
    await original<typeof import('../../src/responders/dns-block/config.ts')>(),
    'untouchable',
  ),
);
vi.mock('../../src/responders/dns-block/message.ts', async original =>
  (await import('./seams.ts')).replaceable(
    await original<typeof import('../../src/responders/dns-block/message.ts')>(),
    'updateOf',
  ),
);

const OURS = 'fine.example.com';

/** A resolver by which we find a service of ours. */
async function startResolver(): Promise<DnsTarget> {
  const target = await startDnsTarget();
  await target.restore();
  const settings = { ...target.system.settings, ownZones: OURS };
  return { ...target, system: { ...target.system, settings } };
}

attack({
  id: 'EXE-09',
  attack: 'an alert names the domain above one of ours, so that whoever blocks it shuts our own service, too',
  control: 'that nothing in our own domains and nothing above them is ever blocked',
  notHere: NO_NAMED,
  run: () =>
    onTarget(startResolver, async target => {
      const said = await carriedOut(target, await planOf(target, 'block', 'example.com'));
      const isFound = await target.resolves(OURS);
      return {
        succeeded: !isFound,
        seen: `${said}; our own service ${isFound ? 'is found' : 'is not found any more'}`,
      };
    }),
  without: () => takeOut<typeof untouchable>('untouchable', () => undefined),
});

attack({
  id: 'EXE-06',
  attack:
    'after the undo of our block was signed, somebody else puts a mark of their own on it, and what they rely on is taken away',
  control: 'that the server compares what stands there with what we left, in the update itself',
  notHere: NO_NAMED,
  run: () =>
    onTarget(startResolver, async target => {
      const plan = await planOf(target, 'block');
      if (typeof plan === 'string') return { succeeded: false, seen: plan };
      const receipt = await executed(target, target.responder, plan);
      const undo = await undoPlanned(target, target.responder, plan, receipt);
      const marked = target.driftsAfter.find(({ name }) => name === 'another mark');
      await marked?.apply();
      const said = await carriedOut(target, undo);
      const isOpen = await target.resolves(target.victim);
      return {
        succeeded: isOpen,
        seen: `${receipt.outcome}, then ${said}; the domain ${isOpen ? 'leads somewhere again' : 'stays blocked'}`,
      };
    }),
  without: () =>
    takeOut<typeof updateOf>('updateOf', (actual, zone, _prerequisites, changes) => actual(zone, [], changes)),
});
