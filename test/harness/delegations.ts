import { beginDelegation, finishDelegation } from '../../src/app/delegations.ts';
import type { Result } from '../../src/base/result.ts';
import type { Failure } from '../../src/model/failure.ts';
import type { Installation, Member } from './installation.ts';

/** Lets somebody sign in another's seats, as the page does. */
export async function tryDelegate(
  world: Installation,
  from: Member,
  to: Member,
  days = 2,
): Promise<Result<`dlg_${string}`, Failure>> {
  const begun = await beginDelegation(world.context, from.person, to.person.id, days);
  if (!begun.ok) return begun;
  const { statement, challenge } = begun.value;
  const signature = {
    kind: 'passkey' as const,
    assertion: from.authenticator.assert(Buffer.from(challenge, 'base64url')),
  };
  const done = await finishDelegation(world.context, from.person, statement.nonce, signature);
  return done.ok ? { ok: true, value: statement.delegation } : done;
}
