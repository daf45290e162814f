import { ok } from '../../base/result.ts';
import { type HttpRoute, requestOf } from '../../model/http-route.ts';
import type { Observation, Responder } from '../../ports/responder.ts';
import { executeCallBy } from '../shared/calls/call-execute.ts';
import { planCallBy } from '../shared/calls/call-plan.ts';
import type { CallWay } from '../shared/calls/call-session.ts';
import { parseConfig } from './config.ts';
import { CALL, httpCallManifest } from './manifest.ts';
import { openRoutes } from './session.ts';

/** What a call did can be read nowhere but at its server, and no document says how. */
const UNSEEN: Observation = {
  state: 'not_seen',
  effect: 'unproven',
  checks: [{ text: 'What the call changed cannot be read from outside', ok: 'unproven' }],
};

const WAY: CallWay = {
  name: httpCallManifest.name,
  operation: CALL,
  open: async ({ url = '', document = '' }, secret, timeoutMs) => openRoutes({ url, document, secret, timeoutMs }),
  parseConfig,
  fault(text, given) {
    // The text is what the session itself made, and its digest is what people adopted.
    const request = requestOf(JSON.parse(text) as HttpRoute, given);
    return request.ok ? undefined : request.failure;
  },
  linesOf: given => Object.entries(given).flatMap(([where, value]) => linesUnder(where, value)),
  outcomeOf({ status }) {
    if (typeof status !== 'number') return 'unknown';
    if (status >= 200 && status < 300) return 'applied';
    // What leads elsewhere may have been done before it did; so may what failed within.
    return status >= 400 && status < 500 ? 'failed' : 'unknown';
  },
  noun: 'the route',
};

/** One level down, so that each parameter and each member of a body is read on a line of its own. */
function linesUnder(where: string, value: unknown): readonly (readonly [string, unknown])[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [[where, value]];
  const members = Object.entries(value);
  return members.length === 0 ? [[where, value]] : members.map(([name, one]) => [`${where}.${name}`, one] as const);
}

/** Calls routes of other people's HTTP interfaces, one signed call at a time. README.md says why. */
export const httpCall: Responder = {
  manifest: httpCallManifest,
  plan: planCallBy(WAY),
  execute: executeCallBy(WAY),
  observe: async () => ok(UNSEEN),
  parseConfig,
};
