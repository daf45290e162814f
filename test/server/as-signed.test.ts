import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readAsSigned } from '../../src/app/proposals/as-signed.ts';
import { beginSession, finishSession } from '../../src/app/session.ts';
import { printNoteKey } from '../../src/audit/note.ts';
import { checkAsSigned } from '../../src/audit/verify/as-signed.ts';
import { fromBase64url } from '../../src/base/bytes.ts';
import { signatureChecks } from '../../src/cli/signature-checks.ts';
import { runVerify } from '../../src/cli/verify.ts';
import { copyLogToDirectory } from '../../src/store/log-files.ts';
import { readLogPath } from '../../src/store/log-tiles.ts';
import { createBrowserKey } from '../authenticator.ts';
import { proposeMany, tryBatch } from '../harness/batches.ts';
import {
  type Installation,
  type Member,
  must,
  startInstallation,
  startTeam,
  type Team,
} from '../harness/installation.ts';
import { know, propose, review, revise, studyFor } from '../harness/proposals.ts';
import { TENANT } from '../harness/tenant.ts';

describe('what somebody saw when they signed', () => {
  let world: Installation;
  let team: Team;
  let home: string;
  /** Signed at revision 1, which an edit replaced since. */
  let signed: string;
  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), 'as-signed-'));
    world = await startInstallation();
    team = await startTeam(world);
    const study = await studyFor(world, { targetName: 'svc_ci' });
    const proposal = await propose(world, team.admin, study);
    await review(world, team.rosa, proposal);
    signed = (await know(world, proposal)).stored.reviews[0]?.id ?? '';
    must(await revise(world, team.admin, study, proposal, (await study('inc_test'))?.options[0]?.id ?? ''));
    await world.settleLog();
  });
  afterAll(async () => {
    await world.stop();
    await rm(home, { recursive: true, force: true });
  });

  const look = async (id: string) => {
    const found = await readAsSigned(world.context, id, undefined);
    if (found === undefined) throw new Error(`there is no ${id}`);
    return { found, report: await checkAsSigned(found.kept, found.keys, signatureChecks) };
  };
  const red = async (id: string) =>
    (await look(id)).report.steps.flatMap(({ name, verdict }) => (verdict === 'pass' ? [] : [name]));
  /** Changes one byte of what is kept, looks, and puts it back. */
  const withByteChanged = async (table: string, column: string, where: string) => {
    const { ownerPool } = world.database;
    const read = `SELECT ${column} AS text FROM ${table} WHERE ${where}`;
    const before = (await ownerPool.query<{ text: string }>(read)).rows[0]?.text ?? '';
    const at = Math.floor(before.length / 2);
    const other = before.charAt(at) === 'x' ? 'y' : 'x';
    const write = (text: string) => ownerPool.query(`UPDATE ${table} SET ${column} = $1 WHERE ${where}`, [text]);
    await write(before.slice(0, at) + other + before.slice(at + 1));
    const steps = await red(signed);
    await write(before);
    return steps;
  };

  test('is shown again from the bytes that were digested, step by step, also after an edit', async () => {
    const { found, report } = await look(signed);
    expect(report.steps.map(({ name, verdict }) => [name, verdict])).toEqual(
      ['entry', 'key', 'signature', 'challenge', 'intent', 'act', 'presentation'].map(name => [name, 'pass']),
    );
    expect(report.holds).toBe(true);
    expect(found.kept.revision).toBe('1');
    expect(JSON.parse(found.kept.presentation).targetName).toBe('svc_ci');
    expect(await readAsSigned(world.context, 'rev_0', undefined)).toBeUndefined();
  });

  test('is red at its own step where one byte of it was changed in the store, and nowhere else', async () => {
    const { found } = await look(signed);
    const revision = `tenant_id = '${TENANT}' AND proposal_id = '${found.kept.proposal}' AND revision = 1`;
    expect(await withByteChanged('revision', 'presentation', revision)).toEqual(['presentation']);
    expect(await withByteChanged('revision', 'act', revision)).toEqual(['act']);
    expect(await withByteChanged('review', 'intent', `id = '${signed}'`)).toEqual(['intent']);
    expect(await red(signed)).toEqual([]);
    const other = found.kept.entry.replace('"verdict":"approve"', '"verdict":"reject"');
    const forged = await checkAsSigned({ ...found.kept, entry: other }, found.keys, signatureChecks);
    expect(forged.holds).toBe(false);
    expect(forged.steps.filter(({ verdict }) => verdict === 'fail').map(({ name }) => name)).toEqual([
      'signature',
      'challenge',
    ]);
    const foreign = await checkAsSigned(found.kept, { ...found.keys, enrolments: [] }, signatureChecks);
    expect(foreign.steps.filter(({ verdict }) => verdict === 'fail').map(({ name }) => name)).toEqual([
      'key',
      'signature',
    ]);
  });

  test('is checked the same for a batch, and for the key of a sign-in', async () => {
    const many = await proposeMany(world, team, ['suspend', 'suspend'], 2);
    must(await tryBatch(world, team.sam, many, { opens: 'all' }));
    const batched = (await know(world, many[1] ?? '')).stored.reviews[0]?.id ?? '';
    await world.settleLog();
    expect(await red(batched)).toEqual([]);
    const light = await proposeMany(world, team, ['block'], 3);
    const known = await know(world, light[0] ?? '');
    expect(known.current.tier).toBe('T1');
    const { key, session } = await signIn(world, team.sam);
    await review(world, team.sam, light[0] ?? '', {
      sign: challenge => ({ kind: 'session', session, signature: key.sign(challenge) }),
    });
    const kept = (await know(world, light[0] ?? '')).stored.reviews[0]?.id ?? '';
    await world.settleLog();
    expect(await red(kept)).toEqual([]);
  });

  test('is checked and printed offline from a file and an export, which are believed in nothing', async () => {
    const directory = join(home, 'log');
    await copyLogToDirectory(async path => (await readLogPath(world.serverPool, TENANT, path))?.bytes, directory);
    const policy = join(home, 'policy');
    await writeFile(policy, `log ${printNoteKey(world.signer.key)}\nquorum none\n`);
    const { kept } = (await look(signed)).found;
    const run = async (file: object) => {
      const path = join(home, 'signed.json');
      await writeFile(path, JSON.stringify(file));
      let said = '';
      const code = await runVerify(directory, { policy, signed: path }, text => {
        said += text;
      });
      return { code, said };
    };
    const good = await run(kept);
    expect(good.said).toContain('  | suspend an account: svc_ci on orders-db');
    expect(good.said).toContain(`this is what ${team.rosa.person.id} had before them`);
    expect(good.code).toBe(0);
    const changed = await run({ ...kept, presentation: kept.presentation.replace('svc_ci', 'svc_cj') });
    expect(changed.said).toMatch(
      /✗ presentation: .*is not what was signed\n +signed [0-9a-f]{64}\n +kept +[0-9a-f]{64}/,
    );
    expect(changed.said).toContain('THIS IS NOT WHAT WAS SIGNED');
    expect(changed.code).toBe(1);
    // The entry in the file is not believed: the log's own is taken.
    expect((await run({ ...kept, entry: '' })).code).toBe(0);
    expect((await run({ ...kept, review: 'rev_0' })).code).toBe(1);
    expect((await run({ v: '1' })).code).toBe(2);
  });
});

async function signIn(world: Installation, by: Member) {
  const key = createBrowserKey();
  const begun = must(await beginSession(world.context, key.publicKeySpki));
  const assertion = by.authenticator.assert(fromBase64url(begun.challenge) ?? new Uint8Array());
  const { session } = begun.statement;
  must(await finishSession(world.context, { session, signature: { kind: 'passkey', assertion } }));
  return { session, key };
}
