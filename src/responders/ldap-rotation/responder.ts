import type { Responder } from '../../ports/responder.ts';
import { parseConfig } from './config.ts';
import { executeRotation } from './execute.ts';
import { ldapRotationManifest } from './manifest.ts';
import { observeRotation } from './observe.ts';
import { planRotation } from './plan.ts';

/** Rotates the password of a service in an OpenLDAP directory, in stages. README.md has the set-up. */
export const ldapRotation: Responder = {
  manifest: ldapRotationManifest,
  plan: planRotation,
  execute: executeRotation,
  observe: observeRotation,
  parseConfig,
};
