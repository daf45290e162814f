import type { Responder } from '../../ports/responder.ts';
import { type VendorOperation, vendorResponder } from '../shared/http/vendor.ts';
import { appOperations, secretOperations } from './apps.ts';
import { type EntraSettings, parseConfig, readSettings } from './config.ts';
import { connect } from './graph.ts';
import { entraManifest } from './manifest.ts';
import { seeRights } from './rights.ts';
import { userOperations } from './users.ts';

const ROWS: { readonly [what: string]: (settings: EntraSettings) => readonly VendorOperation[] } = {
  users: userOperations,
  apps: appOperations,
  'app-secrets': secretOperations,
};

/** Disables users and apps, voids sessions and removes client secrets of Microsoft Entra. README.md has the set-up. */
export const entra: Responder = vendorResponder({
  manifest: entraManifest,
  parseConfig,
  readSettings,
  connect,
  rights: seeRights,
  operations: settings => ROWS[settings.for]?.(settings) ?? [],
});
