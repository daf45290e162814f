import type { Responder } from '../../ports/responder.ts';
import { vendorResponder } from '../vendor.ts';
import { appErrands } from './apps.ts';
import { parseConfig, readSettings } from './config.ts';
import { connect } from './connect.ts';
import { keyErrands } from './keys.ts';
import { githubManifest } from './manifest.ts';

/** Revokes tokens, removes deploy keys and suspends Apps of a GitHub organisation. README.md has the set-up. */
export const github: Responder = vendorResponder({
  manifest: githubManifest,
  parseConfig,
  readSettings,
  connect,
  errands: settings => [...appErrands(settings), ...keyErrands(settings)],
});
