import type { Responder } from '../../ports/responder.ts';
import { offers, readSettings } from './config.ts';
import { executeAccount } from './execute.ts';
import { adAccountManifest } from './manifest.ts';
import { observeAccount } from './observe.ts';
import { planAccount } from './plan.ts';

/** Disables accounts of an Active Directory domain and takes them out of one group, and undoes both. README.md has the delegation. */
export const adAccount: Responder = {
  manifest: adAccountManifest,
  plan: planAccount,
  execute: executeAccount,
  observe: observeAccount,
  offers,
  parseConfig: readSettings,
};
