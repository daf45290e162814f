import { ATTACK_TABLE, TACTIC_LETTERS } from './attack-table.ts';

export interface Technique {
  readonly id: string;
  /** `Brute Force`; of a sub-technique with the technique before it: `Brute Force: Password Spraying`. */
  readonly name: string;
  /** In kebab case, in the order of the matrix. */
  readonly tactics: readonly string[];
}

const ID = /^T\d{4}(?:\.\d{3})?$/;

let table: ReadonlyMap<string, Technique> | undefined;

/**
 * The technique of an ATT&CK id (`T1110`, `t1110.003`). Undefined for what is no id and for an id that the version at
 * hand does not have: a revoked one, a newer one, or one of another matrix.
 */
export function techniqueOf(id: string): Technique | undefined {
  const wanted = id.trim().toUpperCase();
  if (!ID.test(wanted)) return undefined;
  table ??= readTable();
  return table.get(wanted);
}

/** Whether it has the form of a technique's id. */
export function isTechniqueId(text: string): boolean {
  return ID.test(text.trim().toUpperCase());
}

export function techniqueCount(): number {
  table ??= readTable();
  return table.size;
}

function readTable(): ReadonlyMap<string, Technique> {
  const all = new Map<string, Technique>();
  for (const line of ATTACK_TABLE.trim().split('\n')) {
    const [head = '', ...subs] = line.split('|');
    const number = head.slice(0, 4);
    const lettersEnd = head.indexOf(' ', 5);
    const letters = head.slice(5, lettersEnd);
    const name = head.slice(lettersEnd + 1);
    all.set(`T${number}`, { id: `T${number}`, name, tactics: tacticsOf(letters) });
    for (const sub of subs) {
      const space = sub.indexOf(' ');
      const [place = '', own] = sub.slice(0, space).split('=');
      const id = `T${number}${place}`;
      all.set(id, { id, name: `${name}: ${sub.slice(space + 1)}`, tactics: tacticsOf(own ?? letters) });
    }
  }
  return all;
}

function tacticsOf(letters: string): readonly string[] {
  return (letters.match(/../g) ?? []).map(pair => TACTIC_LETTERS.get(pair) ?? pair);
}
