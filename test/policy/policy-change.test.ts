import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { transact } from '../../src/app/context.ts';
import { refreshProposal } from '../../src/app/proposals/project.ts';
import { requestProposal } from '../../src/app/proposals/propose.ts';
import { ok } from '../../src/base/result.ts';
import { fileDigest } from '../../src/core/decide/house-policy.ts';
import { settleUnfinished } from '../../src/executor/recover.ts';
import type { ProposalRequest } from '../../src/model/api.ts';
import {
  type Installation,
  invite,
  type Member,
  must,
  startInstallation,
  startTeam,
  type Team,
} from '../harness/installation.ts';
import { execute, failedChecks, know, propose, review, tryReview, withPlanner } from '../harness/proposals.ts';
import { ONE_FOR_ACCOUNTS, TWO_FOR_ACCOUNTS } from './files.ts';

describe('another policy', () => {
  let world: Installation;
  let team: Team;
  let third: Member;
  beforeAll(async () => {
    world = await startInstallation();
    team = await startTeam(world);
    third = await invite(world, team.admin, 'Olga Owner', ['owner']);
  });
  afterAll(() => world.stop());

  const ask = (by: Member, request: ProposalRequest) =>
    withPlanner(
      world,
      requestProposal(world.context, async () => undefined, by.person, request),
    );
  const bring = (by: Member, text: string) => ask(by, { kind: 'policy', text });
  const look = async (proposal: `prp_${string}`, ports = world.ports) => {
    const outcome = await execute(world, proposal, ports);
    await transact(world.context, async client => ok(await refreshProposal(world.context, client, proposal)));
    return outcome;
  };
  const signedByTwo = async (proposal: `prp_${string}`) => {
    await review(world, team.rosa, proposal);
    await review(world, third, proposal);
  };
  const inForce = () => world.ports.housePolicy();

  test('is in force once two people signed it who did not bring it, and not before; they open the file and its replay', async () => {
    const proposal = must(await bring(team.admin, TWO_FOR_ACCOUNTS));
    const { current, presentation } = await know(world, proposal);
    expect(current.tier).toBe('T3');
    expect(presentation.changes.map(({ path, from, to }) => [path, from, to.slice(0, 40)])).toEqual([
      ['policy', 'the built-in rules alone', expect.stringMatching(/^two people for accounts 1 \([0-9a-f]{8}\)$/)],
      ['rule.accounts-take-two', 'no such rule', 'At least T3, two people, for disable acc'],
      ['rule.no-lone-analyst', 'no such rule', 'Forbidden: forbid (principal is Person, '],
    ]);
    expect(presentation.evidence.map(({ pointer }) => pointer)).toEqual(['/policy', '/replay', '/file']);
    expect(await tryReview(world, team.admin, proposal)).toMatchObject({ ok: false });
    expect(await tryReview(world, team.rosa, proposal, { isUnread: true })).toMatchObject({ ok: false });
    await review(world, team.rosa, proposal);
    expect(await execute(world, proposal)).toEqual({ kind: 'not_approved' });
    await review(world, third, proposal);
    const pending = await propose(world, team.rosa);
    expect((await know(world, pending)).current.tier).toBe('T2');
    await review(world, team.sam, pending);
    expect(await look(proposal)).toEqual({ kind: 'concluded', conclusions: ['succeeded', 'verified'] });
    expect(inForce().sha256).toBe(fileDigest(TWO_FOR_ACCOUNTS));
    // What was approved under the rules before is not carried out under these.
    const late = await look(pending);
    expect([late.kind, ...failedChecks(late)]).toEqual(
      expect.arrayContaining(['stale', 'execution.policy_changed', 'execution.tier_raised']),
    );
  });

  test('raises the tier of what it names from then on, and says that the policy of this installation asks for more', async () => {
    const { current, presentation } = await know(world, await propose(world, team.admin, { targetName: 'app_kim' }));
    expect(current.tier).toBe('T3');
    expect(presentation.reasons).toContain('policy_is_stricter');
  });

  test('is left again by the undo that was planned with it, which takes two people too', async () => {
    const { rows } = await world.serverPool.query<{ id: `prp_${string}` }>(
      `SELECT proposal_id AS id FROM revision WHERE act LIKE '%"operation":"adopt-policy"%'`,
    );
    const undo = must(await ask(team.admin, { kind: 'undo', of: rows[0]?.id ?? 'prp_' }));
    expect((await know(world, undo)).current.tier).toBe('T3');
    await signedByTwo(undo);
    expect(await look(undo)).toEqual({ kind: 'concluded', conclusions: ['succeeded', 'verified'] });
    expect(inForce().sha256).toBe('');
  });

  test('is proposed by administrators alone, and not where it does not load, has a rule without a test or locks everybody out', async () => {
    expect(await bring(team.rosa, TWO_FOR_ACCOUNTS)).toMatchObject({ failure: { code: 'access.denied' } });
    const faults = [
      'name: x',
      TWO_FOR_ACCOUNTS.replace('forbid (principal', 'permit (principal'),
      TWO_FOR_ACCOUNTS.replace('principal.roles', 'principal.rolls'),
      TWO_FOR_ACCOUNTS.replace('atLeast: T3', 'atLeast: T1'),
      TWO_FOR_ACCOUNTS.replace('expect: T3', 'expect: T2'),
      TWO_FOR_ACCOUNTS.replace('    act: { kind: disable_account }', '    act: { kind: rotate_key }').replace(
        'expect: T3',
        'expect: T2',
      ),
      TWO_FOR_ACCOUNTS.replace('atLeast', 'atleast'),
      `${TWO_FOR_ACCOUNTS}\nname: again`,
      TWO_FOR_ACCOUNTS.replace('"review_t1"', '"review_t3"')
        .replaceAll('review_t1', 'review_t3')
        .replace('!principal.roles.contains("responder")', 'principal.isActive'),
    ];
    for (const text of faults)
      expect(await bring(team.admin, text), text).toMatchObject({ failure: { code: 'policy.malformed' } });
    const barred = [team.rosa, team.sam, third].map(
      ({ person }, i) => `
  - id: bar-${i}
    cedar: forbid (principal == Person::"${person.id}", action == Action::"review_t3", resource);
    because: no`,
    );
    const text = `name: nobody\nversion: "1"\nforbid:${barred.join('')}\ntests: []\n`;
    expect(await bring(team.admin, text)).toMatchObject({ failure: { code: 'policy.malformed' } });
  });

  test('that would make something of one’s own easier is proposed by somebody else', async () => {
    const stricter = must(await bring(team.admin, TWO_FOR_ACCOUNTS));
    await signedByTwo(stricter);
    await look(stricter);
    expect(await bring(team.admin, ONE_FOR_ACCOUNTS)).toMatchObject({ failure: { code: 'policy.own_pending' } });
  });

  test('is adopted also where the executor is cut off once it was set, and not where it is cut off before', async () => {
    const cutOff = (at: 'before' | 'after'): typeof world.ports => ({
      ...world.ports,
      execute: async (...all) => {
        if (at === 'after') await world.ports.execute(...all);
        throw new Error('killed');
      },
    });
    const wanted = (version: string) => TWO_FOR_ACCOUNTS.replace('version: "1"', `version: "${version}"`);
    for (const [at, version] of [
      ['before', 'cut-before'],
      ['after', 'cut-after'],
    ] as const) {
      const was = inForce().sha256;
      const proposal = must(await bring(team.admin, wanted(version)));
      await signedByTwo(proposal);
      await expect(execute(world, proposal, cutOff(at))).rejects.toThrow('killed');
      expect(inForce().sha256).toBe(was);
      await settleUnfinished(world.ports);
      expect(inForce().sha256).toBe(at === 'before' ? was : fileDigest(wanted(version)));
      await transact(world.context, async client => ok(await refreshProposal(world.context, client, proposal)));
    }
  });

  test('whose file the server changed after it was signed, or whose words are not what it does, is not adopted', async () => {
    const before = inForce().sha256;
    const proposal = must(await bring(team.admin, TWO_FOR_ACCOUNTS.replace('version: "1"', 'version: "2"')));
    await signedByTwo(proposal);
    const changed = await look(proposal, { ...world.ports, readPolicyText: async () => ONE_FOR_ACCOUNTS });
    expect([changed.kind, ...failedChecks(changed)]).toEqual(['refused', 'policy.malformed']);
    expect(inForce().sha256).toBe(before);
  });
});
