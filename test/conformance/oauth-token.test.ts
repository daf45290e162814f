import { afterAll, beforeAll, beforeEach, describe, test } from 'vitest';
import { conformance } from '../../src/connector/conformance.ts';
import { startOauthTarget } from './oauth-target.ts';

conformance(
  { describe, test, beforeAll, afterAll, beforeEach },
  { title: 'oauth-token, at a node-oidc-provider', start: startOauthTarget },
);
