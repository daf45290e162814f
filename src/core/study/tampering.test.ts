import { describe, expect, test } from 'vitest';
import { MS_PER_HOUR, MS_PER_MINUTE, unixMsFrom } from '../../base/time.ts';
import { createCoverage } from './coverage.ts';
import { tamperingOf } from './tampering.ts';

const event = (
  rule: string,
  title = rule,
  action?: string,
  techniques: readonly string[] = [],
  outcome?: 'failure',
) => ({
  rule,
  title,
  techniques,
  fields: { ...(action === undefined ? {} : { action }), ...(outcome === undefined ? {} : { outcome }) },
});

describe('tampering with a log or a sensor', () => {
  test.each([
    [event('windows:1102'), 'endpoint'],
    [event('windows:104'), 'authentication'],
    [event('sysmon:16'), 'endpoint'],
    [event('sysmon:4:stopped'), 'endpoint'],
    [event('506', 'Wazuh agent stopped.'), 'endpoint'],
    [event('StopLogging', 'StopLogging', 'StopLogging'), 'cloud_audit'],
    [event('DeleteTrail'), 'cloud_audit'],
    [event('PutEventSelectors'), 'cloud_audit'],
    [event('DeleteDetector'), 'cloud_audit'],
    [event('system.log_stream.lifecycle.deactivate'), 'identity_provider'],
    [event('x', 'x', 'MICROSOFT.INSIGHTS/DIAGNOSTICSETTINGS/DELETE'), 'cloud_audit'],
    [event('google.logging.v2.ConfigServiceV2.DeleteSink'), 'cloud_audit'],
    [event('r', 'auditd service was stopped'), 'endpoint'],
    [event('r', 'Set-MpPreference -DisableRealtimeMonitoring $true'), 'endpoint'],
    [event('r', 'something', undefined, ['T1562.008']), 'cloud_audit'],
    [event('r', 'something', undefined, ['T1070.002']), 'authentication'],
  ] as const)('is seen in %j, with what it affects', (alert, kind) => {
    expect(tamperingOf(alert)?.affects).toContain(kind);
  });

  test.each([
    event('windows:4624'),
    event('DescribeTrails'),
    event('user.session.start'),
    event('StopLogging', 'StopLogging', 'StopLogging', [], 'failure'),
    event('r', 'auditd started'),
    event('r', 'agent connected', undefined, ['T1078']),
  ])('is not seen in %j', alert => {
    expect(tamperingOf(alert)).toBeUndefined();
  });

  const START = Date.UTC(2026, 2, 2);
  const heard = (until: number, resumesAt: number | undefined) => {
    const learner = createCoverage();
    for (let at = 0; at < until; at += MS_PER_MINUTE) {
      if (at > 60 * MS_PER_MINUTE && (resumesAt === undefined || at < resumesAt)) continue;
      const done = at === 60 * MS_PER_MINUTE ? tamperingOf(event('windows:1102')) : undefined;
      learner.hear({
        host: 'ws-1',
        product: 'Windows Security',
        rule: done === undefined ? 'windows:4624' : 'windows:1102',
        at: unixMsFrom(START + at),
        ...(done === undefined ? {} : { tampering: { ...done, alert: 'alr_1', evidence: 'evd_1' } }),
      });
      learner.hear({ host: 'ws-1', product: 'Suricata', rule: 'r', at: unixMsFrom(START + at) });
    }
    return learner.gaps(unixMsFrom(START + until)).filter(gap => gap.cause !== undefined);
  };

  test('is a gap with its cause, open until the stream is heard again, of what gives that telemetry alone', () => {
    const [gap, ...others] = heard(3 * MS_PER_HOUR, undefined);
    expect(others).toEqual([]);
    expect(gap).toMatchObject({
      stream: 'ws-1|Windows Security',
      status: 'silent',
      from: START + MS_PER_HOUR,
      to: START + 3 * MS_PER_HOUR,
      cause: { alert: 'alr_1', evidence: 'evd_1' },
    });
    expect(gap?.because).toContain('the event log was cleared');
  });

  test('is a degraded span where the stream came back', () => {
    const [gap] = heard(3 * MS_PER_HOUR, 2 * MS_PER_HOUR);
    expect(gap).toMatchObject({ status: 'degraded', from: START + MS_PER_HOUR, to: START + 2 * MS_PER_HOUR });
  });
});
