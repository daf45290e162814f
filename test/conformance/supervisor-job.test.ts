import { afterAll, beforeAll, beforeEach, describe, test } from 'vitest';
import { conformance } from '../../src/connector/conformance.ts';
import { NO_SUPERVISORD, startSupervisorTarget } from './supervisor-target.ts';

conformance(
  { describe, test, beforeAll, afterAll, beforeEach },
  { title: 'supervisor-job, on a real supervisord', start: startSupervisorTarget, notHere: NO_SUPERVISORD },
);
