import { afterAll, expect, test } from 'vitest';
import type { ReadStudy } from '../../src/app/proposals/study.ts';
import { MS_PER_HOUR } from '../../src/base/time.ts';
import { addIncident } from '../harness/incidents.ts';
import { type Installation, invite, startInstallation, startTeam } from '../harness/installation.ts';
import { adopt, advance, asked, refresh, start, studyNaming } from '../harness/playbooks.ts';
import { review } from '../harness/proposals.ts';

const LOCK = `
playbook: Lock an account
version: "1"
steps:
  - { step: who, read: incident.user, as: account }
  - { step: ask-lock, ask: lock }
  - { step: lock, act: disable_account, on: $account }
`;
/** More than there are: the test ends with the first run that gets through. */
const STATEMENTS_MAX = 200;

let world: Installation;
afterAll(() => world.stop());

// Slow, since it starts the same run once for each statement that one takes.
test('a run that is cut off at any statement goes on where it was: no step happens twice and none is lost', {
  timeout: 120_000,
}, async () => {
  world = await startInstallation();
  const team = await startTeam(world);
  const olga = await invite(world, team.admin, 'Olga Owner', ['owner']);
  await addIncident(world);
  const study = await studyNaming(world);
  const { sha256 } = await adopt(world, LOCK, team.admin, [team.rosa, olga]);
  let cuts = 0;
  for (let at = 1; at <= STATEMENTS_MAX; at++) {
    const run = await start(world, team.rosa, 'lock-an-account', sha256);
    const wasCut = await cutOff(world, study, run, at);
    const waiting = await advance(world, study, run);
    const { rows } = await world.database.ownerPool.query<{ id: string }>(
      `SELECT id FROM proposal WHERE origin ->> 'run' = $1`,
      [run],
    );
    const [made] = rows;
    expect([waiting.end, rows.length, asked(waiting, 'ask-lock')], `cut at statement ${at}`).toEqual([
      undefined,
      1,
      made?.id,
    ]);
    // The same act is in review once at a time, so it is rejected before the next try.
    await review(world, team.sam, made?.id ?? '', { verdict: 'reject' });
    await refresh(world, made?.id ?? '');
    expect((await advance(world, study, run)).end?.as).toBe('stopped');
    if (!wasCut) break;
    // Otherwise so many proposals of one person would be a flood, and be kept waiting.
    world.advance(MS_PER_HOUR / 4);
    cuts += 1;
  }
  expect(cuts).toBeGreaterThan(20);
  expect(cuts).toBeLessThan(STATEMENTS_MAX);
});

/** Goes on with a run until its so-manieth statement, at which everything ends. False where it got through before. */
async function cutOff(world: Installation, study: ReadStudy, run: `run_${string}`, at: number): Promise<boolean> {
  let count = 0;
  const counted = <T extends object>(of: T): T =>
    new Proxy(of, {
      get(target, name) {
        const member: unknown = Reflect.get(target, name);
        if (typeof member !== 'function') return member;
        if (name === 'query')
          return (...all: unknown[]) => {
            count += 1;
            if (count >= at && all[0] !== 'ROLLBACK') throw new Error('cut off');
            return (member as (...of: unknown[]) => unknown).apply(target, all);
          };
        if (name === 'connect')
          return async () => counted((await (member as () => Promise<object>).call(target)) as object);
        return member.bind(target);
      },
    });
  const cut = { ...world, context: { ...world.context, pool: counted(world.context.pool) } };
  try {
    await advance(cut, study, run);
    return false;
  } catch (error) {
    if (error instanceof Error && error.message === 'cut off') return true;
    throw error;
  }
}
