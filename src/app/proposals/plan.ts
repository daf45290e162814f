import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { newId, timeOrdered } from '../../base/id.ts';
import { fail, type Result } from '../../base/result.ts';
import { type Failure, failureOf } from '../../model/failure.ts';
import type { Plan } from '../../ports/responder.ts';
import type { ServerContext } from '../context.ts';

/** What is asked of the executor: it alone can look at a target, since it alone holds the credentials. */
export interface PlanQuestion {
  readonly responder: string;
  readonly system: string;
  readonly operation: string;
  readonly target: { readonly name: string } | { readonly immutableId: string };
  readonly params: { readonly [name: string]: string };
  readonly undoes: string | undefined;
}

const PLAN_WAIT_MS_MAX = 20_000;
const LOOK_EVERY_MS = 40;

/** A fresh look at the target, by the executor. `system.not_ready` where it does not answer in time. */
export async function planByExecutor(
  context: ServerContext,
  { responder, system, operation, target, params, undoes }: PlanQuestion,
): Promise<Result<Plan, Failure>> {
  const id = newId('record', () => timeOrdered(context.now(), randomBytes(10)));
  await context.pool.query('INSERT INTO plan_request (tenant_id, id, request, at) VALUES ($1, $2, $3, now())', [
    context.tenant,
    id,
    JSON.stringify({ responder, system, operation, target, params, undoes } satisfies PlanQuestion),
  ]);
  await context.pool.query("SELECT pg_notify('cs_executor', $1)", [id]);
  const until = Date.now() + PLAN_WAIT_MS_MAX;
  while (Date.now() < until) {
    const { rows } = await context.pool.query<{ result: Result<Plan, Failure> }>(
      'SELECT result FROM plan_result WHERE tenant_id = $1 AND request_id = $2',
      [context.tenant, id],
    );
    if (rows[0] !== undefined) return rows[0].result;
    await sleep(LOOK_EVERY_MS);
  }
  return fail(failureOf('system.not_ready', `the executor did not answer plan request ${id}`));
}
