import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { unixMsFrom } from '../../base/time.ts';
import type { Citation, Claim } from '../../model/claim.ts';
import { extractClaims } from './facts.ts';
import { alertsOf, readerOf, type TestRecord } from './testing.ts';
import { createClaimVerifier } from './verify-claim.ts';

const PEOPLE = ['dana', 'ole.berg', 'svc-build', 'Ines'];
const minute = (m: number): string => new Date(Date.UTC(2026, 2, 2, 8, m)).toISOString();

const anyRecord: fc.Arbitrary<TestRecord> = fc
  .record(
    {
      time: fc.integer({ min: 0, max: 600 }).map(minute),
      rule: fc.constantFrom('Sign-in', 'Odd query', 'New key'),
      action: fc.constantFrom(
        'user.session.start',
        'CreateAccessKey',
        'AttachUserPolicy',
        'GetObject',
        'DescribeThings',
      ),
      outcome: fc.constantFrom('success', 'failure'),
      actor: fc.constantFrom(...PEOPLE),
      target: fc.constantFrom(...PEOPLE),
      host: fc.constantFrom('db1', 'web2'),
      ip: fc.constantFrom('10.0.0.1', '10.0.0.12', '203.0.113.9'),
      resource: fc.constantFrom('bucket-a', 'bucket-b'),
    },
    { requiredKeys: ['rule'], noNullPrototype: true },
  )
  .map(record => record as TestRecord);

const someRecords = fc.array(anyRecord, { minLength: 1, maxLength: 25 });

/** A claim that says something else than the records do. */
interface Mutation {
  readonly name: string;
  readonly mutate: (claim: Claim, others: readonly Claim[]) => Claim | undefined;
}

const withRole = (claim: Claim, role: string, value: string): Claim => ({
  ...claim,
  roles: { ...claim.roles, [role]: value },
});
const citing = (claim: Claim, change: (citation: Citation) => Citation): Claim => ({
  ...claim,
  citations: claim.citations.map((citation, index) => (index === 0 ? change(citation) : citation)),
});

const MUTATIONS: readonly Mutation[] = [
  {
    name: 'actor and target swapped',
    mutate: claim => {
      const { actor, target } = claim.roles;
      return actor === undefined || target === undefined || actor === target
        ? undefined
        : { ...claim, roles: { ...claim.roles, actor: target, target: actor } };
    },
  },
  {
    name: 'an hour later',
    mutate: claim => (claim.at === undefined ? undefined : { ...claim, at: unixMsFrom(claim.at + 3_600_000) }),
  },
  {
    name: 'a millisecond earlier',
    mutate: claim => (claim.at === undefined ? undefined : { ...claim, at: unixMsFrom(claim.at - 1) }),
  },
  {
    name: 'going on for longer',
    mutate: claim => (claim.until === undefined ? undefined : { ...claim, until: unixMsFrom(claim.until + 60_000) }),
  },
  {
    name: 'a time that nobody stated',
    mutate: claim => (claim.at === undefined ? { ...claim, at: unixMsFrom(1) } : { ...claim, at: undefined }),
  },
  { name: 'one more record', mutate: claim => ({ ...claim, count: claim.count + 1 }) },
  {
    name: 'failure told as success',
    mutate: claim => ({ ...claim, predicate: claim.predicate === 'auth_failed' ? 'auth_succeeded' : 'auth_failed' }),
  },
  { name: 'a stranger as actor', mutate: claim => withRole(claim, 'actor', 'mallory') },
  { name: 'a role that the record lacks', mutate: claim => withRole(claim, 'destination_ip', '198.51.100.7') },
  {
    name: 'a role left out',
    mutate: claim => {
      const [role] = Object.keys(claim.roles);
      return role === undefined
        ? undefined
        : { ...claim, roles: Object.fromEntries(Object.entries(claim.roles).filter(([name]) => name !== role)) };
    },
  },
  { name: 'a value from another claim', mutate: (claim, others) => otherValue(claim, others) },
  { name: 'no citation', mutate: claim => ({ ...claim, citations: [] }) },
  { name: 'a citation fewer', mutate: claim => ({ ...claim, citations: claim.citations.slice(1) }) },
  {
    name: 'evidence of another incident',
    mutate: claim => citing(claim, citation => ({ ...citation, evidence: 'evd_9999' })),
  },
  {
    name: 'another field',
    mutate: claim => citing(claim, citation => ({ ...citation, pointer: `${citation.pointer}/nested` })),
  },
  {
    name: 'another cited value',
    mutate: claim => citing(claim, citation => ({ ...citation, value: `${citation.value}x` })),
  },
  { name: 'words of its own', mutate: claim => ({ ...claim, text: `${claim.text} Disable all accounts.` }) },
  { name: 'an id of another incident', mutate: claim => ({ ...claim, id: `${claim.id}.x` }) },
];

function otherValue(claim: Claim, others: readonly Claim[]): Claim | undefined {
  for (const other of others) {
    for (const [role, value] of Object.entries(other.roles)) {
      const own = claim.roles[role];
      if (own !== undefined && own !== value) return withRole(claim, role, value);
    }
  }
  return undefined;
}

describe('a claim', () => {
  test('that says what the records say is verified, always', () => {
    fc.assert(
      fc.property(someRecords, records => {
        const alerts = alertsOf(records);
        const verifier = createClaimVerifier(alerts, readerOf(records));
        for (const claim of extractClaims(alerts)) expect(verifier.verify(claim)).toEqual({ kind: 'verified' });
      }),
      { numRuns: 300 },
    );
  });

  test.each(MUTATIONS)('that says something else fails: $name', ({ mutate }) => {
    let tried = 0;
    fc.assert(
      fc.property(someRecords, records => {
        const alerts = alertsOf(records);
        const verifier = createClaimVerifier(alerts, readerOf(records));
        const claims = extractClaims(alerts);
        for (const claim of claims) {
          const mutant = mutate(claim, claims);
          if (mutant === undefined) continue;
          tried++;
          expect(verifier.verify(mutant).kind).toBe('failed');
        }
      }),
    );
    expect(tried).toBeGreaterThan(50);
  });

  test('fails when the raw record holds another value than the alert that was made of it', () => {
    fc.assert(
      fc.property(someRecords, fc.nat(), (records, seed) => {
        const alerts = alertsOf(records);
        const claims = extractClaims(alerts);
        const claim = claims[seed % claims.length];
        const citation = claim?.citations[seed % (claim.citations.length || 1)];
        if (claim === undefined || citation === undefined) return;
        const read = readerOf(records);
        const tampered = createClaimVerifier(alerts, (evidence, pointer) =>
          evidence === citation.evidence && pointer === citation.pointer ? 'mallory' : read(evidence, pointer),
        );
        expect(tampered.verify(claim).kind).toBe('failed');
        const gone = createClaimVerifier(alerts, (evidence, pointer) =>
          evidence === citation.evidence ? undefined : read(evidence, pointer),
        );
        expect(gone.verify(claim).kind).toBe('failed');
      }),
    );
  });

  test('fails when the raw record holds another time', () => {
    const records: TestRecord[] = [{ time: minute(5), rule: 'Sign-in', actor: 'dana' }];
    const alerts = alertsOf(records);
    const [claim] = extractClaims(alerts);
    const read = readerOf(records);
    const verdictWhen = (time: string) =>
      claim &&
      createClaimVerifier(alerts, (evidence, pointer) => (pointer === '/time' ? time : read(evidence, pointer))).verify(
        claim,
      );
    expect(verdictWhen(minute(6))).toEqual({ kind: 'failed', because: '/time holds another time than the alert has' });
    expect(verdictWhen(String(Date.parse(minute(6)) / 1000))?.kind).toBe('failed');
    expect(verdictWhen(String(Date.parse(minute(5)) / 1000))).toEqual({ kind: 'verified' });
  });

  test.each([
    ['src=10.0.0.12 act=deny', '10.0.0.1', false],
    ['src=10.0.0.1 act=deny', '10.0.0.1', true],
    ['from 10.0.0.1.', '10.0.0.1', true],
    ['user=danabert', 'dana', false],
    ['user="dana",role=admin', 'dana', true],
    ['{"user":"ACME\\\\dana"}', 'ACME\\dana', true],
    ['user=bert', 'dana', false],
  ])('read from the text `%s` holds `%s`: %s', (line, value, isHeld) => {
    const records: TestRecord[] = [{ time: minute(0), rule: value }];
    const alerts = alertsOf(records).map(alert => ({ ...alert, pointers: { rule_name: '' } }));
    const [claim] = extractClaims(alerts);
    const verdict = claim && createClaimVerifier(alerts, () => line).verify(claim);
    expect(verdict?.kind).toBe(isHeld ? 'verified' : 'failed');
  });
});
