import assert from 'node:assert/strict';
import { sealPlan } from '../responders/shared/seal.ts';
import { assertShownNameLeads, type Check, contextOf, during, executed, planned } from './calls.ts';

export const A1: Check = {
  title: 'A1 a plan changes nothing, and sends no request to change anything',
  async run(target, responder) {
    const before = await target.snapshot();
    const version = await target.version();
    target.proxy.reset();
    await planned(target, responder, target.proxied);
    assert.ok(target.proxy.pieces() > 0, 'the plan went through the proxy');
    assert.equal(target.asksForChange(target.proxy.sent()), false, 'no write stands on the wire');
    assert.equal(await target.snapshot(), before, 'everything is as it was');
    assert.equal(await target.version(), version, 'the version mark did not move');
  },
};

export const A2: Check = {
  title: 'A2 a plan and a look need the read credential alone',
  async run(target, responder) {
    const refused = async (): Promise<never> => assert.fail('a plan asked for the probe');
    const context = { ...contextOf(target), probeCredential: refused };
    const plan = await responder.plan(
      { operation: target.contain.name, target: { name: target.victim }, before: undefined },
      target.system,
      context,
    );
    const told = plan.ok ? JSON.stringify(plan.value.refusals) : plan.failure.detail;
    assert.ok(plan.ok && plan.value.refusals.length === 0, `it is planned without any other credential: ${told}`);
    const seen = await responder.observe(plan.value, target.system, contextOf(target, { probe: false }));
    const shown = seen.ok ? seen.value.state : seen.failure.detail;
    assert.equal(shown, 'not_in_effect', 'it is seen that nothing was done yet, without the probe');
    for (const { name, isAllowed } of target.forbidden) {
      if (name.startsWith('read:')) assert.equal(await isAllowed(), false, `the read credential may not: ${name}`);
    }
  },
};

export const A11: Check = {
  title: 'A11 each right that is missing is said by the plan, and what is forbidden is denied by the server',
  async run(target, responder) {
    assert.deepEqual((await planned(target, responder)).refusals, [], 'the declared rights suffice');
    for (const scope of target.scopes) {
      await during(scope, async () => {
        const plan = await responder.plan(
          { operation: target.contain.name, target: { name: target.victim }, before: undefined },
          target.system,
          contextOf(target),
        );
        const isSaid = plan.ok
          ? plan.value.refusals.some(({ reason }) => reason === 'missing_scope')
          : plan.failure.code === 'responder.missing_scope';
        assert.ok(isSaid, `without ${scope.name}: ${JSON.stringify(plan.ok ? plan.value.refusals : plan.failure)}`);
      });
    }
    for (const { name, isAllowed } of target.forbidden) {
      assert.match(name, /^(?:read|write): /, `the target's forbidden "${name}" begins with whose attempt it is`);
      assert.equal(await isAllowed(), false, name);
    }
  },
};

export const A12: Check = {
  title: 'A12 the blast radius is what rests on the target, and the untouchable are refused',
  async run(target, responder) {
    await during(target.rests, async () => {
      const plan = await planned(target, responder);
      const texts = [...plan.blast.direct, ...plan.blast.dependents].join('\n');
      for (const mention of target.rests.mentions) assert.ok(texts.includes(mention), `${mention} is told: ${texts}`);
      assert.ok(plan.blast.unknown.length > 0, 'what cannot be known is said');
    });
    for (const { name, reason, isRefusedByTarget } of target.untouchable) {
      const plan = await responder.plan(
        { operation: target.contain.name, target: { name }, before: undefined },
        target.system,
        contextOf(target),
      );
      assert.ok(plan.ok, `${name} can be looked at`);
      assert.ok(
        plan.value.refusals.some(refusal => refusal.reason === reason),
        `${name}: ${JSON.stringify(plan.value.refusals)}`,
      );
      if (!isRefusedByTarget) continue;
      const before = await target.snapshot();
      await executed(target, responder, sealPlan({ ...plan.value, refusals: [] }));
      assert.equal(await target.snapshot(), before, `${name} is refused by the target itself, too`);
    }
  },
};

export const A16: Check = {
  title: 'A16 a hostile name acts on whoever bears it, or on nobody',
  async run(target, responder) {
    const before = await target.snapshot();
    await assertShownNameLeads(target, responder, await planned(target, responder), undefined);
    for (const name of target.hostileNames) {
      const plan = await responder.plan(
        { operation: target.contain.name, target: { name }, before: undefined },
        target.system,
        contextOf(target),
      );
      assert.ok(!plan.ok, `${JSON.stringify(name)} means nobody`);
      assert.equal(plan.failure.code, 'proposal.target_not_found', JSON.stringify(name));
    }
    for (const id of ['', '*', '0', "1' OR 1=1", '1:1) OR (1=1', '(objectClass=*)', '99999999999999999999:16384']) {
      const plan = await responder.plan(
        { operation: target.contain.name, target: { immutableId: id }, before: undefined },
        target.system,
        contextOf(target),
      );
      assert.equal(plan.ok ? 'ok' : plan.failure.code, 'proposal.target_not_found', id);
    }
    for (const name of target.hostileAccounts) {
      const made = await target.makeHostile(name);
      if (made === undefined) continue;
      await during(made, async () => {
        const plan = await responder.plan(
          { operation: target.contain.name, target: { name }, before: undefined },
          target.system,
          contextOf(target),
        );
        assert.ok(plan.ok, `${JSON.stringify(name)} can be planned for: ${plan.ok ? '' : plan.failure.detail}`);
        assert.equal((await executed(target, responder, plan.value)).outcome, 'applied');
        assert.equal(await target.isContained(name), true, `${JSON.stringify(name)} is locked`);
        assert.equal(await target.isContained(target.victim), false, 'and nobody else is');
      });
    }
    assert.equal(await target.snapshot(), before);
  },
};
