import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { machineKindOf } from './machine.ts';

describe('machineKindOf', () => {
  it.each([
    ['SYSTEM', 'system'],
    ['NT AUTHORITY\\LOCAL SERVICE', 'system'],
    ['S-1-5-18', 'system'],
    ['S-1-5-80-956008885-3418522649', 'system'],
    ['NT SERVICE\\MSSQLSERVER', 'system'],
    ['IIS APPPOOL\\DefaultAppPool', 'system'],
    ['WS-114$', 'computer'],
    ['CORP\\WS-114$', 'computer'],
    ['ws-114$@CORP.EXAMPLE.COM', 'computer'],
    ['system:serviceaccount:kube-system:coredns', 'service_account'],
    ['system:node:ip-192-0-2-7.example.com', 'computer'],
    ['system:kube-scheduler', 'system'],
    ['spiffe://example.com/ns/shop/sa/api', 'workload'],
    ['deploy@shop.iam.gserviceaccount.com', 'service_account'],
    ['serviceAccount:12-compute@developer.gserviceaccount.com', 'service_account'],
    ['arn:aws:iam::111122223333:role/web', 'role'],
    ['arn:aws-us-gov:sts::111122223333:assumed-role/web/s', 'role'],
    ['AKIAEXAMPLE000000001', 'key'],
    ['dependabot[bot]', 'bot'],
  ])('knows %s for a %s', (name, kind) => {
    expect(machineKindOf(name)).toBe(kind);
  });

  it.each([
    'kim',
    'kim@example.com',
    'CORP\\kim',
    'system.admin',
    'System Administrator',
    '$',
    'pa$$word',
    'svc-backup',
    'robot',
    '[bot]',
    'system:anonymous',
    'system:serviceaccount:',
    'system:',
    'kim@gserviceaccount.com.example.net',
    'arn:aws:iam::111122223333:user/kim',
    'S-1-5-21-1-2-3-1104',
    '',
  ])('takes %s for nobody that its name says to be a machine', name => {
    expect(machineKindOf(name)).toBeUndefined();
  });

  it('answers any text, and a long one in a time in proportion to its length', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 200 }),
        fc.constantFrom('$', '[bot]', '@', ':'),
        (text, end) => {
          expect(machineKindOf(text + end)).toBe(machineKindOf(text + end));
        },
      ),
    );
    for (const unit of ['a$', '$@', 'a.', 'system:', '@a.', 'S-1-5-80-1'])
      for (let i = 0; i < 200; i++) machineKindOf(unit.repeat(2_048 / unit.length));
    expect(machineKindOf(`${'a'.repeat(3_000)}$`)).toBeUndefined();
  });
});
