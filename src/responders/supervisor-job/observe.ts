import { fail, ok, type Result } from '../../base/result.ts';
import { type Failure, failureOf } from '../../model/failure.ts';
import type { Observation, Plan, ResponderContext, SystemConfig } from '../../ports/responder.ts';
import { vendorReadFailure } from '../vendor-http.ts';
import { shownText } from '../wire-text.ts';
import { readSettings } from './config.ts';
import { readJobs } from './jobs.ts';
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
    return ok({
      state: isWanted ? 'in_effect' : 'not_in_effect',
      effect: isWanted ? 'unproven' : 'not_in_effect',
      checks: [
        { text: `supervisord says that it is ${shownText(job.state)}.`, ok: isWanted ? 'yes' : 'no' },
        isStop
          ? { text: 'Whether something that it started goes on, supervisord does not tell.', ok: 'unproven' }
          : { text: 'Whether it does its work again, supervisord does not tell.', ok: 'unproven' },
      ],
    });
  } catch (error) {
    return fail(vendorReadFailure('supervisor-job', error, [secret]));
  }
}
