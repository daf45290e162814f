import { describe, expect, it } from 'vitest';
import { recordOfValue } from '../read/record.ts';
import { alertmanager } from './index.ts';

function alertOf(labels: object, more: object = {}) {
  const result = alertmanager.normalise(
    recordOfValue({
      labels: { alertname: 'A', ...labels },
      startsAt: '2026-03-02T01:00:00Z',
      fingerprint: 'f',
      ...more,
    }),
  );
  if (!result.ok) throw new Error(result.failure.detail);
  return result.value;
}

describe('alertmanager', () => {
  it.each([
    ['web-1:9100', 'web-1', 'host'],
    ['192.0.2.1:80', '192.0.2.1', 'ip'],
    ['[2001:db8::1]:80', '2001:db8::1', 'ip'],
    ['web-1', 'web-1', 'host'],
  ])('takes instance %s for %s, a %s', (instance, value, kind) => {
    expect(alertOf({ instance }).entities).toMatchObject([{ kind, value, role: 'target' }]);
  });

  it('takes nothing from an instance that is an address of the web', () => {
    expect(alertOf({ instance: 'https://example.com/health' }).entities).toEqual([]);
  });

  it('says no end while it fires', () => {
    expect(alertOf({}, { endsAt: '0001-01-01T00:00:00Z' }).endedAt).toBeUndefined();
    expect(alertOf({}, { endsAt: '2026-03-02T02:00:00Z' }).endedAt).toBe(Date.UTC(2026, 2, 2, 2));
  });

  it('leaves what one installation means by `page` unknown', () => {
    expect(alertOf({ severity: 'page' }).severity).toBe('unknown');
    expect(alertOf({ severity: 'warning' }).severity).toBe('medium');
  });
});
