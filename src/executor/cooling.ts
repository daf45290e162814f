import { agedOf, coolingCredentialsOf, coolingOf } from '../core/decide/cooling.ts';
import type { Person } from '../model/review.ts';
import type { ExecutorPorts } from './ports.ts';

/**
 * Notes which credentials there are, and says which of them are too new to count for an act of two people. By this executor's
 * own clock and its own notes: when a server says that somebody was enrolled is for the server to say.
 */
export function coolingCredentials(
  people: ReadonlyMap<Person['id'], Person>,
  ports: Pick<ExecutorPorts, 'noteCredentials' | 'now'>,
): ReadonlySet<string> {
  const aged = [...people.values()].flatMap(agedOf);
  const cooling = coolingOf(ports.noteCredentials(aged), ports.now());
  return new Set(coolingCredentialsOf(people.values(), cooling).keys());
}
