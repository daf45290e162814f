import type { Responder } from '../../ports/responder.ts';
import { vendorResponder } from '../shared/http/vendor.ts';
import { bearer, vendorClient } from '../shared/http/vendor-client.ts';
import { parseConfig, readSettings } from './config.ts';
import { cloudflareManifest } from './manifest.ts';
import { ruleOperations } from './rules.ts';

/** Blocks addresses at Cloudflare. README.md has the set-up. */
export const cloudflare: Responder = vendorResponder({
  manifest: cloudflareManifest,
  parseConfig,
  readSettings,
  connect: ({ url }, secret, _access, timeoutMs) =>
    vendorClient({ base: url, timeoutMs, authorize: bearer(secret), headers: { accept: 'application/json' } }),
  operations: ruleOperations,
});
