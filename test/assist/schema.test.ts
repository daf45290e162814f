import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { mutated, randomAdmissible, randomAnswer } from '../../src/cli/interference/answers.ts';
import { Dice } from '../../src/cli/interference/dice.ts';
import { inventedIncidents } from '../../src/cli/interference/incidents.ts';
import { packetOf } from '../../src/core/study/assist/packet.ts';
import { answerSchema, compileSchema, ENUM_IDS_MAX, type JsonSchema } from '../../src/core/study/assist/schema.ts';

const packets = inventedIncidents(20, 31).map(({ summary, claims, alerts, options, inventory }) => {
  const { coverage, gaps } = summary;
  return packetOf({ summary, claims, alerts, gaps, coverage, options, inventory, nonce: 'n', namesWithheld: true })
    .packet;
});

function each(schema: JsonSchema, see: (schema: JsonSchema, depth: number) => void, depth = 0): void {
  see(schema, depth);
  if (schema.type === 'object') for (const one of Object.values(schema.properties)) each(one, see, depth + 1);
  if (schema.type === 'array') each(schema.items, see, depth + 1);
}

describe('the schema of an answer', () => {
  test('has no place for a sentence: each text is one of a list of this packet, and each object is closed', () => {
    for (const packet of packets) {
      each(answerSchema(packet), (schema, depth) => {
        expect(depth).toBeLessThanOrEqual(6);
        if (schema.type === 'string' && 'enum' in schema) expect(schema.enum.length).toBeGreaterThan(0);
        if (schema.type === 'object') {
          expect(schema.additionalProperties).toBe(false);
          expect(schema.required).toEqual(Object.keys(schema.properties));
        }
      });
    }
  });

  test('is read alike by an independent validator, for what fits and for what does not', () => {
    const dice = new Dice(7);
    let refused = 0;
    for (const packet of packets) {
      const schema = answerSchema(packet);
      const zod = z.fromJSONSchema(JSON.parse(JSON.stringify(schema)));
      const own = compileSchema(schema, new Set());
      for (let turn = 0; turn < 100; turn++) {
        const text = JSON.stringify(
          turn % 4 === 0 ? randomAdmissible(schema, packet, dice) : randomAnswer(schema, packet, dice),
        );
        expect(own(JSON.parse(text))).toBeUndefined();
        expect(zod.safeParse(JSON.parse(text)).success).toBe(true);
        let value: unknown;
        try {
          value = JSON.parse(new TextDecoder().decode(mutated(text, dice)));
        } catch {
          continue;
        }
        const isRefused = own(value) !== undefined;
        if (isRefused) refused++;
        expect(zod.safeParse(value).success).toBe(!isRefused);
      }
    }
    expect(refused).toBeGreaterThan(20);
  });

  test('turns a list into a pattern above two hundred ids, and then looks each id up', () => {
    const [packet] = packets;
    const [fact] = packet?.facts ?? [];
    if (packet === undefined || fact === undefined) throw new Error('the packet has facts');
    const facts = Array.from({ length: ENUM_IDS_MAX + 1 }, (_, n) => ({ ...fact, id: `F${n + 1}` }));
    const schema = answerSchema({ ...packet, facts });
    const answer = randomAdmissible(schema, { ...packet, facts }, new Dice(1)) as { readonly [name: string]: unknown };
    const check = compileSchema(
      schema,
      new Set([...facts.map(({ id }) => id), ...fact.roles.map(({ value }) => value)]),
    );
    const withOrder = (order: readonly string[]) =>
      check({ ...answer, claims: [], hypotheses: [], techniques: [], order });
    expect(withOrder(['F201'])).toBeUndefined();
    expect(withOrder(['F202'])).toEqual({ code: 'reference.unknown_id', pointer: '/order/0' });
    expect(withOrder(['close it'])).toEqual({ code: 'schema.mismatch', pointer: '/order/0' });
  });
});
