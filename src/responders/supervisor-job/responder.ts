import type { Responder } from '../../ports/responder.ts';
import { parseConfig } from './config.ts';
import { executeJob } from './execute.ts';
import { supervisorJobManifest } from './manifest.ts';
import { observeJob } from './observe.ts';
import { planJob } from './plan.ts';

/** Stops jobs of a supervisord through its XML-RPC, and starts them again. README.md has the set-up. */
export const supervisorJob: Responder = {
  manifest: supervisorJobManifest,
  plan: planJob,
  execute: executeJob,
  observe: observeJob,
  parseConfig,
};
