import type pg from 'pg';
import type { Result } from '../base/result.ts';
import type { Doing } from '../model/api-powers.ts';
import type { Failure } from '../model/failure.ts';
import type { Receipt } from '../ports/responder.ts';

/** How one call to a target system went; undefined where it says nothing of the system, as a name that no account can have. */
export type Went =
  | { readonly doing: Doing; readonly went: 'well' | 'ill'; readonly code: string; readonly asksToWaitS?: number }
  | undefined;

const NO_FAULT = new Set(['refused_drift']);
const WELL = new Set(['applied', 'already_applied']);

/** Of a look. A target that was not found is no fault of the system, and no sign of its health: some names are refused unasked. */
export function wentOfLook(doing: 'plan' | 'observe', result: Result<unknown, Failure>): Went {
  if (result.ok) return { doing, went: 'well', code: '' };
  const { code, asksToWaitS } = result.failure;
  if (!code.startsWith('responder.')) return undefined;
  return { doing, went: 'ill', code, ...(asksToWaitS === undefined ? {} : { asksToWaitS }) };
}

export function wentOfReceipt({ outcome }: Receipt): Went {
  if (NO_FAULT.has(outcome)) return undefined;
  return { doing: 'execute', went: WELL.has(outcome) ? 'well' : 'ill', code: WELL.has(outcome) ? '' : outcome };
}

const WAIT_S_MAX = 86_400;

/** Notes it for people to look at. It stands in nobody's way: what cannot be noted is left out, and the act goes on. */
export async function noteWent(
  pool: pg.Pool,
  tenant: string,
  of: { readonly system: string; readonly responder: string },
  went: Went,
): Promise<void> {
  if (went === undefined) return;
  const now = Date.now();
  const waitS = went.asksToWaitS === undefined ? undefined : Math.min(went.asksToWaitS, WAIT_S_MAX);
  await pool
    .query(
      `INSERT INTO power_seen (tenant_id, system, responder, doing, went, code, at, wait_until) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
         ON CONFLICT (tenant_id, system, responder, doing, went)
         DO UPDATE SET code = excluded.code, at = excluded.at, wait_until = excluded.wait_until`,
      [
        tenant,
        of.system,
        of.responder,
        went.doing,
        went.went,
        went.code,
        new Date(now),
        waitS === undefined ? null : new Date(now + waitS * 1_000),
      ],
    )
    .catch(() => undefined);
}
