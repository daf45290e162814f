import type { Responder } from '../../ports/responder.ts';
import { offers, parseConfig } from './config.ts';
import { executeCall } from './execute.ts';
import { signedWebhookManifest } from './manifest.ts';
import { observeCall } from './observe.ts';
import { planCall } from './plan.ts';

/** Calls the signed webhook of any product, with a declared inverse. README.md has the set-up. */
export const signedWebhook: Responder = {
  manifest: signedWebhookManifest,
  plan: planCall,
  execute: executeCall,
  observe: observeCall,
  parseConfig,
  offers,
};
