import type { UnixMs } from '../../base/time.ts';
import type {
  Operation,
  Plan,
  Receipt,
  ResponderContext,
  Secret,
  SystemConfig,
  WriteCapability,
} from '../../ports/responder.ts';
import { openFor } from './open-for.ts';
import { errorTextWithout } from './wire-text.ts';

/** What became of a write: the part of a receipt that the target decides. */
export type Answer = Pick<Receipt, 'outcome' | 'detail' | 'before'>;

/** Nothing was sent, for this reason. */
export function nothingSent(detail: string): Answer {
  return { outcome: 'refused', detail, before: {} };
}

/** It is not as it was planned for, so nothing was changed. */
export function drifted(detail: string): Answer {
  return { outcome: 'refused_drift', detail, before: {} };
}

/** It did not come about. */
export function failed(detail: string): Answer {
  return { outcome: 'failed', detail, before: {} };
}

/** Everything that is known before the write credential is opened. */
export interface Errand {
  readonly plan: Plan;
  readonly system: SystemConfig;
  readonly operation: Operation | undefined;
  /** Why this plan can be no plan of this responder, or never may be carried out; undefined where it can. */
  readonly unfit: string | undefined;
  readonly capability: WriteCapability;
  readonly context: ResponderContext;
}

/**
 * Opens the write credential for a plan and writes once. Whatever goes wrong becomes a receipt: before anything was
 * sent `refused`; in the midst what `outcomeOf` says of the error. No error leaves, and none holds a secret.
 */
export async function carryOut(
  { plan, system, operation, unfit, capability, context }: Errand,
  write: (secret: Secret) => Promise<Answer>,
  outcomeOf: (error: unknown) => 'refused' | 'failed' | 'unknown',
): Promise<Receipt> {
  const startedAt = context.now();
  const end = (answer: Answer): Receipt => ({ ...answer, startedAt, endedAt: laterOf(startedAt, context.now()) });
  if (unfit !== undefined) return end(nothingSent(unfit));
  const opened = await openFor(plan, system, operation, capability);
  return end(opened.ok ? await written(opened.value, write, outcomeOf) : nothingSent(opened.failure));
}

async function written(
  secret: Secret,
  write: (secret: Secret) => Promise<Answer>,
  outcomeOf: (error: unknown) => 'refused' | 'failed' | 'unknown',
): Promise<Answer> {
  try {
    return await write(secret);
  } catch (error) {
    return { outcome: outcomeOf(error), detail: errorTextWithout(error, [secret]), before: {} };
  }
}

function laterOf(a: UnixMs, b: UnixMs): UnixMs {
  return a > b ? a : b;
}
