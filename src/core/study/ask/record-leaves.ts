import { oncePer } from '../../../base/once.ts';
import type { AskedRecord } from './asked.ts';

/** Fields of one record that are looked at, how deep, and characters of a value. */
const LEAVES_MAX = 2_000;
const DEPTH_MAX = 12;
const VALUE_CHARS_MAX = 2_000;

/** A field of a raw record that holds a single value. */
export interface Leaf {
  /** The last name of its path; of a list its own name. */
  readonly name: string;
  /** RFC 6901. */
  readonly pointer: string;
  readonly value: string;
}

/** The fields of a record in its order; none of a record that is text. They never change, so they are read once. */
export const leavesOf = oncePer(({ record }: AskedRecord): readonly Leaf[] => {
  const leaves: Leaf[] = [];
  const walk = (value: unknown, name: string, pointer: string, depth: number): void => {
    if (leaves.length >= LEAVES_MAX || depth > DEPTH_MAX) return;
    if (Array.isArray(value)) {
      for (const [at, member] of value.entries()) walk(member, name, `${pointer}/${at}`, depth + 1);
    } else if (typeof value === 'object' && value !== null) {
      for (const [key, member] of Object.entries(value))
        walk(member, key, `${pointer}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`, depth + 1);
    } else if (pointer !== '' && value !== null && value !== undefined && value !== '') {
      const text = typeof value === 'string' ? value : JSON.stringify(value);
      if (text.length <= VALUE_CHARS_MAX) leaves.push({ name, pointer, value: text });
    }
  };
  walk(record, '', '', 0);
  return leaves;
});

/** A name of a field that people can say: no number, no sign but `_`, `-`, `.` and blanks. */
const NAME = /^[A-Za-z][A-Za-z0-9_. -]{1,60}$/;

/** The names of a record's fields. */
export function recordNamesOf(one: AskedRecord): ReadonlySet<string> {
  return new Set(leavesOf(one).flatMap(({ name }) => (NAME.test(name) ? [name] : [])));
}
