import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { createCapability, secretOf } from '../executor/capability.ts';
import type { Plan, Receipt, Responder } from '../ports/responder.ts';
import { sealPlan } from '../responders/shared/seal.ts';
import {
  assertClaim,
  type Check,
  capabilityOf,
  contextOf,
  during,
  executed,
  patienceOf,
  planned,
  stateSeen,
  timeoutOf,
  undoPlanned,
} from './calls.ts';
import { startExecution } from './crash.ts';
import type { ConformanceTarget } from './target.ts';

export const A3: Check = {
  title: 'A3 what was foretold is what comes about',
  async run(target, responder) {
    const held = await target.hold();
    try {
      const plan = await planned(target, responder);
      assert.ok(plan.changes.length > 0, 'the plan foretells something');
      for (const { path, from } of plan.changes) assert.equal(from, await target.valueAt(path), `${path} before`);
      assert.equal((await executed(target, responder, plan)).outcome, 'applied');
      for (const { path, to } of plan.changes) assert.equal(to, await target.valueAt(path), `${path} afterwards`);
      assert.equal(await stateSeen(target, responder, plan), 'in_effect');
    } finally {
      await held.close();
    }
  },
};

export const A4: Check = {
  title: 'A4 what drifted between plan and execution is refused, and nothing is changed',
  async run(target, responder) {
    for (const drift of target.drifts) {
      await target.restore();
      const plan = await planned(target, responder);
      await during(drift, async () => {
        const drifted = await target.snapshot();
        const { outcome } = await executed(target, responder, plan);
        assert.equal(outcome, 'refused_drift', `${drift.name} is noticed`);
        assert.equal(await target.snapshot(), drifted, `${drift.name}: nothing is changed on top`);
      });
    }
  },
};

const RACERS = 8;

export const A5: Check = {
  title: 'A5 one key has one effect, sent twice or by eight at once',
  async run(target, responder) {
    const plan = await planned(target, responder);
    const key = randomUUID();
    const receipts = await Promise.all(Array.from({ length: RACERS }, () => executed(target, responder, plan, key)));
    const applied = receipts.filter(({ outcome }) => outcome === 'applied');
    assert.equal(applied.length, 1, `one is applied: ${receipts.map(({ outcome }) => outcome).join(' ')}`);
    const rest = receipts.filter(
      ({ outcome }) => outcome !== 'applied' && outcome !== 'already_applied' && outcome !== 'refused_drift',
    );
    assert.deepEqual(rest, [], 'the others say that it is done');
    const again = await executed(target, responder, plan, key);
    assert.notEqual(again.outcome, 'applied', 'a key that was used is not applied again');
    assert.equal(await target.version(), applied[0]?.before[target.versionAfterPath], 'the target was written once');
  },
};

const BOUNDARIES_MAX = 60;
/** Long enough for the target to have carried out what it was passed before the process died, in milliseconds. */
const AFTER_KILL_MS = 60;

/**
 * The process that executes is killed (SIGKILL) once the target has each request, from the first to the last. What the
 * target has done by then is neither done twice nor lost by whoever tries again with the same key.
 */
async function killedAnywhere(target: ConformanceTarget, responder: Responder): Promise<void> {
  for (let piece = 0; piece < BOUNDARIES_MAX; piece++) {
    await target.restore();
    const plan = await planned(target, responder);
    const key = randomUUID();
    target.proxy.reset();
    const run = startExecution(target, plan, key, target.proxied, timeoutOf(target));
    let wasKilled = false;
    target.proxy.afterPiece(piece, () => {
      wasKilled = true;
      run.process.kill('SIGKILL');
    });
    await run.ended;
    if (!wasKilled) {
      assert.ok(piece > 0, 'the execution in a process of its own went through the proxy');
      assert.equal(await target.isContained(target.victim), true, 'in a process of its own it is carried out, too');
      break;
    }
    await sleep(AFTER_KILL_MS);
    target.proxy.reset();
    const wasContained = await target.isContained(target.victim);
    const version = await target.version();
    await executed(target, responder, plan, key);
    assert.equal(await target.isContained(target.victim), true, `killed after request ${piece}: nothing is lost`);
    if (wasContained) assert.equal(await target.version(), version, `killed after request ${piece}: done once`);
    assert.equal(await stateSeen(target, responder, plan), 'in_effect');
    assert.ok(piece + 1 < BOUNDARIES_MAX, 'the execution has an end');
  }
}

export const A6: Check = {
  title: 'A6 cut or killed at any request, no more is claimed than is so, and a second look and try converge',
  async run(target, responder) {
    for (const when of ['before', 'after'] as const) {
      for (let piece = 0; piece < BOUNDARIES_MAX; piece++) {
        await target.restore();
        const plan = await planned(target, responder);
        target.proxy.reset();
        target.proxy.cutAt(piece, when);
        const key = randomUUID();
        const { outcome } = await executed(target, responder, plan, key, target.proxied);
        const wasCut = target.proxy.pieces() > piece;
        target.proxy.reset();
        assertClaim(outcome, await target.isContained(target.victim), `cut ${when} request ${piece}`);
        await executed(target, responder, plan, key);
        assert.equal(await target.isContained(target.victim), true, `cut ${when} request ${piece}: it converges`);
        assert.equal(await stateSeen(target, responder, plan), 'in_effect');
        if (!wasCut) break;
        assert.ok(piece + 1 < BOUNDARIES_MAX, 'the execution has an end');
      }
    }
    await killedAnywhere(target, responder);
  },
};

export const A7: Check = {
  title: 'A7 a target that says yes and does nothing is seen through',
  async run(target, responder) {
    const plan = await planned(target, responder);
    await during(target.lie, async () => {
      const { outcome } = await executed(target, responder, plan, randomUUID(), target.lie.system);
      assert.equal(outcome, 'applied', 'the target claims that it is done');
    });
    assert.equal(await target.isContained(target.victim), false, 'the target did nothing');
    assert.equal(await stateSeen(target, responder, plan), 'not_in_effect');
  },
};

export const A8: Check = {
  title: 'A8 the connection that an attacker holds, open and reading, is dead afterwards, or the effect is not claimed',
  async run(target, responder) {
    const held = await target.hold();
    try {
      const plan = await planned(target, responder);
      assert.equal(await held.reads(), true, 'the attacker really reads');
      assert.equal((await executed(target, responder, plan)).outcome, 'applied');
      const stillReads = await held.reads();
      const seen = await responder.observe(plan, target.system, contextOf(target));
      assert.ok(seen.ok);
      if (target.effect === 'unproven') {
        assert.equal(seen.value.effect, 'unproven', 'what cannot be seen is not claimed: the attacker reads no more?');
        return;
      }
      assert.equal(stillReads, false, 'the attacker reads no more');
      assert.equal(seen.value.effect, 'in_effect', JSON.stringify(seen.value.checks));
    } finally {
      await held.close();
    }
  },
};

const SLOW_MS = 20;

/**
 * An act that is carried out where the target is slow, and then meets silence at each of its requests, from the first to
 * the last. It is planned anew each time: one that is refused for a plan of before would never come to its write.
 */
async function silentAnywhere(target: ConformanceTarget, responder: Responder): Promise<void> {
  const act = async (misbehave: () => void) => {
    await target.restore();
    const plan = await planned(target, responder);
    target.proxy.reset();
    misbehave();
    const at = Date.now();
    const { outcome } = await executed(target, responder, plan, randomUUID(), target.proxied);
    return { outcome, tookMs: Date.now() - at };
  };
  const slow = await act(() => target.proxy.delay(SLOW_MS));
  assert.equal(slow.outcome, 'applied', 'an act on a slow target is carried out');
  const met = new Set<Receipt['outcome']>();
  for (let piece = 0; piece < BOUNDARIES_MAX; piece++) {
    const { outcome, tookMs } = await act(() => target.proxy.silenceAt(piece));
    if (target.proxy.pieces() <= piece) break;
    // The requests that are answered take their time, too.
    assert.ok(
      tookMs < patienceOf(target) + slow.tookMs,
      `silent from request ${piece}: the wait of ${tookMs} ms is bounded`,
    );
    assert.notEqual(outcome, 'refused_drift', `silent from request ${piece}: nobody changed anything`);
    const isContained = await target.isContained(target.victim);
    assertClaim(outcome, isContained, `silent from request ${piece}`);
    if (isContained && outcome !== 'applied') assert.equal(outcome, 'unknown', 'what was not answered is not known');
    met.add(outcome);
    assert.ok(piece + 1 < BOUNDARIES_MAX, 'the execution has an end');
  }
  assert.ok(met.has('unknown'), `the change itself met the silence: ${[...met].join(' ')}`);
  target.proxy.reset();
}

export const A13: Check = {
  title: 'A13 slow is waited for, silence and cuts are told as what they are, and nothing waits without end',
  async run(target, responder) {
    target.proxy.reset();
    target.proxy.delay(SLOW_MS);
    const plan = await planned(target, responder, target.proxied);
    target.proxy.reset();
    target.proxy.silenceAt(0);
    const started = Date.now();
    const silent = await responder.plan(
      { operation: target.contain.name, target: { name: target.victim }, before: undefined },
      target.proxied,
      contextOf(target),
    );
    assert.equal(silent.ok ? 'ok' : silent.failure.code, 'responder.unreachable');
    const unseen = await responder.observe(plan, target.proxied, contextOf(target));
    assert.equal(
      unseen.ok ? 'ok' : unseen.failure.code,
      'responder.unreachable',
      'a look without an answer is no look',
    );
    assert.ok(Date.now() - started < 2 * patienceOf(target), 'the wait is bounded');
    await silentAnywhere(target, responder);
  },
};

export const A14: Check = {
  title: 'A14 no secret stands in a plan, a receipt, an observation or an error',
  async run(target, responder) {
    const secrets = [target.secrets.read, target.secrets.write, ...probePasswords(target)];
    const texts: string[] = [];
    const keep = (value: unknown) =>
      texts.push(value instanceof Error ? `${value.message} ${value.stack ?? ''}` : JSON.stringify(value));
    const plan = await planned(target, responder);
    keep(plan);
    keep(await executed(target, responder, plan));
    keep(await responder.observe(plan, target.system, contextOf(target)));
    // Errors on the way: a wrong secret, each in turn, and a connection that is cut. Each act is planned anew: one that is
    // refused for a plan of before would open no secret.
    const wrong = {
      ...target,
      secrets: { read: `wrong-${secrets[0]}`, write: `wrong-${secrets[1]}`, probe: target.secrets.probe },
    };
    keep(
      await responder.plan(
        { operation: target.contain.name, target: { name: target.victim }, before: undefined },
        target.system,
        contextOf(wrong),
      ),
    );
    keep(await responder.observe(plan, target.system, contextOf(wrong)));
    await target.restore();
    const next = await planned(target, responder);
    const denied = await responder.execute(next, target.system, capabilityOf(wrong, randomUUID()), contextOf(target));
    assert.ok(['failed', 'refused'].includes(denied.outcome), `a wrong secret is denied: ${denied.outcome}`);
    keep(denied);
    for (const piece of [0, 2, 4]) {
      await target.restore();
      const fresh = await planned(target, responder);
      target.proxy.reset();
      target.proxy.cutAt(piece, 'after');
      const cut = await executed(target, responder, fresh, randomUUID(), target.proxied);
      assert.notEqual(cut.outcome, 'refused_drift', `cut after request ${piece}: nobody changed anything`);
      keep(cut);
    }
    target.proxy.reset();
    keep(responder.manifest);
    keep(capabilityOf(target, 'key'));
    for (const secret of secrets) assert.ok(!texts.some(text => text.includes(secret)), 'a secret stands in an answer');
  },
};

function probePasswords(target: ConformanceTarget): readonly string[] {
  const isJson = target.secrets.probe.startsWith('{');
  assert.ok(isJson, '`secrets.probe` of the target is a JSON object, secrets by name; {} where there is none');
  return Object.values(JSON.parse(target.secrets.probe) as object).map(String);
}

export const A15: Check = {
  title: 'A15 an altered plan, a plan that refuses, a used capability and a stopped one change nothing',
  async run(target, responder) {
    const before = await target.snapshot();
    const plan = await planned(target, responder);
    const altered: readonly Plan[] = [
      { ...plan, operation: target.release?.name ?? 'release' },
      { ...plan, preconditions: plan.preconditions.slice(1) },
      { ...plan, changes: [] },
      { ...plan, target: { ...plan.target, system: 'another' } },
      sealPlan({ ...plan, operation: 'drop' }),
      sealPlan({ ...plan, target: { ...plan.target, immutableId: "1' OR '1'='1" } }),
      sealPlan({ ...plan, refusals: [{ reason: 'own_identity', text: 'refused' }] }),
    ];
    for (const [index, candidate] of altered.entries()) {
      let opened = 0;
      const capability = capabilityOf(target, randomUUID(), () => {
        opened++;
      });
      const { outcome } = await responder.execute(candidate, target.system, capability, contextOf(target));
      assert.equal(outcome, 'refused', `altered plan ${index}`);
      assert.equal(opened, 0, `the write credential stayed shut for altered plan ${index}`);
    }
    const stopped = createCapability({
      actDigest: '0'.repeat(64),
      idempotencyKey: randomUUID(),
      open: async () => secretOf(target.secrets.write),
      stillAllowed: async () => false,
    });
    assert.equal((await responder.execute(plan, target.system, stopped, contextOf(target))).outcome, 'refused');
    assert.equal(await target.snapshot(), before, 'nothing was changed');
    const once = capabilityOf(target, randomUUID());
    const first = await responder.execute(plan, target.system, once, contextOf(target));
    assert.equal(first.outcome, 'applied');
    const next = target.release === undefined ? plan : await undoPlanned(target, responder, plan, first);
    assert.equal(
      (await responder.execute(next, target.system, once, contextOf(target))).outcome,
      'refused',
      'a capability writes once',
    );
    assert.equal(await target.isContained(target.victim), true);
  },
};
