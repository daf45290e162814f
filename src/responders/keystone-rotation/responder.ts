import type { Responder } from '../../ports/responder.ts';
import { parseConfig } from './config.ts';
import { executeRotation } from './execute.ts';
import { keystoneRotationManifest } from './manifest.ts';
import { observeRotation } from './observe.ts';
import { planRotation } from './plan.ts';

/** Rotates the application credential of an OpenStack service, in stages. README.md has the set-up. */
export const keystoneRotation: Responder = {
  manifest: keystoneRotationManifest,
  plan: planRotation,
  execute: executeRotation,
  observe: observeRotation,
  parseConfig,
};
