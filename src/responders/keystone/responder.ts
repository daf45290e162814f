import type { Responder } from '../../ports/responder.ts';
import { vendorResponder } from '../shared/http/vendor.ts';
import { parseConfig, readSettings } from './config.ts';
import { connect } from './connect.ts';
import { keyOperations } from './keys.ts';
import { keystoneManifest } from './manifest.ts';
import { userOperations } from './users.ts';

/** Disables users of an OpenStack Keystone, enables them again, and deletes single application credentials. README.md has the set-up. */
export const keystone: Responder = vendorResponder({
  manifest: keystoneManifest,
  parseConfig,
  readSettings,
  connect,
  operations: settings => (settings.for === 'users' ? userOperations(settings) : keyOperations(settings)),
});
