import { fail, ok, type Result } from '../base/result.ts';
import { type UnixMs, unixMsFrom } from '../base/time.ts';
import { type Failure, type FailureCode, failureOf } from '../model/failure.ts';
import { type Db, isTaken, type ServerContext } from './context.ts';

/** What a challenge was handed out for. */
export type PendingKind =
  | 'enrol'
  | 'session'
  | 'invitation'
  | 'inventory'
  | 'kill_switch'
  | 'review'
  | 'batch'
  | 'finding'
  | 'delegation'
  | 'person_change'
  | 'custody';

/** A challenge that somebody may sign once. `body` is the canonical text of what is signed, or what is needed to rebuild it. */
export interface PendingSignature {
  readonly nonce: string;
  readonly kind: PendingKind;
  /** Whoever asked for it, or the empty string where nobody has signed in. */
  readonly person: string;
  readonly body: string;
  readonly expiresAt: UnixMs;
}

/** Two who ask at the same moment for the same challenge settle it in a round or two. */
const ATTEMPTS_MAX = 5;
/** How long a challenge may be signed. */
export const PENDING_MS = 10 * 60_000;

/** Keeps a challenge. One of the same nonce is replaced: whoever asks again gets a new one, and the old one is void. */
export async function keepPending(
  context: ServerContext,
  db: Db,
  pending: Omit<PendingSignature, 'expiresAt'>,
): Promise<void> {
  for (let left = ATTEMPTS_MAX; ; left--) {
    await db.query(
      "DELETE FROM pending_signature WHERE tenant_id = $1 AND (nonce = $2 OR expires_at < now() - interval '1 day')",
      [context.tenant, pending.nonce],
    );
    try {
      await db.query(
        'INSERT INTO pending_signature (tenant_id, nonce, kind, person_id, body, expires_at) VALUES ($1, $2, $3, $4, $5, $6)',
        [
          context.tenant,
          pending.nonce,
          pending.kind,
          pending.person,
          pending.body,
          new Date(context.now() + PENDING_MS),
        ],
      );
      return;
    } catch (error) {
      // Somebody asked for the same one between the two statements; the later of us stands.
      if (!isTaken(error) || left === 1) throw error;
    }
  }
}

/**
 * Takes a challenge away, in the transaction that accepts the signature: of two who send the same one, one is told
 * `used`. Where the transaction fails, the challenge is still there.
 */
export async function takePending(
  context: ServerContext,
  client: Db,
  kind: PendingKind,
  nonce: string,
  used: FailureCode,
): Promise<Result<PendingSignature, Failure>> {
  const { rows } = await client.query<{ person_id: string; body: string; expires_at: Date }>(
    'DELETE FROM pending_signature WHERE tenant_id = $1 AND nonce = $2 AND kind = $3 RETURNING person_id, body, expires_at',
    [context.tenant, nonce, kind],
  );
  const [row] = rows;
  if (row === undefined) return fail(failureOf(used, `no ${kind} challenge under this nonce`));
  if (row.expires_at.getTime() < context.now()) return fail(failureOf(used, `the ${kind} challenge expired`));
  return ok({ nonce, kind, person: row.person_id, body: row.body, expiresAt: unixMsFrom(row.expires_at.getTime()) });
}
