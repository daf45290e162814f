import { describe, expect, it } from 'vitest';
import { recordOfValue } from '../read/record.ts';
import { crowdstrike } from './index.ts';

const ALERT = { composite_id: 'c:ind:a:1', cid: 'c', name: 'x', timestamp: '2026-03-02T00:00:00Z' };

function alertOf(value: object) {
  const result = crowdstrike.normalise(recordOfValue(value));
  if (!result.ok) throw new Error(result.failure.detail);
  return result.value;
}

describe('crowdstrike', () => {
  it.each([
    [{ severity: 10 }, 'informational'],
    [{ severity: 30 }, 'low'],
    [{ severity: 50 }, 'medium'],
    [{ severity: 70 }, 'high'],
    [{ severity: 90 }, 'critical'],
    [{ severity: 90, severity_name: 'Low' }, 'low'],
    [{ severity: 900 }, 'unknown'],
    [{}, 'unknown'],
  ])('takes %o for %s', (fields, severity) => {
    expect(alertOf({ ...ALERT, ...fields }).severity).toBe(severity);
  });

  it('takes a hash of zeros for none', () => {
    const alert = alertOf({ ...ALERT, sha256: '0'.repeat(64), md5: '0'.repeat(32), sha1: `1${'0'.repeat(39)}` });
    expect(alert.entities.map(one => one.label)).toEqual([`1${'0'.repeat(39)}`]);
    expect(alert.fields.hash_sha256).toBeUndefined();
  });

  it('has the id of the alert, its pattern as the rule, and relates it by its aggregate', () => {
    const alert = alertOf({ ...ALERT, pattern_id: 5761, aggregate_id: 'aggind:a:9' });
    expect([alert.vendorId, alert.rule, alert.vendorLinks]).toEqual(['c:ind:a:1', '5761', ['aggregate:aggind:a:9']]);
  });

  it('turns a sensor’s local and remote address by which side began', () => {
    const event = {
      event_simpleName: 'NetworkConnectIP4',
      aid: 'a',
      LocalAddressIP4: '192.0.2.1',
      RemoteAddressIP4: '203.0.113.9',
    };
    expect(alertOf({ ...event, ConnectionDirection: '0' }).fields.src_ip).toBe('192.0.2.1');
    expect(alertOf({ ...event, ConnectionDirection: '1' }).fields.src_ip).toBe('203.0.113.9');
  });

  it('takes an audit event for a log event, with who did it and to whom', () => {
    const alert = alertOf({
      metadata: { eventType: 'AuthActivityAuditEvent', offset: 1, customerIDString: 'c' },
      event: {
        OperationName: 'grantUserRoles',
        UserId: 'kim@example.com',
        Success: false,
        AuditKeyValues: [{ Key: 'target_name', ValueString: 'lee@example.com' }],
      },
    });
    expect(alert.entities.map(one => `${one.role}:${one.value}`)).toEqual([
      'actor:kim@example.com',
      'target:lee@example.com',
    ]);
    expect([alert.fields.outcome, alert.severity]).toEqual(['failure', 'unknown']);
    expect((alert.ocsf as { is_alert?: boolean }).is_alert).toBeUndefined();
  });

  it('reads the same detection from a stream with its metadata and from the event alone', () => {
    const event = { Hostname: 'ws-1', Name: 'NGAV', CompositeId: 'c:1', UserName: 'WS-1$', SeverityName: 'High' };
    const stream = alertOf({ metadata: { eventType: 'EppDetectionSummaryEvent', offset: 1 }, event });
    const bare = alertOf({ ...event, ExternalApiType: 'Event_EppDetectionSummaryEvent', cid: 'c' });
    const said = (alert: typeof bare) => [
      alert.title,
      alert.vendorId,
      alert.severity,
      alert.entities.map(one => one.value),
    ];
    expect(said(bare)).toEqual(said(stream));
    expect(bare.entities[1]?.machine).toBe('computer');
  });
});
