import assert from 'node:assert/strict';
import { compareUndo, foreseeUndo } from '../executor/residue.ts';
import type { Operation, Plan, Responder } from '../ports/responder.ts';
import {
  assertShownNameLeads,
  type Check,
  contextOf,
  during,
  executed,
  lookedAt,
  planned,
  stateSeen,
  undoPlanned,
} from './calls.ts';
import type { ConformanceTarget } from './target.ts';

export const A9: Check = {
  title: 'A9 the undo brings back what was, but for the residue that was declared',
  async run(target, responder) {
    if (target.release === undefined) return await nothingBringsBack(target, responder);
    const before = await target.snapshot();
    const held = await target.hold();
    try {
      const plan = await planned(target, responder);
      const foreseen = foreseeUndo(plan, await lookedAt(target, responder, target.release.name, plan));
      assert.deepEqual(
        [foreseen.verdict, foreseen.obstacles],
        ['planned', []],
        'the undo can be foreseen before the act',
      );
      assert.ok(foreseen.brings.length > 0, 'the undo takes something back');
      const receipt = await executed(target, responder, plan);
      const undo = await undoPlanned(target, responder, plan, receipt);
      assert.deepEqual(undo.refusals, []);
      await assertShownNameLeads(target, responder, undo, receipt.before);
      assert.equal((await executed(target, responder, undo)).outcome, 'applied');
      assert.equal(await stateSeen(target, responder, undo), 'in_effect');
      assert.equal(await target.snapshot(), before, 'what an act can change is as it was');
      const operation =
        responder.manifest.operations.find(({ name }) => name === target.contain.name) ?? target.contain;
      const { residue, reversibility } = operation;
      await comparedAfterUndo(target, responder, plan, foreseen.leaves, operation);
      const comesBack = target.leavesSessions ?? residue.length === 0;
      assert.equal(await held.reads(), comesBack, 'sessions come back exactly if no residue is declared');
      assert.equal(reversibility === 'exact', residue.length === 0, 'an exact undo leaves nothing');
    } finally {
      await held.close();
    }
  },
};

/** The look that the executor takes after an undo. What came back under another id can be looked at no more: that is declared. */
async function comparedAfterUndo(
  target: ConformanceTarget,
  responder: Responder,
  plan: Plan,
  leaves: readonly string[],
  operation: Operation,
): Promise<void> {
  const { immutableId } = plan.target;
  const looked = { operation: operation.name, target: { immutableId }, before: undefined };
  const now = await responder.plan(looked, target.system, contextOf(target));
  if (!now.ok) {
    assert.equal(
      now.failure.code,
      'proposal.target_not_found',
      'the target can be looked at after the undo, or is another one',
    );
    assert.ok(operation.residue.length > 0, 'that it came back as another one is declared');
    return;
  }
  const { verdict, differences } = compareUndo(plan, now.value, leaves, operation);
  assert.equal(verdict, 'as_declared', `nothing else is otherwise: ${JSON.stringify(differences)}`);
}

/** What has no undo says so, and no operation, handed what the act left in its receipt, makes as if it were one. */
async function nothingBringsBack(target: ConformanceTarget, responder: Responder): Promise<void> {
  const declared = responder.manifest.operations.find(({ name }) => name === target.contain.name);
  assert.equal(declared?.reversibility, 'irreversible', 'without an undo it is declared to be irreversible');
  assert.equal(declared?.undo, undefined, 'and names none');
  assert.ok(declared.residue.length > 0, 'what stays is said');
  const plan = await planned(target, responder);
  const { before, outcome } = await executed(target, responder, plan);
  assert.equal(outcome, 'applied');
  for (const { name } of responder.manifest.operations) {
    const back = await responder.plan(
      { operation: name, target: { immutableId: plan.target.immutableId }, before },
      target.system,
      contextOf(target),
    );
    assert.ok(!back.ok || back.value.refusals.length > 0, `${name} is not offered as its undo`);
  }
  assert.equal(await target.isContained(target.victim), true, 'and it stays done');
}

export const A10: Check = {
  title: "A10 an undo does not overrun somebody else's later change",
  async run(target, responder) {
    // Nothing is undone, so A9 has looked at all that there is.
    if (target.release === undefined) return assert.deepEqual(target.driftsAfter, []);
    for (const drift of target.driftsAfter) {
      await target.restore();
      const plan = await planned(target, responder);
      const receipt = await executed(target, responder, plan);
      const undoBefore = await undoPlanned(target, responder, plan, receipt);
      assert.deepEqual(undoBefore.refusals, []);
      await during(drift, async () => {
        const changed = await target.snapshot();
        const undoAfter = await undoPlanned(target, responder, plan, receipt);
        assert.ok(
          undoAfter.refusals.some(({ reason }) => reason === 'changed_since'),
          `${drift.name} is noticed when planning: ${JSON.stringify(undoAfter.refusals)}`,
        );
        assert.notEqual(
          (await executed(target, responder, undoBefore)).outcome,
          'applied',
          `${drift.name} is noticed when executing`,
        );
        assert.equal(await target.snapshot(), changed, 'nothing is changed on top');
      });
    }
    await target.restore();
    const plan = await planned(target, responder);
    const nothing = await responder.plan(
      { operation: target.release.name, target: { immutableId: plan.target.immutableId }, before: undefined },
      target.system,
      contextOf(target),
    );
    assert.ok(
      nothing.ok && nothing.value.refusals.some(({ reason }) => reason === 'nothing_to_undo'),
      'without an act there is no undo',
    );
  },
};
