import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { recordOfValue } from '../read/record.ts';
import { rootOf } from '../shared/at.ts';
import { find } from './document.ts';
import { elastic } from './index.ts';

const ALERT = { '@timestamp': '2026-03-02T00:00:00Z', 'kibana.alert.rule.name': 'x', 'kibana.alert.uuid': 'u' };

function alertOf(value: object) {
  const result = elastic.normalise(recordOfValue(value));
  if (!result.ok) throw new Error(result.failure.detail);
  return result.value;
}

describe('elastic', () => {
  it('reads a document the same from dotted keys, from objects, from a search’s hit and from its fields', () => {
    const dotted = { ...ALERT, 'host.name': 'ws-1', 'user.name': 'kim', 'kibana.alert.severity': 'high' };
    const nested = {
      '@timestamp': ALERT['@timestamp'],
      kibana: { alert: { rule: { name: 'x' }, uuid: 'u', severity: 'high' } },
      host: { name: 'ws-1' },
      user: { name: 'kim' },
    };
    const lists = Object.fromEntries(Object.entries(dotted).map(([key, value]) => [key, [value]]));
    const said = [dotted, nested, { _index: 'a', _source: nested }, { _index: 'a', fields: lists }].map(document => {
      const alert = alertOf(document);
      return [alert.vendorId, alert.title, alert.severity, alert.fields, alert.entities.map(one => one.value)];
    });
    for (const one of said) expect(one).toEqual(said[0]);
  });

  it('is surer of a detection than of an event, and not sure of what has only a time', () => {
    const score = (value: object) => elastic.recognise(recordOfValue(value));
    expect(score(ALERT)).toBeGreaterThan(0.96);
    expect(score({ '@timestamp': 'x', ecs: { version: '8' }, event: { kind: 'event' } })).toBeLessThan(0.8);
    expect(score({ '@timestamp': '2026-03-02T00:00:00Z', message: 'x' })).toBe(0);
  });

  it('orders by when the event happened, and keeps when the alert was raised', () => {
    const alert = alertOf({ ...ALERT, 'kibana.alert.original_time': '2026-03-01T23:50:00Z' });
    expect(alert.fields.time).toBe('2026-03-01T23:50:00.000Z');
    expect(alert.reportedAt).toBe(Date.UTC(2026, 2, 2));
  });

  it('has the host as target, the observer as observer, and the shipper as nothing', () => {
    const alert = alertOf({ ...ALERT, host: { name: 'ws-1' }, observer: { name: 'fw-1' }, agent: { name: 'log-1' } });
    expect(alert.entities.map(one => `${one.role}:${one.value}`)).toEqual(['target:ws-1', 'observer:fw-1']);
  });

  it('gives a number without a scale no severity', () => {
    const event = { '@timestamp': '2026-03-02T00:00:00Z', event: { kind: 'event', severity: 9 } };
    expect(alertOf(event)).toMatchObject({ severity: 'unknown', fields: { severity: '9' } });
  });

  it('finds a field however its dots are written', () => {
    const parts = fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(parts, fc.array(fc.boolean(), { minLength: 6, maxLength: 6 }), (names, cuts) => {
        let value: unknown = 7;
        let key = '';
        for (let i = names.length - 1; i >= 0; i--) {
          key = key === '' ? (names[i] ?? '') : `${names[i]}.${key}`;
          if (i === 0 || cuts[i] === true) {
            value = { [key]: value };
            key = '';
          }
        }
        expect(find(rootOf(value), names.join('.'))?.value).toBe(7);
      }),
    );
  });
});
