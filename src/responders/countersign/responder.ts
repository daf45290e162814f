import type { Responder } from '../../ports/responder.ts';
import { parseConfig } from './config.ts';
import { executeOwn } from './execute.ts';
import { countersignManifest } from './manifest.ts';
import { observeOwn } from './observe.ts';
import { planOwn } from './plan.ts';

/** Changes this installation itself, by the same way as every other act. README.md says why. */
export const countersign: Responder = {
  manifest: countersignManifest,
  plan: planOwn,
  execute: executeOwn,
  observe: observeOwn,
  parseConfig,
};
