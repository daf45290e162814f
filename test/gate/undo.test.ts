import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { CHECKS } from '../../src/connector/conformance.ts';
import { floorOf, kindOfOperation } from '../../src/core/study/catalogue/catalogue.ts';
import { OWN_SYSTEM } from '../../src/model/proposal.ts';
import { RESPONDERS } from '../../src/responders/index.ts';

const CONFORMANCE = fileURLToPath(new URL('../conformance', import.meta.url));
const OPERATIONS = [...RESPONDERS.values()].flatMap(({ manifest }) =>
  manifest.operations.map(operation => ({ responder: manifest.name, manifest, operation })),
);

describe('whatever can be proposed', () => {
  test.each(OPERATIONS)(
    '$responder $operation.name is undone by an operation of its own, or is marked irreversible and takes two people',
    ({ manifest, operation }) => {
      const inverse = manifest.operations.find(({ name }) => name === operation.undo);
      if (operation.touches === 'own') {
        // No answer to an incident's entities, so no kind of the catalogue; it leads back all the same.
        expect(inverse?.undo, 'what undoes it is undone by it').toBe(operation.name);
        return;
      }
      if (operation.kind === 'call_tool') {
        // Asked for by an agent and no answer to an incident's entities, so no kind of the catalogue either.
        expect(operation).toMatchObject({ undo: undefined, reversibility: 'irreversible' });
        expect(
          floorOf({
            id: operation.kind,
            tierRule: { kind: 'operation', touches: operation.touches, reversibility: operation.reversibility },
          }),
        ).toBe('T3');
        return;
      }
      const kind = kindOfOperation(operation);
      expect(kind, 'it is a kind of the catalogue').toBeDefined();
      const rule = (reversibility: typeof operation.reversibility) =>
        floorOf({ id: operation.kind, tierRule: { kind: 'operation', touches: operation.touches, reversibility } });
      // The catalogue's floor is the code's, of the very operation; one with no way back, of a kind that has one, takes more.
      if (operation.reversibility !== 'irreversible' || kind?.undo.by === 'irreversible')
        expect(kind && floorOf(kind)).toBe(rule(operation.reversibility));
      if (operation.undo === undefined || operation.reversibility === 'irreversible') {
        expect(operation).toMatchObject({ undo: undefined, reversibility: 'irreversible' });
        expect(rule('irreversible')).toBe('T3');
        expect(['T2', 'T3']).toContain(rule('exact'));
        return;
      }
      expect(inverse?.undo, 'and what undoes it is undone by it').toBe(operation.name);
    },
  );

  test('each responder is held on a real target to the check that its undo brings back what was', async () => {
    expect(CHECKS.map(({ title }) => title)).toContain(
      'A9 the undo brings back what was, but for the residue that was declared',
    );
    for (const [name, { manifest }] of RESPONDERS) {
      // What undoes nothing brings nothing back.
      if (manifest.operations.every(({ undo }) => undo === undefined)) continue;
      // What needs a document that the product does not bring is loaded where it is there.
      const file = name === 'github' ? 'vendor/github-suite' : `${name}.test`;
      const suite = await readFile(`${CONFORMANCE}/${file}.ts`, 'utf8');
      // Our own database is no account that somebody holds open, so its responder has a suite of its own.
      expect(suite, name).toMatch(name === OWN_SYSTEM ? /undo brings back what was/ : /conformance\(/i);
    }
  });
});
