import { afterAll, beforeAll, beforeEach, describe, test } from 'vitest';
import { type LdapTarget, startLdapTarget } from './ldap-target.ts';
import { CHECKS } from './responder.ts';
import { NO_SLAPD } from './slapd.ts';

/** Checks that stop at each request of an execution wait for time-outs many times over. */
const CHECK_MS_MAX = 180_000;

describe.skipIf(NO_SLAPD !== undefined)(
  `ldap-account, on a slapd${NO_SLAPD === undefined ? '' : ` (skipped: ${NO_SLAPD})`}`,
  () => {
    let target: LdapTarget;
    beforeAll(async () => {
      target = await startLdapTarget();
    });
    afterAll(async () => {
      await target?.close();
    });
    beforeEach(async () => {
      await target.restore();
    });
    for (const { title, run } of CHECKS) test(title, async () => await run(target, target.responder), CHECK_MS_MAX);
  },
);
