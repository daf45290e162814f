import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { recordOfValue } from '../read/record.ts';
import { INFERRED_RECORDS_MAX, inferSchema, PATHS_MAX } from './infer.ts';

const RECORDS = Array.from({ length: 12 }, (_, index) =>
  recordOfValue({
    installed: { time: '2026-01-01T00:00:00Z' },
    happened: { timestamp: `2026-03-02T10:00:${String(index).padStart(2, '0')}Z` },
    actor: { email: `user${index % 4}@example.com` },
    client: [{ ip: `192.0.2.${index}` }],
    'a.b': index % 2 === 0 ? 'x' : undefined,
  }),
);

describe('the schema of many records', () => {
  const schema = inferSchema(RECORDS);
  const of = (path: string) => schema.paths.find(one => one.path === path);

  it('says of each path how many records have it, its types and how its values differ', () => {
    expect(schema.records).toBe(12);
    expect(of('actor.email')).toMatchObject({ presence: 1, types: ['text'], distinct: 4 });
    expect(of('a.b')).toMatchObject({ presence: 0.5, distinct: 1, examples: ['x'] });
    expect(of('client.0.ip')?.examples).toHaveLength(3);
  });

  it('proposes each field for one path, with how sure and why', () => {
    expect(of('actor.email')?.proposed).toMatchObject({ field: 'user' });
    expect(of('client.0.ip')?.proposed).toMatchObject({ field: 'src_ip' });
    expect(of('happened.timestamp')?.proposed?.because.length).toBeGreaterThan(0);
    const fields = schema.paths.flatMap(({ proposed }) => (proposed === undefined ? [] : [proposed.field]));
    expect(new Set(fields).size).toBe(fields.length);
  });

  it('is less sure of a time that is the same in every record', () => {
    const constant = inferSchema(Array.from({ length: 6 }, () => recordOfValue({ timestamp: '2026-03-02T10:00:00Z' })));
    expect(constant.paths[0]?.proposed?.confidence).toBeLessThan(0.7);
  });

  it('lists a text’s own pairs as what no map can name', () => {
    const lines = inferSchema([recordOfValue({ message: 'src=192.0.2.1 dst=192.0.2.2 act=deny' })]);
    expect(lines.paths.find(one => one.path === 'message › src')).toMatchObject({
      isInText: true,
      proposed: { field: 'src_ip' },
    });
  });

  it('is bounded, whatever the keys are called and however many there are', () => {
    const many = Object.fromEntries(Array.from({ length: 3_000 }, (_, index) => [`key${index}`, index]));
    const schemaOfMany = inferSchema([recordOfValue({ ...many, source_ip: '192.0.2.1' })]);
    expect(schemaOfMany.paths).toHaveLength(PATHS_MAX);
    expect(schemaOfMany.omitted).toBe(3_001 - PATHS_MAX);
    expect(schemaOfMany.paths[0]?.proposed?.field).toBe('src_ip');
    expect(inferSchema(Array.from({ length: 600 }, () => recordOfValue({ a: 1 }))).records).toBe(INFERRED_RECORDS_MAX);
  });

  it('takes any value', () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue(), { maxLength: 5 }), values => {
        const { paths } = inferSchema(values.map(value => recordOfValue(value)));
        expect(paths.every(({ presence }) => presence > 0 && presence <= 1)).toBe(true);
      }),
    );
    expect(inferSchema([recordOfValue(JSON.parse('{"__proto__":{"x":1},"constructor":"y"}'))]).paths.length).toBe(2);
  });
});
