import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const shared = fileURLToPath(new URL('../../../shared/data/', import.meta.url));

/** Where the evaluation data lies; undefined where it is absent, and the tests that need it are skipped by name. */
export function dataFile(name: string): string | undefined {
  const path = `${shared}${name}`;
  return existsSync(path) ? path : undefined;
}
