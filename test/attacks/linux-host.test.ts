import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { executed, undoPlanned } from '../../src/connector/calls.ts';
import { secretOf } from '../../src/executor/capability.ts';
import { readSettings } from '../../src/responders/linux-host/config.ts';
import { askHost } from '../../src/responders/shared/ssh-command.ts';
import { type HostTarget, NO_HOST, startHostTarget } from '../conformance/host-target.ts';
import { carriedOut, onTarget, planOf } from './on-target.ts';
import { attack } from './twin.ts';

const TIMEOUT_MS = 60_000;
/** Where the service of the host waits. */
const SERVICE_PORT = 9_000;

/** What is taken out on the host, in the next run. */
let takenOut: ((target: HostTarget) => Promise<void>) | undefined;

/** A host, without what is to be taken out there. */
async function startHost(): Promise<HostTarget> {
  const target = await startHostTarget();
  const take = takenOut;
  takenOut = undefined;
  await take?.(target);
  return target;
}

/** The agent without one of its controls. */
function withoutInAgent(text: string, instead: string): () => void {
  return () => {
    takenOut = async ({ agent, putAgent }) => {
      if (!agent.includes(text)) throw new Error('the agent has no such control');
      await putAgent(agent.replace(text, () => instead));
    };
  };
}

attack({
  id: 'BND-04',
  attack:
    'after the isolation of a host was signed, another machine has its address and its key, and is cut off in its place',
  control: 'that the host itself compares its machine id with the one that was signed',
  timeoutMs: TIMEOUT_MS,
  notHere: NO_HOST,
  run: () =>
    onTarget(startHost, async target => {
      const signed = await planOf(target, 'isolate');
      await target.beMachine('f'.repeat(32));
      const said = await carriedOut(target, signed);
      const isReached = await target.reaches(SERVICE_PORT);
      return { succeeded: !isReached, seen: `${said}; the other machine ${isReached ? 'is reached' : 'is cut off'}` };
    }),
  without: withoutInAgent('[ "$(cat "$MACHINE_ID")" = "$expected" ]', 'true'),
});

attack({
  id: 'EXE-06',
  attack:
    'after its release was signed, somebody changes the rules of an isolated host, and what they made is taken away',
  control: 'that the host compares its rules with those that were left',
  timeoutMs: TIMEOUT_MS,
  notHere: NO_HOST,
  run: () =>
    onTarget(startHost, async target => {
      const plan = await planOf(target, 'isolate');
      if (typeof plan === 'string') return { succeeded: false, seen: plan };
      const receipt = await executed(target, target.responder, plan);
      const undo = await undoPlanned(target, target.responder, plan, receipt);
      await target.driftsAfter[0]?.apply();
      const said = await carriedOut(target, undo);
      const isReached = await target.reaches(SERVICE_PORT);
      return {
        succeeded: isReached,
        seen: `${receipt.outcome}, then ${said}; the host ${isReached ? 'is back on the network' : 'stays cut off'}`,
      };
    }),
  without: withoutInAgent('[ "$(mark)" != "$expected" ]', 'false'),
});

attack({
  id: 'EXE-02',
  attack: 'whoever took the key that writes runs a command of their own on the host, as root',
  control: 'the one command that the key is bound to, as the README says',
  timeoutMs: TIMEOUT_MS,
  notHere: NO_HOST,
  run: () =>
    onTarget(startHost, async target => {
      const settings = readSettings(target.system.settings);
      if (!settings.ok) return { succeeded: false, seen: settings.failure.detail };
      const file = join(tmpdir(), `cs-attack-${randomUUID()}`);
      const said = await askHost(
        settings.value,
        secretOf(target.secrets.write),
        `touch ${file}; echo outcome done`,
        TIMEOUT_MS,
      );
      const isThere = existsSync(file);
      await rm(file, { force: true });
      return {
        succeeded: isThere,
        seen: `${said.get('outcome')?.join()}; their file ${isThere ? 'is there' : 'is not'}`,
      };
    }),
  without: () => {
    takenOut = target => target.freeWriteKey();
  },
});
