import { describe, expect, it } from 'vitest';
import { recordOfValue } from '../read/record.ts';
import { falco } from './index.ts';

const BASE = { rule: 'r', priority: 'Notice', output: 'words', time: '2026-03-02T00:00:00Z', hostname: 'node-1' };

function alertOf(value: object) {
  const result = falco.normalise(recordOfValue({ ...BASE, ...value }));
  if (!result.ok) throw new Error(result.failure.detail);
  return result.value;
}

describe('falco', () => {
  it.each([
    ['Emergency', 'critical'],
    ['Alert', 'critical'],
    ['Critical', 'critical'],
    ['Error', 'high'],
    ['Warning', 'medium'],
    ['Notice', 'low'],
    ['Informational', 'informational'],
    ['Debug', 'informational'],
    ['Loud', 'unknown'],
  ])('takes priority %s for %s', (priority, severity) => {
    expect(alertOf({ priority }).severity).toBe(severity);
  });

  it('has the host as target of a system call and as observer of a plugin’s event', () => {
    expect(alertOf({ source: 'syscall' }).entities[0]?.role).toBe('target');
    expect(alertOf({ source: 'k8s_audit' }).entities[0]?.role).toBe('observer');
  });

  it('compares pods by namespace and name, and takes the host itself for no container', () => {
    const values = (output_fields: object) =>
      alertOf({ output_fields })
        .entities.filter(one => one.kind === 'cloud_resource')
        .map(one => one.value);
    expect(values({ 'k8s.ns.name': 'a', 'k8s.pod.name': 'web-0' })).toEqual(['a/web-0']);
    expect(values({ 'container.id': 'host', 'container.name': 'host' })).toEqual([]);
    expect(values({ 'container.id': '3ad7', 'k8s.pod.name': '<NA>' })).toEqual(['3ad7']);
  });

  it('knows a service account of Kubernetes for a machine identity', () => {
    const [, account] = alertOf({ output_fields: { 'ka.user.name': 'system:serviceaccount:ci:deployer' } }).entities;
    expect(account).toMatchObject({ kind: 'nhi', machine: 'service_account', role: 'actor' });
  });

  it('reads tags as ATT&CK and takes nothing from the free text', () => {
    const alert = alertOf({
      output: 'root ran nc 203.0.113.9',
      tags: ['T1059.004', 'mitre_execution', 'maturity_stable'],
    });
    expect([alert.techniques, alert.tactics]).toEqual([['T1059.004'], ['execution']]);
    expect(alert.entities.map(one => one.value)).toEqual(['node-1']);
  });
});
