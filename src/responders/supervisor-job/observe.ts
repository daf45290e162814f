import { fail, ok, type Result } from '../../base/result.ts';
import { type Failure, failureOf } from '../../model/failure.ts';
import type { Observation, Plan, ResponderContext, SystemConfig } from '../../ports/responder.ts';
import { vendorReadFailure } from '../shared/http/vendor-http.ts';
import { shownText } from '../shared/wire-text.ts';
import { type Port, readSettings } from './config.ts';
import { answersAt, readJobs } from './jobs.ts';
import { operationNamed } from './manifest.ts';

/**
 * Asks supervisord whether the job runs. It is told by the kernel of the end of what it started itself, and of nothing that
 * this started: so that nothing of the job goes on is never claimed.
 */
export async function observeJob(
  plan: Plan,
  system: SystemConfig,
  context: ResponderContext,
): Promise<Result<Observation, Failure>> {
  const settings = readSettings(system.settings);
  if (!settings.ok) return settings;
  if (operationNamed(plan.operation) === undefined)
    return fail(failureOf('responder.refused', `supervisor-job: there is no operation ${shownText(plan.operation)}`));
  const secret = await context.readCredential();
  try {
    const jobs = await readJobs({ settings: settings.value, secret, timeoutMs: context.timeoutMs });
    const job = jobs.find(({ id }) => id === plan.target.immutableId);
    if (job === undefined)
      return fail(failureOf('proposal.target_not_found', 'supervisor-job: there is no job of that name'));
    const isStop = plan.operation === 'stop';
    // One that ended of itself may be started again by supervisord: only STOPPED is kept.
    const isWanted = isStop ? job.state === 'STOPPED' : job.running === 'yes';
    const port = isStop && isWanted ? await portSeen(settings.value.ports.get(job.id), context.timeoutMs) : undefined;
    return ok({
      state: isWanted ? 'in_effect' : 'not_in_effect',
      // A port that is closed proves nothing of what needs none; one that is open proves that something goes on.
      effect: isWanted && port?.ok !== 'no' ? 'unproven' : 'not_in_effect',
      checks: [
        { text: `supervisord says that it is ${shownText(job.state)}.`, ok: isWanted ? 'yes' : 'no' },
        ...(port === undefined ? [] : [port]),
        isStop
          ? { text: 'Whether something that it started goes on, supervisord does not tell.', ok: 'unproven' }
          : { text: 'Whether it does its work again, supervisord does not tell.', ok: 'unproven' },
      ],
    });
  } catch (error) {
    return fail(vendorReadFailure('supervisor-job', error, [secret]));
  }
}

async function portSeen(port: Port | undefined, timeoutMs: number): Promise<Observation['checks'][number] | undefined> {
  if (port === undefined) return undefined;
  const place = `${port.host}:${port.port}`;
  const answer = await answersAt(port, timeoutMs);
  if (answer === 'yes') return { text: `Something still takes connections at ${place}.`, ok: 'no' };
  if (answer === 'no') return { text: `Nothing takes connections at ${place}.`, ok: 'yes' };
  return { text: `Whether anything takes connections at ${place} could not be seen.`, ok: 'unproven' };
}
