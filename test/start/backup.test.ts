import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { withDatabase } from '../../src/app/maintenance.ts';
import {
  buildRealProgram,
  emptyFolder,
  freePort,
  launch,
  launchCommand,
  type StartedProgram,
  stop,
  until,
  untilRunning,
} from './program.ts';

const WAIT_MS = 120_000;

describe('countersign backup, restore and doctor, with the real program', { timeout: WAIT_MS }, () => {
  let program: string;
  let folder: Awaited<ReturnType<typeof emptyFolder>>;
  let data: string;
  let port: number;
  let running: StartedProgram | undefined;
  let backup: string;
  beforeAll(async () => {
    program = await buildRealProgram();
    folder = await emptyFolder();
    data = join(folder.path, 'data');
    backup = join(folder.path, 'the backup');
    port = await freePort();
  });
  afterAll(async () => {
    await rm(program, { force: true });
    await folder.remove();
  });
  afterEach(async () => {
    if (running !== undefined) await stop(running);
    running = undefined;
  });

  async function start(dataDir = data): Promise<void> {
    running = launch(program, ['--data', dataDir, '--port', String(port)]);
    await untilRunning(running);
  }
  async function command(...args: string[]): Promise<{ code: number | null; out: string; err: string }> {
    const one = launchCommand(program, args);
    const { code } = await one.ended;
    return { code, out: one.out(), err: one.err() };
  }
  async function health(): Promise<readonly { name: string; status: string; text: string }[]> {
    const token = (await readFile(join(data, 'cli-token'), 'utf8')).trim();
    const response = await fetch(`http://localhost:${port}/api/v1/me`, {
      headers: { authorization: `Bearer ${token}` },
    });
    return ((await response.json()) as { health: { name: string; status: string; text: string }[] }).health;
  }
  const logTypes = (dataDir: string) =>
    withDatabase(dataDir, undefined, async client => {
      const { rows } = await client.query<{ type: string }>(
        "SELECT convert_from(entry, 'UTF8')::jsonb ->> 'type' AS type FROM audit_entry ORDER BY idx",
      );
      return rows.map(({ type }) => type);
    });

  test('a backup is made while it runs, is readable by us alone, and is an entry of the log', async () => {
    await start();
    const made = await command('backup', backup, '--data', data);
    expect(made, made.err).toMatchObject({ code: 0 });
    expect((await stat(backup)).mode & 0o777).toBe(0o600);
    await until(async () => (await logTypes(data)).includes('backup.made'));
    // The executor has seen the log with that entry, and keeps its checkpoint outside the data directory.
    const seen = join(`${data}.executor`, 'checkpoint');
    await until(async () => /\n3\n/.test(await readFile(seen, 'utf8').catch(() => '')));
    const doctor = await command('doctor', '--data', data);
    expect(doctor.out).toContain(`Countersign runs at http://localhost:${port}.`);
    expect(doctor.out).toContain('The database answers.');
    expect(doctor.code, doctor.out).toBe(0);
  });

  test('is refused while it runs', async () => {
    await start();
    const restored = await command('restore', backup, '--data', data);
    expect(restored.code).toBe(1);
    expect(restored.err).toContain('is already using');
  });

  test('a restore into an empty place brings back the log, verified, and is itself an entry', async () => {
    const other = join(folder.path, 'elsewhere');
    const restored = await command('restore', backup, '--data', other);
    expect(restored, restored.err).toMatchObject({ code: 0 });
    expect(restored.out).toContain('The log verifies: 2 entries.');
    await start(other);
    await until(async () => (await logTypes(other)).includes('backup.restored'));
    expect((await logTypes(other))[0]).toBe('installation.made');
  });

  test.each([0.02, 0.3, 0.6, 0.97])(
    'a backup with a flipped bit at %f of its length is refused, and nothing changes',
    async at => {
      const bytes = await readFile(backup);
      const index = Math.floor(bytes.length * at);
      bytes.writeUInt8(bytes.readUInt8(index) ^ 1, index);
      const altered = join(folder.path, 'altered');
      await writeFile(altered, bytes);
      const before = await logTypes(data);
      const restored = await command('restore', altered, '--data', data);
      expect(restored.code).toBe(1);
      expect(restored.err).toContain('is not a whole backup of Countersign');
      expect(await logTypes(data)).toEqual(before);
    },
  );

  test('a backup whose log was rewritten is refused, and nothing changes', async () => {
    const elsewhere = join(folder.path, 'elsewhere');
    await withDatabase(elsewhere, undefined, client =>
      client.query(
        `UPDATE audit_entry SET entry = convert_to(replace(convert_from(entry, 'UTF8'), '"no"', '"on"'), 'UTF8') WHERE idx = 0`,
      ),
    );
    const rewritten = join(folder.path, 'rewritten');
    const made = await command('backup', rewritten, '--data', elsewhere);
    expect(made, made.err).toMatchObject({ code: 0 });
    const before = await logTypes(data);
    const restored = await command('restore', rewritten, '--data', data);
    expect(restored.code).toBe(1);
    expect(restored.err).toContain('the log in the backup does not verify');
    expect(await logTypes(data)).toEqual(before);
  });

  test('the executor notices a database that is older than the checkpoint that it keeps', async () => {
    const restored = await command('restore', backup, '--data', data);
    expect(restored, restored.err).toMatchObject({ code: 0 });
    await start();
    await until(async () => (await health()).some(({ name, status }) => name === 'executor' && status !== 'down'));
    const executor = (await health()).find(({ name }) => name === 'executor');
    expect(executor?.text).toContain('log_rolled_back');
    const doctor = await command('doctor', '--data', data);
    expect(doctor.out).toMatch(/warn {2}The executor refuses to act: .*log_rolled_back.*\n {6}fix: /);
  });
});
