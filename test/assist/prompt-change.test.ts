import { createHash } from 'node:crypto';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compilePrompt, type PromptLock } from '../../src/app/assist/compile-prompt.ts';
import { activePrompt, chosenPrompts } from '../../src/app/assist/prompt-choice.ts';
import { PROMPT_LOCK } from '../../src/app/assist/prompt-lock.ts';
import { PromptShelf } from '../../src/app/assist/prompts.ts';
import { transact } from '../../src/app/context.ts';
import { refreshProposal } from '../../src/app/proposals/project.ts';
import { requestProposal } from '../../src/app/proposals/propose.ts';
import { ok } from '../../src/base/result.ts';
import type { ProposalRequest } from '../../src/model/api.ts';
import { OWN_SYSTEM } from '../../src/model/proposal.ts';
import {
  type Installation,
  invite,
  type Member,
  must,
  startInstallation,
  startTeam,
  type Team,
} from '../harness/installation.ts';
import { execute, failedChecks, know, review, tryReview, withPlanner } from '../harness/proposals.ts';

const PROMPTS = fileURLToPath(new URL('../../prompts', import.meta.url));
const EVALUATION = 'twin test over 240 payloads: 0 differences; verified parts 61 of 77 before, 70 of 77 with it';

const sha256 = (bytes: string | Buffer) => createHash('sha256').update(bytes).digest('hex');

/** The program's prompts, and one more version of `select`. */
async function twoVersions(folder: string): Promise<PromptLock> {
  await cp(PROMPTS, folder, { recursive: true });
  await cp(join(folder, 'select', '1.0.0'), join(folder, 'select', '1.1.0'), { recursive: true });
  const path = join(folder, 'select', '1.1.0', 'system.md');
  const system = `${await readFile(path, 'utf8')}\nName the first thing first.\n`;
  await writeFile(path, system);
  const [before] = PROMPT_LOCK.prompts.filter(one => one.id === 'select');
  if (before === undefined) throw new Error('there is no prompt to change');
  const next = {
    ...before,
    version: '1.1.0',
    sha256: sha256(compilePrompt('select', '1.1.0', system)),
    files: { ...before.files, 'system.md': sha256(system) },
  };
  return { v: 1, prompts: [next, ...PROMPT_LOCK.prompts] };
}

describe('another version of a prompt', () => {
  let folder: string;
  let lock: PromptLock;
  let shelf: PromptShelf;
  let world: Installation;
  let team: Team;
  let third: Member;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'countersign-prompts-'));
    lock = await twoVersions(folder);
    shelf = new PromptShelf(folder, lock);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const start = async () => {
    world = await startInstallation({ prompts: lock });
    team = await startTeam(world);
    third = await invite(world, team.admin, 'Olga Owner', ['owner']);
  };
  const wanted = { kind: 'prompt', prompt: 'select', version: '1.1.0', evaluation: EVALUATION } as const;
  const ask = (by: Member, request: ProposalRequest = wanted) =>
    withPlanner(
      world,
      requestProposal(world.context, async () => undefined, by.person, request),
    );
  /** The executor looks, and the server takes note. */
  const look = async (proposal: `prp_${string}`) => {
    const outcome = await execute(world, proposal);
    await transact(world.context, async client => ok(await refreshProposal(world.context, client, proposal)));
    return outcome;
  };
  const inUse = async () => must(await activePrompt(world.context, shelf, 'select')).version;
  const carriedOut = async (proposal: `prp_${string}`) => {
    await review(world, team.rosa, proposal);
    await review(world, third, proposal);
    return look(proposal);
  };

  describe('', () => {
    beforeAll(start);
    afterAll(() => world.stop());

    test('is asked with once two people signed it who did not propose it, and not before; its evaluation is what they open', async () => {
      const proposal = must(await ask(team.admin));
      const known = await know(world, proposal);
      expect(known.current.tier).toBe('T3');
      expect(known.presentation).toMatchObject({
        sentence: expect.stringContaining('prompt.select 1.0.0 → 1.1.0'),
        coverage: { status: 'not_needed', gaps: [] },
        changes: [{ path: 'prompt.select', from: '1.0.0', to: '1.1.0' }],
      });
      expect(known.presentation.evidence.map(({ pointer, value }) => [pointer, value])).toEqual([
        ['/prompt', 'select'],
        ['/version', '1.1.0'],
        ['/evaluation', EVALUATION],
      ]);
      expect(await tryReview(world, team.admin, proposal)).toMatchObject({ ok: false });
      expect(await tryReview(world, team.rosa, proposal, { isUnread: true })).toMatchObject({ ok: false });
      await review(world, team.rosa, proposal);
      expect(await execute(world, proposal)).toEqual({ kind: 'not_approved' });
      expect(await inUse()).toBe('1.0.0');
      await review(world, third, proposal);
      expect(await look(proposal)).toEqual({ kind: 'concluded', conclusions: ['succeeded', 'verified'] });
      expect(await inUse()).toBe('1.1.0');
      expect((await chosenPrompts(world.context)).get('select')?.proposal).toBe(proposal);
    });

    test('is left again by the undo that was planned with it, which takes two people too', async () => {
      const chosen = (await chosenPrompts(world.context)).get('select')?.proposal;
      if (chosen === undefined) throw new Error('nothing was chosen');
      const undo = must(await ask(team.rosa, { kind: 'undo', of: chosen }));
      expect((await know(world, undo)).current.tier).toBe('T3');
      expect(await carriedOut(undo)).toMatchObject({ conclusions: ['succeeded', 'verified'] });
      expect(await inUse()).toBe('1.0.0');
      expect((await know(world, chosen)).state).toBe('undone');
    });

    test('is proposed by an administrator, with an evaluation, and only where this program has it and it is not in use', async () => {
      expect(await ask(team.rosa)).toMatchObject({ failure: { code: 'access.denied' } });
      expect(await ask(team.admin, { ...wanted, version: '1.0.0' })).toMatchObject({
        failure: { code: 'proposal.refused_by_plan', detail: 'Models are asked with this version now.' },
      });
      expect(await ask(team.admin, { ...wanted, version: '9.9.9' })).toMatchObject({
        failure: { code: 'proposal.refused_by_plan' },
      });
      expect(await ask(team.admin, { ...wanted, prompt: 'nothing' })).toMatchObject({ failure: { code: 'not_found' } });
    });

    test('is not asked with on the word of the server: it can read what was decided, and add nothing to it', async () => {
      const row = `INSERT INTO own_effect (tenant_id, object, operation, value, idempotency_key, at)
        VALUES ('default', 'prompt/select', 'choose-prompt', '{"version":"1.1.0"}', 'by hand', now())`;
      for (const pool of [world.serverPool, world.executorPool])
        await expect(pool.query(row)).rejects.toMatchObject({ code: '42501' });
      expect(await inUse()).toBe('1.0.0');
    });

    test('is refused where its bytes are no longer those that were signed', async () => {
      expect(await carriedOut(must(await ask(team.admin)))).toMatchObject({ conclusions: ['succeeded', 'verified'] });
      const other = { ...lock, prompts: lock.prompts.map(one => ({ ...one, sha256: sha256(one.version) })) };
      expect(await activePrompt(world.context, new PromptShelf(folder, other), 'select')).toMatchObject({
        failure: 'ai.prompt_changed',
      });
    });
  });

  describe('that was approved', () => {
    beforeAll(start);
    afterAll(() => world.stop());

    test('is stale once another choice came before it', async () => {
      const first = must(await ask(team.admin));
      expect(await ask(team.admin)).toMatchObject({ failure: { code: 'proposal.duplicate' } });
      await review(world, team.rosa, first);
      await review(world, third, first);
      // As if another executor had carried out another choice in between.
      await world.database.ownerPool.query(
        `INSERT INTO own_effect (tenant_id, object, operation, value, idempotency_key, at)
         VALUES ('default', 'prompt/select', 'choose-prompt', '{"version":"1.0.1","sha256":""}', 'another', now())`,
      );
      const outcome = await execute(world, first);
      expect(outcome.kind).toBe('stale');
      expect(failedChecks(outcome)).toEqual(['execution.target_changed']);
    });
  });
});

test('no system that somebody connects can bear the name of this installation', async () => {
  const { connectTarget } = await import('../../src/app/targets.ts');
  const entry = { settings: {}, readCredential: 'a', writeCredential: 'b', probeCredential: undefined };
  for (const [system, responder] of [
    [OWN_SYSTEM, 'postgres-role'],
    ['orders-db', OWN_SYSTEM],
  ] as const)
    await expect(connectTarget('/nowhere', { ...entry, system, responder })).rejects.toThrow(/installation itself/);
});
