// The catalogue of controls, and the requirements of published frameworks that each of them answers.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('..', import.meta.url));
const ATTACKS = join(ROOT, 'test', 'attacks');
const read = name => JSON.parse(readFileSync(join(ATTACKS, 'catalogue', name), 'utf8'));

/** By id: what it is, the requirements that it answers (`framework:id`), and tests beside its attack. */
export const CONTROLS = read('controls.json');
/** By `framework@version`: its title, and the titles of those requirements that touch us. */
export const FRAMEWORKS = read('frameworks.json');

/** The files of attacks by the control that each names. */
export function attackFiles() {
  const files = new Map();
  for (const name of readdirSync(ATTACKS)
    .filter(one => one.endsWith('.test.ts'))
    .sort()) {
    for (const [, id] of readFileSync(join(ATTACKS, name), 'utf8').matchAll(/\bid: '([A-Z]{3}-\d{2})'/g)) {
      files.set(id, [...new Set([...(files.get(id) ?? []), `test/attacks/${name}`])]);
    }
  }
  return files;
}
