import { TACTICS } from '../../model/attack.ts';
import { type At, each, textAt } from './at.ts';

const TECHNIQUES_MAX = 64;
const TECHNIQUE = /\bT\d{4}(?:\.\d{3})?\b/g;

const BY_LETTERS: ReadonlyMap<string, string> = new Map(TACTICS.map(name => [name.replaceAll('-', ''), name]));

/** The ATT&CK technique ids that a field states, each once, in order: a list, or a text with separators. */
export function techniquesAt(...fields: readonly (At | undefined)[]): readonly string[] {
  const found = new Set<string>();
  for (const text of textsOf(fields)) for (const match of text.matchAll(TECHNIQUE)) found.add(match[0]);
  return [...found].slice(0, TECHNIQUES_MAX);
}

/** The ATT&CK tactics that a field states, in kebab case: `InitialAccess`, `Initial Access` and `initial_access` alike. */
export function tacticsAt(...fields: readonly (At | undefined)[]): readonly string[] {
  const found = new Set<string>();
  for (const text of textsOf(fields)) {
    for (const part of text.split(/[,;|"[\]]/)) {
      const tactic = BY_LETTERS.get(part.toLowerCase().replace(/[^a-z]/g, ''));
      if (tactic !== undefined) found.add(tactic);
    }
  }
  return [...found];
}

function textsOf(fields: readonly (At | undefined)[]): readonly string[] {
  const texts: string[] = [];
  for (const field of fields) {
    for (const member of each(field)) {
      const text = textAt(member);
      if (text !== undefined) texts.push(text);
    }
  }
  return texts;
}
