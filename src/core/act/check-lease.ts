import type { UnixMs } from '../../base/time.ts';
import type { FailureCode } from '../../model/failure.ts';
import type { Act, Presentation } from '../../model/proposal.ts';
import type { Operation } from '../../ports/responder.ts';
import { leaseTrouble } from '../decide/lease.ts';

/** What was shown of the lease is what the act has, and it begins neither too late nor for longer than its kind may. */
export function checkLease(
  { operation, now }: { readonly operation: Operation | undefined; readonly now: UnixMs },
  act: Act | undefined,
  presentation: Presentation | undefined,
  check: (name: string, ok: boolean, code: FailureCode, detail: string) => void,
): void {
  const endsAt = act?.leaseEndsAt;
  const shown = presentation?.lease?.endsAt;
  if (endsAt === undefined && shown === undefined) return;
  check(
    'its lease is the one that was shown',
    endsAt === shown,
    'execution.lease',
    `${endsAt ?? 'none'}, shown as ${shown ?? 'none'}`,
  );
  const trouble =
    operation === undefined || endsAt === undefined ? 'nothing has it' : leaseTrouble(operation, endsAt, now);
  check('its lease holds now', trouble === undefined, 'execution.lease', trouble ?? `until ${endsAt}`);
}
