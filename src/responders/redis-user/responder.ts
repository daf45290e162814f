import type { Responder } from '../../ports/responder.ts';
import { parseConfig } from './config.ts';
import { executeUser } from './execute.ts';
import { redisUserManifest } from './manifest.ts';
import { observeUser } from './observe.ts';
import { planUser } from './plan.ts';
import { seeRights } from './rights.ts';

/** Switches users of a Redis server (7 or newer) off and on, and ends their connections. README.md has the set-up. */
export const redisUser: Responder = {
  manifest: redisUserManifest,
  plan: planUser,
  execute: executeUser,
  observe: observeUser,
  rights: seeRights,
  parseConfig,
};
