import { afterAll, beforeAll, beforeEach, describe, test } from 'vitest';
import { conformance } from '../../src/connector/conformance.ts';
import { startEndingTarget, startRotationTarget } from './rotation-target.ts';

conformance(
  { describe, test, beforeAll, afterAll, beforeEach },
  { title: 'postgres-rotation, a service handed over, on a PostgreSQL 18', start: startRotationTarget },
);

conformance(
  { describe, test, beforeAll, afterAll, beforeEach },
  { title: 'postgres-rotation, the old login ended, on a PostgreSQL 18', start: startEndingTarget },
);
