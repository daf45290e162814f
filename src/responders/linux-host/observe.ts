import { fail, ok, type Result } from '../../base/result.ts';
import { type Failure, failureOf } from '../../model/failure.ts';
import type { Observation, Plan, ResponderContext, SystemConfig } from '../../ports/responder.ts';
import { withChannel } from '../shared/channel.ts';
import { askHost, first, readFailure } from '../shared/ssh-command.ts';
import { shownText } from '../shared/wire-text.ts';
import { type HostSettings, readSettings } from './config.ts';
import { operationNamed } from './manifest.ts';

type Verdict = Observation['checks'][number]['ok'];

/** How long the port that is tried is waited for, at most, in milliseconds: a host that is cut off never answers. */
const PROBE_MS_MAX = 1_000;
/** Ways that have to be shut: in, out, and through. */
const CHAINS = '3';

/** Asks the host, and knocks at it from here. What a host that was taken over says of itself proves no effect. */
export async function observeHost(
  plan: Plan,
  system: SystemConfig,
  context: ResponderContext,
): Promise<Result<Observation, Failure>> {
  const settings = readSettings(system.settings);
  if (!settings.ok) return settings;
  if (operationNamed(plan.operation) === undefined)
    return fail(failureOf('responder.refused', `linux-host: there is no operation ${shownText(plan.operation)}`));
  const secret = await context.readCredential();
  try {
    const said = await askHost(settings.value, secret, 'state', context.timeoutMs);
    if (first(said, 'machine') !== plan.target.immutableId)
      return fail(failureOf('proposal.target_not_found', 'linux-host: another host answers there'));
    const answers = await answersAt(settings.value, context.timeoutMs);
    const isShut = first(said, 'isolated') === 'yes' && first(said, 'drops') === CHAINS;
    return ok(
      plan.operation === 'isolate'
        ? judgeIsolation(isShut, (said.get('open') ?? []).length, answers)
        : judgeRelease(first(said, 'isolated') === 'no', answers),
    );
  } catch (error) {
    return fail(readFailure('linux-host', error, [secret]));
  }
}

/** Whether the port that is set for it answers from here; `unproven` where none is set. */
async function answersAt({ host, probePort }: HostSettings, timeoutMs: number): Promise<Verdict> {
  if (probePort === undefined) return 'unproven';
  const address = { host, port: probePort, tls: 'off', tlsCa: '' } as const;
  return await withChannel(address, Math.min(timeoutMs, PROBE_MS_MAX) / 2, async () => 'yes' as const).catch(
    () => 'no',
  );
}

function judgeIsolation(isShut: boolean, open: number, answers: Verdict): Observation {
  return {
    state: isShut ? 'in_effect' : 'not_in_effect',
    effect: !isShut || open > 0 || answers === 'yes' ? 'not_in_effect' : answers === 'no' ? 'in_effect' : 'unproven',
    checks: [
      { text: 'The host drops what comes in, goes out and passes through.', ok: isShut ? 'yes' : 'no' },
      { text: `Connections that are open, but for ours: ${open}.`, ok: open === 0 ? 'yes' : 'no' },
      {
        text: 'A port that answered does not answer from here.',
        ok: answers === 'unproven' ? 'unproven' : answers === 'no' ? 'yes' : 'no',
      },
    ],
  };
}

function judgeRelease(isOpen: boolean, answers: Verdict): Observation {
  return {
    state: isOpen ? 'in_effect' : 'not_in_effect',
    effect: !isOpen || answers === 'no' ? 'not_in_effect' : answers === 'yes' ? 'in_effect' : 'unproven',
    checks: [
      { text: 'The host has no rules of Countersign.', ok: isOpen ? 'yes' : 'no' },
      { text: 'A port answers from here.', ok: answers },
    ],
  };
}
