import type { Responder } from '../../ports/responder.ts';
import { vendorResponder } from '../vendor.ts';
import { appOperations } from './apps.ts';
import { parseConfig, readSettings } from './config.ts';
import { connect } from './connect.ts';
import { keyOperations } from './keys.ts';
import { githubManifest } from './manifest.ts';

/** Revokes tokens, removes deploy keys and suspends Apps of a GitHub organisation. README.md has the set-up. */
export const github: Responder = vendorResponder({
  manifest: githubManifest,
  parseConfig,
  readSettings,
  connect,
  operations: settings => [...appOperations(settings), ...keyOperations(settings)],
});
