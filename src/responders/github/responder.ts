import type { Responder } from '../../ports/responder.ts';
import { type VendorOperation, vendorResponder } from '../shared/http/vendor.ts';
import { appOperations } from './apps.ts';
import { type GithubSettings, parseConfig, readSettings } from './config.ts';
import { connect } from './connect.ts';
import { keyOperations, tokenOperation } from './keys.ts';
import { githubManifest } from './manifest.ts';

const ROWS: { readonly [what: string]: (settings: GithubSettings) => readonly VendorOperation[] } = {
  apps: appOperations,
  'deploy-keys': keyOperations,
  tokens: settings => [tokenOperation(settings)],
};

/** Revokes tokens, removes deploy keys and suspends Apps of a GitHub organisation. README.md has the set-up. */
export const github: Responder = vendorResponder({
  manifest: githubManifest,
  parseConfig,
  readSettings,
  connect,
  operations: settings => ROWS[settings.for]?.(settings) ?? [],
});
