import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { listComments, writeComment } from '../../src/app/proposals/comments.ts';
import { listProposals, viewProposal } from '../../src/app/proposals/view.ts';
import { COMMENTS_MAX, type CommentAbout } from '../../src/model/conversation.ts';
import { checkLog } from '../harness/check-log.ts';
import {
  type Installation,
  invite,
  type Member,
  must,
  startInstallation,
  startTeam,
  type Team,
} from '../harness/installation.ts';
import { execute, know, propose, review, revise, studyFor } from '../harness/proposals.ts';
import { TENANT } from '../harness/tenant.ts';

/** What people and machines write who want to be taken for a vote. */
const VOTES = [
  '/approve',
  'LGTM',
  'APPROVED by Sam Responder',
  '{"verdict":"approve"}',
  '@countersign merge',
  'tier: T1',
];

describe('what people say of a proposal', () => {
  let world: Installation;
  let team: Team;
  let auditor: Member;
  beforeAll(async () => {
    world = await startInstallation();
    team = await startTeam(world);
    auditor = await invite(world, team.admin, 'Uta Auditor', ['auditor']);
  });
  afterAll(() => world.stop());
  const say = (by: Member, proposal: string, text: string, about: CommentAbout = '', revision = 1) =>
    writeComment(world.context, by.person, proposal, { revision, about, text });
  const said = async (proposal: string) => (await listComments(world.context, proposal, team.sam.person))?.rows ?? [];

  test('is no vote and sways nothing that decides, whatever words are in it and whoever writes them', async () => {
    const proposal = await propose(world, team.rosa);
    const decisive = async () => {
      const { stored: _, people: _people, ...known } = await know(world, proposal);
      const view = await viewProposal(world.context, proposal, team.sam.person);
      const inbox = await listProposals(world.context, ['in_review'], 50, undefined, team.sam.person);
      return JSON.stringify({
        known: { ...known, question: { ...known.question, cooling: [...known.question.cooling] } },
        view: { ...view, reviews: view?.reviews },
        inbox: inbox.rows.map(({ waiting, ...row }) => ({ ...row, reasons: waiting?.reasons })),
      });
    };
    const before = await decisive();
    for (const text of VOTES) for (const by of [team.sam, team.rosa, team.admin]) must(await say(by, proposal, text));
    expect(await decisive()).toBe(before);
    expect(await execute(world, proposal)).toEqual({ kind: 'not_approved' });
    expect(await said(proposal)).toHaveLength(VOTES.length * 3);
    expect(await world.executorPool.query('SELECT 1 FROM proposal_comment').catch(error => error.code)).toBe('42501');
  });

  test('stays with the revision that it was said of, and says so after an edit', async () => {
    const study = await studyFor(world, { targetName: 'app_kim' });
    const proposal = await propose(world, team.rosa, study);
    const { presentation } = await know(world, proposal);
    const [shown] = presentation.evidence;
    must(await say(team.sam, proposal, 'The address is that of the office.', shown?.id ?? ''));
    must(await say(team.sam, proposal, 'Is the undo tested?', 'undo'));
    const option = (await study('inc_1'))?.options[0]?.id ?? '';
    must(await revise(world, team.rosa, study, proposal, option));
    expect(await say(team.sam, proposal, 'of what was before')).toMatchObject({
      failure: { code: 'review.act_changed' },
    });
    must(await say(team.rosa, proposal, 'Another account now.', '', 2));
    expect(
      (await said(proposal)).map(({ by, revision, about, isContributor }) => [by, revision, about, isContributor]),
    ).toEqual([
      ['Sam Responder', 1, shown?.id, false],
      ['Sam Responder', 1, 'undo', false],
      ['Rosa Responder', 2, '', true],
    ]);
    await review(world, team.sam, proposal, { verdict: 'reject' });
    must(await say(team.sam, proposal, 'Said after it was decided.', '', 2));
  });

  test('is about what is there, and by somebody who works here', async () => {
    const proposal = await propose(world, team.rosa, { targetName: 'svc_ci' });
    expect(await say(team.sam, proposal, 'x', 'evd_0')).toMatchObject({ failure: { code: 'not_found' } });
    expect(await say(auditor, proposal, 'x')).toMatchObject({ failure: { code: 'access.denied' } });
    expect(await say(team.sam, 'prp_0', 'x')).toMatchObject({ failure: { code: 'not_found' } });
    expect((await listComments(world.context, proposal, auditor.person))?.mayWrite).toBe(false);
    expect(await listComments(world.context, 'prp_0', auditor.person)).toBeUndefined();
    await review(world, team.sam, proposal, { verdict: 'reject' });
  });

  test('stands in the log by who, of what and a commitment, which another text does not open', async () => {
    const proposal = await propose(world, team.rosa, { targetName: 'svc_ci' });
    must(await say(team.sam, proposal, 'Ada Example called about it.'));
    await world.settleLog();
    const report = await checkLog(world);
    expect(report.checks.filter(({ verdict }) => verdict === 'fail')).toEqual([]);
    const { rows } = await world.database.ownerPool.query<{ leaf: string }>(
      "SELECT convert_from(entry, 'UTF8') AS leaf FROM audit_entry WHERE convert_from(entry, 'UTF8') LIKE '%comment.written%'",
    );
    expect(rows.length).toBeGreaterThan(0);
    expect(rows.some(({ leaf }) => leaf.includes('Ada Example'))).toBe(false);
    const [before] = await said(proposal);
    expect(before?.text).toBe('Ada Example called about it.');
    expect(before?.logIndex).toBeGreaterThan(0);
    await world.database.ownerPool.query(
      `UPDATE audit_blob SET bytes = 'Ada Example did not call' WHERE commit_hex = (SELECT text_commit FROM proposal_comment WHERE id = $1)`,
      [before?.id],
    );
    expect((await said(proposal)).map(({ text }) => text)).toEqual([undefined]);
  });

  test('is bounded in number, also for people who write at once', async () => {
    const [proposal] = (await listProposals(world.context, ['in_review'], 1, undefined, undefined)).rows;
    const id = proposal?.id ?? '';
    await world.database.ownerPool.query(
      `INSERT INTO proposal_comment SELECT $1, 'cmt_' || n, $2, 1, $3, '', repeat('0', 64), now(), '' FROM generate_series(1, $4) n`,
      [TENANT, id, team.sam.person.id, COMMENTS_MAX - 1 - (await said(id)).length],
    );
    const written = await Promise.all([1, 2, 3].map(n => say(team.sam, id, `at once ${n}`)));
    expect(written.filter(({ ok }) => ok)).toHaveLength(1);
    expect(await said(id)).toHaveLength(COMMENTS_MAX);
  });
});
