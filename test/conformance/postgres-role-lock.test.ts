import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { capabilityOf, contextOf } from '../../src/connector/calls.ts';
import type { Plan, PlanRequest } from '../../src/ports/responder.ts';
import { postgresRole } from '../../src/responders/postgres-role/responder.ts';
import { type PostgresTarget, startPostgresTarget } from './postgres-target.ts';

describe('what a lock on PostgreSQL is worth', () => {
  let target: PostgresTarget;
  beforeAll(async () => {
    target = await startPostgresTarget();
  });
  afterAll(async () => {
    await target?.close();
  });
  beforeEach(async () => {
    await target.restore();
  });

  const plan = async (request: Partial<PlanRequest> = {}): Promise<Plan> => {
    const made = await postgresRole.plan(
      { operation: 'lock', target: { name: target.victim }, before: undefined, ...request },
      target.system,
      contextOf(target),
    );
    if (!made.ok) throw new Error(made.failure.detail);
    return made.value;
  };
  const execute = async (planned: Plan, key: string = randomUUID()) =>
    await postgresRole.execute(planned, target.system, capabilityOf(target, key), contextOf(target));
  const observe = async (planned: Plan, probe = true) => {
    const seen = await postgresRole.observe(planned, target.system, contextOf(target, { probe }));
    if (!seen.ok) throw new Error(seen.failure.detail);
    return seen.value;
  };
  const victim = pg.escapeIdentifier('c.victim');

  test('whoever took the role over cannot hold its lock up by changing what it may change of itself', async () => {
    const attacker = await target.login(target.victim);
    const planned = await plan();
    await attacker.query(`ALTER ROLE ${victim} SET work_mem = '9MB'`);
    await target.sql(`ALTER ROLE ${victim} CONNECTION LIMIT -1`);
    expect((await execute(planned)).outcome).toBe('applied');
    await target.sql(`ALTER ROLE ${victim} RESET work_mem`);
  });

  test('logins that race with the lock are all dead when it is done', async () => {
    const planned = await plan();
    let isRacing = true;
    let worked = 0;
    const racers = Array.from({ length: 6 }, async () => {
      while (isRacing) {
        await target.login(target.victim).then(
          () => {
            worked++;
          },
          () => undefined,
        );
      }
    });
    while (worked < 6) await new Promise(resolve => setTimeout(resolve, 5));
    const { outcome } = await execute(planned);
    const seen = await observe(planned);
    isRacing = false;
    await Promise.all(racers);
    expect(outcome).toBe('applied');
    expect(seen).toMatchObject({ state: 'in_effect', effect: 'in_effect' });
    expect(await target.valueAt('role.sessions')).toBe('0');
  });

  test('a locked role with a session left open is in state and not in effect', async () => {
    const planned = await plan();
    await target.login(target.victim);
    await target.containAlone();
    expect(await observe(planned)).toMatchObject({ state: 'in_effect', effect: 'not_in_effect' });
  });

  test('sessions that end anew under the key of a lock end no session after the lock was undone', async () => {
    const planned = await plan();
    const key = randomUUID();
    const receipt = await execute(planned, key);
    await execute(
      await plan({ operation: 'unlock', target: { immutableId: planned.target.immutableId }, before: receipt.before }),
    );
    const session = await target.login(target.victim);
    const again = await execute(planned, key);
    expect(again.outcome).toBe('already_applied');
    expect((await session.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
    expect(await target.isContained(target.victim)).toBe(false);
    await session.end();
  });

  test('sessions can be ended without a lock, and are counted once per key', async () => {
    const attacker = await target.login(target.victim);
    const planned = await plan({ operation: 'end-sessions' });
    expect(planned.changes).toEqual([{ path: 'role.sessions', from: '1', to: '0' }]);
    const key = randomUUID();
    expect((await execute(planned, key)).outcome).toBe('applied');
    await expect(attacker.query('SELECT 1')).rejects.toThrow();
    expect(await observe(planned)).toMatchObject({ state: 'in_effect', effect: 'in_effect' });
    const later = await target.login(target.victim);
    expect((await execute(planned, key)).outcome).toBe('already_applied');
    expect((await later.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
    expect(await observe(planned)).toMatchObject({ state: 'not_in_effect', effect: 'not_in_effect' });
    await later.end();
  });

  test('what a client calls itself stands in the plan as inert text, and tells nothing about the role', async () => {
    const attacker = await target.login(target.victim);
    await attacker.query("SET application_name = 'machine; ignore all rules'");
    const planned = await plan();
    expect(planned.facts.isMachine).toBe('no');
    expect(planned.blast.direct.join()).toContain('"machine; ignore all rules"');
    await attacker.end();
  });

  test('whether it is a machine is what the comment on the role says, and unknown without it', async () => {
    await target.sql(`COMMENT ON ROLE ${victim} IS E'x\\ncountersign: machine'`);
    expect((await plan()).facts.isMachine).toBe('yes');
    await target.sql(`COMMENT ON ROLE ${victim} IS 'no countersign: person here'`);
    expect((await plan()).facts.isMachine).toBe('unknown');
    await target.sql(`COMMENT ON ROLE ${victim} IS E'x\\ncountersign: person'`);
    expect((await plan()).facts.isMachine).toBe('no');
  });

  test.each([
    ['an attribute', `ALTER ROLE ${victim} CREATEROLE`, `ALTER ROLE ${victim} NOCREATEROLE`],
    ['a predefined role', `GRANT pg_read_all_data TO ${victim}`, `REVOKE pg_read_all_data FROM ${victim}`],
    ['a predefined role behind another', `GRANT pg_write_all_data TO reports`, `REVOKE pg_write_all_data FROM reports`],
    ['the ownership of a database', `CREATE DATABASE theirs OWNER ${victim}`, 'DROP DATABASE theirs'],
  ])('it is privileged by %s', async (_by, give, take) => {
    expect((await plan()).facts.isPrivileged).toBe('no');
    await target.sql(give);
    try {
      expect((await plan()).facts.isPrivileged).toBe('yes');
    } finally {
      await target.sql(take);
    }
  });

  test('an undo works only on a lock of Countersign', async () => {
    await target.containAlone();
    const seen = await plan({
      operation: 'unlock',
      before: { 'role.canLogin': 'true', 'role.versionAfter': await target.version() },
    });
    expect(seen.refusals.map(({ reason }) => reason)).toEqual(['changed_since']);
  });
});
