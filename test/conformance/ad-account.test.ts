import { afterAll, beforeAll, beforeEach, describe, test } from 'vitest';
import { conformance } from '../../src/connector/conformance.ts';
import { NO_SAMBA } from './samba.ts';
import { startSambaGroupTarget } from './samba-group-target.ts';
import { startSambaPasswordTarget } from './samba-password-target.ts';
import { startSambaTarget } from './samba-target.ts';

conformance(
  { describe, test, beforeAll, afterAll, beforeEach },
  { title: 'ad-account, on a Samba domain controller', start: startSambaTarget, notHere: NO_SAMBA },
);

conformance(
  { describe, test, beforeAll, afterAll, beforeEach },
  { title: 'ad-account, the members of a group', start: startSambaGroupTarget, notHere: NO_SAMBA },
);

conformance(
  { describe, test, beforeAll, afterAll, beforeEach },
  { title: 'ad-account, the reset of a password', start: startSambaPasswordTarget, notHere: NO_SAMBA },
);
