import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { invariant } from '../../base/invariant.ts';
import type { Role } from '../../model/review.ts';
import { type Action, authorise, loadPolicies, type Principal } from './authorise.ts';

const loaded = loadPolicies({});
invariant(loaded.ok, 'the built-in policies load');
const policy = loaded.value;

const ACTIONS: readonly Action[] = [
  'read',
  'ingest',
  'edit_incident',
  'propose',
  'review_t1',
  'review_t2',
  'review_t3',
  'break_glass',
  'invite',
  'sign_inventory',
  'stop',
  'release_stop',
  'read_log',
  'read_metrics',
  'change_policy',
];
const DECISIONS: readonly Action[] = [
  'review_t1',
  'review_t2',
  'review_t3',
  'break_glass',
  'invite',
  'sign_inventory',
  'release_stop',
  'change_policy',
];
const ROLES: readonly Role[] = ['administrator', 'responder', 'owner', 'analyst', 'auditor'];
const context = fc.record({
  isContributor: fc.boolean(),
  signedWith: fc.constantFrom('passkey' as const, 'session', 'browser_key', 'none'),
});
const person = (roles: readonly Role[], isActive = true): Principal => ({
  kind: 'person',
  id: 'usr_1',
  roles,
  isActive,
});

describe('who may do what', () => {
  test('a machine never decides, whatever it is for and whatever it presents', () => {
    const purpose = fc.constantFrom('ingest' as const, 'operator_cli', 'ai', 'executor');
    fc.assert(
      fc.property(purpose, fc.constantFrom(...DECISIONS), context, (of, action, given) => {
        const machine = { kind: 'machine', id: of, purpose: of } as const;
        expect(authorise(policy, machine, action, given).isAllowed).toBe(false);
      }),
      { numRuns: 200 },
    );
  });

  test('the ai and the executor may do nothing at all here', () => {
    for (const purpose of ['ai', 'executor'] as const)
      for (const action of ACTIONS)
        expect(authorise(policy, { kind: 'machine', id: purpose, purpose }, action).isAllowed, action).toBe(false);
  });

  test('somebody who has left may do nothing', () => {
    fc.assert(
      fc.property(fc.subarray([...ROLES]), fc.constantFrom(...ACTIONS), context, (roles, action, given) => {
        expect(authorise(policy, person(roles, false), action, given).isAllowed).toBe(false);
      }),
      { numRuns: 200 },
    );
  });

  test('no contributor reviews from T2 on, whatever roles they hold', () => {
    fc.assert(
      fc.property(fc.subarray([...ROLES]), fc.constantFrom('review_t2' as const, 'review_t3'), (roles, action) => {
        const given = { isContributor: true, signedWith: 'passkey' } as const;
        expect(authorise(policy, person(roles), action, given).isAllowed).toBe(false);
      }),
      { numRuns: 100 },
    );
  });

  test('what is not said of a request counts against it', () => {
    expect(authorise(policy, person(['responder']), 'review_t2').isAllowed).toBe(false);
    expect(authorise(policy, person(['responder']), 'review_t2', { signedWith: 'passkey' }).isAllowed).toBe(false);
    const all = { signedWith: 'passkey', isContributor: false } as const;
    expect(authorise(policy, person(['responder']), 'review_t2', all).isAllowed).toBe(true);
  });

  test('nobody changes the policy through a request', () => {
    for (const role of ROLES)
      expect(
        authorise(policy, person([role]), 'change_policy', { signedWith: 'passkey', isContributor: false }).isAllowed,
      ).toBe(false);
  });

  test('an action that the schema does not know is a no with a reason', () => {
    const unknown = authorise(policy, person(['administrator']), 'launch' as Action);
    expect(unknown.isAllowed).toBe(false);
    expect(unknown.reasons.join()).not.toBe('');
  });

  test('a policy set that was never loaded allows nothing', () => {
    expect(
      authorise({ digest: 'made up', policies: {}, floors: [] }, person(['administrator']), 'read').isAllowed,
    ).toBe(false);
  });
});

describe('what an installation may add', () => {
  test('a forbid, which only tightens', () => {
    const tight = loadPolicies({ night: 'forbid (principal, action == Action::"review_t2", resource);' });
    invariant(tight.ok, 'a forbid loads');
    expect(tight.value.digest).not.toBe(policy.digest);
    fc.assert(
      fc.property(fc.subarray([...ROLES]), fc.constantFrom(...ACTIONS), context, (roles, action, given) => {
        if (authorise(tight.value, person(roles), action, given).isAllowed)
          expect(authorise(policy, person(roles), action, given).isAllowed).toBe(true);
      }),
      { numRuns: 200 },
    );
  });

  test.each([
    ['a permit', 'permit (principal, action, resource);'],
    ['a permit behind a comment', '// forbid\npermit (principal, action, resource);'],
    ['a permit behind an annotation that says forbid', '@a(")forbid") permit (principal, action, resource);'],
    ['a permit behind an annotation', '@id("forbid") permit (principal, action, resource);'],
    [
      'a forbid and a permit in one text',
      'forbid (principal, action == Action::"stop", resource); permit (principal, action, resource);',
    ],
    ['an attribute that nobody has', 'forbid (principal, action, resource) when { principal.nosuch == "x" };'],
    ['an action that there is not', 'forbid (principal, action == Action::"launch", resource);'],
    ['no policy at all', 'forbid'],
  ])('never %s', (_what, text) => {
    expect(loadPolicies({ added: text }).ok).toBe(false);
  });

  test('nothing in place of what is built in', () => {
    const replaced = loadPolicies({
      'no-machine-decides': 'forbid (principal is Machine, action == Action::"stop", resource);',
    });
    expect(replaced.ok).toBe(false);
  });
});
