import fc from 'fast-check';
import { expect, test } from 'vitest';
import { stopActs } from '../../src/app/kill-switch.ts';
import { withdrawProposal } from '../../src/app/proposals/review.ts';
import { MS_PER_HOUR, MS_PER_MINUTE } from '../../src/base/time.ts';
import { MOVES, type ProposalState } from '../../src/model/proposal.ts';
import type { Verdict } from '../../src/model/review.ts';
import {
  type Installation,
  type Member,
  personRecord,
  signInventory,
  startInstallation,
  startTeam,
} from '../harness/installation.ts';
import { execute, know, revise, studyFor, tryPropose, tryReview } from '../harness/proposals.ts';

/*
 * Anything that people, clocks, targets and executors can do, in any order, on a real database. What may happen is kept by
 * hand beside it, in the fewest words that say it: not by the tally and not by the fold that are tested.
 */

const RUNS = Number(process.env['COUNTERSIGN_MODEL_RUNS'] ?? '4');
const SEED = 16;
const COMMANDS_MAX = 60;
const ACCOUNTS = ['app_a', 'app_b', 'app_c', 'svc_d', 'svc_e'] as const;
/** Of T2, and of T3. */
const START_WITHIN_MS = { T2: 15 * MS_PER_MINUTE, T3: 10 * MS_PER_MINUTE } as const;
const NEEDED = { T2: 1, T3: 2 } as const;
const REVIEW_MS = { T2: 4 * MS_PER_HOUR, T3: 2 * MS_PER_HOUR } as const;

/** What the test itself knows of a proposal. */
interface Noted {
  readonly id: string;
  readonly account: string;
  readonly tier: 'T2' | 'T3';
  readonly contributors: Set<string>;
  approvals: Map<string, number>;
  madeAt: number;
  isOver: boolean;
  brokenAt: number | undefined;
  state: ProposalState;
  effects: number;
}
interface Model {
  readonly noted: Noted[];
  isStopped: boolean;
}
interface Real {
  readonly world: Installation;
  readonly people: readonly Member[];
  readonly executors: readonly ReturnType<Installation['anotherExecutor']>[];
  readonly counts: { steps: number; effects: number; refused: number };
}
type Step = fc.AsyncCommand<Model, Real>;

/** Every state that a walk along the table of moves reaches, by where it begins. */
const REACHABLE: ReadonlyMap<ProposalState, readonly ProposalState[]> = new Map(
  (Object.keys(MOVES) as ProposalState[]).map(from => {
    const seen: ProposalState[] = [from];
    for (let at = 0; at < seen.length; at++)
      for (const next of Object.values(MOVES[seen[at] ?? from]) as ProposalState[])
        if (!seen.includes(next)) seen.push(next);
    return [from, seen];
  }),
);

function mayAct(model: Model, noted: Noted, now: number): boolean {
  if (model.isStopped || noted.isOver || noted.effects > 0) return false;
  if (noted.brokenAt !== undefined && now < noted.brokenAt + 15 * MS_PER_MINUTE) return true;
  const times = [...noted.approvals.values()];
  return times.length >= NEEDED[noted.tier] && now < Math.max(...times) + START_WITHIN_MS[noted.tier];
}

/** What has to hold after every step. */
async function hold(model: Model, real: Real): Promise<void> {
  real.counts.steps += 1;
  const { target } = real.world;
  expect(target.effects).toHaveLength(model.noted.reduce((sum, { effects }) => sum + effects, 0));
  for (const noted of model.noted) {
    expect(noted.effects).toBeLessThanOrEqual(1);
    const { state } = await know(real.world, noted.id);
    expect(REACHABLE.get(noted.state), `${noted.state} to ${state}`).toContain(state);
    noted.state = state;
  }
}

class Does implements Step {
  private readonly name: string;
  private readonly work: (model: Model, real: Real) => Promise<void>;
  constructor(name: string, work: (model: Model, real: Real) => Promise<void>) {
    this.name = name;
    this.work = work;
  }
  check(): boolean {
    return true;
  }
  async run(model: Model, real: Real): Promise<void> {
    await this.work(model, real);
    await hold(model, real);
  }
  toString(): string {
    return this.name;
  }
}

const pick = <T>(list: readonly T[], at: number): T | undefined => list[at % Math.max(1, list.length)];

function propose(who: number, which: number): Step {
  return new Does(`propose ${who} ${which}`, async (model, real) => {
    const [by, account] = [pick(real.people, who), pick(ACCOUNTS, which)];
    if (by === undefined || account === undefined) return;
    const made = await tryPropose(real.world, by, { targetName: account, otherOperations: ['lock'] });
    if (!made.ok) return;
    const tier = account.startsWith('svc') ? 'T3' : 'T2';
    expect((await know(real.world, made.value)).current.tier).toBe(tier);
    model.noted.push({
      id: made.value,
      account,
      tier,
      contributors: new Set(),
      approvals: new Map(),
      madeAt: real.world.context.now(),
      isOver: false,
      brokenAt: undefined,
      state: 'in_review',
      effects: 0,
    });
  });
}

function review(who: number, which: number, verdict: Verdict): Step {
  return new Does(`${verdict} ${who} ${which}`, async (model, { world, people, counts }) => {
    const [by, noted] = [pick(people, who), pick(model.noted, which)];
    if (by === undefined || noted === undefined) return;
    const now = world.context.now();
    const taken = await tryReview(world, by, noted.id, { verdict });
    if (!taken.ok) {
      counts.refused += 1;
      return;
    }
    const isResponder = by.person.roles.includes('responder');
    const isGoAhead = verdict === 'approve' || verdict === 'break_glass';
    if (isGoAhead) {
      expect(isResponder, 'only responders here may say yes').toBe(true);
      expect(noted.contributors.has(by.person.id), 'no contributor says yes').toBe(false);
      expect(noted.isOver).toBe(false);
      expect(now - noted.madeAt, 'nobody says yes after the time').toBeLessThan(REVIEW_MS[noted.tier]);
    }
    if (verdict === 'approve') noted.approvals.set(by.person.id, now);
    if (verdict === 'break_glass') {
      expect(noted.tier, 'where one signature would do there is no emergency').toBe('T3');
      noted.brokenAt = now;
    }
    if (verdict === 'reject' || verdict === 'revoke') noted.isOver = true;
  });
}

function edit(who: number, which: number): Step {
  return new Does(`edit ${who} ${which}`, async (model, { world, people }) => {
    const [by, noted] = [pick(people, who), pick(model.noted, which)];
    if (by === undefined || noted === undefined) return;
    const study = await studyFor(world, { targetName: noted.account, otherOperations: ['lock'] });
    const { act } = await know(world, noted.id);
    const edited = await revise(world, by, study, noted.id, act.operation === 'lock' ? 'opt_suspend' : 'opt_lock');
    if (!edited.ok) return;
    expect(noted.isOver).toBe(false);
    noted.contributors.add(by.person.id);
    noted.approvals = new Map();
    noted.brokenAt = undefined;
    noted.madeAt = world.context.now();
    // All of it begins anew: what was approved is in review again.
    noted.state = 'in_review';
  });
}

function withdraw(who: number, which: number): Step {
  return new Does(`withdraw ${who} ${which}`, async (model, { world, people }) => {
    const [by, noted] = [pick(people, who), pick(model.noted, which)];
    if (by === undefined || noted === undefined) return;
    if ((await withdrawProposal(world.context, by.person, noted.id, 'no longer needed')).ok) noted.isOver = true;
  });
}

/** Executors look at one proposal, all at once. */
function carryOut(which: number, racers: number): Step {
  return new Does(`execute ${which} by ${racers}`, async (model, { world, executors, counts }) => {
    const noted = pick(model.noted, which);
    if (noted === undefined) return;
    const before = world.target.effects.length;
    const wasAllowed = mayAct(model, noted, world.context.now());
    const ports = [world.ports, ...executors.map(executor => executor.ports)].slice(0, racers);
    const outcomes = await Promise.all(ports.map(one => execute(world, noted.id, one)));
    const effects = world.target.effects.length - before;
    noted.effects += effects;
    counts.effects += effects;
    expect(effects).toBeLessThanOrEqual(1);
    if (effects > 0) expect(wasAllowed, `${noted.tier}: nobody allowed it`).toBe(true);
    expect(outcomes.filter(({ kind }) => kind === 'concluded').length).toBeLessThanOrEqual(1);
  });
}

function pass(minutes: number): Step {
  return new Does(`pass ${minutes} min`, async (_, { world }) => world.advance(minutes * MS_PER_MINUTE));
}

/** The target changes by itself. */
function drift(which: number): Step {
  return new Does(`drift ${which}`, async (_, { world }) => {
    const account = pick(ACCOUNTS, which);
    if (account !== undefined) world.target.account(account).version += 1;
  });
}

const stop: Step = new Does('stop everything', async (model, { world, people }) => {
  const [admin] = people;
  if (admin === undefined || model.isStopped) return;
  if ((await stopActs(world.context, admin.person.id, 'something is wrong')).ok) model.isStopped = true;
});

const restart: Step = new Does('restart the sequencer', async (_, { world }) => {
  await world.stopSequencer();
  await world.startSequencer();
});

const n = fc.nat(11);
const often = <T>(times: number, step: T): readonly T[] => Array.from({ length: times }, () => step);
const steps = [
  ...often(
    3,
    fc.tuple(n, n).map(([who, which]) => propose(who, which)),
  ),
  ...often(
    7,
    fc.tuple(n, n).map(([who, which]) => review(who, which, 'approve')),
  ),
  fc
    .tuple(n, n, fc.constantFrom<Verdict>('reject', 'revoke', 'ask_for_more', 'break_glass', 'break_glass'))
    .map(([who, which, verdict]) => review(who, which, verdict)),
  fc.tuple(n, n).map(([who, which]) => edit(who, which)),
  fc.tuple(n, n).map(([who, which]) => withdraw(who, which)),
  ...often(
    6,
    fc.tuple(n, fc.integer({ min: 1, max: 4 })).map(([which, racers]) => carryOut(which, racers)),
  ),
  fc.constantFrom(1, 1, 5, 9, 16, 130, 250).map(pass),
  n.map(drift),
  fc.nat(19).map(rare => (rare === 0 ? stop : restart)),
];

test(`whatever happens in whatever order, nothing is done that nobody allowed, nothing twice, and no state moves where there is no edge (${RUNS} runs; more by COUNTERSIGN_MODEL_RUNS)`, {
  timeout: RUNS * 120_000,
}, async () => {
  const counts = { steps: 0, effects: 0, refused: 0 };
  await fc.assert(
    fc.asyncProperty(
      fc.commands(steps, {
        maxCommands: COMMANDS_MAX,
        size: '+1',
      }),
      async commands => {
        const world = await startInstallation();
        for (const account of ACCOUNTS)
          world.target.add({
            id: `id-${account}`,
            name: account,
            isMachine: account.startsWith('svc') ? 'yes' : 'no',
          });
        const { admin, rosa, sam } = await startTeam(world);
        const records = ACCOUNTS.map(account => ({
          ...personRecord(`Owner of ${account}`, account),
          ...(account.startsWith('svc') ? { kind: 'nhi' as const } : {}),
        }));
        await signInventory(world, admin, records, 2);
        const executors = [world.anotherExecutor(), world.anotherExecutor(), world.anotherExecutor()];
        try {
          const setup = () => ({
            model: { noted: [], isStopped: false },
            real: { world, people: [admin, rosa, sam], executors, counts },
          });
          await fc.asyncModelRun(setup, commands);
        } finally {
          await Promise.all(executors.map(executor => executor.end()));
          await world.stop();
        }
      },
    ),
    // The short version is the same every time, so that it fails where something changed and not by chance.
    process.env['COUNTERSIGN_MODEL_RUNS'] === undefined
      ? { numRuns: RUNS, endOnFailure: true, seed: SEED }
      : { numRuns: RUNS },
  );
  console.log(`${RUNS} runs: ${JSON.stringify(counts)}`);
  expect(counts.effects).toBeGreaterThan(0);
});
