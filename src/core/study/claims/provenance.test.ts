import { expect, test } from 'vitest';
import type { Alert } from '../../../model/alert.ts';
import type { Provenance } from '../../../model/claim.ts';
import { extractClaims } from '../facts.ts';
import { alertOf, readerOf, type TestRecord } from '../testing.ts';
import { inconsistencies } from './consistency.ts';
import { locateIn, spanIn } from './locate.ts';
import { provenanceOf } from './provenance.ts';

const RECORD: TestRecord = {
  time: '2026-03-02T08:00:00Z',
  rule: 'Odd query',
  actor: 'dana',
  host: 'db1',
  ip: '10.0.0.1',
  resource: 'orders',
};

function provenances(record: TestRecord, change: (alert: Alert) => Alert = alert => alert): readonly Provenance[] {
  const alert = change(alertOf(record, 0));
  const [claim] = extractClaims([alert]);
  return claim === undefined ? [] : provenanceOf(claim, () => alert, readerOf([record]));
}

const byRole = (all: readonly Provenance[], role: string): Provenance | undefined =>
  all.find(({ roles }) => roles.includes(role));

test('every citation says by which code it was read, for which role, and who could have written it', () => {
  const all = provenances(RECORD);
  expect(all.every(({ extractor, version }) => extractor === 'test+facts' && version !== '')).toBe(true);
  expect(all.flatMap(({ roles }) => roles).sort()).toEqual(['actor', 'host', 'resource', 'rule', 'source_ip']);
  expect(byRole(all, 'rule')?.trust).toBe('product');
  expect(byRole(all, 'actor')?.trust).toBe('product');
  expect(byRole(all, 'resource')?.trust).toBe('attacker');
});

test('a name that was typed at a sign-in which failed is whatever the attacker typed', () => {
  const failed = provenances({ ...RECORD, action: 'user.session.start', outcome: 'failure' });
  expect(byRole(failed, 'actor')?.trust).toBe('attacker');
  expect(byRole(failed, 'host')?.trust).toBe('product');
});

test('a field whose meaning was guessed is trusted as little as free text', () => {
  const guessed = provenances(RECORD, alert => ({
    ...alert,
    entities: alert.entities.map(one => ({ ...one, isGuessed: true as const })),
  }));
  expect(byRole(guessed, 'host')?.trust).toBe('attacker');
});

test('a value that is a part of its field has its place in it', () => {
  const record: TestRecord = { ...RECORD, note: 'fw: deny dana (dan)' };
  const all = provenances(record, alert => ({
    ...alert,
    entities: alert.entities.map(one => (one.label === 'dana' ? { ...one, pointer: '/note' } : one)),
  }));
  expect(byRole(all, 'actor')?.span).toEqual({ start: 9, end: 13 });
  expect(byRole(all, 'rule')?.span).toBeUndefined();
});

test.each([
  ['10.0.0.12 10.0.0.1', '10.0.0.1', { start: 10, end: 18 }],
  ['10.0.0.12', '10.0.0.1', undefined],
  ['danabert', 'dana', undefined],
  ['', 'x', undefined],
])('in `%s` the place of `%s` is %o', (text, value, span) => {
  expect(spanIn(text, value)).toEqual(span);
});

test('what a source states without its place is found in the raw record, in whatever case', () => {
  expect(locateIn({ a: [{ 'b/c': 'see attack.t1059.001' }] }, 'T1059.001')).toEqual({
    pointer: '/a/0/b~1c',
    value: 't1059.001',
  });
  expect(locateIn({ a: 'T1059.0012' }, 'T1059.001')).toBeUndefined();
  expect(locateIn('tagged T1078.', 'T1078')).toEqual({ pointer: '', value: 'T1078' });
});

test('claims that exclude each other are named together', () => {
  const base = extractClaims([alertOf({ ...RECORD, action: 'allowed' }, 0)])[0];
  if (base === undefined) throw new Error('no claim');
  const blocked = { ...base, id: 'blocked.x', predicate: 'blocked' as const };
  const order = (a: string, b: string) => ({ ...base, id: `before.${a}~${b}`, predicate: 'before' as const });
  const absent = {
    ...base,
    id: 'not_observed.x',
    predicate: 'not_observed' as const,
    roles: { predicate: 'allowed', what: 'x', role: 'actor', value: 'dana' },
  };
  expect(inconsistencies([base, order('a', 'b'), order('b', 'c')])).toEqual([]);
  expect(inconsistencies([base, blocked])).toEqual([
    { code: 'consistency.contradiction', claims: [base.id, 'blocked.x'] },
  ]);
  expect(inconsistencies([base, absent])).toEqual([
    { code: 'consistency.contradiction', claims: [base.id, 'not_observed.x'] },
  ]);
  expect(inconsistencies([order('a', 'b'), order('b', 'c'), order('c', 'a'), order('a', 'd')])).toEqual([
    { code: 'consistency.cycle', claims: ['before.a~b', 'before.b~c', 'before.c~a'] },
  ]);
});
