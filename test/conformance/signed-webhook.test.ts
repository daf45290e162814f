import { afterAll, beforeAll, beforeEach, describe, test } from 'vitest';
import { conformance } from '../../src/connector/conformance.ts';
import { startWebhookTarget } from './webhook-target.ts';

conformance(
  { describe, test, beforeAll, afterAll, beforeEach },
  {
    title: 'signed-webhook, on a double that verifies signatures with the library of others',
    start: startWebhookTarget,
  },
);
