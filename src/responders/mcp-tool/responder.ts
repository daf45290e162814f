import { ok } from '../../base/result.ts';
import type { Observation, Responder } from '../../ports/responder.ts';
import { parseConfig } from './config.ts';
import { executeCall } from './execute.ts';
import { mcpToolManifest } from './manifest.ts';
import { planCall } from './plan.ts';

/** What a tool did can be read nowhere but at its server, and no tool says how. */
const UNSEEN: Observation = {
  state: 'not_seen',
  effect: 'unproven',
  checks: [{ text: 'What the tool changed cannot be read from outside', ok: 'unproven' }],
};

/** Calls tools of other people's MCP servers, one signed call at a time. README.md says why. */
export const mcpTool: Responder = {
  manifest: mcpToolManifest,
  plan: planCall,
  execute: executeCall,
  observe: async () => ok(UNSEEN),
  parseConfig,
};
