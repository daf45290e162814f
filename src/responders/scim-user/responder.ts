import type { Responder } from '../../ports/responder.ts';
import { parseConfig } from './config.ts';
import { executeUser } from './execute.ts';
import { scimUserManifest } from './manifest.ts';
import { observeUser } from './observe.ts';
import { planUser } from './plan.ts';

/** Sets accounts inactive and active in any product that speaks SCIM 2.0. README.md has the set-up. */
export const scimUser: Responder = {
  manifest: scimUserManifest,
  plan: planUser,
  execute: executeUser,
  observe: observeUser,
  parseConfig,
};
