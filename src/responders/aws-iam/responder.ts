import type { Responder } from '../../ports/responder.ts';
import { type VendorOperation, vendorResponder } from '../shared/http/vendor.ts';
import { type IamSettings, parseConfig, readSettings } from './config.ts';
import { connect } from './iam.ts';
import { keyOperations } from './keys.ts';
import { iamManifest } from './manifest.ts';
import { roleOperations, userOperations } from './principals.ts';

const ROWS: { readonly [what: string]: (settings: IamSettings) => readonly VendorOperation[] } = {
  'access-keys': keyOperations,
  users: userOperations,
  roles: roleOperations,
};

/** Deactivates access keys, and denies users and roles everything, in AWS IAM. README.md has the set-up. */
export const awsIam: Responder = vendorResponder({
  manifest: iamManifest,
  parseConfig,
  readSettings,
  connect,
  operations: settings => ROWS[settings.for]?.(settings) ?? [],
});
