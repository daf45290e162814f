import { afterAll, beforeAll, beforeEach, describe, test } from 'vitest';
import { conformance } from '../../src/connector/conformance.ts';
import { startLdapTarget } from './ldap-target.ts';
import { NO_SLAPD } from './slapd.ts';

conformance(
  { describe, test, beforeAll, afterAll, beforeEach },
  { title: 'ldap-account, on a slapd', start: startLdapTarget, notHere: NO_SLAPD },
);
