import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ReadStudy } from '../../src/app/proposals/study.ts';
import { tasksOfPerson } from '../../src/app/proposals/task-rows.ts';
import { listProposals, viewProposal } from '../../src/app/proposals/view.ts';
import { MS_PER_DAY, MS_PER_HOUR, rfc3339, unixMsFrom } from '../../src/base/time.ts';
import { TASKS_OPEN_MAX } from '../../src/model/task.ts';
import { checkLog } from '../harness/check-log.ts';
import {
  addEvidence,
  type Installation,
  invite,
  KNOWN_RECORDS,
  type Member,
  must,
  personRecord,
  signInventory,
  startInstallation,
  startTeam,
  type Team,
} from '../harness/installation.ts';
import { execute, know, propose, review, revise, studyFor, tryReview } from '../harness/proposals.ts';
import { ASKS, askedOf, settle, tryAsk } from '../harness/tasks.ts';

/** Each on a target of its own. */
const PROPOSALS = 8;

describe('evidence that a reviewer asks for', () => {
  let world: Installation;
  let team: Team;
  let olga: Member;
  let auditor: Member;
  let made = 0;
  beforeAll(async () => {
    world = await startInstallation();
    team = await startTeam(world);
    olga = await invite(world, team.admin, 'Olga Analyst', ['analyst']);
    auditor = await invite(world, team.admin, 'Uta Auditor', ['auditor']);
    const names = Array.from({ length: PROPOSALS }, (_, at) => `app_task_${at + 1}`);
    await signInventory(world, team.admin, [...KNOWN_RECORDS, ...names.map(name => personRecord(name, name))], 2);
  });
  afterAll(() => world.stop());

  /** A proposal of its own target each time. */
  const proposed = async () => {
    made += 1;
    const targetName = `app_task_${made}`;
    world.target.add({ id: `id-task-${made}`, name: targetName });
    const study = await studyFor(world, { targetName });
    const proposal = await propose(world, team.rosa, study);
    return { proposal, study, targetName };
  };
  const asked = async (proposal: string) => {
    must(await tryAsk(world, team.sam, olga, proposal));
    const [task] = (await askedOf(world, olga)).filter(one => one.proposal === proposal);
    if (task === undefined) throw new Error('nothing is asked');
    return task;
  };
  const give = (study: ReadStudy, by: Member, task: string, ...evidence: `evd_${string}`[]) =>
    settle(world, study, by, task, { move: 'answer', evidence, words: 'It was in the archive.' });
  const rowOf = async (proposal: string, by: Member) =>
    (await listProposals(world.context, ['in_review'], 50, undefined, by.person)).rows.find(
      ({ id }) => id === proposal,
    );

  test('stands as somebody’s task with what is wanted, and as what the proposal waits for', async () => {
    const { proposal } = await proposed();
    const task = await asked(proposal);
    expect(task).toMatchObject({
      askedBy: 'Sam Responder',
      owner: 'Olga Analyst',
      asks: ASKS,
      state: 'open',
      isOverdue: false,
    });
    expect(task.may).toEqual(['answer', 'give_up']);
    expect((await rowOf(proposal, team.sam))?.blocks.map(({ reason }) => reason)).toContain('task');
    expect((await rowOf(proposal, olga))?.blocks.map(({ reason }) => reason)).toContain('your_task');
    const view = await viewProposal(world.context, proposal, team.sam.person);
    expect(view?.tasks.map(({ id, may }) => [id, may])).toEqual([[task.id, ['answer', 'withdraw']]]);
    expect(view?.reviews.at(-1)?.reason).toContain('records of okta about app_jo');
  });

  test('is neither a yes nor a no: it moves nothing, and others sign as before', async () => {
    const { proposal } = await proposed();
    const { tally, current, state, presentation } = await know(world, proposal);
    await asked(proposal);
    const after = await know(world, proposal);
    expect([
      after.tally.verdict,
      after.tally.slots,
      after.state,
      after.current.presentationDigest,
      after.presentation,
    ]).toEqual([tally.verdict, tally.slots, state, current.presentationDigest, presentation]);
    await review(world, team.sam, proposal);
    expect((await execute(world, proposal)).kind).toBe('concluded');
    const [lapsed] = (await askedOf(world, olga)).filter(one => one.proposal === proposal);
    expect([lapsed?.state, lapsed?.may]).toEqual(['lapsed', []]);
  });

  test('makes a new revision that cites it once it is there: earlier reviews are void, and whoever brought it does not sign', async () => {
    const { proposal, study } = await proposed();
    const task = await asked(proposal);
    const evidence = await addEvidence(world, { actor: { login: 'APP_JO' }, client: 'his laptop' });
    must(await give(study, team.sam, task.id, evidence));
    const known = await know(world, proposal);
    expect(known.current.revision).toBe(2);
    expect(known.current.contributors).toEqual([team.sam.person.id]);
    expect(known.presentation.evidence.find(({ id }) => id === evidence)).toMatchObject({
      pointer: '/actor/login',
      value: 'APP_JO',
      says: 'Brought because a reviewer asked for records of okta about app_jo, 2026-11-27 08:00 UTC to 2026-11-27 09:00 UTC',
    });
    expect(await tryReview(world, team.sam, proposal)).toMatchObject({ failure: { code: 'review.contributor' } });
    const view = await viewProposal(world.context, proposal, team.sam.person);
    expect(view?.revisions.at(-1)?.changed).toContainEqual({
      path: `evidence.${evidence}/actor/login`,
      from: '',
      to: 'APP_JO',
    });
    expect(view?.tasks[0]).toMatchObject({
      state: 'answered',
      may: [],
      settled: { by: 'Sam Responder', words: 'It was in the archive.', evidence: [evidence], revision: 2 },
    });
    expect(await give(study, olga, task.id, evidence)).toMatchObject({ failure: { code: 'task.settled' } });
    // Another edit keeps what was brought.
    const option = (await study('inc_test'))?.options[0]?.id ?? '';
    must(await revise(world, team.rosa, study, proposal, option));
    const edited = await know(world, proposal);
    expect(edited.presentation.evidence.map(({ id }) => id)).toContain(evidence);
    await world.settleLog();
    expect((await checkLog(world)).checks.filter(({ verdict }) => verdict === 'fail')).toEqual([]);
  });

  test('that came voids what was signed before it', async () => {
    world.target.add({ id: 'id-task-two', name: 'svc_task', isMachine: 'yes' });
    const study = await studyFor(world, { targetName: 'svc_task' });
    const proposal = await propose(world, team.admin, study);
    await review(world, team.rosa, proposal, { acknowledged: [] });
    expect((await know(world, proposal)).tally.slots.filter(({ filledBy }) => filledBy !== undefined)).toHaveLength(1);
    const task = await asked(proposal);
    must(await give(study, olga, task.id, await addEvidence(world, { line: 'nothing names anybody here' })));
    const known = await know(world, proposal);
    expect(known.tally.slots.filter(({ filledBy }) => filledBy !== undefined)).toEqual([]);
    expect(known.tally.notCounted.map(({ because }) => because)).toContain('other_revision');
  });

  test('can be out of reach, by whoever was asked and with a reason; and is taken back by whoever asked', async () => {
    const { proposal, study } = await proposed();
    const task = await asked(proposal);
    const giveUp = (by: Member, words: string) => settle(world, study, by, task.id, { move: 'give_up', words });
    expect(await giveUp(team.rosa, 'the archive of it was deleted')).toMatchObject({
      failure: { code: 'task.not_yours' },
    });
    expect(await giveUp(olga, 'see above')).toMatchObject({ failure: { code: 'review.reason_missing' } });
    expect(await settle(world, study, olga, task.id, { move: 'withdraw' })).toMatchObject({
      failure: { code: 'task.not_yours' },
    });
    must(await giveUp(olga, 'okta keeps its records for ninety days only'));
    expect((await askedOf(world, olga)).find(({ id }) => id === task.id)?.state).toBe('unobtainable');
    expect((await know(world, proposal)).current.revision).toBe(1);
    const again = await asked(proposal);
    must(await settle(world, study, team.sam, again.id, { move: 'withdraw' }));
    const mine = await tasksOfPerson(world.context, team.sam.person, true);
    expect(mine.byMe.find(({ id }) => id === again.id)?.state).toBe('withdrawn');
  });

  test('moves nothing when nobody brings it: it is late, and open', async () => {
    const { proposal } = await proposed();
    const task = await asked(proposal);
    world.advance(2 * MS_PER_HOUR);
    const [late] = (await askedOf(world, olga)).filter(({ id }) => id === task.id);
    expect([late?.state, late?.isOverdue]).toEqual(['open', true]);
    const known = await know(world, proposal);
    expect([known.state, known.tally.verdict, known.current.revision]).toEqual(['in_review', 'pending', 1]);
  });

  test('is concrete, signed as it stands, due while it can still matter, and of somebody who works here', async () => {
    const { proposal, study } = await proposed();
    const codeOf = async (wish: Parameters<typeof tryAsk>[4]) => {
      const answer = await tryAsk(world, team.sam, olga, proposal, wish);
      return answer.ok ? 'taken' : answer.failure.code;
    };
    expect(await codeOf({ reason: 'something else than what is asked' })).toBe('task.not_what_is_signed');
    expect(await codeOf({ verdict: 'reject' })).toBe('task.not_what_is_signed');
    expect(await codeOf({ asks: { ...ASKS, to: ASKS.from } })).toBe('task.no_window');
    expect(await codeOf({ dueAt: rfc3339(unixMsFrom(world.context.now() + MS_PER_DAY)) })).toBe('task.due');
    expect(await codeOf({ dueAt: rfc3339(unixMsFrom(world.context.now() - 1)) })).toBe('task.due');
    expect(await codeOf({ owner: auditor.person.id })).toBe('task.nobody_to_ask');
    expect(await codeOf({ owner: 'usr_0' })).toBe('task.nobody_to_ask');
    const task = await asked(proposal);
    const [shown] = (await know(world, proposal)).presentation.evidence;
    expect(await give(study, olga, task.id, shown?.id ?? 'evd_0')).toMatchObject({
      failure: { code: 'task.nothing_new' },
    });
    expect(await give(study, olga, task.id, 'evd_0')).toMatchObject({ failure: { code: 'not_found' } });
    expect(await give(study, auditor, task.id, 'evd_0')).toMatchObject({ failure: { code: 'task.not_yours' } });
    for (let n = 1; n < TASKS_OPEN_MAX; n++) must(await tryAsk(world, team.sam, olga, proposal));
    expect(await codeOf({})).toBe('task.too_many');
  });
});
