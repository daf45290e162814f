import { oncePer } from '../../base/once.ts';
import type { Alert } from '../../model/alert.ts';
import type { TimelineEntry } from '../../model/claim.ts';

type Names = NonNullable<TimelineEntry['names']>;

/** Names of one entry; a record with more is an inventory. */
const NAMES_MAX = 40;
const LABEL_CHARS_MAX = 200;

/**
 * Everything by name that the mapped fields of an alert hold (commands, files, digests, addresses, accounts), and the
 * techniques that it states, each once, as recorded. It is what a person searches other records for.
 */
export const namesIn: (alert: Pick<Alert, 'entities' | 'techniques'>) => Names = oncePer(({ entities, techniques }) => {
  const names = new Map<string, Names[number]>();
  for (const { kind, label } of entities) {
    const shown = label.length <= LABEL_CHARS_MAX ? label : `${label.slice(0, LABEL_CHARS_MAX - 1).toWellFormed()}…`;
    // A program is a process and a file at once: to search for, it is one name.
    if (shown !== '' && !names.has(shown)) names.set(shown, { kind, label: shown });
    if (names.size === NAMES_MAX) break;
  }
  return [...names.values(), ...techniques.map(label => ({ kind: 'technique' as const, label }))];
});
