import { describe, expect, test } from 'vitest';
import { changedSince, plannedValue } from './planned.ts';

const of = (values: { readonly [path: string]: string }) =>
  Object.entries(values).map(([path, value]) => ({ path, value }));
const plan = { preconditions: of({ 'login.enabled': 'true', 'login.name': 'orders-a', 'file.mark': 'm1' }) };
const isOfTarget = (path: string) => !path.startsWith('file.');

describe('what a plan rests on', () => {
  test('is named where it does not hold any more, and nothing else is', () => {
    expect(changedSince(plan, of({ 'login.enabled': 'true', 'login.name': 'orders-a' }), isOfTarget)).toBe('');
    expect(changedSince(plan, of({ 'login.enabled': 'false', 'login.name': 'orders-a' }), isOfTarget)).toBe(
      'login.enabled',
    );
    expect(changedSince(plan, of({ 'login.enabled': 'no', 'login.name': 'x' }), isOfTarget)).toBe(
      'login.enabled, login.name',
    );
  });

  test('is not as planned where one is missing, more than planned, or under another path', () => {
    for (const now of [
      {},
      { 'login.enabled': 'true' },
      { 'login.enabled': 'true', 'login.name': 'orders-a', more: 'x' },
    ])
      expect(changedSince(plan, of(now), isOfTarget)).toBe('the list of preconditions');
    expect(changedSince(plan, of({ 'login.enabled': 'true', other: 'orders-a' }), isOfTarget)).toBe('login.name');
  });

  test('is compared only where it is asked to be', () => {
    const now = of({ 'login.enabled': 'true', 'login.name': 'orders-a', 'file.mark': 'm2' });
    expect(changedSince(plan, now, isOfTarget)).toBe('');
    expect(changedSince(plan, now, () => true)).toBe('file.mark');
  });

  test('is read by its path, and empty where nothing stands there', () => {
    expect([plannedValue(plan, 'file.mark'), plannedValue(plan, 'none')]).toEqual(['m1', '']);
  });
});
