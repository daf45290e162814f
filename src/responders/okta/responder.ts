import type { Responder } from '../../ports/responder.ts';
import { vendorResponder } from '../shared/http/vendor.ts';
import { parseConfig, readSettings } from './config.ts';
import { connect } from './connect.ts';
import { oktaManifest } from './manifest.ts';
import { seeRights } from './rights.ts';
import { secretOperations } from './secrets.ts';
import { readTrail } from './trail.ts';
import { userOperations } from './users.ts';

/** Suspends users, ends their sessions and deactivates client secrets in Okta. README.md has the set-up. */
export const okta: Responder = vendorResponder({
  manifest: oktaManifest,
  parseConfig,
  readSettings,
  connect,
  rights: seeRights,
  trail: readTrail,
  operations: settings => (settings.for === 'users' ? userOperations() : secretOperations(settings)),
});
