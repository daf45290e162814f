import type { Responder } from '../../ports/responder.ts';
import { parseConfig } from './config.ts';
import { executeRotation } from './execute.ts';
import { postgresRotationManifest } from './manifest.ts';
import { observeRotation } from './observe.ts';
import { planRotation } from './plan.ts';

/** Rotates the password of a service on a PostgreSQL server (16 or newer), in stages. README.md has the set-up. */
export const postgresRotation: Responder = {
  manifest: postgresRotationManifest,
  plan: planRotation,
  execute: executeRotation,
  observe: observeRotation,
  parseConfig,
};
