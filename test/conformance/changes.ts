import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Change } from '../../src/connector/target.ts';

/** A change by somebody else. Without a way back it is undone by whatever puts the whole target back. */
export const later = (
  name: string,
  apply: () => Promise<unknown>,
  revert: () => Promise<unknown> = async () => undefined,
): Change => ({
  name,
  apply: async () => void (await apply()),
  revert: async () => void (await revert()),
});

/** Every file of a folder with its text, by name. */
export async function filesIn(folder: string): Promise<readonly (readonly [string, string])[]> {
  const names = (await readdir(folder)).sort();
  return await Promise.all(names.map(async name => [name, await readFile(join(folder, name), 'utf8')] as const));
}
