import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { standingVersion, startRun } from '../../src/app/playbooks/running.ts';
import { requestProposal } from '../../src/app/proposals/propose.ts';
import type { ReadStudy } from '../../src/app/proposals/study.ts';
import { fileDigest } from '../../src/core/decide/house-policy.ts';
import { addIncident } from '../harness/incidents.ts';
import {
  type Installation,
  invite,
  type Member,
  startInstallation,
  startTeam,
  type Team,
} from '../harness/installation.ts';
import { adopt, advance, asked, refresh, start, studyNaming } from '../harness/playbooks.ts';
import { execute, INCIDENT, know, review, tryReview, withPlanner } from '../harness/proposals.ts';

const LOCK = (version: string) => `
playbook: Lock an account
version: "${version}"
steps:
  - { step: who, read: incident.user, as: account }
  - step: ask-lock
    ask: lock
    on_rejected: [{ step: tell, notify: Nobody wanted it. }, { step: halt, stop: true }]
  - { step: lock, act: disable_account, on: $account }
  - { step: said, notify: The account is locked. }
`;
const TWO_AT_ONCE = `
playbook: Two at once
version: "1"
steps:
  - step: both
    parallel:
      - - { step: ask-lock, ask: lock }
        - { step: lock, act: disable_account, on: incident.user }
      - - { step: ask-grant, ask: grant }
        - { step: grant, act: grant_role, on: incident.user }
  - { step: said, notify: Both are done. }
`;

describe('a run of a playbook', () => {
  let world: Installation;
  let team: Team;
  let olga: Member;
  let study: ReadStudy;
  let version = 0;
  beforeAll(async () => {
    world = await startInstallation();
    team = await startTeam(world);
    olga = await invite(world, team.admin, 'Olga Owner', ['owner']);
    await addIncident(world);
    study = await studyNaming(world, ['grant']);
  });
  afterAll(() => world.stop());
  beforeEach(() => {
    version += 1;
  });
  const adopted = (text: string) => adopt(world, text, team.admin, [team.rosa, olga]);
  const done = async (proposal: string) => {
    const outcome = await execute(world, proposal);
    await refresh(world, proposal);
    return outcome;
  };
  const proposals = async (run: string) => {
    const { rows } = await world.database.ownerPool.query<{ id: string }>(
      `SELECT id FROM proposal WHERE origin ->> 'run' = $1`,
      [run],
    );
    return rows.map(({ id }) => id);
  };

  test('is of a version that two people signed who did not bring it, and of no other', async () => {
    const text = LOCK(`v${version}`);
    const sha256 = fileDigest(text);
    const begin = () =>
      startRun(world.context, team.rosa.person, { name: 'lock-an-account', sha256, incident: INCIDENT });
    expect(await begin()).toMatchObject({ failure: { code: 'not_found' } });
    const { proposal } = await adopted(text);
    expect((await know(world, proposal)).current.tier).toBe('T3');
    expect(await standingVersion(world.context, 'lock-an-account')).toBe(sha256);
    expect(await begin()).toMatchObject({ ok: true });
    await adopted(LOCK(`v${version}-next`));
    expect(await begin()).toMatchObject({ failure: { code: 'playbook.changed' } });
  });

  test('asks, waits for people who did not start it, and goes on once the act is seen in effect', async () => {
    const { sha256 } = await adopted(LOCK(`v${version}`));
    const run = await start(world, team.rosa, 'lock-an-account', sha256);
    const waiting = await advance(world, study, run);
    const proposal = asked(waiting, 'ask-lock') ?? '';
    expect(waiting.steps.map(({ step, is }) => [step, is])).toEqual([
      ['who', 'done'],
      ['ask-lock', 'waiting'],
    ]);
    const known = await know(world, proposal);
    expect(known.stored.origin).toMatchObject({
      kind: 'playbook',
      run,
      step: 'ask-lock',
      askedBy: team.rosa.person.id,
    });
    expect(known.current.contributors).toEqual([team.rosa.person.id]);
    expect(await tryReview(world, team.rosa, proposal)).toMatchObject({ failure: { code: 'review.contributor' } });
    expect((await advance(world, study, run)).end).toBeUndefined();
    await review(world, team.sam, proposal);
    await refresh(world, proposal);
    // Approved is not done: the step that acts waits until the executor has looked.
    expect((await advance(world, study, run)).steps.at(-1)).toMatchObject({ step: 'lock', is: 'waiting' });
    expect(await done(proposal)).toEqual({ kind: 'concluded', conclusions: ['succeeded', 'verified'] });
    const over = await advance(world, study, run);
    expect([over.end, over.steps.at(-1)?.step]).toEqual([{ as: 'done', why: '' }, 'said']);
    expect(await proposals(run)).toEqual([proposal]);
    const undo = await withPlanner(
      world,
      requestProposal(world.context, study, team.sam.person, { kind: 'undo', of: proposal as `prp_${string}` }),
    );
    if (!undo.ok) throw new Error(undo.failure.code);
    await review(world, team.rosa, undo.value);
    await done(undo.value);
  });

  test('takes the way that its file has for a rejection, and acts on nothing', async () => {
    const { sha256 } = await adopted(LOCK(`v${version}`));
    const run = await start(world, team.rosa, 'lock-an-account', sha256);
    const proposal = asked(await advance(world, study, run), 'ask-lock') ?? '';
    await review(world, team.sam, proposal, { verdict: 'reject' });
    await refresh(world, proposal);
    const over = await advance(world, study, run);
    expect(over.end).toEqual({ as: 'stopped', why: '' });
    expect(over.steps.map(({ step }) => step)).toEqual(['who', 'ask-lock', 'tell', 'halt']);
  });

  test('of two human steps that wait at once, releases only the one that was approved; the whole takes what its strictest part takes', async () => {
    const { sha256 } = await adopted(TWO_AT_ONCE);
    const run = await start(world, team.admin, 'two-at-once', sha256);
    const waiting = await advance(world, study, run);
    const [lock = '', grant = ''] = [asked(waiting, 'ask-lock'), asked(waiting, 'ask-grant')];
    const { current, presentation } = await know(world, lock);
    expect([current.tier, presentation.reasons[0]]).toEqual(['T3', 'chain_is_stricter']);
    await review(world, team.rosa, lock);
    await review(world, olga, lock);
    await refresh(world, lock);
    const after = await advance(world, study, run);
    const stateOf = (step: string) => after.steps.find(one => one.step === step)?.is;
    expect([stateOf('lock'), stateOf('ask-grant'), stateOf('grant')]).toEqual(['waiting', 'waiting', undefined]);
    expect((await know(world, grant)).state).toBe('in_review');
    expect(await done(grant)).toEqual({ kind: 'not_approved' });
  });

  test('keeps to the file that it was started with, and does nothing more once that is another', async () => {
    const { sha256 } = await adopted(LOCK(`v${version}`));
    const run = await start(world, team.rosa, 'lock-an-account', sha256);
    await world.database.ownerPool.query(
      `UPDATE playbook_file SET text = replace(text, 'ask: lock', 'notify: go on') WHERE sha256 = $1`,
      [sha256],
    );
    const over = await advance(world, study, run);
    expect(over.end).toEqual({ as: 'refused', why: 'the file is not the one that was signed' });
    expect(await proposals(run)).toEqual([]);
  });
});
