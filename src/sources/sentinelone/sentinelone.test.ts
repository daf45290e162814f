import { describe, expect, it } from 'vitest';
import { recordOfValue } from '../read/record.ts';
import { sentinelone } from './index.ts';

const AGENT = { agentComputerName: 'WS-1', agentUuid: 'u-1' };
const THREAT = {
  agentRealtimeInfo: AGENT,
  threatInfo: { threatId: '7', threatName: 'a.exe', classification: 'Malware', identifiedAt: '2026-03-02T00:00:00Z' },
};

function alertOf(value: object) {
  const result = sentinelone.normalise(recordOfValue(value));
  if (!result.ok) throw new Error(result.failure.detail);
  return result.value;
}

describe('sentinelone', () => {
  it('takes a confidence for no severity', () => {
    const threatInfo = { ...THREAT.threatInfo, confidenceLevel: 'malicious' };
    expect(alertOf({ ...THREAT, threatInfo }).severity).toBe('unknown');
  });

  it('reads a threat alone and in a webhook’s envelope alike', () => {
    const said = (alert: ReturnType<typeof alertOf>) => [
      alert.vendorId,
      alert.title,
      alert.entities.map(one => one.value),
    ];
    expect(said(alertOf({ data: THREAT }))).toEqual(said(alertOf(THREAT)));
  });

  it('reads a technique by its name, else at the end of its link', () => {
    const technique = (name: string, link: string) => ({
      tactics: [{ name: 'Execution', techniques: [{ name, link }] }],
    });
    const alert = alertOf({
      ...THREAT,
      indicators: [
        technique('T1059.001', 'https://attack.mitre.org/techniques/T1059/001/'),
        technique('Process injection', 'https://attack.mitre.org/techniques/T1055/'),
      ],
    });
    expect([alert.techniques, alert.tactics]).toEqual([['T1059.001', 'T1055'], ['execution']]);
  });

  it('has the user of the process act, and the last one logged in only related', () => {
    const alert = alertOf({
      ...THREAT,
      agentDetectionInfo: { agentLastLoggedInUserName: 'kim' },
      threatInfo: { ...THREAT.threatInfo, processUser: 'NT AUTHORITY\\SYSTEM' },
    });
    expect(alert.fields.user).toBe('NT AUTHORITY\\SYSTEM');
    expect(
      alert.entities.filter(one => one.kind !== 'host').map(one => `${one.role}:${one.kind}:${one.machine}`),
    ).toEqual(['related:user:undefined', 'actor:nhi:system']);
  });

  it('relates what is of one storyline', () => {
    const threatInfo = { ...THREAT.threatInfo, storyline: 'S1' };
    expect(alertOf({ ...THREAT, threatInfo }).vendorLinks).toEqual(['storyline:S1']);
  });
});
