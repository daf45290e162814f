import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { RESPONDERS } from './index.ts';

const FOLDERS = readdirSync(import.meta.dirname, { withFileTypes: true })
  .filter(entry => entry.isDirectory() && entry.name !== 'shared')
  .map(({ name }) => name);

describe('the registry of responders', () => {
  test('holds each folder that is there, and nothing else', () => {
    expect(
      FOLDERS.filter(folder => !RESPONDERS.has(folder)),
      'each folder has its import and its place in the list of src/responders/index.ts, under the name in its manifest',
    ).toEqual([]);
    expect([...RESPONDERS.keys()].sort()).toEqual(FOLDERS.sort());
  });

  describe.each([...RESPONDERS.values()].map(({ manifest }) => [manifest.name, manifest] as const))(
    '%s',
    (name, manifest) => {
      test('every undo is an operation of its own, and leads back', () => {
        for (const { name: operation, undo, reversibility } of manifest.operations) {
          expect(undo === undefined, operation).toBe(reversibility === 'irreversible');
          const back = manifest.operations.find(candidate => candidate.name === undo);
          if (undo !== undefined) expect(back?.undo, operation).toBe(operation);
        }
      });

      test('an operation that cannot be undone exactly says what stays', () => {
        for (const { name: operation, reversibility, residue } of manifest.operations) {
          expect(residue.length > 0, operation).toBe(reversibility !== 'exact');
        }
      });

      test('asks for no right with a wildcard, and names what it must not have', () => {
        for (const scope of [...manifest.scopes.read, ...manifest.scopes.write]) expect(scope).not.toContain('*');
        expect(manifest.scopes.forbidden.length).toBeGreaterThan(0);
      });

      test('its README tells of each operation', () => {
        const text = readFileSync(join(import.meta.dirname, name, 'README.md'), 'utf8');
        for (const { name: operation } of manifest.operations) expect(text).toContain(`\`${operation}\``);
      });
    },
  );
});
