import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readTrails } from '../../src/app/trails.ts';
import { MS_PER_HOUR, MS_PER_MINUTE } from '../../src/base/time.ts';
import { SHOWN_THERE_MS_MAX, TRAIL_DETECTED_MS_MAX, TRAIL_EVERY_MS } from '../../src/core/act/reconcile.ts';
import { TRAIL_SILENT_MS } from '../../src/core/act/trail-health.ts';
import { followTrails, lookAtTrails, type TrailPorts } from '../../src/executor/trail.ts';
import { checkLog } from '../harness/check-log.ts';
import { SYSTEM, startTeam, type Team } from '../harness/installation.ts';
import { execute, propose, review } from '../harness/proposals.ts';
import { nextLook, startTrailed, type TrailedInstallation, writeByHand } from '../harness/trails.ts';

describe('the executor, which holds each target’s own log against what people signed,', () => {
  let trailed: TrailedInstallation;
  let team: Team;
  beforeEach(async () => {
    trailed = await startTrailed();
    team = await startTeam(trailed.world);
    await reportSystem();
    await nextLook(trailed);
  });
  afterEach(() => trailed.world.stop());

  /** As the executor's status does. */
  const reportSystem = () =>
    trailed.world.executorPool.query(
      `INSERT INTO executor_status (tenant_id, id, body, at) VALUES (current_setting('countersign.tenant'), 1, $1, now())`,
      [{ systems: [{ system: SYSTEM, responder: 'test-target', trail: 'what the test target writes down' }] }],
    );
  const found = async () => (await readTrails(trailed.world.context)).findings;
  const kinds = async () => (await found()).map(({ kind, because }) => (because === '' ? kind : `${kind} ${because}`));
  const health = async () => {
    const [one] = (await readTrails(trailed.world.context)).systems;
    if (one === undefined) throw new Error('one system is connected');
    return one;
  };
  const suspend = async () => {
    const { rosa, sam } = team;
    const proposal = await propose(trailed.world, rosa);
    await review(trailed.world, sam, proposal);
    const outcome = await execute(trailed.world, proposal);
    expect(outcome).toMatchObject({ kind: 'concluded' });
    // What executors write down has the machine's time, and the clock of this test may be ahead of it.
    await trailed.world.database.ownerPool.query(
      `UPDATE execution_fact SET at = at + $1 * interval '1 millisecond',
         body = CASE kind WHEN 'receipt' THEN body || jsonb_build_object('endedAt', (body ->> 'endedAt')::bigint + $1::bigint) ELSE body END
        WHERE execution_id IN (SELECT id FROM execution WHERE proposal_id = $2)`,
      [trailed.world.context.now() - Date.now(), proposal],
    );
    return proposal;
  };

  test('finds nothing where only what people signed was done', async () => {
    await suspend();
    for (let look = 0; look < 10; look++) await nextLook(trailed);
    expect(await found()).toEqual([]);
    expect(await health()).toMatchObject({ state: 'read', unknownChanges: 0, notShown: 0, cutAt: '', because: '' });
  });

  test('finds what somebody did by hand with the credential at the next look, long within ten minutes, and writes it into the log', async () => {
    expect(TRAIL_EVERY_MS + TRAIL_SILENT_MS).toBeLessThan(TRAIL_DETECTED_MS_MAX);
    await writeByHand(trailed.world, 'app_kim');
    await nextLook(trailed);
    expect(await found()).toMatchObject([
      { kind: 'unknown_change', because: 'no_act', operation: 'suspend', target: 'id-kim', text: 'closed id-kim' },
    ]);
    expect(await health()).toMatchObject({ state: 'read', unknownChanges: 1 });
    // Once.
    await nextLook(trailed);
    expect(await found()).toHaveLength(1);
    const report = await checkLog(trailed.world);
    expect(report.outcome).toBe('verified');
    expect(report.summary?.unsigned).toEqual([`${SYSTEM}/1`]);
    const { rows } = await trailed.world.serverPool.query(
      "SELECT 1 FROM audit_entry WHERE position('trail.found'::bytea in entry) > 0",
    );
    expect(rows).toHaveLength(1);
  });

  test('finds that one more was done than was signed, on the very target and at the very time, with a key or without', async () => {
    for (const keepsKey of [false, true]) {
      trailed.trail.keepsKey = keepsKey;
      await suspend();
      await writeByHand(trailed.world, 'app_jo', true);
      await writeByHand(trailed.world, 'app_jo', false);
      await nextLook(trailed);
      const news = (await kinds()).slice(0, 2);
      expect(news.sort(), `with keys: ${keepsKey}`).toEqual(
        keepsKey
          ? ['unknown_change no_act', 'unknown_change no_act']
          : ['unknown_change no_act', 'unknown_change one_too_many'],
      );
      await writeByHand(trailed.world, 'app_jo', true);
      await nextLook(trailed);
      trailed.world.advance(MS_PER_HOUR);
      await nextLook(trailed);
    }
  });

  test('finds the second one also where it shows in a later look only', async () => {
    await suspend();
    await nextLook(trailed);
    const [line] = trailed.trail.lines;
    if (line === undefined) throw new Error('the target wrote it down');
    trailed.trail.lines.push({ ...line, id: '2' });
    await nextLook(trailed);
    expect(await kinds()).toEqual(['unknown_change one_too_many']);
  });

  test('reads the times of a target whose clock is a day off by that clock, and of one that tells none finds what does not fit', async () => {
    trailed.trail.aheadMs = 24 * MS_PER_HOUR;
    await suspend();
    await nextLook(trailed);
    expect(await found()).toEqual([]);
    trailed.trail.isClockless = true;
    await writeByHand(trailed.world, 'app_jo', true);
    trailed.world.advance(MS_PER_HOUR);
    await nextLook(trailed);
    await suspend();
    await nextLook(trailed);
    expect(await kinds()).toEqual(['unknown_change other_time', 'unknown_change no_act']);
  });

  test('finds an act that the target says it did and does not have in its log, once the log has had its time', async () => {
    trailed.world.advance(10 * MS_PER_MINUTE);
    await nextLook(trailed);
    const proposal = await suspend();
    trailed.trail.lines.pop();
    await nextLook(trailed);
    expect(await found()).toEqual([]);
    trailed.world.advance(SHOWN_THERE_MS_MAX);
    for (let look = 0; look < 3; look++) await nextLook(trailed);
    expect(await found()).toMatchObject([{ kind: 'not_shown', proposal, operation: 'suspend' }]);
    expect(await health()).toMatchObject({ notShown: 1 });
  });

  test('says that nobody looks where the log cannot be read, and goes on from where it was', async () => {
    trailed.trail.failure = 'responder.unreachable';
    await writeByHand(trailed.world, 'app_kim');
    await nextLook(trailed);
    expect(await health()).toMatchObject({ state: 'read', because: "The target system didn't answer." });
    expect(await found()).toEqual([]);
    trailed.world.advance(TRAIL_SILENT_MS);
    for (let look = 0; look < 3; look++) await nextLook(trailed);
    expect(await health()).toMatchObject({ state: 'silent' });
    expect(await kinds()).toEqual(['unread']);
    trailed.trail.failure = undefined;
    await nextLook(trailed);
    expect(await health()).toMatchObject({ state: 'read', because: '' });
    expect(await kinds()).toEqual(['unknown_change no_act', 'unread']);
  });

  test('says that nobody looks where no executor is there that could have found that', async () => {
    expect((await health()).state).toBe('read');
    trailed.world.advance(TRAIL_SILENT_MS + 1);
    expect((await health()).state).toBe('silent');
  });

  test('says that a log was cut, or taken away, and never that it is an empty one', async () => {
    await writeByHand(trailed.world, 'app_kim');
    await nextLook(trailed);
    trailed.trail.lines = [];
    await nextLook(trailed);
    expect(await kinds()).toEqual(['cut', 'unknown_change no_act']);
    expect((await health()).cutAt).not.toBe('');
    // It looks at what there is now.
    await writeByHand(trailed.world, 'app_jo');
    trailed.trail.lines = trailed.trail.lines.map(line => ({ ...line, id: 'another' }));
    await nextLook(trailed);
    expect((await kinds()).slice(0, 1)).toEqual(['unknown_change no_act']);
    trailed.trail.failure = 'responder.no_trail';
    trailed.world.advance(TRAIL_SILENT_MS);
    await nextLook(trailed);
    expect(await health()).toMatchObject({ state: 'silent' });
    expect((await kinds()).slice(0, 1)).toEqual(['unread']);
  });

  test('lists the first of a flood and counts the others', async () => {
    for (let n = 0; n < 60; n++) await writeByHand(trailed.world, 'app_kim', n % 2 === 1);
    await nextLook(trailed);
    const news = await found();
    expect(news).toHaveLength(51);
    expect(news.reduce((sum, { count }) => sum + count, 0)).toBe(60);
    expect((await health()).unknownChanges).toBe(60);
  });

  test('asks once a minute, however many executors there are', async () => {
    const before = trailed.trail.asked;
    trailed.world.advance(TRAIL_EVERY_MS);
    await writeByHand(trailed.world, 'app_kim');
    await Promise.all(Array.from({ length: 8 }, () => lookAtTrails(trailed.ports)));
    expect(trailed.trail.asked).toBe(before + 1);
    expect(await found()).toHaveLength(1);
  });

  test('finds everything once, whichever call is the last that an executor makes', async () => {
    const names = ['takeTurn', 'ask', 'known', 'acts', 'taken', 'foundMissing', 'keep'] as const;
    let expected = 0;
    for (const name of names) {
      await writeByHand(trailed.world, 'app_kim', expected % 2 === 1);
      expected++;
      // It ends before the call is made, and then just after it.
      for (const isMade of [false, true]) {
        const dying = {
          ...trailed.ports,
          [name]: async (...args: never[]) => {
            if (isMade) await (trailed.ports[name] as (...given: never[]) => unknown)(...args);
            throw new Error('killed');
          },
        } as TrailPorts;
        trailed.world.advance(TRAIL_EVERY_MS);
        await lookAtTrails(dying);
      }
      await nextLook(trailed);
      expect(await found(), name).toHaveLength(expected);
    }
    expect((await checkLog(trailed.world)).outcome).toBe('verified');
  });

  test('goes on round after round until it is stopped, whatever goes wrong in one', async () => {
    let rounds = 0;
    const troubles: string[] = [];
    const ports: TrailPorts = {
      ...trailed.ports,
      systems() {
        rounds++;
        if (rounds === 1) throw new Error('the list cannot be read');
        return trailed.ports.systems();
      },
      async takeTurn(system) {
        if (rounds === 2) throw new Error('the database does not answer');
        return trailed.ports.takeTurn(system);
      },
    };
    const following = followTrails(ports, (system, error) => troubles.push(`${system}: ${error}`), 5);
    for (const isOpen of [false, true, false]) {
      await writeByHand(trailed.world, 'app_kim', isOpen);
      trailed.world.advance(TRAIL_EVERY_MS);
      const before = rounds;
      await expect.poll(() => rounds, { timeout: 10_000 }).toBeGreaterThan(before + 3);
    }
    await following.stop();
    const stoppedAt = rounds;
    expect(troubles).toEqual([': Error: the list cannot be read', `${SYSTEM}: Error: the database does not answer`]);
    expect(await found()).toHaveLength(3);
    await new Promise(resolve => setTimeout(resolve, 50));
    expect(rounds).toBe(stoppedAt);
  });

  test('keeps nothing of a look whose turn another one has by now', async () => {
    await writeByHand(trailed.world, 'app_kim');
    const slow: TrailPorts = {
      ...trailed.ports,
      async ask(...args) {
        const answer = await trailed.ports.ask(...args);
        await nextLook(trailed);
        return answer;
      },
    };
    trailed.world.advance(TRAIL_EVERY_MS);
    await lookAtTrails(slow, (_system, error) => {
      throw error;
    });
    expect(await found()).toHaveLength(1);
  });

  test('alone writes what was seen there: a server can neither add, nor change, nor hide', async () => {
    await writeByHand(trailed.world, 'app_kim');
    await nextLook(trailed);
    for (const statement of [
      'DELETE FROM trail_finding',
      "UPDATE trail_finding SET kind = 'cut'",
      "UPDATE target_trail SET cursor = '9'",
      'DELETE FROM target_trail',
      "INSERT INTO trail_entry VALUES ('x', 'orders-db', '9', 'exe_1', now())",
    ])
      await expect(trailed.world.serverPool.query(statement), statement).rejects.toMatchObject({ code: '42501' });
    for (const statement of [
      'DELETE FROM trail_finding',
      'DELETE FROM trail_entry',
      "UPDATE trail_finding SET kind = 'cut'",
    ])
      await expect(trailed.world.executorPool.query(statement), statement).rejects.toMatchObject({ code: '42501' });
  });
});

test('a target that keeps no log is said to keep none, and is asked again in case it does', async () => {
  const trailed = await startTrailed(undefined, { failure: 'responder.no_trail' });
  try {
    await nextLook(trailed);
    trailed.world.advance(TRAIL_SILENT_MS);
    await nextLook(trailed);
    const { rows } = await trailed.world.executorPool.query('SELECT failure, begun_at FROM target_trail');
    expect(rows).toEqual([{ failure: 'responder.no_trail', begun_at: null }]);
    expect((await readTrails(trailed.world.context)).findings).toEqual([]);
    trailed.trail.failure = undefined;
    await nextLook(trailed);
    await writeByHand(trailed.world, 'app_kim');
    await nextLook(trailed);
    expect((await readTrails(trailed.world.context)).findings).toHaveLength(1);
  } finally {
    await trailed.world.stop();
  }
});
