import { afterAll, beforeAll, beforeEach, describe, test } from 'vitest';
import { conformance } from '../../src/connector/conformance.ts';
import { startScimTarget } from './scim-target.ts';

conformance(
  { describe, test, beforeAll, afterAll, beforeEach },
  { title: 'scim-user, on a double of our own that keeps to the RFCs', start: startScimTarget },
);
