import { afterAll, beforeAll, beforeEach, describe, test } from 'vitest';
import { conformance } from '../../src/connector/conformance.ts';
import { NO_NAMED, startDnsTarget } from './dns-target.ts';

conformance(
  { describe, test, beforeAll, afterAll, beforeEach },
  { title: 'dns-block, on a BIND with a policy zone', start: startDnsTarget, notHere: NO_NAMED },
);
