import type pg from 'pg';
import type { Result } from '../base/result.ts';
import { fail } from '../base/result.ts';
import { type Failure, failureOf } from '../model/failure.ts';
import type { Plan } from '../ports/responder.ts';
import { undoneAct } from './carry-out.ts';
import type { ExecutorPorts } from './ports.ts';

/** What the server may ask: a look at a target. The executor reads with the read credential, and nothing changes. */
export interface StoredPlanRequest {
  readonly responder: string;
  readonly system: string;
  readonly operation: string;
  readonly target: { readonly name: string } | { readonly immutableId: string };
  /** What the operation has to be told besides; absent for most. */
  readonly params?: { readonly [name: string]: string };
  /** The execution that is to be undone; its state before comes from what this executor wrote. */
  readonly undoes: string | undefined;
}

export type PlanAnswer = Result<Plan, Failure>;

/** Answers every plan request that has no answer yet, oldest first. Returns how many. */
export async function answerPlanRequests(pool: pg.Pool, tenant: string, ports: ExecutorPorts): Promise<number> {
  const { rows } = await pool.query<{ id: string; request: StoredPlanRequest }>(
    `SELECT q.id, q.request FROM plan_request q
      WHERE q.tenant_id = $1 AND NOT EXISTS (SELECT FROM plan_result r WHERE r.tenant_id = q.tenant_id AND r.request_id = q.id)
        AND q.at > now() - interval '2 minutes'
      ORDER BY q.at LIMIT 50`,
    [tenant],
  );
  for (const { id, request } of rows) {
    const answer = await answerOne(request, ports);
    await pool.query(
      'INSERT INTO plan_result (tenant_id, request_id, result, at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING',
      [tenant, id, JSON.stringify(answer), new Date()],
    );
    await pool.query("SELECT pg_notify('cs_plan', $1)", [id]);
  }
  return rows.length;
}

async function answerOne(request: StoredPlanRequest, ports: ExecutorPorts): Promise<PlanAnswer> {
  try {
    const undone = request.undoes === undefined ? undefined : await undoneAct(request.undoes, ports);
    if (request.undoes !== undefined && undone === undefined)
      return fail(failureOf('proposal.wrong_state', 'there is nothing to undo'));
    return await ports.plan(request.responder, request.system, {
      operation: request.operation,
      target: request.target,
      params: request.params ?? {},
      before: undone?.before,
    });
  } catch (error) {
    return fail(failureOf('responder.unreachable', error instanceof Error ? error.name : 'failed'));
  }
}
