import { afterAll, beforeAll, beforeEach, describe, test } from 'vitest';
import { conformance } from '../../src/connector/conformance.ts';
import { startKeystoneEnding, startKeystoneRotation } from './keystone-rotation-target.ts';
import { NO_KEYSTONE } from './keystone-server.ts';

/** It answers one request after another, so what is done at each request takes minutes. */
const CHECK_MS = 600_000;

conformance(
  { describe, test, beforeAll, afterAll, beforeEach },
  {
    title: 'keystone-rotation, a service handed over, on a Keystone',
    start: startKeystoneRotation,
    notHere: NO_KEYSTONE,
    checkMsMax: CHECK_MS,
  },
);

conformance(
  { describe, test, beforeAll, afterAll, beforeEach },
  {
    title: 'keystone-rotation, the old one ended, on a Keystone',
    start: startKeystoneEnding,
    notHere: NO_KEYSTONE,
    checkMsMax: CHECK_MS,
  },
);
