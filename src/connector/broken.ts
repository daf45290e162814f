import { randomUUID } from 'node:crypto';
import { ok } from '../base/result.ts';
import { type UnixMs, unixMsFrom } from '../base/time.ts';
import { secretOf } from '../executor/capability.ts';
import type { Plan, Responder, ResponderContext, SystemConfig, WriteCapability } from '../ports/responder.ts';
import { sealPlan } from '../responders/shared/seal.ts';
import type { ConformanceTarget } from './target.ts';

/** A responder with one fault, and the id of the check that has to find it. */
export interface Broken {
  readonly fault: string;
  readonly caughtBy: string;
  /** What the check says then: it must not fail for another reason. */
  readonly saying: RegExp;
  make(sound: Responder, target: ConformanceTarget): Responder;
}

/** A capability of the same act that opens again and again, as only a broken executor would make it. */
function reusable(
  capability: WriteCapability,
  target: ConformanceTarget,
  key = capability.idempotencyKey,
): WriteCapability {
  return { ...capability, idempotencyKey: key, open: async () => secretOf(target.secrets.write) };
}

async function planAgain(sound: Responder, plan: Plan, system: SystemConfig, context: ResponderContext): Promise<Plan> {
  const again = await sound.plan(
    { operation: plan.operation, target: { immutableId: plan.target.immutableId }, before: undefined },
    system,
    context,
  );
  return again.ok ? again.value : plan;
}

const inEffect = ok({ state: 'in_effect', effect: 'in_effect', checks: [] } as const);

/** At least one fault for each guarantee of the suite: a check that none of these fails would be worth nothing. */
export const BROKEN: readonly Broken[] = [
  {
    fault: 'tries the change out when it plans, and takes it back',
    caughtBy: 'A1',
    saying: /no write stands on the wire/,
    make: (sound, target) => ({
      ...sound,
      async plan(request, system, context) {
        const plan = await sound.plan(request, system, context);
        if (!plan.ok || request.operation !== target.contain.name) return plan;
        const capability = reusable({ idempotencyKey: randomUUID() } as WriteCapability, target);
        const { before } = await sound.execute(plan.value, system, capability, context);
        const undo = await sound.plan(
          { operation: target.release?.name ?? '', target: { immutableId: plan.value.target.immutableId }, before },
          system,
          context,
        );
        if (undo.ok) await sound.execute(undo.value, system, reusable(capability, target, randomUUID()), context);
        return plan;
      },
    }),
  },
  {
    fault: 'needs the probe to plan',
    caughtBy: 'A2',
    saying: /asked for the probe/,
    make: sound => ({
      ...sound,
      async plan(request, system, context) {
        await context.probeCredential?.();
        return await sound.plan(request, system, context);
      },
    }),
  },
  {
    fault: 'foretells another change than it makes',
    caughtBy: 'A3',
    saying: /afterwards/,
    make: sound => ({
      ...sound,
      async plan(request, system, context) {
        const plan = await sound.plan(request, system, context);
        return plan.ok
          ? ok(sealPlan({ ...plan.value, changes: plan.value.changes.map(change => ({ ...change, to: change.from })) }))
          : plan;
      },
      execute: async (plan, system, capability, context) =>
        await sound.execute(await planAgain(sound, plan, system, context), system, capability, context),
    }),
  },
  {
    fault: 'does not compare with what was planned for (no compare-and-set)',
    caughtBy: 'A4',
    saying: /is noticed/,
    make: sound => ({
      ...sound,
      execute: async (plan, system, capability, context) =>
        await sound.execute(await planAgain(sound, plan, system, context), system, capability, context),
    }),
  },
  {
    fault: 'forgets the key, and does it all again',
    caughtBy: 'A5',
    saying: /written once/,
    make: (sound, target) => ({
      ...sound,
      async execute(plan, system, capability, context) {
        const receipt = await sound.execute(plan, system, capability, context);
        if (receipt.outcome !== 'applied') return receipt;
        const undo = await sound.plan(
          {
            operation: target.release?.name ?? '',
            target: { immutableId: plan.target.immutableId },
            before: receipt.before,
          },
          system,
          context,
        );
        if (!undo.ok) return receipt;
        await sound.execute(undo.value, system, reusable(capability, target, randomUUID()), context);
        await sound.execute(plan, system, reusable(capability, target, randomUUID()), context);
        return receipt;
      },
    }),
  },
  {
    fault: 'calls silence a failure',
    caughtBy: 'A6',
    saying: /failed, so it is not/,
    make: sound => ({
      ...sound,
      async execute(plan, system, capability, context) {
        const receipt = await sound.execute(plan, system, capability, context);
        return receipt.outcome === 'unknown' ? { ...receipt, outcome: 'failed' } : receipt;
      },
    }),
  },
  {
    fault: 'observes its own memory of success',
    caughtBy: 'A7',
    saying: /'in_effect'/,
    make: sound => {
      const done = new Set<string>();
      return {
        ...sound,
        async execute(plan, system, capability, context) {
          const receipt = await sound.execute(plan, system, capability, context);
          if (receipt.outcome === 'applied') done.add(plan.digest);
          return receipt;
        },
        observe: async (plan, system, context) =>
          done.has(plan.digest) ? inEffect : await sound.observe(plan, system, context),
      };
    },
  },
  {
    fault: 'sees the state and calls it the effect',
    caughtBy: 'A8',
    saying: /reads no more/,
    make: (sound, target) => ({
      ...sound,
      // Locks as an administrator in a hurry would: the sessions that are open go on.
      async execute(_plan, _system, _capability, context) {
        await target.containAlone();
        return { outcome: 'applied', detail: 'locked', before: {}, startedAt: context.now(), endedAt: context.now() };
      },
      async observe(plan, system, context) {
        const seen = await sound.observe(plan, system, context);
        const effect = seen.ok && seen.value.state !== 'not_seen' ? seen.value.state : 'unproven';
        return seen.ok ? ok({ ...seen.value, effect }) : seen;
      },
    }),
  },
  {
    fault: 'declares another residue than it leaves',
    caughtBy: 'A9',
    saying: /exactly if no residue/,
    make: sound => ({
      ...sound,
      manifest: {
        ...sound.manifest,
        operations: sound.manifest.operations.map(operation => ({
          ...operation,
          residue: operation.residue.length > 0 ? [] : ['Something stays.'],
        })),
      },
    }),
  },
  {
    fault: 'undoes over whatever was changed since',
    caughtBy: 'A10',
    saying: /is noticed when planning/,
    make: sound => ({
      ...sound,
      async plan(request, system, context) {
        const plan = await sound.plan(request, system, context);
        return plan.ok
          ? ok(
              sealPlan({
                ...plan.value,
                refusals: plan.value.refusals.filter(({ reason }) => reason !== 'changed_since'),
              }),
            )
          : plan;
      },
    }),
  },
  {
    fault: 'keeps quiet about a missing right',
    caughtBy: 'A11',
    saying: /^without /,
    make: (sound, target) => ({
      ...sound,
      async plan(request, system, context) {
        const plan = await sound.plan(request, system, context);
        if (plan.ok)
          return ok(
            sealPlan({
              ...plan.value,
              refusals: plan.value.refusals.filter(({ reason }) => reason !== 'missing_scope'),
            }),
          );
        return plan.failure.code === 'responder.missing_scope'
          ? { ok: false, failure: { ...plan.failure, code: 'responder.unreachable', detail: target.victim } }
          : plan;
      },
    }),
  },
  {
    fault: 'hides what rests on the target',
    caughtBy: 'A12',
    saying: /is told/,
    make: sound => ({
      ...sound,
      async plan(request, system, context) {
        const plan = await sound.plan(request, system, context);
        return plan.ok
          ? ok(sealPlan({ ...plan.value, blast: { ...plan.value.blast, direct: [], dependents: [] } }))
          : plan;
      },
    }),
  },
  {
    fault: 'swallows a time-out and calls it applied',
    caughtBy: 'A13',
    saying: /applied, so it is in effect/,
    make: sound => ({
      ...sound,
      async execute(plan, system, capability, context) {
        const receipt = await sound.execute(plan, system, capability, context);
        return receipt.outcome === 'unknown' || receipt.outcome === 'failed'
          ? { ...receipt, outcome: 'applied' }
          : receipt;
      },
    }),
  },
  {
    fault: 'takes a target that is silent for one that somebody changed',
    caughtBy: 'A13',
    saying: /nobody changed anything/,
    make: sound => ({
      ...sound,
      async execute(plan, system, capability, context) {
        const receipt = await sound.execute(plan, system, capability, context);
        return receipt.outcome === 'failed' ? { ...receipt, outcome: 'refused_drift' } : receipt;
      },
    }),
  },
  {
    fault: 'refuses each act as if the target had changed since, and asks it nothing',
    caughtBy: 'A13',
    saying: /on a slow target is carried out/,
    make: sound => ({
      ...sound,
      async execute() {
        const now = unixMsFrom(Date.now());
        return { outcome: 'refused_drift', detail: 'changed since', before: {}, startedAt: now, endedAt: now };
      },
    }),
  },
  {
    fault: 'acts by another way than the one on which the silence is',
    caughtBy: 'A13',
    saying: /the change itself met the silence/,
    make: (sound, target) => ({
      ...sound,
      execute: async (plan, _system, capability, context) =>
        await sound.execute(plan, target.system, capability, context),
    }),
  },
  {
    fault: 'puts the secret into its error',
    caughtBy: 'A14',
    saying: /a secret stands/,
    make: (sound, target) => ({
      ...sound,
      async execute(plan, system, capability, context) {
        const receipt = await sound.execute(plan, system, capability, context);
        return receipt.outcome === 'applied'
          ? receipt
          : { ...receipt, detail: `${receipt.detail} (tried with ${target.secrets.write})` };
      },
    }),
  },
  {
    fault: 'acts with another secret than the one it was given',
    caughtBy: 'A14',
    saying: /a wrong secret is denied/,
    make: (sound, target) => ({
      ...sound,
      execute: async (plan, system, capability, context) =>
        await sound.execute(plan, system, reusable(capability, target), context),
    }),
  },
  {
    fault: 'carries out a plan that was altered on its way',
    caughtBy: 'A15',
    saying: /altered plan/,
    make: sound => ({
      ...sound,
      execute: async (plan, system, capability, context) =>
        await sound.execute(sealPlan(plan), system, capability, context),
    }),
  },
  {
    fault: 'cleans names up before it looks for them',
    caughtBy: 'A16',
    saying: /means nobody/,
    make: sound => ({
      ...sound,
      async plan(request, system, context) {
        if (!('name' in request.target)) return await sound.plan(request, system, context);
        const name = request.target.name.normalize('NFKC').replace(/[^\p{L}\p{N}._@-]/gu, '');
        return await sound.plan({ ...request, target: { name } }, system, context);
      },
    }),
  },
  {
    fault: 'writes down seconds where milliseconds belong',
    caughtBy: 'A18',
    saying: /times of the receipt/,
    make: sound => ({
      ...sound,
      async execute(plan, system, capability, context) {
        const receipt = await sound.execute(plan, system, capability, context);
        const seconds = (ms: UnixMs) => unixMsFrom(Math.floor(ms / 1_000));
        return { ...receipt, startedAt: seconds(receipt.startedAt), endedAt: seconds(receipt.endedAt) };
      },
    }),
  },
  {
    fault: 'shows of the log of a target only as much as it did itself',
    caughtBy: 'A19',
    saying: /done by hand/,
    make: sound => {
      let acts = 0;
      const shown = new Set<string>();
      return {
        ...sound,
        async execute(plan, system, capability, context) {
          acts += 1;
          return await sound.execute(plan, system, capability, context);
        },
        ...(sound.auditTrail === undefined
          ? {}
          : {
              async auditTrail(cursor, system, context) {
                const page = await sound.auditTrail?.(cursor, system, context);
                if (page?.ok !== true) return page as never;
                const entries = page.value.entries.filter(({ id }) => shown.has(id) || shown.size < acts);
                for (const { id } of entries) shown.add(id);
                return { ok: true, value: { ...page.value, entries } };
              },
            }),
      };
    },
  },
];
