import { afterAll, beforeAll, beforeEach, describe, test } from 'vitest';
import { conformance } from '../../src/connector/conformance.ts';
import { NO_REDIS, startRedisTarget } from './redis-target.ts';

conformance(
  { describe, test, beforeAll, afterAll, beforeEach },
  { title: 'redis-user, on a Redis', start: startRedisTarget, notHere: NO_REDIS },
);
