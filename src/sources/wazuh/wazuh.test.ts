import { describe, expect, it } from 'vitest';
import { recordOfValue } from '../read/record.ts';
import { wazuh } from './index.ts';

function alertOf(value: object) {
  const result = wazuh.normalise(
    recordOfValue({
      rule: { level: 5, id: '1', description: 'x' },
      agent: { id: '7', name: 'db-02' },
      id: '1.2',
      ...value,
    }),
  );
  if (!result.ok) throw new Error(result.failure.detail);
  return result.value;
}

describe('wazuh', () => {
  it.each([
    [0, 'informational'],
    [3, 'low'],
    [7, 'medium'],
    [12, 'high'],
    [15, 'critical'],
    [99, 'unknown'],
    ['many', 'unknown'],
  ])('takes level %s for %s', (level, severity) => {
    expect(alertOf({ rule: { level, id: '1' } }).severity).toBe(severity);
  });

  it('takes nothing from the free text of the log line', () => {
    const alert = alertOf({ full_log: 'Failed password for root from 203.0.113.5 port 22 on host evil' });
    expect(alert.entities.map(one => one.value)).toEqual(['db-02']);
    expect(alert.fields).toEqual({ host: 'db-02', rule_name: 'x', severity: '5' });
  });

  it('has the agent as observer, and the host that the line names as target only where it is another', () => {
    expect(alertOf({ predecoder: { hostname: 'DB-02' } }).entities.map(one => one.role)).toEqual(['observer']);
    expect(alertOf({ predecoder: { hostname: 'fw-1' } }).entities.map(one => `${one.role}:${one.value}`)).toEqual([
      'observer:db-02',
      'target:fw-1',
    ]);
  });

  it('parts a port that a decoder left behind an address', () => {
    const { fields } = alertOf({ data: { dstip: '192.0.2.21:80', srcip: '[2001:db8::1]:5353' } });
    expect(fields).toMatchObject({ dst_ip: '192.0.2.21', dst_port: '80', src_ip: '2001:db8::1', src_port: '5353' });
  });
});
