import type { Responder } from '../../ports/responder.ts';
import { vendorResponder } from '../shared/http/vendor.ts';
import { bearer, vendorClient } from '../shared/http/vendor-client.ts';
import { parseConfig, readSettings } from './config.ts';
import { requestTrackerManifest } from './manifest.ts';
import { ticketOperations } from './tickets.ts';

/** RT answers a change in the language that it is asked in, and what it said is read. */
const HEADERS = { accept: 'application/json', 'accept-language': 'en' };

/** Resolves tickets in Request Tracker. README.md has the set-up. */
export const requestTracker: Responder = vendorResponder({
  manifest: requestTrackerManifest,
  parseConfig,
  readSettings,
  connect: ({ url }, secret, _access, timeoutMs) =>
    vendorClient({ base: url, timeoutMs, authorize: bearer(secret, 'token'), headers: HEADERS }),
  operations: ticketOperations,
});
