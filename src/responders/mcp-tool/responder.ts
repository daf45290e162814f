import { ok } from '../../base/result.ts';
import type { Observation, Responder } from '../../ports/responder.ts';
import { executeCallBy } from '../shared/calls/call-execute.ts';
import { planCallBy } from '../shared/calls/call-plan.ts';
import type { CallWay } from '../shared/calls/call-session.ts';
import { parseConfig } from './config.ts';
import { CALL, mcpToolManifest } from './manifest.ts';
import { openTools } from './session.ts';

/** What a tool did can be read nowhere but at its server, and no tool says how. */
const UNSEEN: Observation = {
  state: 'not_seen',
  effect: 'unproven',
  checks: [{ text: 'What the tool changed cannot be read from outside', ok: 'unproven' }],
};

const WAY: CallWay = {
  name: mcpToolManifest.name,
  operation: CALL,
  open: ({ url = '' }, secret, timeoutMs) => openTools({ url, secret, timeoutMs }),
  parseConfig,
  fault: () => undefined,
  linesOf: given => Object.entries(given),
  outcomeOf: ({ isError }) => (isError === true ? 'failed' : 'applied'),
  noun: 'the tool',
};

/** Calls tools of other people's MCP servers, one signed call at a time. README.md says why. */
export const mcpTool: Responder = {
  manifest: mcpToolManifest,
  plan: planCallBy(WAY),
  execute: executeCallBy(WAY),
  observe: async () => ok(UNSEEN),
  parseConfig,
};
