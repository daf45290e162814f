import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { conversationRoutes } from '../../src/api/conversation.ts';
import { frame } from '../../src/api/http.ts';
import { proposalRoutes } from '../../src/api/proposals.ts';
import { drillRound, type RoundParts } from '../../src/app/drills/rounds.ts';
import { ProposalHistory } from '../../src/app/history.ts';
import { readAsSigned } from '../../src/app/proposals/as-signed.ts';
import { openEvidence } from '../../src/app/proposals/opened.ts';
import { requestProposal, reviseProposal } from '../../src/app/proposals/propose.ts';
import type { ReadStudy } from '../../src/app/proposals/study.ts';
import { viewProposal } from '../../src/app/proposals/view.ts';
import { readReliance } from '../../src/app/reliance/reading.ts';
import { readLeaf } from '../../src/audit/verify/leaf.ts';
import { ProcessRules } from '../../src/audit/verify/process-rules.ts';
import { MS_PER_HOUR } from '../../src/base/time.ts';
import { signatureChecks } from '../../src/cli/signature-checks.ts';
import type { DrillSetting } from '../../src/model/drill.ts';
import { putDrill, settingFor, twoIncidents } from '../harness/drills.ts';
import { type Installation, must, SYSTEM, startInstallation, startTeam, type Team } from '../harness/installation.ts';
import { execute, know, review, withPlanner } from '../harness/proposals.ts';
import { TARGET_RESPONDER } from '../harness/target.ts';
import { askedOf, tryAsk } from '../harness/tasks.ts';

/** What `countersign verify` says of the installation's own log: what is wrong with it, and how many drills it holds. */
async function verified(world: Installation) {
  await world.settleLog();
  const { rows } = await world.serverPool.query<{ entry: Buffer }>('SELECT entry FROM audit_entry ORDER BY idx');
  const rules = new ProcessRules(world.genesis.logOrigin, signatureChecks);
  for (const [i, { entry }] of rows.entries()) {
    const leaf = readLeaf(entry);
    if (!leaf.ok) throw new Error(`entry ${i}: ${leaf.failure.detail}`);
    await rules.entry(i, leaf.value);
  }
  return { faults: rules.findings.kept.map(({ code }) => code), drills: rules.drills };
}

describe('a drill', () => {
  let world: Installation;
  let team: Team;
  let readStudy: ReadStudy;
  let setting: DrillSetting;
  beforeEach(async () => {
    world = await startInstallation();
    team = await startTeam(world);
    readStudy = await twoIncidents(world, team.admin);
    setting = settingFor(team.rosa, team.sam);
  });
  afterEach(() => world.stop());

  const put = async () => must(await putDrill(world, readStudy, setting));
  const feedback = async (proposal: string, person = team.sam.person) =>
    (await viewProposal(world.context, proposal, person))?.drill;

  test('tells whoever approved it at once what was wrong and which record shows it, and nobody else that there was one', async () => {
    const proposal = await put();
    expect(await feedback(proposal)).toBeUndefined();
    await review(world, team.sam, proposal);
    const told = await feedback(proposal);
    expect(told?.wasNoticed).toBe(false);
    expect(told?.places.length).toBeGreaterThan(0);
    const { presentation } = await know(world, proposal);
    for (const { evidence, pointer } of told?.places ?? [])
      expect(presentation.evidence.map(one => `${one.id}${one.pointer}`)).toContain(`${evidence}${pointer}`);
    const signed = (await know(world, proposal)).stored.reviews[0]?.id ?? '';
    expect(await readAsSigned(world.context, signed, team.sam.person)).toBeDefined();
    for (const other of [team.rosa.person, team.admin.person, undefined]) {
      expect(await viewProposal(world.context, proposal, other)).toBeUndefined();
      expect(await readAsSigned(world.context, signed, other)).toBeUndefined();
    }
  });

  test('is no proposal at all for a token: every door answers as for an id that was never given out', async () => {
    const proposal = await put();
    const app = frame({
      context: world.context,
      port: 8080,
      sessionKey: new Uint8Array(32).fill(3),
      cliTokenSha256: createHash('sha256').update('token').digest('hex'),
    });
    const history = new ProposalHistory(world.context);
    app.route('/api/v1/proposals', proposalRoutes({ context: world.context, readStudy, history }));
    app.route('/api/v1/proposals', conversationRoutes(world.context));
    const ask = async (path: string) => {
      const answer = await app.request(`http://localhost:8080/api/v1/proposals${path}`, {
        headers: { host: 'localhost:8080', authorization: 'Bearer token' },
      });
      return { status: answer.status, code: ((await answer.json()) as { code?: string }).code };
    };
    for (const path of ['', '/comments']) {
      const never = await ask(`/prp_00000000000000000000000000${path}`);
      expect(await ask(`/${proposal}${path}`)).toEqual(never);
      expect(never).toEqual({ status: 404, code: 'not_found' });
    }
    expect((await ask('')).status).toBe(200);
  });

  test('that was approved ends as refused, changes nothing, and the log verifies with it', async () => {
    const [approved] = [await put()];
    await review(world, team.sam, approved);
    expect((await execute(world, approved)).kind).toBe('refused');
    const rejected = await put();
    await review(world, team.sam, rejected, { verdict: 'reject' });
    expect((await feedback(rejected))?.wasNoticed).toBe(true);
    expect(world.target.writes).toEqual([]);
    expect(await verified(world)).toEqual({ faults: [], drills: 2 });
  });

  test('counts in the figures of whoever decided on it, as what should not have been done', async () => {
    await review(world, team.sam, await put());
    await review(world, team.sam, await put(), { verdict: 'reject' });
    const { figures } = (await readReliance(world.context, team.sam.person)).own;
    expect(figures.drillFalseApprovals).toMatchObject({ kind: 'unknown', n: 2 });
    expect((await readReliance(world.context, team.rosa.person)).own.figures.drillFalseApprovals).toMatchObject({
      n: 0,
    });
  });

  test('gives way to whoever means the same act, and is opened by it', async () => {
    const proposal = await put();
    const { act, stored } = await know(world, proposal);
    const option = stored.origin.kind === 'option' ? stored.origin.option : '';
    const request = { kind: 'option', incident: stored.incident as `inc_${string}`, option } as const;
    const meant = must(await withPlanner(world, requestProposal(world.context, readStudy, team.rosa.person, request)));
    expect((await know(world, proposal)).state).toBe('withdrawn');
    expect((await know(world, meant)).act.target).toEqual(act.target);
    expect(await verified(world)).toEqual({ faults: [], drills: 1 });
  });

  test('becomes an act of whoever edits it: sealed as one, seen by everybody, and carried out', async () => {
    const proposal = await put();
    const { stored } = await know(world, proposal);
    const options = (await readStudy(stored.incident))?.options ?? [];
    const revised = await withPlanner(
      world,
      reviseProposal(world.context, readStudy, team.rosa.person, proposal, options[0]?.id ?? ''),
    );
    must(revised);
    expect(await viewProposal(world.context, proposal, team.admin.person)).toBeDefined();
    await review(world, team.sam, proposal);
    expect(await feedback(proposal)).toBeUndefined();
    expect((await execute(world, proposal)).kind).toBe('concluded');
    expect(await verified(world)).toEqual({ faults: [], drills: 1 });
  });

  test('is over for whoever asks for more: they are told, and nobody is sent to look for what it lacks', async () => {
    const proposal = await put();
    must(await tryAsk(world, team.sam, team.admin, proposal));
    expect((await know(world, proposal)).state).toBe('withdrawn');
    expect((await feedback(proposal))?.wasNoticed).toBe(true);
    expect(await askedOf(world, team.admin)).toEqual([]);
    expect(await verified(world)).toEqual({ faults: [], drills: 1 });
  });

  describe('comes', () => {
    let drills: DrillSetting | undefined;
    let tells = false;
    const round = () => {
      const policy = { ...world.context.policy(), ...(drills === undefined ? {} : { drills }) };
      const parts: RoundParts = {
        context: { ...world.context, policy: () => policy },
        readStudy,
        systems: async () => [{ responder: TARGET_RESPONDER, system: SYSTEM }],
        tellsOthers: async () => tells,
      };
      return withPlanner(world, drillRound(parts));
    };
    const open = async () =>
      (await world.database.ownerPool.query('SELECT 1 FROM drill WHERE opened_at IS NULL')).rowCount;
    beforeEach(async () => {
      drills = setting;
      tells = false;
      // Sam is on shift: he opens a record of something that is meant.
      const [option] = (await readStudy('inc_one'))?.options ?? [];
      const request = { kind: 'option', incident: 'inc_one', option: option?.id ?? '' } as const;
      const meant = must(
        await withPlanner(world, requestProposal(world.context, readStudy, team.rosa.person, request)),
      );
      const [shown] = (await know(world, meant)).presentation.evidence;
      must(await openEvidence(world.context, team.sam.person, meant, shown?.id ?? ''));
      await review(world, team.sam, meant, { verdict: 'reject' });
    });
    const due = () => world.database.ownerPool.query("UPDATE drill_turn SET due_at = now() - interval '1 minute'");

    test('at a moment that is drawn ahead, once, and not again for who had one', async () => {
      expect(await round()).toBe('drawn');
      await due();
      expect(await round()).toBe('made');
      expect(await round()).toBe('nothing');
      const { rows } = await world.database.ownerPool.query<{ id: string }>('SELECT proposal_id AS id FROM drill');
      await review(world, team.sam, rows[0]?.id ?? '', { verdict: 'reject' });
      expect(await round()).toBe('nothing');
    });

    test.each([
      ['no policy asks for drills', () => ({ drills: undefined })],
      ['the last day is over', () => ({ drills: { ...setting, until: '2020-01-01' } })],
      ['a channel tells others of what waits', () => ({ drills, tells: true })],
    ])('never while %s, and what is open is taken back', async (_why, change) => {
      await round();
      await due();
      expect(await round()).toBe('made');
      const to: { readonly drills: DrillSetting | undefined; readonly tells?: boolean } = change();
      drills = to.drills;
      tells = to.tells ?? false;
      expect(await round()).toBe('gave_way');
      expect(await open()).toBe(0);
      expect(await round()).toBe('off');
    });

    test('never while a critical incident waits', async () => {
      await round();
      await due();
      await world.database.ownerPool.query("UPDATE incident SET severity = 'critical' WHERE id = 'inc_two'");
      expect(await round()).toBe('off');
      await world.database.ownerPool.query("UPDATE incident SET owner = 'usr_x'");
      expect(await round()).toBe('made');
      await world.database.ownerPool.query("UPDATE incident SET owner = ''");
      expect(await round()).toBe('gave_way');
    });

    test('again in the next shift', async () => {
      await round();
      world.advance(24 * MS_PER_HOUR);
      // Nobody has looked at anything in it yet.
      expect(await round()).toBe('nothing');
    });
  });
});
