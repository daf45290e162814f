import { randomUUID } from 'node:crypto';
import { type FSWatcher, watch } from 'node:fs';
import { chmod, link, mkdir, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { capabilityOf, contextOf, timeoutOf } from '../../src/connector/calls.ts';
import { startExecution } from '../../src/connector/crash.ts';
import type { Plan, PlanRequest } from '../../src/ports/responder.ts';
import { postgresRotation } from '../../src/responders/postgres-rotation/responder.ts';
import { prepareNext, readSecretFile } from '../../src/responders/shared/secret-file.ts';
import { startConsumer, until } from './rotation-service.ts';
import { type RotationTarget, startRotationTarget } from './rotation-target.ts';

describe('what a rotation in stages is worth', () => {
  let target: RotationTarget;
  beforeAll(async () => {
    target = await startRotationTarget();
  });
  afterAll(async () => {
    await target?.close();
  });
  beforeEach(async () => {
    await target.restore();
  });

  const plan = async (operation: string, request: Partial<PlanRequest> = {}, system = target.system): Promise<Plan> => {
    const asked = { operation, target: { name: 'orders_a' }, before: undefined, ...request };
    const made = await postgresRotation.plan(asked, system, contextOf(target));
    if (!made.ok) throw new Error(made.failure.detail);
    return made.value;
  };
  const execute = (planned: Plan, key: string = randomUUID()) =>
    postgresRotation.execute(planned, target.system, capabilityOf(target, key), contextOf(target));
  const observe = async (planned: Plan) => {
    const seen = await postgresRotation.observe(planned, target.system, contextOf(target));
    if (!seen.ok) throw new Error(seen.failure.detail);
    return seen.value;
  };
  const reasons = async (operation: string, system = target.system) =>
    (await plan(operation, {}, system)).refusals.map(({ reason }) => reason);
  const opensWhatItNames = async () => {
    const { user, password } = await target.secret();
    const client = await target.login(user, password, 'administrator').catch(() => undefined);
    await client?.end();
    return client !== undefined;
  };

  test('a service goes on without one failed query while its password is rotated, and whoever took the old one is out', async () => {
    const { host = '', database = '' } = target.system.settings;
    const program = fileURLToPath(new URL('./rotation-consumer.ts', import.meta.url));
    const service = await startConsumer(program, [target.secretFile, host, database]);
    const attacker = await target.login('orders_a', target.passwords.a);
    try {
      const rotation = await plan('rotate');
      expect(rotation.blast.direct.join('\n')).toContain('application "orders-api"');
      expect((await execute(rotation)).outcome).toBe('applied');
      expect(await observe(rotation)).toMatchObject({ state: 'in_effect', effect: 'unproven' });
      // The service has read nothing yet: the end of its login is not even a proposal.
      expect(await service.told()).toMatchObject({ user: 'orders_a', failed: 0 });
      expect(await reasons('end-old')).toEqual(['not_settled']);
      service.renewEvery(150);
      await until(async () => (await reasons('end-old')).length === 0);
      const ending = await plan('end-old');
      expect(ending.blast.direct.join('\n')).toMatch(/not seen on the new one: .* application "exfil"/);
      expect(ending.blast.dependents.join('\n')).toMatch(/on the new login: .* application "orders-api"/);
      expect((await execute(ending)).outcome).toBe('applied');
      expect(await observe(ending)).toMatchObject({ state: 'in_effect', effect: 'in_effect' });
      await expect(attacker.query('SELECT 1')).rejects.toThrow();
      await expect(target.login('orders_a', target.passwords.a)).rejects.toMatchObject({ code: '28000' });
      await expect(target.login('orders_b', target.passwords.a)).rejects.toMatchObject({ code: '28P01' });
      const before = await service.told();
      await sleep(500);
      const after = await service.told();
      expect(after).toMatchObject({ user: 'orders_b', failed: 0 });
      expect(after.queries).toBeGreaterThan(before.queries);
      // And back again, from B to A: what stood by is whatever was ended last.
      const back = await plan('rotate', { target: { name: 'orders_b' } });
      expect(back.refusals).toEqual([]);
      expect((await execute(back)).outcome).toBe('applied');
      await until(async () => (await service.told()).user === 'orders_a');
      expect((await service.told()).failed).toBe(0);
    } finally {
      await attacker.end().catch(() => undefined);
      await service.stop();
    }
  }, 60_000);

  test('the new secret stands in its file and nowhere else: in no plan, receipt, look, or log of the server', async () => {
    const texts: unknown[] = [];
    const rotation = await plan('rotate');
    texts.push(rotation, await execute(rotation), await observe(rotation), await plan('end-old'));
    const { password } = await target.secret();
    expect(password).toMatch(/^[\w-]{43}$/);
    const log = await target.serverLog();
    // That the log holds what was sent at all.
    expect(log).toContain('countersign_rotation.hand_over');
    expect(log).toContain('SCRAM-SHA-256$4096:');
    for (const secret of [password, target.passwords.a]) {
      expect(JSON.stringify(texts)).not.toContain(secret);
    }
    expect(log).not.toContain(password);
    const folder = dirname(target.secretFile);
    const holding = [];
    for (const name of await readdir(folder))
      if ((await readFile(join(folder, name), 'utf8')).includes(password)) holding.push(name);
    expect(holding).toEqual([basename(target.secretFile)]);
    expect((await stat(`${target.secretFile}.before`)).mode & 0o777).toBe(0o600);
  });

  test('the other members of the file stay, and so do its mode and whom it belongs to', async () => {
    await chmod(target.secretFile, 0o640);
    const then = await stat(target.secretFile);
    expect((await execute(await plan('rotate'))).outcome).toBe('applied');
    expect(await target.secret()).toMatchObject({ host: 'db', database: 'orders', user: 'orders_b' });
    const now = await stat(target.secretFile);
    expect([now.mode, now.uid, now.gid]).toEqual([then.mode, then.uid, then.gid]);
  });

  test('taken back, the service has its old secret, and the new one opens nothing', async () => {
    const first = await target.secret();
    const rotation = await plan('rotate');
    const receipt = await execute(rotation);
    const made = await target.secret();
    const undo = await plan('take-back', { before: receipt.before });
    expect(undo.refusals).toEqual([]);
    expect((await execute(undo)).outcome).toBe('applied');
    expect(await observe(undo)).toMatchObject({ state: 'in_effect', effect: 'in_effect' });
    expect(await target.secret()).toEqual(first);
    expect(await opensWhatItNames()).toBe(true);
    await expect(target.login('orders_b', made.password)).rejects.toMatchObject({ code: '28P01' });
  });

  test('killed after each thing that it does to a file, the file opens what it names, and the same key goes on', async () => {
    let kills = 0;
    for (let event = 1; ; event++) {
      await target.restore();
      const planned = await plan('rotate');
      const key = randomUUID();
      const run = startExecution(target, planned, key, target.system, timeoutOf(target));
      const seen = eventsIn(dirname(target.secretFile), count => {
        if (count === event) run.process.kill('SIGKILL');
      });
      await run.ended;
      seen.close();
      const wasKilled = run.process.signalCode === 'SIGKILL';
      expect(await opensWhatItNames(), `killed at event ${event}`).toBe(true);
      expect((await execute(planned, key)).outcome).toMatch(/^(already_)?applied$/);
      expect(await target.isContained('orders_a'), `killed at event ${event}`).toBe(true);
      expect((await readdir(dirname(target.secretFile))).sort(), 'nothing half done is left').toEqual([
        'orders.json',
        'orders.json.before',
      ]);
      if (!wasKilled) break;
      kills += 1;
    }
    console.log(`killed at ${kills} events of the folder`);
    expect(kills).toBeGreaterThan(3);
  }, 120_000);

  test('what another act left prepared is cleared away, and a new act goes on from a password that no file names', async () => {
    const left = await prepareNext(target.secretFile, 'another', 'orders_b', await readSecretFile(target.secretFile));
    const planned = await plan('rotate');
    const key = randomUUID();
    // Killed between the server's answer and the file, and never tried again under this key.
    const next = await prepareNext(target.secretFile, key, 'orders_b', await readSecretFile(target.secretFile));
    target.proxy.reset();
    target.proxy.silenceAt(3);
    expect(
      (await postgresRotation.execute(planned, target.proxied, capabilityOf(target, key), contextOf(target))).outcome,
    ).toBe('unknown');
    target.proxy.reset();
    expect(await target.valueAt('standby.canLogin')).toBe('true');
    expect(await target.secret()).toMatchObject({ user: 'orders_a' });
    const again = await plan('rotate');
    expect(again.refusals).toEqual([]);
    expect((await execute(again)).outcome).toBe('applied');
    expect(await target.isContained('orders_a')).toBe(true);
    const { password } = await target.secret();
    expect([left.secret.reveal(), next.secret.reveal()]).not.toContain(password);
    expect((await readdir(dirname(target.secretFile))).sort()).toEqual(['orders.json', 'orders.json.before']);
  });

  test('a login that stands by and is open or used, or has other rights, is not rotated to', async () => {
    await target.sql(`ALTER ROLE orders_b LOGIN PASSWORD 'somebody-s'`);
    expect(await reasons('rotate')).toEqual(['not_settled']);
    const somebody = await target.login('orders_b', 'somebody-s', 'a job that nobody knew of');
    expect(await reasons('rotate')).toEqual(['not_settled', 'not_settled']);
    await somebody.end();
    await target.restore();
    for (const [apply, revert] of [
      ['REVOKE orders_service FROM orders_b', 'GRANT orders_service TO orders_b'],
      ['GRANT ops TO orders_b', 'REVOKE ops FROM orders_b'],
      ["ALTER ROLE orders_b VALID UNTIL '2020-01-01'", "ALTER ROLE orders_b VALID UNTIL 'infinity'"],
    ] as const) {
      await target.sql(apply);
      expect(await reasons('rotate'), apply).toContain('missing_scope');
      await target.sql(revert);
    }
    await target.sql("ALTER ROLE orders_a VALID UNTIL 'infinity'");
    expect(await reasons('rotate')).toEqual([]);
    await target.sql('ALTER ROLE orders_b SUPERUSER');
    expect(await reasons('rotate')).toContain('not_expressible');
    await target.sql('ALTER ROLE orders_b NOSUPERUSER');
  });

  test('a password of which nobody knows who uses it is not rotated', async () => {
    const { consumers: _, ...settings } = target.system.settings;
    const unlisted = { ...target.system, settings };
    expect(await reasons('rotate', unlisted)).toEqual(['not_expressible']);
    const somebody = await target.login('orders_a', target.passwords.a);
    expect(await reasons('rotate', unlisted)).toEqual([]);
    await somebody.end();
  });

  test('whoever took the login over cannot hold its rotation or its end up by what it may change of itself', async () => {
    const attacker = await target.login('orders_a', target.passwords.a);
    const rotation = await plan('rotate');
    await attacker.query("ALTER ROLE orders_a SET work_mem = '9MB'");
    await attacker.query('CREATE TEMP TABLE mine (id int)');
    expect((await execute(rotation)).outcome).toBe('applied');
    const { user, password } = await target.secret();
    const service = await target.login(user, password, 'orders-api');
    const ending = await plan('end-old');
    const more = await target.login('orders_a', target.passwords.a);
    await attacker.query("SET application_name = 'orders-api'");
    expect((await execute(ending)).outcome).toBe('applied');
    await expect(more.query('SELECT 1')).rejects.toThrow();
    await service.end();
    await target.sql('ALTER ROLE orders_a RESET work_mem');
  });

  test('our own tries are no use of the new login, and neither is a session that was there before', async () => {
    await execute(await plan('rotate'));
    const { user, password } = await target.secret();
    const ours = await target.login(user, password, 'countersign');
    expect(await reasons('end-old')).toEqual(['not_settled']);
    await target.sql('UPDATE countersign_rotation.act SET at = clock_timestamp()');
    const service = await target.login(user, password, 'orders-api');
    expect(await reasons('end-old')).toEqual([]);
    await target.sql('UPDATE countersign_rotation.act SET at = clock_timestamp()');
    expect(await reasons('end-old')).toEqual(['not_settled']);
    await ours.end();
    await service.end();
  });

  test('an end that was planned while the service used the new login is refused once it left', async () => {
    await execute(await plan('rotate'));
    const { user, password } = await target.secret();
    const service = await target.login(user, password, 'orders-api');
    const ending = await plan('end-old');
    expect(ending.refusals).toEqual([]);
    await service.end();
    await until(async () => (await reasons('end-old')).includes('not_settled'));
    expect((await execute(ending)).outcome).toBe('refused_drift');
    expect(await target.valueAt('standby.canLogin')).toBe('true');
  });

  test.each([
    ['a link', async (file: string) => symlink(await moved(file), file)],
    ['a second name', async (file: string) => link(file, `${file}.too`)],
    ['a folder', async (file: string) => rm(file).then(() => mkdir(file))],
    ['something that is no JSON', async (file: string) => writeFile(file, 'orders_a:secret')],
    ['a file that everybody reads', async (file: string) => chmod(file, 0o644)],
    ['a file that its group writes', async (file: string) => chmod(file, 0o660)],
    ['nothing', async (file: string) => rm(file)],
  ])('%s in the place of the file is no basis for a plan, and what stands there is not told', async (_what, put) => {
    await put(target.secretFile);
    try {
      const asked = { operation: 'rotate', target: { name: 'orders_a' }, before: undefined };
      const made = await postgresRotation.plan(asked, target.system, contextOf(target));
      expect(made.ok ? '' : made.failure.code).toBe('responder.missing_scope');
      expect(JSON.stringify(made)).not.toContain('secret"');
      expect(JSON.stringify(made)).not.toContain(target.passwords.a);
    } finally {
      await rm(target.secretFile, { recursive: true, force: true });
    }
  });
});

async function moved(file: string): Promise<string> {
  const elsewhere = join(dirname(dirname(file)), 'elsewhere');
  await writeFile(elsewhere, await readFile(file));
  await rm(file);
  return elsewhere;
}

/** Counts what happens in a folder from now on. */
function eventsIn(folder: string, happened: (count: number) => void): FSWatcher {
  let count = 0;
  return watch(folder, () => {
    count += 1;
    happened(count);
  });
}
