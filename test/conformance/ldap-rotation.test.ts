import { afterAll, beforeAll, beforeEach, describe, test } from 'vitest';
import { conformance } from '../../src/connector/conformance.ts';
import { startLdapEnding, startLdapRotation } from './ldap-rotation-target.ts';
import { NOT_IN_THIS_LANE } from './server-process.ts';
import { NO_SLAPD } from './slapd.ts';

conformance(
  { describe, test, beforeAll, afterAll, beforeEach },
  {
    title: 'ldap-rotation, a service handed over, on a slapd',
    start: startLdapRotation,
    notHere: NOT_IN_THIS_LANE ?? NO_SLAPD,
  },
);

conformance(
  { describe, test, beforeAll, afterAll, beforeEach },
  {
    title: 'ldap-rotation, the old login ended, on a slapd',
    start: startLdapEnding,
    notHere: NOT_IN_THIS_LANE ?? NO_SLAPD,
  },
);
