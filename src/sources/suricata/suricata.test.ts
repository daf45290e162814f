import { describe, expect, it } from 'vitest';
import { recordOfValue } from '../read/record.ts';
import { suricata } from './index.ts';

const EVENT = {
  timestamp: '2026-03-02T00:00:00.5+0000',
  event_type: 'alert',
  flow_id: 7,
  src_ip: '192.0.2.1',
  dest_ip: '198.51.100.1',
};

describe('suricata', () => {
  it.each([
    [1, 'high'],
    [2, 'medium'],
    [3, 'low'],
    [4, 'informational'],
    [9, 'unknown'],
  ])('takes priority %s for %s', (priority, severity) => {
    const result = suricata.normalise(recordOfValue({ ...EVENT, alert: { severity: priority, signature: 's' } }));
    expect(result.ok && result.value.severity).toBe(severity);
  });

  it('names the rule by generator and signature, which stay when its words change', () => {
    const result = suricata.normalise(
      recordOfValue({ ...EVENT, alert: { gid: 1, signature_id: 9000001, signature: 's' } }),
    );
    expect(result.ok && result.value.rule).toBe('1:9000001');
  });

  it('has the sensor as observer and keeps the flow as the vendor’s own relation', () => {
    const result = suricata.normalise(recordOfValue({ ...EVENT, host: 'Sensor-1', alert: { signature: 's' } }));
    expect(result.ok && result.value.entities.map(one => `${one.role}:${one.value}`)).toEqual([
      'actor:192.0.2.1',
      'target:198.51.100.1',
      'observer:sensor-1',
    ]);
    expect(result.ok && result.value.vendorLinks).toEqual(['flow:7']);
  });

  it('relates by Community ID what other sensors saw of the same flow', () => {
    const result = suricata.normalise(recordOfValue({ ...EVENT, community_id: '1:x=', alert: { signature: 's' } }));
    expect(result.ok && result.value.vendorLinks).toEqual(['flow:7', 'community:1:x=']);
  });

  it('refuses a record without a type or a time', () => {
    expect(suricata.normalise(recordOfValue({ ...EVENT, event_type: undefined })).ok).toBe(false);
    expect(suricata.normalise(recordOfValue({ ...EVENT, timestamp: undefined })).ok).toBe(false);
  });
});
