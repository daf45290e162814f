import { coolingOf } from '../core/decide/cooling.ts';
import { type Directory, directoryOf, type StoredStatement } from '../core/decide/directory.ts';
import type { StoredPersonChange } from '../core/decide/person-change.ts';
import type { StoredPeople } from '../store/person-facts.ts';
import type { ExecutorPorts } from './ports.ts';

/**
 * Who is enrolled, by signatures that chain to the genesis that this executor pinned, in the order in which it came to know of
 * them. What it believed once stays believed and in its place, whatever the database holds: a removal that is hidden later
 * stands, and an old statement that is brought forward comes after everything that was seen before it, where it is worth
 * nothing.
 *
 * Whoever was believed stays so, also where one administrator alone had invited them; nobody else comes by one.
 */
export async function standingDirectory(ports: ExecutorPorts): Promise<Directory> {
  const kept = ports.keptPeople();
  const stored = await ports.readPeople();
  const known = new Set(kept.statements.map(({ statement }) => statement));
  const fresh = stored.statements.filter(({ statement }) => !known.has(statement));
  const invitations = withNew(kept.invitations, stored.invitations);
  const statements = [...kept.statements, ...fresh];
  const isTooNew = coolingBefore(ports);
  const counts = (aged: string, change: StoredPersonChange) => known.has(change.statement) || !isTooNew(aged);
  // An earlier version kept nothing of people: then those who are there were there before, as with the age of passkeys. Once.
  const isFirstLook = ports.genesis.invitedBy !== 'two' && kept.invitedBy !== 'two' && kept.statements.length === 0;
  const directory = await directoryOf(ports.genesis, invitations, statements, ports.verify, {
    counts,
    wasByOne: ({ statement }) => isFirstLook || known.has(statement),
  });
  if (isFirstLook || directory.counted.length > kept.statements.length)
    ports.keepPeople({ ...worthKeeping(invitations, directory.counted), invitedBy: 'two' });
  return directory;
}

/** By what was noted before this look: whoever signs a change now must have been known long enough then. */
function coolingBefore(ports: ExecutorPorts): (aged: string) => boolean {
  const since = ports.notedCredentials();
  return aged => {
    // Of an executor without notes those who are there were there before, as for everything else that is new.
    if (since.size === 0) return false;
    return coolingOf(new Map([[aged, ports.now()], ...since]), ports.now()).has(aged);
  };
}

/** Those that were kept, and behind them what is new. A kept one is not replaced by another of its name. */
function withNew(kept: StoredPeople['invitations'], stored: StoredPeople['invitations']): StoredPeople['invitations'] {
  const bodies = new Set(kept.map(({ body }) => body));
  return [...stored.filter(({ body }) => !bodies.has(body)), ...kept];
}

function worthKeeping(invitations: StoredPeople['invitations'], statements: readonly StoredStatement[]): StoredPeople {
  const used = new Set(
    statements.map(({ statement }) => (JSON.parse(statement) as { readonly invitation?: string }).invitation),
  );
  return {
    invitations: invitations.filter(({ body }) => used.has((JSON.parse(body) as { readonly id?: string }).id)),
    statements,
  };
}
