import { fail, ok, type Result } from '../../base/result.ts';
import { type Failure, failureOf } from '../../model/failure.ts';
import type { Plan, PlanRequest, ResponderContext, SystemConfig } from '../../ports/responder.ts';
import { vendorReadFailure } from '../shared/http/vendor-http.ts';
import { sealPlan } from '../shared/seal.ts';
import { shownText } from '../shared/wire-text.ts';
import { readSettings, type SupervisorSettings } from './config.ts';
import { type Job, nameOf, readJobs } from './jobs.ts';
import { operationNamed } from './manifest.ts';

const SHOWN_MAX = 50;

/** Asks what a job is and whether it runs. Changes nothing. */
export async function planJob(
  request: PlanRequest,
  system: SystemConfig,
  context: ResponderContext,
): Promise<Result<Plan, Failure>> {
  const settings = readSettings(system.settings);
  if (!settings.ok) return settings;
  const operation = operationNamed(request.operation);
  if (operation === undefined)
    return fail(
      failureOf('proposal.not_expressible', `supervisor-job: there is no operation ${shownText(request.operation)}`),
    );
  const secret = await context.readCredential();
  try {
    const jobs = await readJobs({ settings: settings.value, secret, timeoutMs: context.timeoutMs });
    const { target } = request;
    const job = jobs.find(one => ('name' in target ? nameOf(one) === target.name : one.id === target.immutableId));
    if (job === undefined)
      return fail(failureOf('proposal.target_not_found', 'supervisor-job: there is no job of that name'));
    return ok(describe(request, operation.version, system.system, job, jobs, settings.value));
  } catch (error) {
    return fail(vendorReadFailure('supervisor-job', error, [secret]));
  }
}

const UNKNOWN = [
  'What waits for it, and how that behaves without it.',
  'What it started itself: supervisord tells of no child of a job.',
  'Whatever else starts it again: a person, a schedule, a supervisord that is started anew.',
] as const;

function describe(
  request: PlanRequest,
  operationVersion: string,
  system: string,
  job: Job,
  jobs: readonly Job[],
  { own, ports }: SupervisorSettings,
): Plan {
  const isOwn = own.has(job.id);
  const port = ports.get(job.id);
  const isStop = request.operation === 'stop';
  const besides = jobs.filter(one => one.group === job.group && one.id !== job.id);
  const rest = besides.length - SHOWN_MAX;
  return sealPlan({
    operation: request.operation,
    operationVersion,
    target: { type: 'job', system, immutableId: job.id },
    facts: {
      displayName: shownText(nameOf(job)),
      isPrivileged: 'unknown',
      isMachine: 'yes',
      isLastAdministrator: false,
      isOwnIdentity: isOwn,
    },
    params: {},
    // Neither its number nor when it was started: what ends and comes back of itself could hold up its stop.
    preconditions: [
      { path: 'job.program', value: job.program },
      { path: 'job.running', value: job.running },
      // One that was stopped stays as it is until somebody starts it.
      ...(isStop ? [] : [{ path: 'job.mark', value: job.mark }]),
    ],
    changes: [{ path: 'job.running', from: job.running, to: isStop ? 'no' : 'yes' }],
    blast: {
      direct: [
        shownText(`it is ${job.state}, and runs: ${job.command}`),
        ...(port === undefined ? [] : [`every connection to ${port.host}:${port.port}`]),
      ],
      dependents: [
        ...besides.slice(0, SHOWN_MAX).map(one => shownText(`in its group: ${one.name}, ${one.state}`)),
        ...(rest > 0 ? [`${rest} more in its group`] : []),
      ],
      unknown: UNKNOWN,
    },
    sideEffects: isStop ? ['It is sent its signal to stop, and is killed where it has not ended in its own time.'] : [],
    refusals: [
      ...(isOwn && isStop ? [{ reason: 'own_identity' as const, text: 'It is a job that Countersign rests on.' }] : []),
      ...stateRefusals(request, job),
    ],
    dryRun: 'predicted',
  });
}

function stateRefusals({ operation, before }: PlanRequest, { running, mark, program }: Job): Plan['refusals'] {
  if (running === 'stopping') return [{ reason: 'not_settled', text: 'It is stopping just now.' }];
  if (operation === 'stop') return running === 'yes' ? [] : [{ reason: 'already_in_effect', text: 'It does not run.' }];
  if (before?.['job.running'] !== 'yes') return [{ reason: 'nothing_to_undo', text: 'Countersign did not stop it.' }];
  return running === 'no' && mark === before['job.markAfter'] && program === before['job.program']
    ? []
    : [{ reason: 'changed_since', text: 'It was started or changed since. Look at it there first.' }];
}
