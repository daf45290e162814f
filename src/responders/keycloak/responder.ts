import type { Responder } from '../../ports/responder.ts';
import { vendorResponder } from '../shared/http/vendor.ts';
import { parseConfig, readSettings } from './config.ts';
import { connect } from './connect.ts';
import { keycloakManifest } from './manifest.ts';
import { seeRights } from './rights.ts';
import { readTrail } from './trail.ts';
import { userOperations } from './users.ts';

/** Disables users of a Keycloak realm and ends their sessions. README.md has the set-up. */
export const keycloak: Responder = vendorResponder({
  manifest: keycloakManifest,
  parseConfig,
  readSettings,
  connect,
  rights: seeRights,
  trail: readTrail,
  operations: userOperations,
});
