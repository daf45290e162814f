import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { BROKEN } from '../../src/connector/broken.ts';
import { CHECKS } from '../../src/connector/conformance.ts';
import type { ConformanceTarget } from '../../src/connector/target.ts';
import { startLdapTarget } from './ldap-target.ts';
import { startPostgresTarget } from './postgres-target.ts';
import { NO_SLAPD } from './slapd.ts';

const CHECK_MS_MAX = 180_000;

test('each guarantee has a responder that breaks it', () => {
  const caughtBy = new Set(BROKEN.map(broken => broken.caughtBy));
  expect([...caughtBy]).toEqual(CHECKS.map(({ title }) => title.split(' ')[0]));
});

function suite(start: () => Promise<ConformanceTarget>): void {
  let target: ConformanceTarget;
  beforeAll(async () => {
    target = await start();
  });
  afterAll(async () => {
    await target?.close();
  });
  beforeEach(async () => {
    await target.restore();
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
}

describe('broken responders for a PostgreSQL are found out', () => suite(startPostgresTarget));

describe.skipIf(NO_SLAPD !== undefined)(
  `broken responders for a slapd are found out${NO_SLAPD === undefined ? '' : ` (skipped: ${NO_SLAPD})`}`,
  () => suite(startLdapTarget),
);
