import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { stopActs } from '../../src/app/kill-switch.ts';
import { printCheckpoint } from '../../src/audit/checkpoint.ts';
import { noteKeyId, printNote } from '../../src/audit/note.ts';
import { utf8 } from '../../src/base/bytes.ts';
import { sealed } from '../../src/core/decide/closed.ts';
import { carryOut } from '../../src/executor/carry-out.ts';
import type { PersonSignature } from '../../src/model/audit-entry.ts';
import { type Installation, must, signAs, startInstallation, startTeam, type Team } from '../harness/installation.ts';
import { execute, failedChecks, intentFor, propose, review, signIntent, storeReview } from '../harness/proposals.ts';
import { TENANT } from '../harness/tenant.ts';

/* The server is taken over whole, as in its sister file: what it does to the kill switch and to the log. */

let world: Installation;
let team: Team;
beforeEach(async () => {
  world = await startInstallation();
  team = await startTeam(world);
});
afterEach(() => world.stop());

/** The executor looks, and nothing reaches the target. */
async function expectNoAct(proposal: string): Promise<readonly string[]> {
  const outcome = await execute(world, proposal);
  expect(world.target.writes).toEqual([]);
  return [outcome.kind, ...failedChecks(outcome)];
}

describe('it lifts the kill switch', () => {
  const storeOff = (seq: number, signature: PersonSignature | { readonly kind: 'none' }, statement: object = {}) =>
    world.serverPool.query(
      `INSERT INTO kill_switch (tenant_id, seq, is_on, statement, signature, reason, by, at) VALUES ($1, $2, false, $3, $4, '', '', now())`,
      [TENANT, seq, sealed('countersign/kill-switch/v1', statement).text, JSON.stringify(signature)],
    );
  const statementOf = (seq: number) => ({
    v: '1',
    installation: world.genesis.installation,
    seq: String(seq),
    isOn: 'no',
    by: team.admin.person.id,
    nonce: 'ef'.repeat(16),
    expiresAt: '2099-01-01T00:00:00.000Z',
  });
  let proposal: string;
  beforeEach(async () => {
    proposal = await propose(world, team.rosa);
    await review(world, team.sam, proposal);
    must(await stopActs(world.context, team.admin.person.id, 'stop everything'));
  });

  test('without a signature, once and a hundred times over', async () => {
    for (let seq = 2; seq <= 101; seq++) await storeOff(seq, { kind: 'none' });
    expect(await expectNoAct(proposal)).toEqual(['refused', 'execution.stopped']);
  });

  test('with a responder’s signature', async () => {
    await storeOff(2, signAs(team.sam, 'countersign/kill-switch/v1', statementOf(2)), statementOf(2));
    expect(await expectNoAct(proposal)).toEqual(['refused', 'execution.stopped']);
  });

  test('with an administrator’s signature for an earlier step', async () => {
    await storeOff(2, signAs(team.admin, 'countersign/kill-switch/v1', statementOf(2)), statementOf(2));
    must(await stopActs(world.context, team.admin.person.id, 'stop again'));
    await storeOff(4, signAs(team.admin, 'countersign/kill-switch/v1', statementOf(2)), statementOf(2));
    expect(await expectNoAct(proposal)).toEqual(['refused', 'execution.stopped']);
  });
});

describe('it rewrites the log with the log’s own key', () => {
  const signedNote = (size: number, root: Uint8Array) => {
    const { key, sign } = world.signer;
    const text = printCheckpoint({ origin: key.name, size, root });
    return printNote({ text, signatures: [{ name: key.name, keyId: noteKeyId(key), signature: sign(utf8(text)) }] });
  };

  test('another history of the same length, and a longer one', async () => {
    for (const longer of [0, 5]) {
      const proposal = await propose(world, team.rosa, { targetName: longer === 0 ? 'app_jo' : 'app_kim' });
      await review(world, team.sam, proposal);
      await world.settleLog();
      // The executor has seen the log before, as it does every few seconds.
      must(await world.ports.seeLog());
      await world.stopSequencer();
      const { rows } = await world.serverPool.query<{ size: string; note: string }>(
        'SELECT size, note FROM audit_head',
      );
      const forged = signedNote(Number(rows[0]?.size) + longer, new Uint8Array(32).fill(7));
      await world.serverPool.query('UPDATE audit_head SET note = $1', [forged]);
      expect(failedChecks(await carryOut(proposal, world.ports))).toContain('execution.log_rolled_back');
      expect(world.target.writes).toEqual([]);
      await world.serverPool.query('UPDATE audit_head SET note = $1', [rows[0]?.note]);
      await world.startSequencer();
    }
  });

  test('a review that stands in the table and not in the log', async () => {
    const proposal = await propose(world, team.rosa);
    const intent = await intentFor(world, proposal, team.sam.person.id);
    await storeReview(world, intent, signIntent(team.sam, intent));
    await world.database.ownerPool.query(`UPDATE review SET pending_id = 'pnd_0'`);
    expect(await expectNoAct(proposal)).toEqual(['refused', 'execution.not_in_log']);
  });

  test('a checkpoint of a key that genesis does not pin', async () => {
    const proposal = await propose(world, team.rosa);
    await review(world, team.sam, proposal);
    await world.settleLog();
    const { rows } = await world.serverPool.query<{ note: string }>('SELECT note FROM audit_head');
    const broken = (rows[0]?.note ?? '').replace(/[A-Za-z0-9+/]{8}(=*\n)$/, 'AAAAAAAA$1');
    await world.stopSequencer();
    await world.serverPool.query('UPDATE audit_head SET note = $1', [broken]);
    expect(failedChecks(await carryOut(proposal, world.ports))).toContain('execution.not_in_log');
    expect(world.target.writes).toEqual([]);
  });
});
