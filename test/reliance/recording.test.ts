import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { listProposals, viewProposal } from '../../src/app/proposals/view.ts';
import { readReliance } from '../../src/app/reliance/reading.ts';
import { recordDwell, recordJudgement, recordPreJudgement, recordShown } from '../../src/app/reliance/recording.ts';
import type { Person } from '../../src/model/review.ts';
import { type Installation, must, startInstallation, startTeam, type Team } from '../harness/installation.ts';
import { judgeFirst, know, propose, proposeAsking, review, tryReview } from '../harness/proposals.ts';
import { TENANT } from '../harness/tenant.ts';

describe('what is recorded of reviewing', () => {
  let world: Installation;
  let team: Team;
  let at: { proposal: string; revision: number };
  beforeAll(async () => {
    world = await startInstallation();
    team = await startTeam(world);
  });
  afterAll(() => world.stop());
  beforeEach(async () => {
    // An act that is in review already is not proposed twice.
    await world.database.ownerPool.query('TRUNCATE decision_telemetry, proposal_index, proposal, revision, review');
    at = { proposal: await propose(world, team.rosa), revision: 1 };
  });
  const rows = async (kind?: string) =>
    (
      await world.database.ownerPool.query(
        'SELECT person_id, kind, body FROM decision_telemetry WHERE $1::text IS NULL OR kind = $1',
        [kind ?? null],
      )
    ).rows;
  const ask = async (asks: boolean) => {
    await world.database.ownerPool.query('TRUNCATE proposal_index, proposal, revision');
    at = { proposal: await proposeAsking(world, team.rosa, team.sam, asks), revision: 1 };
  };

  test('is when it was first shown to somebody who may review it, once, with how much there is to read', async () => {
    must(await recordShown(world.context, team.sam.person, at));
    must(await recordShown(world.context, team.sam.person, at));
    expect(await rows()).toMatchObject([
      { kind: 'shown', person_id: team.sam.person.id, body: { claims: 1, cited: 1 } },
    ]);
  });

  test('is nothing of who only looks: of another revision than the one in review, or after their own verdict', async () => {
    const notAsked = { ok: true, value: { preJudgement: 'not_asked' } };
    expect(await recordShown(world.context, team.sam.person, { ...at, revision: 2 })).toEqual(notAsked);
    await review(world, team.sam, at.proposal, { verdict: 'reject', isUnjudged: true });
    expect(await recordShown(world.context, team.sam.person, at)).toEqual(notAsked);
    expect(await rows()).toEqual([]);
  });

  test('is the first judgement before the recommendation, which cannot be given again', async () => {
    await ask(true);
    expect(must(await recordShown(world.context, team.sam.person, at)).preJudgement).toBe('asked');
    must(await recordPreJudgement(world.context, team.sam.person, { ...at, says: 'do_not' }));
    must(await recordPreJudgement(world.context, team.sam.person, { ...at, says: 'do' }));
    expect(must(await recordShown(world.context, team.sam.person, at)).preJudgement).toBe('do_not');
    expect((await rows('pre_judgement')).map(row => row.body)).toEqual([{ says: 'do_not' }]);
  });

  test('is no judgement of whoever was not asked, or has reviewed already', async () => {
    await ask(false);
    must(await recordShown(world.context, team.sam.person, at));
    expect((await recordPreJudgement(world.context, team.sam.person, { ...at, says: 'do' })).ok).toBe(false);
    await ask(true);
    must(await recordShown(world.context, team.sam.person, at));
    await review(world, team.sam, at.proposal, { verdict: 'reject' });
    expect((await recordPreJudgement(world.context, team.sam.person, { ...at, says: 'do' })).ok).toBe(false);
  });

  test('is withheld from nobody who rejects: who was asked and said nothing rejects as ever, and does not approve', async () => {
    await ask(true);
    const wish = { isUnjudged: true } as const;
    const approved = await tryReview(world, team.sam, at.proposal, wish);
    expect(approved.ok || approved.failure.code).toBe('review.judge_first');
    await review(world, team.sam, at.proposal, { ...wish, verdict: 'reject' });
    expect((await know(world, at.proposal)).tally.counted).toHaveLength(1);
    expect((await readReliance(world.context, team.sam.person)).own.figures.decisions).toBe(1);
  });

  test('is followed by the recommendation: until then the server keeps back what others said', async () => {
    await ask(true);
    const shown = async () => (await viewProposal(world.context, at.proposal, team.sam.person))?.isWithheld;
    expect(await shown()).toBe(true);
    expect((await viewProposal(world.context, at.proposal, undefined))?.isWithheld).toBe(false);
    must(await recordShown(world.context, team.sam.person, at));
    must(await recordPreJudgement(world.context, team.sam.person, { ...at, says: 'cannot_tell' }));
    expect(await shown()).toBe(false);
    await review(world, team.sam, at.proposal);
    expect((await know(world, at.proposal)).state).toBe('approved');
  });

  test('keeps back how many seats are filled, and by whom, on the page and in every list', async () => {
    const { context } = world;
    await ask(true);
    await world.database.ownerPool.query('TRUNCATE proposal_index, proposal, revision');
    const proposal = await proposeAsking(world, team.rosa, team.sam, true, { targetName: 'svc_ci' });
    await review(world, team.admin, proposal);
    expect((await know(world, proposal)).state).toBe('in_review');
    const told = async ({ person }: { readonly person: Person }) => {
      const view = await viewProposal(context, proposal, person);
      const [listed] = (await listProposals(context, ['in_review'], 10, undefined, person)).rows;
      return {
        filled: view?.quorum.flatMap(({ filledBy }) => filledBy ?? []),
        reviews: view?.reviews.length,
        rows: [view?.row, listed].map(row => [row?.approvals, row?.blockedBy]),
        seats: [view?.row, listed].map(row => row?.blocks.find(({ reason }) => reason === 'second_person')?.text),
        reasons: listed?.waiting?.reasons.includes('one_signature_left'),
      };
    };
    const needsTwo = 'needs two people who are no contributors, one a responder';
    expect(await told(team.sam)).toEqual({
      filled: [],
      reviews: 0,
      rows: [
        [undefined, 'takes 2 people'],
        [undefined, 'takes 2 people'],
      ],
      seats: [needsTwo, needsTwo],
      reasons: false,
    });
    const known = {
      filled: [team.admin.person.name],
      reviews: 1,
      rows: [
        [1, 'waits for 1 of 2 people'],
        [1, 'waits for 1 of 2 people'],
      ],
      reasons: true,
    };
    expect(await told(team.admin)).toMatchObject(known);
    await judgeFirst(world, team.sam, proposal, 1);
    expect(await told(team.sam)).toMatchObject(known);
  });

  test('keeps nothing back from whoever signed, whatever it was', async () => {
    await ask(true);
    const asksForMore = { verdict: 'ask_for_more', isUnjudged: true } as const;
    await review(world, team.admin, at.proposal, asksForMore);
    const said = async () =>
      (await viewProposal(world.context, at.proposal, team.sam.person))?.reviews.map(({ by }) => by);
    expect(await said()).toEqual([]);
    await review(world, team.sam, at.proposal, asksForMore);
    expect(await said()).toEqual([team.admin.person.name, team.sam.person.name]);
    // Nobody asks them any more, so nothing waits for an answer.
    await review(world, team.sam, at.proposal);
  });

  test('is time on screen only of who reviewed', async () => {
    const dwell = { ...at, sections: { evidence: 12, checks: 3 } };
    expect((await recordDwell(world.context, team.sam.person, dwell)).ok).toBe(false);
    await review(world, team.sam, at.proposal);
    must(await recordDwell(world.context, team.sam.person, dwell));
    expect((await rows('dwell')).map(row => row.body)).toEqual([{ evidence: 12, checks: 3 }]);
  });

  test('is whether it was right only once it is over, and only of who had no part in it', async () => {
    const judge = (person: Person) =>
      recordJudgement(world.context, person, { ...at, shouldHaveBeenDone: 'no' }).then(done =>
        done.ok ? 'kept' : done.failure.code,
      );
    expect(await judge(team.admin.person)).toBe('proposal.wrong_state');
    await review(world, team.sam, at.proposal, { verdict: 'reject' });
    expect(await judge(team.sam.person)).toBe('access.denied');
    expect(await judge(team.rosa.person)).toBe('access.denied');
    expect(await judge(team.admin.person)).toBe('kept');
  });

  test('is read back as the figures of that person and of nobody else', async () => {
    must(await recordShown(world.context, team.sam.person, at));
    await review(world, team.sam, at.proposal, { verdict: 'reject' });
    must(await recordJudgement(world.context, team.admin.person, { ...at, shouldHaveBeenDone: 'no' }));
    const sam = await readReliance(world.context, team.sam.person);
    expect(sam.own.figures).toMatchObject({
      decisions: 1,
      overrideRate: { kind: 'unknown', n: 1 },
      overridePrecision: { kind: 'unknown', n: 1 },
      dwell: { kind: 'unknown', n: 1 },
    });
    expect((await readReliance(world.context, team.rosa.person)).own.figures.decisions).toBe(0);
    expect(sam.team.all).toEqual({ kind: 'too_few_people' });
  });

  test('stands in no entry of the log', async () => {
    const count = async () => {
      await world.settleLog();
      return (await world.database.ownerPool.query('SELECT count(*) FROM audit_entry')).rows[0].count;
    };
    await ask(true);
    const before = await count();
    must(await recordShown(world.context, team.sam.person, at));
    must(await recordPreJudgement(world.context, team.sam.person, { ...at, says: 'do' }));
    await readReliance(world.context, team.sam.person);
    expect(await count()).toBe(before);
  });

  describe('in the database', () => {
    const put = (age: string) =>
      world.database.ownerPool.query(
        `INSERT INTO decision_telemetry VALUES ($1, 'prp_x', 1, 'usr_x', 'dwell', now() - $2::interval, '{}')`,
        [TENANT, age],
      );

    test('is never changed, and deleted only once it is older than 190 days, whoever of our processes asks', async () => {
      await put('189 days');
      const update = world.serverPool.query('UPDATE decision_telemetry SET person_id = person_id');
      await expect(update).rejects.toMatchObject({ code: '42501' });
      expect((await world.serverPool.query('DELETE FROM decision_telemetry')).rowCount).toBe(0);
      await world.database.ownerPool.query('TRUNCATE decision_telemetry');
      await put('191 days');
      expect((await world.serverPool.query('DELETE FROM decision_telemetry')).rowCount).toBe(1);
    });

    test('is forgotten by itself', async () => {
      await put('191 days');
      must(await recordShown(world.context, team.sam.person, at));
      expect((await rows()).map(row => row.person_id)).toEqual([team.sam.person.id]);
    });

    test('is out of sight of the executor and of another tenant', async () => {
      await put('1 day');
      const read = world.executorPool.query('SELECT 1 FROM decision_telemetry');
      await expect(read).rejects.toMatchObject({ code: '42501' });
      const client = await world.serverPool.connect();
      await client.query("BEGIN; SET LOCAL countersign.tenant = 'other'");
      expect((await client.query('SELECT 1 FROM decision_telemetry')).rowCount).toBe(0);
      await client.query('ROLLBACK');
      client.release();
    });
  });
});
