import { afterAll, beforeAll, beforeEach, describe, test } from 'vitest';
import { conformance } from '../../src/connector/conformance.ts';
import { startPostgresTarget } from './postgres-target.ts';

conformance(
  { describe, test, beforeAll, afterAll, beforeEach },
  { title: 'postgres-role, on a PostgreSQL 18', start: startPostgresTarget },
);
