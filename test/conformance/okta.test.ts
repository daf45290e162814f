import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { capabilityOf, contextOf, executed, planned } from '../../src/connector/calls.ts';
import { okta } from '../../src/responders/okta/responder.ts';
import {
  BOSS,
  startOktaSecrets,
  startOktaSessions,
  startOktaTwoBosses,
  startOktaUsers,
  TOLD_SECRET,
} from './okta-target.ts';
import { NOT_IN_THIS_LANE } from './server-process.ts';
import { contractOf } from './vendor/contract.ts';
import { OKTA_CONTRACT } from './vendor/okta-contract.ts';
import { sliceFaults } from './vendor/slice.ts';
import { declaredRights, vendorConformance } from './vendor/vendor-conformance.ts';

vendorConformance({ title: 'okta: users', start: startOktaUsers, notHere: NOT_IN_THIS_LANE });
vendorConformance({ title: 'okta: client secrets', start: startOktaSecrets, notHere: NOT_IN_THIS_LANE });

describe('ending the sessions of a user, which nothing undoes', () => {
  test('says both traps explicitly, is seen nowhere, and claims no effect', async () => {
    const { target, cleared } = await startOktaSessions();
    const plan = await okta.plan(
      { operation: 'clear-sessions', target: { name: target.victim }, before: undefined },
      target.system,
      contextOf(target),
    );
    if (!plan.ok) throw new Error(plan.failure.detail);
    expect(plan.value.refusals).toEqual([]);
    expect(plan.value.changes.map(({ path, to }) => [path, to])).toEqual([
      ['user.sessions', 'ended'],
      ['user.oauthTokens', 'revoked'],
      ['user.rememberedDevices', 'forgotten'],
    ]);
    const receipt = await okta.execute(
      plan.value,
      target.system,
      capabilityOf(target, randomUUID()),
      contextOf(target),
    );
    expect(receipt.outcome).toBe('applied');
    expect(cleared()).toEqual([`${plan.value.target.immutableId}?oauthTokens=true&forgetDevices=true`]);
    expect(await okta.observe(plan.value, target.system, contextOf(target))).toMatchObject({
      ok: true,
      value: { state: 'not_seen', effect: 'unproven' },
    });
    await target.close();
  });
});

describe('what is known of a user and of a secret', () => {
  test.each([
    ['the last one who is active', startOktaUsers, true, ['last_administrator']],
    ['one of two', startOktaTwoBosses, false, []],
  ] as const)('a super administrator: %s', async (_which, start, isLastAdministrator, refused) => {
    const target = await start();
    const boss = await okta.plan(
      { operation: 'suspend', target: { name: BOSS }, before: undefined },
      target.system,
      contextOf(target),
    );
    expect(boss).toMatchObject({ ok: true, value: { facts: { isPrivileged: 'yes', isLastAdministrator } } });
    expect(boss.ok && boss.value.refusals.map(({ reason }) => reason)).toEqual(refused);
    await target.close();
  });

  test('a secret that Okta tells in the clear is told to nobody', async () => {
    const target = await startOktaSecrets();
    const plan = await planned(target, okta);
    const receipt = await executed(target, okta, plan);
    const seen = await okta.observe(plan, target.system, contextOf(target));
    expect(JSON.stringify([plan, receipt, seen])).not.toContain(TOLD_SECRET);
    await target.close();
  });
});

test('the rights that are declared are those that Okta’s document names for what is asked', () => {
  declaredRights(okta, { contract: OKTA_CONTRACT });
});

const DOCUMENT = fileURLToPath(
  new URL('../../../shared/data/contracts/okta-management-minimal.yaml.gz', import.meta.url),
);

test.skipIf(!existsSync(DOCUMENT))(
  `the slice says what Okta's document says${existsSync(DOCUMENT) ? '' : ' (skipped: the document is not beside this checkout)'}`,
  () => {
    const document = parse(gunzipSync(readFileSync(DOCUMENT)).toString('utf8'), { maxAliasCount: -1 });
    const names = OKTA_CONTRACT.operations.map(({ method, path }) => `${method} ${path}`);
    const whole = contractOf(OKTA_CONTRACT.source, document, names);
    expect(sliceFaults(OKTA_CONTRACT, whole)).toEqual([]);
    const [first, ...rest] = OKTA_CONTRACT.operations;
    const altered = first && { ...OKTA_CONTRACT, operations: [{ ...first, scopes: ['okta.users.manage'] }, ...rest] };
    expect(altered && sliceFaults(altered, whole)).toEqual([expect.stringContaining('scopes')]);
  },
);
