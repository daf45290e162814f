import type { Responder } from '../../ports/responder.ts';
import { parseConfig } from './config.ts';
import { executeRotation } from './execute.ts';
import { keycloakRotationManifest } from './manifest.ts';
import { observeRotation } from './observe.ts';
import { planRotation } from './plan.ts';

/** Rotates the secret of a service's client in a Keycloak realm, in stages. README.md has the set-up. */
export const keycloakRotation: Responder = {
  manifest: keycloakRotationManifest,
  plan: planRotation,
  execute: executeRotation,
  observe: observeRotation,
  parseConfig,
};
