import type { Responder } from '../../ports/responder.ts';
import { parseConfig } from './config.ts';
import { executeBan } from './execute.ts';
import { crowdsecDecisionManifest } from './manifest.ts';
import { observeBan } from './observe.ts';
import { planBan } from './plan.ts';

/** Bans addresses through the local API of a CrowdSec, for a time that CrowdSec itself ends. README.md has the set-up. */
export const crowdsecDecision: Responder = {
  manifest: crowdsecDecisionManifest,
  plan: planBan,
  execute: executeBan,
  observe: observeBan,
  parseConfig,
};
