import fc from 'fast-check';
import { expect, test } from 'vitest';
import { stopActs } from '../../src/app/kill-switch.ts';
import { knowProposals } from '../../src/app/proposals/facts.ts';
import { withdrawProposal } from '../../src/app/proposals/review.ts';
import { MS_PER_HOUR, MS_PER_MINUTE } from '../../src/base/time.ts';
import { fileDigest } from '../../src/core/decide/house-policy.ts';
import type { ExecutorPorts } from '../../src/executor/ports.ts';
import { settleUnfinished } from '../../src/executor/recover.ts';
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
const COMMANDS_MAX = Number(process.env['COUNTERSIGN_MODEL_COMMANDS'] ?? '60');
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
  /** Under which policy it was last made. */
  policy: number;
}
interface Model {
  readonly noted: Noted[];
  policy: number;
  isStopped: boolean;
}
interface Real {
  readonly world: Installation;
  readonly people: readonly Member[];
  readonly accounts: readonly string[];
  readonly executors: readonly ReturnType<Installation['anotherExecutor']>[];
  readonly counts: { steps: number; effects: number; refused: number; crashes: number };
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
  if (model.isStopped || noted.isOver || noted.effects > 0 || noted.policy !== model.policy) return false;
  if (noted.brokenAt !== undefined && now < noted.brokenAt + 15 * MS_PER_MINUTE) return true;
  const times = [...noted.approvals.values()];
  return times.length >= NEEDED[noted.tier] && now < Math.max(...times) + START_WITHIN_MS[noted.tier];
}

/** What has to hold after every step. */
async function hold(model: Model, real: Real): Promise<void> {
  real.counts.steps += 1;
  const { target } = real.world;
  const mine = target.effects.filter(({ id }) => real.accounts.some(account => id === `id-${account}`));
  expect(mine).toHaveLength(model.noted.reduce((sum, { effects }) => sum + effects, 0));
  const known = await knowProposals(
    real.world.context,
    model.noted.map(({ id }) => id),
  );
  for (const [at, noted] of model.noted.entries()) {
    expect(noted.effects).toBeLessThanOrEqual(1);
    const state = known[at]?.state ?? noted.state;
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
    const [by, account] = [pick(real.people, who), pick(real.accounts, which)];
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
      policy: model.policy,
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
      expect(noted.policy, 'nobody says yes under other rules').toBe(model.policy);
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
    noted.policy = model.policy;
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

/** An executor is cut off at one of its calls, and another one settles what it left. */
function crash(which: number, atCall: number): Step {
  return new Does(`execute ${which} and end at call ${atCall}`, async (model, { world, executors, counts }) => {
    const [noted, executor] = [pick(model.noted, which), pick(executors, atCall)];
    if (noted === undefined || executor === undefined) return;
    const before = world.target.effects.length;
    const wasAllowed = mayAct(model, noted, world.context.now());
    await execute(world, noted.id, endingAt(executor.ports, atCall)).catch((error: unknown) => {
      if (!(error instanceof Ended)) throw error;
      counts.crashes += 1;
    });
    await settleUnfinished(world.ports);
    const effects = world.target.effects.length - before;
    noted.effects += effects;
    counts.effects += effects;
    if (effects > 0) expect(wasAllowed, `${noted.tier}: nobody allowed it`).toBe(true);
  });
}

class Ended extends Error {}

/** The same ports, the last of which that may be called fails as if the process had ended there. */
function endingAt(ports: ExecutorPorts, calls: number): ExecutorPorts {
  let left = calls;
  const cut = Object.entries(ports).map(([name, port]: [string, unknown]) => {
    if (typeof port !== 'function') return [name, port];
    const called = (...all: readonly unknown[]): unknown => {
      left -= 1;
      if (left < 0) throw new Ended(name);
      return port(...all);
    };
    return [name, called];
  });
  return Object.fromEntries(cut) as ExecutorPorts;
}

/** Two policies that add nothing to these acts, and none: what was signed under one does not count under another. */
const POLICIES = [
  '',
  ...['rotate_key', 'delete_key'].map(
    kind => `name: of ${kind}
version: "1"
floors: [{ id: never, atLeast: never, kinds: [${kind}], because: test }]
tests: [{ name: never, act: { kind: ${kind} }, expect: never }]
`,
  ),
];

/** The executor adopts another policy, as it does once an act that sets it is seen in effect. */
function changePolicy(which: number): Step {
  return new Does(`policy ${which}`, async (model, { world }) => {
    model.policy = which % POLICIES.length;
    const text = POLICIES[model.policy] ?? '';
    world.storage.preparePolicy(text);
    world.storage.adoptPolicy(text === '' ? '' : fileDigest(text));
  });
}

function pass(minutes: number): Step {
  return new Does(`pass ${minutes} min`, async (_, { world }) => world.advance(minutes * MS_PER_MINUTE));
}

/** The target changes by itself. */
function drift(which: number): Step {
  return new Does(`drift ${which}`, async (_, { world, accounts }) => {
    const account = pick(accounts, which);
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
  fc.tuple(n, fc.nat(45)).map(([which, atCall]) => crash(which, atCall)),
  fc.nat(5).map(which => (which < 3 ? changePolicy(which) : pass(1))),
  fc.nat(19).map(rare => (rare === 0 ? stop : restart)),
];

/** Where one sequence is played: an installation that others were played in before, with accounts of its own. */
interface Stage extends Pick<Real, 'world' | 'people' | 'executors' | 'accounts'> {
  readonly policy: number;
}

/** An installation takes seconds to make, so one is used for many sequences, each on accounts that no other one touches. */
const SEQUENCES_MAX = 40;

function createStages() {
  let made: Omit<Stage, 'accounts' | 'policy'> | undefined;
  let used = 0;
  let policy = 0;
  const end = async () => {
    await Promise.all((made?.executors ?? []).map(executor => executor.end()));
    await made?.world.stop();
    made = undefined;
    used = 0;
    policy = 0;
  };
  return {
    end,
    async next(): Promise<Stage> {
      made ??= await startStage();
      used += 1;
      return { ...made, accounts: ACCOUNTS.map(account => `${account}_${used}`), policy };
    },
    /** What was stopped stays so, and what failed is not played in again. */
    async leave({ world }: Stage, model: Model): Promise<void> {
      policy = model.policy;
      // Nothing of this sequence waits any more when the next one begins.
      world.advance(9 * MS_PER_HOUR);
      if (model.isStopped || used >= SEQUENCES_MAX) await end();
    },
  };
}

async function startStage(): Promise<Omit<Stage, 'accounts' | 'policy'>> {
  const world = await startInstallation();
  const accounts = Array.from({ length: SEQUENCES_MAX }, (_, i) => ACCOUNTS.map(account => `${account}_${i + 1}`));
  for (const account of accounts.flat())
    world.target.add({ id: `id-${account}`, name: account, isMachine: account.startsWith('svc') ? 'yes' : 'no' });
  const { admin, rosa, sam } = await startTeam(world);
  const records = accounts.flat().map(account => ({
    ...personRecord(`Owner of ${account}`, account),
    ...(account.startsWith('svc') ? { kind: 'nhi' as const } : {}),
  }));
  await signInventory(world, admin, records, 2);
  const executors = [world.anotherExecutor(), world.anotherExecutor(), world.anotherExecutor()];
  return { world, people: [admin, rosa, sam], executors };
}

test(`whatever happens in whatever order, nothing is done that nobody allowed, nothing twice, and no state moves where there is no edge (${RUNS} runs; more by COUNTERSIGN_MODEL_RUNS)`, {
  timeout: RUNS * 120_000,
}, async () => {
  const stages = createStages();
  const counts = { steps: 0, effects: 0, refused: 0, crashes: 0 };
  await fc.assert(
    fc.asyncProperty(
      fc.commands(steps, {
        maxCommands: COMMANDS_MAX,
        size: '+1',
      }),
      async commands => {
        const stage = await stages.next();
        const model: Model = { noted: [], policy: stage.policy, isStopped: false };
        try {
          await fc.asyncModelRun(() => ({ model, real: { ...stage, counts } }), commands);
        } finally {
          await stages.leave(stage, model);
        }
      },
    ),
    // The short version is the same every time, so that it fails where something changed and not by chance.
    process.env['COUNTERSIGN_MODEL_RUNS'] === undefined
      ? { numRuns: RUNS, endOnFailure: true, seed: SEED }
      : { numRuns: RUNS },
  );
  await stages.end();
  console.log(`${RUNS} runs: ${JSON.stringify(counts)}`);
  expect(counts.effects).toBeGreaterThan(0);
});
