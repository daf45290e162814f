import { Attribute, Change, PresenceFilter } from 'ldapts';
import type { Plan, ResponderContext, Secret } from '../../../ports/responder.ts';
import { errorTextWithout } from '../wire-text.ts';
import { type Bound, bindAs, CODE, type DirectoryAddress, NoOpControl, resultCodeOf } from './ldap-directory.ts';

/**
 * A connection that was bound as the account before the lock and is kept, in the place of whoever may hold one. Only such
 * a connection shows whether the lock holds against it: afterwards nobody can make one.
 */
interface HeldBind {
  /** Digest of the plan that it was made for. */
  readonly plan: string;
  readonly bound: Bound;
  readonly dn: string;
  readonly couldRead: boolean;
}

/** One for each account. In this process only: after a restart the effect is unproven. */
const held = new Map<string, HeldBind>();
const HELD_MAX = 32;
const HELD_MS_MAX = 15 * 60_000;

/** What a held or a fresh bind showed. */
export interface HeldFinding {
  readonly text: string;
  readonly ok: 'yes' | 'no' | 'unproven';
}

/**
 * Binds as the account and keeps the connection for {@link lookThroughHeldBind}. Does nothing where no password of the
 * account was entrusted to us as a probe, or where it does not work. Sends nothing that changes the account.
 */
export async function holdBind(
  plan: Plan,
  dn: string,
  name: string,
  settings: DirectoryAddress,
  context: ResponderContext,
): Promise<void> {
  // One of an earlier execution would show what its password was then.
  const account = accountOf(plan.target.system, dn);
  await releaseBind(account);
  const secret = await probeSecret(name, context);
  if (secret === undefined || held.size >= HELD_MAX) return;
  try {
    const bound = await bindAs(settings, dn, secret, context.timeoutMs);
    held.set(account, { plan: plan.digest, bound, dn, couldRead: await canRead(bound, dn) });
    setTimeout(() => {
      if (held.get(account)?.bound === bound) void releaseBind(account);
    }, HELD_MS_MAX).unref();
  } catch {
    // The probe's password is not the account's any more. The finding will say that there is no held bind.
  }
}

function accountOf(system: string, dn: string): string {
  return `${system} ${dn}`;
}

/** Ends what is held as this account: from then on whoever is seen bound as it is somebody else. */
export async function releaseHeldBind(system: string, dn: string): Promise<void> {
  await releaseBind(accountOf(system, dn));
}

/** Ends the held connection of an account, if there is one. */
async function releaseBind(account: string): Promise<void> {
  const bind = held.get(account);
  held.delete(account);
  await bind?.bound.close();
}

/** What the connection that was bound before the lock can still do. Asks the server, and changes nothing there. */
export async function lookThroughHeldBind(plan: Plan): Promise<readonly HeldFinding[]> {
  const bind = [...held.values()].find(one => one.plan === plan.digest);
  const about = 'A connection that was bound before the lock';
  if (bind === undefined) return [{ text: `${about} is held, to look through`, ok: 'unproven' }];
  if (!bind.bound.isAlive()) return [{ text: `${about} has been ended`, ok: 'yes' }];
  const reads = bind.couldRead ? ((await canRead(bind.bound, bind.dn)) ? 'no' : 'yes') : 'unproven';
  return [
    { text: `${about} can read nothing any more`, ok: reads },
    { text: `${about} cannot lift the lock by a new password`, ok: await cannotLift(bind) },
  ];
}

async function canRead({ client }: Bound, dn: string): Promise<boolean> {
  try {
    const { searchEntries } = await client.search(dn, {
      scope: 'base',
      filter: new PresenceFilter({ attribute: 'objectClass' }),
      attributes: ['1.1'],
    });
    return searchEntries.length > 0;
  } catch {
    return false;
  }
}

/**
 * slapd deletes pwdAccountLockedTime when the account's own password is replaced, and lets an open connection do that.
 * The no-op control asks whether it would, and nothing is replaced. An answer that is neither proves nothing.
 */
async function cannotLift({ bound, dn }: HeldBind): Promise<HeldFinding['ok']> {
  const change = new Change({
    operation: 'replace',
    modification: new Attribute({ type: 'userPassword', values: ['countersign asks, and changes nothing'] }),
  });
  try {
    await bound.client.modify(dn, [change], [new NoOpControl()]);
    return 'no';
  } catch (error) {
    const code = resultCodeOf(error);
    return code === CODE.noOperation
      ? 'no'
      : code === CODE.insufficientAccess || code === CODE.noSuchObject
        ? 'yes'
        : 'unproven';
  }
}

/** Whether a fresh bind with the account's own password works. A refusal alone proves nothing: the password may be another now. */
export async function tryFreshBind(
  dn: string,
  name: string,
  settings: DirectoryAddress,
  context: ResponderContext,
): Promise<'works' | 'refused' | { readonly unknown: string }> {
  const secret = await probeSecret(name, context);
  if (secret === undefined) return { unknown: 'no probe is configured for this account' };
  try {
    await (await bindAs(settings, dn, secret, context.timeoutMs)).close();
    return 'works';
  } catch (error) {
    const cause = error instanceof Error ? error.cause : undefined;
    return resultCodeOf(cause) === CODE.invalidCredentials ? 'refused' : { unknown: errorTextWithout(error, [secret]) };
  }
}

/** The probe credential of a system is a JSON object: the password of each account that may be probed, by its name. */
export async function probeSecret(name: string, context: ResponderContext): Promise<Secret | undefined> {
  if (context.probeCredential === undefined) return undefined;
  let parsed: unknown;
  try {
    parsed = JSON.parse((await context.probeCredential()).reveal());
  } catch {
    return undefined;
  }
  const passwords = new Map<string, unknown>(
    typeof parsed === 'object' && parsed !== null ? Object.entries(parsed) : [],
  );
  const password = passwords.get(name);
  // An empty password is an anonymous bind (RFC 4513, 5.1.2), which always works and proves nothing.
  return typeof password === 'string' && password !== '' ? { reveal: () => password } : undefined;
}
