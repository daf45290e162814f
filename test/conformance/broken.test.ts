import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { BROKEN } from './broken.ts';
import { type PostgresTarget, startPostgresTarget } from './postgres-target.ts';
import { CHECKS } from './responder.ts';

const CHECK_MS_MAX = 180_000;

describe('the suite finds what is broken', () => {
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

  test('each guarantee has a responder that breaks it', () => {
    expect(BROKEN.map(({ caughtBy }) => caughtBy)).toEqual(CHECKS.map(({ title }) => title.split(' ')[0]));
  });

  for (const { fault, caughtBy, saying, make } of BROKEN) {
    test(
      `${caughtBy} fails a responder that ${fault}`,
      async () => {
        const check = CHECKS.find(({ title }) => title.startsWith(`${caughtBy} `));
        await expect(check?.run(target, make(target.responder, target))).rejects.toMatchObject({
          code: 'ERR_ASSERTION',
          message: expect.stringMatching(saying),
        });
      },
      CHECK_MS_MAX,
    );
  }
});
