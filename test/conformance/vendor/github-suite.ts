import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { capabilityOf, contextOf } from '../../../src/connector/calls.ts';
import { github } from '../../../src/responders/github/responder.ts';
import { startGithubApps, startGithubKeys, startGithubTokens } from '../github-target.ts';
import { NOT_IN_THIS_LANE } from '../server-process.ts';
import { vendorConformance } from './vendor-conformance.ts';
import type { VendorTarget } from './vendor-target.ts';

vendorConformance({ title: 'github: Apps', start: startGithubApps, notHere: NOT_IN_THIS_LANE });
vendorConformance({ title: 'github: deploy keys', start: startGithubKeys, notHere: NOT_IN_THIS_LANE });

describe('revoking a fine-grained token, which nothing undoes', () => {
  let target: VendorTarget;
  beforeAll(async () => {
    target = await startGithubTokens();
  });
  afterAll(() => target.close());
  beforeEach(() => target.restore());
  const planFor = (name: string) =>
    github.plan({ operation: 'revoke-token', target: { name }, before: undefined }, target.system, contextOf(target));

  test('is planned by the number that the audit log has, and says whose it is and what it may', async () => {
    expect(await planFor('77')).toMatchObject({
      ok: true,
      value: {
        target: { type: 'saas_key', immutableId: '900' },
        facts: { displayName: '77', title: 'token c-victim/laptop', isPrivileged: 'yes' },
        changes: [{ path: 'token.present', from: 'yes', to: 'no' }],
        blast: { direct: ['repository: contents: write'] },
        refusals: [],
      },
    });
    for (const name of ['900', 'laptop', '77 ', '077', '7', '', '78;77'])
      expect(await planFor(name)).toMatchObject({ ok: false, failure: { code: 'proposal.target_not_found' } });
  });

  test('takes that one alone, once, and is seen afterwards; whether its holder is out is not claimed', async () => {
    const plan = await planFor('77');
    if (!plan.ok) throw new Error(plan.failure.detail);
    const act = () => github.execute(plan.value, target.system, capabilityOf(target, randomUUID()), contextOf(target));
    expect((await act()).outcome).toBe('applied');
    expect(await github.observe(plan.value, target.system, contextOf(target))).toMatchObject({
      ok: true,
      value: { state: 'in_effect', effect: 'unproven' },
    });
    expect((await act()).outcome).toBe('refused_drift');
    expect(await planFor('78')).toMatchObject({ ok: true, value: { refusals: [] } });
  });
});

test('of the settings of github, only what it can use is taken', () => {
  const taken = (settings: { readonly [name: string]: string }) => github.parseConfig(settings).ok;
  expect(taken({ organisation: 'acme', for: 'apps' })).toBe(true);
  expect(taken({ organisation: 'acme', for: 'apps', url: 'https://github.example.org/api/v3' })).toBe(true);
  for (const wrong of [
    {},
    { organisation: 'a/b', for: 'apps' },
    { organisation: 'acme' },
    { organisation: 'acme', for: 'everything' },
    { organisation: 'acme', for: 'apps', url: 'http://api.github.com' },
    { organisation: 'acme', for: 'apps', url: 'https://u:p@api.github.com' },
    { organisation: 'acme', for: 'apps', readApp: 'one' },
    { organisation: 'acme', for: 'apps', token: 'x' },
  ])
    expect(taken(wrong), JSON.stringify(wrong)).toBe(false);
});
