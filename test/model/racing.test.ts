import { expect, test } from 'vitest';
import { carryOut } from '../../src/executor/carry-out.ts';
import type { ExecutorPorts } from '../../src/executor/ports.ts';
import {
  type Installation,
  invite,
  type Member,
  personRecord,
  signInventory,
  startInstallation,
  startTeam,
} from '../harness/installation.ts';
import { propose, storeRevision, tryReview } from '../harness/proposals.ts';

/** The bar is 10,000 (`COUNTERSIGN_RACING`); a run of these is for every day. */
const PROPOSALS = Number(process.env['COUNTERSIGN_RACING'] ?? '48');
const RACERS = 64;
/** Proposals whose reviews are in the log before executors look. */
const ROUND = 192;
/** Of so many proposals one is rejected while executors start it. */
const REJECTED_ONE_IN = 8;

interface Raced {
  readonly id: `prp_${string}`;
  readonly account: string;
  readonly isRejected: boolean;
}

/** Works on all of these at once, so many at a time. */
async function together<T, R>(all: readonly T[], work: (one: T, at: number) => Promise<R>): Promise<readonly R[]> {
  const results: R[] = [];
  let next = 0;
  const worker = async () => {
    for (let at = next++; at < all.length; at = next++) results[at] = await work(all[at] as T, at);
  };
  await Promise.all(Array.from({ length: RACERS }, worker));
  return results;
}

test(`${PROPOSALS} approved acts and ${RACERS} who sign and carry out at once: each is done at most once, the ones that nobody stops exactly once, and no vote is lost (10,000 by COUNTERSIGN_RACING)`, {
  timeout: 60_000 + PROPOSALS * 2_000,
}, async () => {
  const world = await startInstallation();
  try {
    const { admin, rosa, sam } = await startTeam(world);
    const olga = await invite(world, admin, 'Olga Owner', ['owner']);
    const accounts = Array.from({ length: PROPOSALS }, (_, i) => `app_${i}`);
    for (const name of accounts) world.target.add({ id: `id-${name}`, name });
    const records = [
      personRecord('Jo Known', 'app_jo'),
      ...accounts.map(name => personRecord(`Owner of ${name}`, name)),
    ];
    await signInventory(world, admin, records, 2);
    const first = await propose(world, admin);
    const executors = [world, world.anotherExecutor(), world.anotherExecutor(), world.anotherExecutor()];
    const ports = Array.from({ length: RACERS }, (_, i) => executors[i % executors.length]?.ports ?? world.ports);
    const votes = { taken: 0, refused: 0 };
    for (let at = 0; at < PROPOSALS; at += ROUND)
      await raceRound(world, { reviewers: [rosa, sam, olga], ports, votes, first }, accounts.slice(at, at + ROUND), at);
    await world.settleLog();

    const effects = new Map<string, number>();
    for (const { id } of world.target.effects) effects.set(id, (effects.get(id) ?? 0) + 1);
    expect([...effects.values()].every(count => count === 1)).toBe(true);
    const { rows } = await world.database.ownerPool.query<{ reviews: string; logged: string }>(
      `SELECT (SELECT count(*) FROM review) AS reviews,
              (SELECT count(*) FROM audit_entry WHERE position('"type":"review.signed"'::bytea in entry) > 0) AS logged`,
    );
    expect({ reviews: Number(rows[0]?.reviews), logged: Number(rows[0]?.logged) }).toEqual({
      reviews: votes.taken,
      logged: votes.taken,
    });
    console.log(
      `${PROPOSALS} proposals: ${effects.size} effects, ${votes.taken} votes taken, ${votes.refused} refused`,
    );
    await Promise.all(executors.slice(1).map(executor => ('end' in executor ? executor.end() : undefined)));
  } finally {
    await world.stop();
  }
});

interface Race {
  readonly reviewers: readonly [Member, Member, Member];
  readonly ports: readonly ExecutorPorts[];
  readonly votes: { taken: number; refused: number };
  readonly first: `prp_${string}`;
}

async function raceRound(world: Installation, race: Race, accounts: readonly string[], from: number): Promise<void> {
  const { reviewers, ports, votes, first } = race;
  const vote = async (by: Member, proposal: string, verdict: 'approve' | 'reject') => {
    const taken = await tryReview(world, by, proposal, { verdict });
    if (taken.ok) votes.taken += 1;
    else votes.refused += 1;
  };
  const raced: readonly Raced[] = await together(accounts, async (account, at) => ({
    id: await storeRevision(world, first, {
      isNewProposal: true,
      tier: 'T3',
      act: {
        target: { type: 'database_role', system: world.connected.config.system, immutableId: `id-${account}` },
        startWithinSeconds: '600',
      },
      presentation: { targetName: account },
    }),
    account,
    isRejected: (from + at) % REJECTED_ONE_IN === 0,
  }));
  const [rosa, sam, olga] = reviewers;
  // Three people for two seats, and one of them twice, all at once.
  await together(
    raced.flatMap(one => [rosa, sam, olga, rosa].map(by => ({ one, by }))),
    ({ one, by }) => vote(by, one.id, 'approve'),
  );
  await world.settleLog();
  const attempts = raced.flatMap((one, at) => [
    ...Array.from({ length: 4 }, (_, n) => ({ one, port: ports[(at * 4 + n) % ports.length] })),
    ...(one.isRejected ? [{ one, port: undefined }] : []),
  ]);
  const outcomes = await together(attempts, async ({ one, port }) => {
    if (port === undefined) return vote(sam, one.id, 'reject');
    return carryOut(one.id, port);
  });
  for (const one of raced) {
    const done = world.target.effects.filter(({ id }) => id === `id-${one.account}`).length;
    const concluded = outcomes.filter(
      (outcome, at) => attempts[at]?.one === one && outcome !== undefined && outcome.kind === 'concluded',
    ).length;
    if (one.isRejected) expect([done, concluded], one.account).toSatisfy(([a, b]) => a <= 1 && b <= 1);
    else expect([done, concluded], one.account).toEqual([1, 1]);
  }
}
