import type { Responder } from '../../ports/responder.ts';
import { parseConfig } from './config.ts';
import { executeRevocation } from './execute.ts';
import { oauthTokenManifest } from './manifest.ts';
import { observeRevocation } from './observe.ts';
import { planRevocation } from './plan.ts';

/** Revokes tokens at any OAuth 2.0 server that speaks RFC 7009 and RFC 7662. README.md has the set-up. */
export const oauthToken: Responder = {
  manifest: oauthTokenManifest,
  plan: planRevocation,
  execute: executeRevocation,
  observe: observeRevocation,
  parseConfig,
};
