import type { Plan, Receipt, ResponderContext, Secret, SystemConfig, WriteCapability } from '../../ports/responder.ts';
import { type Answer, carryOut, nothingSent } from '../shared/carry-out.ts';
import { httpWriteOutcome } from '../shared/http/ask-http.ts';
import { inTurn } from '../shared/in-turn.ts';
import { isJobId, readSettings, type SupervisorSettings } from './config.ts';
import { change, readJobs } from './jobs.ts';
import { operationNamed } from './manifest.ts';

/** Stops a job or starts it again, once. */
export async function executeJob(
  plan: Plan,
  system: SystemConfig,
  capability: WriteCapability,
  context: ResponderContext,
): Promise<Receipt> {
  const settings = readSettings(system.settings);
  const errand = { plan, system, operation: operationNamed(plan.operation), capability, context };
  if (!settings.ok)
    return await carryOut({ ...errand, unfit: settings.failure.detail }, async () => nothingSent(''), httpWriteOutcome);
  const { value } = settings;
  return await carryOut(
    { ...errand, unfit: unfitFor(plan, value) },
    secret =>
      inTurn(`supervisor-job ${value.write.url} ${plan.target.immutableId}`, () =>
        changed(plan, value, secret, context),
      ),
    httpWriteOutcome,
  );
}

function unfitFor({ operation, target }: Plan, { own }: SupervisorSettings): string | undefined {
  if (!isJobId(target.immutableId)) return 'the plan is for another kind of target';
  return operation === 'stop' && own.has(target.immutableId) ? 'it is a job that Countersign rests on' : undefined;
}

/** supervisord compares nothing before it does it: what is read first decides. */
async function changed(
  { operation, preconditions, target: { immutableId } }: Plan,
  settings: SupervisorSettings,
  secret: Secret,
  context: ResponderContext,
): Promise<Answer> {
  const { timeoutMs } = context;
  const jobNow = async () =>
    (await readJobs({ settings, secret: await context.readCredential(), timeoutMs })).find(
      ({ id }) => id === immutableId,
    );
  const job = await jobNow();
  const values = new Map([
    ['job.program', job?.program],
    ['job.running', job?.running],
    ['job.mark', job?.mark],
  ]);
  if (job === undefined || !preconditions.every(({ path, value }) => values.get(path) === value))
    return { outcome: 'refused_drift', detail: 'it is not as it was planned for', before: {} };
  const isStop = operation === 'stop';
  await change({ settings, secret, timeoutMs }, isStop ? 'stopProcess' : 'startProcess', immutableId);
  // It was done. Where it cannot be read any more there is no mark, so that nothing is undone without a look.
  const after = await jobNow().catch(() => undefined);
  return {
    outcome: 'applied',
    detail: isStop ? 'it was stopped' : 'it was started',
    before: { 'job.running': job.running, 'job.program': job.program, 'job.markAfter': after?.mark ?? '' },
  };
}
