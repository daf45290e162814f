import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readInventory, sealed } from '../decide/closed.ts';
import { parseInventory } from './inventory.ts';

const faults = (text: string) => {
  const parsed = parseInventory(text, '1');
  return parsed.ok ? [] : parsed.failure.map(fault => `${fault.where}: ${fault.because}`);
};

describe('an inventory file', () => {
  test('says the same in YAML and in CSV, in any order', () => {
    const yaml = parseInventory(
      `- {kind: host, name: web-1, aliases: ["host:web-1.corp", "host:web1"], criticality: high, privileged: false}\n- {kind: person, name: "Doe, Jane", accounts: [{system: orders-db, name: jane}]}`,
      '3',
    );
    const csv = parseInventory(
      'name,kind,aliases,accounts,criticality,privileged\n"Doe, Jane",person,,orders-db:jane,,\nweb-1,host,host:web1;host:web-1.corp,,high,no\n',
      '3',
    );
    expect(yaml.ok).toBe(true);
    expect(csv).toEqual(yaml);
    expect(csv.ok && csv.value.records.map(record => record.privileged)).toEqual(['no', 'unknown']);
  });

  test('is refused with the place of each fault, and never guessed at', () => {
    expect(faults('kind,name,privilegd\nperson,Jane,no\n')).toEqual([
      'line 1: `privilegd` is no column of an inventory',
    ]);
    expect(faults('kind,name\nperson\n')).toEqual(['line 2: has 1 cells where the header has 2']);
    expect(faults('kind,name\nperson,Jane\nperson,jane\n')).toEqual(['line 3: person `jane` stands at line 2 too']);
    expect(faults('- {kind: person, name: Jane, criticality: severe}')).toEqual([
      'records[0].criticality: must be one of low, medium, high, critical, unknown',
    ]);
    expect(faults('- {kind: person, name: "Ja\\u202ene"}')).toEqual(['records[0].name: must be a name']);
    expect(faults('- {kind: person, name: Jane, name: Jan}')).not.toEqual([]);
    expect(faults('a: &a [*a]')).not.toEqual([]);
    expect(faults('records: 7')).toEqual(['the file: a list of records is expected']);
    expect(faults('kind,name\nperson,"Jane')).toEqual(['the file: a quoted cell does not end']);
  });

  test('never throws, whatever it holds, and what it gives is what an administrator can sign', () => {
    const cell = fc.constantFrom(
      'person',
      'host',
      'name',
      'kind',
      'yes',
      ',',
      '"',
      '\n',
      ';',
      ':',
      'user:x',
      '- ',
      '{',
      '}',
      '[',
      'privileged',
      '&a ',
      '*a',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(cell).map(parts => parts.join('')),
          fc.array(cell).map(parts => `kind,name\n${parts.join('')}`),
        ),
        text => {
          const parsed = parseInventory(text, '1');
          if (!parsed.ok) return parsed.failure.length > 0;
          return readInventory(sealed('countersign/inventory/v1', parsed.value).text).ok;
        },
      ),
    );
  });
});
