import { unixMsFrom } from '../base/time.ts';
import type { ResponderContext } from '../ports/responder.ts';
import type { ConnectedSystem } from '../ports/secrets.ts';
import { secretOf } from './capability.ts';

/** How long one call to a target system may take. */
export const TARGET_TIMEOUT_MS = 10_000;

/** What a responder is given to look at a system: its read credential and its probe, and nothing that writes. */
export function looker({ readCredential, probeCredential }: ConnectedSystem): ResponderContext {
  return {
    now: () => unixMsFrom(Date.now()),
    readCredential: async () => secretOf(readCredential),
    probeCredential: probeCredential === undefined ? undefined : async () => secretOf(probeCredential),
    timeoutMs: TARGET_TIMEOUT_MS,
  };
}
