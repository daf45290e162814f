import { describe, expect, it } from 'vitest';
import { recordOfValue } from '../read/record.ts';
import { splunk } from './index.ts';

const NOTABLE = { event_id: 'A@@notable@@b', search_name: 'Access - Guessing - Rule', _time: '1772449200' };

function alertOf(value: object) {
  const result = splunk.normalise(recordOfValue(value));
  if (!result.ok) throw new Error(result.failure.detail);
  return result.value;
}

describe('splunk', () => {
  it('takes the title out of the name of a correlation search, and the whole name for the rule', () => {
    expect(alertOf(NOTABLE)).toMatchObject({
      title: 'Guessing',
      rule: 'Access - Guessing - Rule',
      vendorId: 'A@@notable@@b',
    });
  });

  it('prefers urgency, which weighs the asset, to the severity of the search', () => {
    expect(alertOf({ ...NOTABLE, urgency: 'critical', severity: 'low' }).severity).toBe('critical');
    expect(alertOf({ ...NOTABLE, urgency: 'odd' }).severity).toBe('unknown');
  });

  it('tells an address from a name in src and dest', () => {
    const alert = alertOf({ ...NOTABLE, src: 'ws-1', dest: '192.0.2.9' });
    expect(alert.entities.map(one => `${one.role}:${one.kind}:${one.value}`)).toEqual([
      'actor:host:ws-1',
      'target:ip:192.0.2.9',
    ]);
    expect(alert.fields).toMatchObject({ dst_ip: '192.0.2.9' });
    expect(alert.fields.src_ip).toBeUndefined();
  });

  it('reads several values from a list and from lines', () => {
    for (const user of [['kim', 'WS-1$'], 'kim\nWS-1$'])
      expect(
        alertOf({ ...NOTABLE, user }).entities.map(one => `${one.kind}:${one.value}:${one.machine ?? ''}`),
      ).toEqual(['user:kim:', 'nhi:ws-1$:computer']);
  });

  it('has the source user act on the user', () => {
    const alert = alertOf({ ...NOTABLE, src_user: 'admin', user: 'kim' });
    expect(alert.fields.user).toBe('admin');
    expect(alert.entities.map(one => one.role)).toEqual(['actor', 'target']);
  });

  it('gives two results of one search no common id', () => {
    const webhook = (src: string) => alertOf({ sid: 's', search_name: 'x', result: { src } });
    expect([webhook('192.0.2.1').vendorId, webhook('192.0.2.2').vendorId]).toEqual([undefined, undefined]);
  });

  it('leaves a record that only has a rule’s name to others', () => {
    expect(splunk.recognise(recordOfValue({ rule_name: 'x', _time: '1', severity: 'high' }))).toBe(0);
    expect(splunk.recognise(recordOfValue({ result: { src: '192.0.2.1' } }))).toBe(0);
  });
});
