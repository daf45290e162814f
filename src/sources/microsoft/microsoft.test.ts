import { describe, expect, it } from 'vitest';
import { recordOfValue } from '../read/record.ts';
import { microsoft } from './index.ts';

const BASE = { SystemAlertId: 'a-1', AlertName: 'x', StartTime: '2026-03-02T00:00:00Z' };

function alertWith(value: object) {
  const result = microsoft.normalise(recordOfValue({ ...BASE, ...value }));
  if (!result.ok) throw new Error(result.failure.detail);
  return result.value;
}

describe('microsoft', () => {
  it('reads the same entities from a list and from a text that holds the list', () => {
    const entities = [
      { $id: '1', HostName: 'WS-1', Type: 'host' },
      { $id: '2', Address: '192.0.2.1', Type: 'ip' },
    ];
    const values = (alert: ReturnType<typeof alertWith>) => alert.entities.map(one => `${one.kind}:${one.value}`);
    expect(values(alertWith({ Entities: JSON.stringify(entities) }))).toEqual(
      values(alertWith({ Entities: entities })),
    );
  });

  it('ends at references that go round in a circle', () => {
    const alert = alertWith({
      Entities: [
        { $id: '1', Type: 'process', CommandLine: 'a', ParentProcess: { $ref: '1' }, ImageFile: { $ref: '1' } },
        { $ref: '1' },
      ],
    });
    expect(alert.entities.map(one => one.value)).toEqual(['a']);
  });

  it('stops at entities nested without end, with a warning', () => {
    let nested: object = { Type: 'process', CommandLine: 'deepest' };
    for (let i = 0; i < 40; i++) nested = { Type: 'process', CommandLine: `p${i}`, ParentProcess: nested };
    const alert = alertWith({ Entities: [nested] });
    expect(alert.entities.some(one => one.value === 'deepest')).toBe(false);
    expect(alert.warnings).toContain('entities nested deeper than 12 are left in the record');
  });

  it('warns of entities that cannot be read, and keeps the alert', () => {
    expect(alertWith({ Entities: '[{"Type":"ip"' }).warnings).toEqual(['not JSON: Entities']);
  });

  it('takes an account for the target where its mailbox was, and a built-in account for a machine identity', () => {
    const mail = alertWith({
      Entities: [
        { Type: 'mailbox', MailboxPrimaryAddress: 'kim@example.com' },
        { Type: 'account', Name: 'kim', UPNSuffix: 'example.com' },
      ],
    });
    expect(mail.entities.map(one => [one.kind, one.value, one.role])).toEqual([
      ['mailbox', 'kim@example.com', 'target'],
      ['user', 'kim@example.com', 'target'],
    ]);
    expect(alertWith({ Entities: [{ Type: 'account', Name: 'SYSTEM', Sid: 'S-1-5-18' }] }).entities[0]?.kind).toBe(
      'nhi',
    );
  });

  it.each([
    [{ Type: 'account', Name: 'WS-1$', NTDomain: 'CORP' }, 'computer'],
    [{ Type: 'account', Name: 'x', Sid: 'S-1-5-18' }, 'system'],
    [{ Type: 'account', Sid: 'S-1-5-20' }, 'system'],
    [{ Type: 'oauth-application', Name: 'Sorter', OAuthAppId: 'o-1' }, 'service_principal'],
  ])('says what kind of machine identity %j is', (entity, machine) => {
    expect(alertWith({ Entities: [entity] }).entities).toMatchObject([{ kind: 'nhi', machine }]);
  });

  it('keeps at most 256 entities and counts the rest', () => {
    const alert = alertWith({
      Entities: Array.from({ length: 300 }, (_, i) => ({ Type: 'ip', Address: `10.0.${i >> 8}.${i & 255}` })),
    });
    expect(alert.entities.length).toBe(256);
    expect(alert.warnings).toEqual(['44 more entities than the 256 that are kept']);
  });
});
