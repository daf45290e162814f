import { describe, expect, test } from 'vitest';
import type { Alert } from '../../../model/alert.ts';
import type { Predicate } from '../../../model/claim.ts';
import { extractClaims } from '../facts.ts';
import { predicateOf } from '../predicate.ts';
import { renderClaim } from '../render-claim.ts';
import { alertOf, readerOf, type TestRecord } from '../testing.ts';
import { createClaimVerifier } from '../verify-claim.ts';
import { MUTATION_CLASSES } from './kind.ts';
import { CLAIM_KINDS, claimKindOf } from './table.ts';

type Change = (alert: Alert) => Partial<Alert>;

/** Of each predicate that records state, a record that states it; some need what only a source of their own maps. */
const STATED: readonly (readonly [Predicate, Partial<TestRecord>, Change?])[] = [
  ['auth_failed', { action: 'user.session.start', outcome: 'failure' }],
  ['auth_succeeded', { action: 'user.session.start', outcome: 'success' }],
  ['mfa_changed', { action: 'DeactivateMFADevice' }],
  ['role_assigned', { action: 'AttachUserPolicy', outcome: 'failure' }],
  ['credential_created', { action: 'CreateAccessKey' }],
  ['consent_granted', { action: 'Consent to application' }],
  ['session_revoked', { action: 'user.session.end' }],
  ['process_started', { rule: 'sysmon:1' }],
  ['script_executed', { rule: 'powershell:4104' }],
  ['file_written', { rule: 'sysmon:11' }, withFile],
  ['file_deleted', { rule: 'sysmon:23' }, withFile],
  ['registry_set', { rule: 'sysmon:13', action: 'SetValue' }],
  ['service_installed', { rule: 'windows:7045', outcome: 'failure' }, withFile],
  ['task_created', { rule: 'windows:4698' }],
  ['net_connected', { rule: 'zeek:conn' }],
  ['dns_queried', { rule: 'zeek:dns' }],
  ['http_requested', { rule: 'zeek:http' }],
  [
    'email_received',
    {},
    ({ fields }) => ({ fields: { ...fields, email_from: 'a@example.com', email_to: 'b@example.com' } }),
  ],
  ['email_clicked', { action: 'ClickAllowed' }],
  ['forward_rule_set', { action: 'New-InboxRule' }],
  ['cloud_api_called', { action: 'DescribeThings', outcome: 'failure' }],
  ['storage_accessed', { action: 'GetObject' }],
  [
    'database_accessed',
    { action: 'select', resource: 'orders' },
    ({ entities }) => ({
      entities: entities.map(one => (one.kind === 'cloud_resource' ? { ...one, kind: 'database' as const } : one)),
    }),
  ],
  ['detection_fired', {}],
  ['blocked', { action: 'blocked' }],
  ['allowed', { action: 'allowed' }],
  ['ioc_matched', { rule: 'Threat Intel Match on an address' }],
];

function withFile({ fields, pointers }: Alert): Partial<Alert> {
  return { fields: { ...fields, file_path: 'C:\\drop.exe' }, pointers: { ...pointers, file_path: '/note' } };
}

function incidentOf(
  record: Partial<TestRecord>,
  change: Change | undefined,
): { readonly alerts: readonly Alert[]; readonly records: readonly TestRecord[] } {
  const whole: TestRecord = { rule: 'Odd', actor: 'dana', target: 'ole', host: 'db1', ip: '10.0.0.1', ...record };
  const records = [
    { ...whole, note: 'C:\\drop.exe', time: '2026-03-02T08:00:00Z' },
    { ...whole, note: 'C:\\drop.exe', time: '2026-03-02T08:05:00Z' },
    { rule: 'Other', actor: 'ines', host: 'web2', ip: '10.0.0.2', time: '2026-03-02T08:10:00Z' },
  ];
  const alerts = records.map(alertOf).map((alert, index) => (index < 2 ? { ...alert, ...change?.(alert) } : alert));
  return { alerts, records };
}

describe('the table of predicates', () => {
  test('holds each predicate once, with a template of roles that a claim of it may have', () => {
    const predicates = CLAIM_KINDS.map(({ predicate }) => predicate);
    expect(new Set(predicates).size).toBe(predicates.length);
    for (const { template, roles, predicate } of CLAIM_KINDS) {
      const named = [...template.matchAll(/\{(\w+)\}/g)].map(([, role]) => role ?? '');
      const spoken = ['who', 'object', 'count'];
      expect(
        named.filter(role => !roles.includes(role) && !spoken.includes(role)),
        predicate,
      ).toEqual([]);
    }
  });

  test('has the thirty that every analyst asks about', () => {
    const thirty =
      'auth_failed auth_succeeded mfa_changed role_assigned credential_created consent_granted session_revoked process_started script_executed file_written file_deleted registry_set service_installed task_created net_connected dns_queried http_requested email_received email_clicked forward_rule_set cloud_api_called storage_accessed detection_fired blocked allowed ioc_matched count_is first_seen last_seen before same_as technique_of coverage_gap not_observed baseline_deviation';
    const known = new Set<string>(CLAIM_KINDS.map(({ predicate }) => predicate));
    expect(thirty.split(' ').filter(predicate => !known.has(predicate))).toEqual([]);
  });

  test('has for each predicate mutations of all eight classes', () => {
    for (const { predicate, mutations } of CLAIM_KINDS) {
      const classes = new Set(mutations.map(mutation => mutation.class));
      expect(
        MUTATION_CLASSES.filter(one => !classes.has(one)),
        predicate,
      ).toEqual([]);
    }
  });

  test('says which records state each predicate that records state', () => {
    const shown = STATED.map(([predicate]) => predicate);
    expect(CLAIM_KINDS.filter(({ from, predicate }) => from === 'record' && !shown.includes(predicate))).toEqual([]);
  });
});

const CASES = STATED.map(([predicate, record, change]) => ({ predicate, record, change }));

describe.each(CASES)('$predicate', ({ predicate, record, change }) => {
  const { alerts, records } = incidentOf(record, change);
  const claims = extractClaims(alerts);
  const verifier = createClaimVerifier(alerts, readerOf(records));

  test('is what the record says, and is verified', () => {
    expect(alerts.slice(0, 2).map(predicateOf)).toEqual([predicate, predicate]);
    for (const claim of claims) expect(verifier.verify(claim)).toEqual({ kind: 'verified' });
  });

  test('is told as failed where the record says so, and as done where it does not', () => {
    const [claim] = claims;
    const { isAct } = claimKindOf(predicate);
    const isFailure = isAct && alerts[0]?.fields.outcome === 'failure';
    expect(claim?.outcome).toBe(isFailure ? 'failure' : undefined);
    expect(claim?.text.includes(' without success')).toBe(isFailure);
  });

  test('is caught in every lie that its own generators make of it, however it is worded', () => {
    const [claim] = claims;
    let made = 0;
    for (const { mutate, name } of claimKindOf(predicate).mutations) {
      for (let n = 0; n < 7; n++) {
        const lie = claim && mutate(claim, { others: claims, pick: below => n % below });
        if (lie === undefined || JSON.stringify(lie) === JSON.stringify(claim)) continue;
        made++;
        expect(verifier.verify(lie).kind, name).toBe('failed');
        expect(verifier.verify({ ...lie, text: renderClaim(lie) }).kind, name).toBe('failed');
      }
    }
    expect(made).toBeGreaterThan(60);
  });
});
