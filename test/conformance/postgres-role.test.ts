import { afterAll, beforeAll, beforeEach, describe, test } from 'vitest';
import { type PostgresTarget, startPostgresTarget } from './postgres-target.ts';
import { CHECKS } from './responder.ts';

/** Checks that stop at each request of an execution wait for time-outs many times over. */
const CHECK_MS_MAX = 180_000;

describe('postgres-role, on a PostgreSQL 18', () => {
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
  for (const { title, run } of CHECKS) test(title, async () => await run(target, target.responder), CHECK_MS_MAX);
});
