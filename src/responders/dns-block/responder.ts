import type { Responder } from '../../ports/responder.ts';
import { parseConfig } from './config.ts';
import { executeBlock } from './execute.ts';
import { dnsBlockManifest } from './manifest.ts';
import { observeBlock } from './observe.ts';
import { planBlock } from './plan.ts';

/** Blocks domains at a resolver by its response policy zone (BIND), with dynamic updates. README.md has the set-up. */
export const dnsBlock: Responder = {
  manifest: dnsBlockManifest,
  plan: planBlock,
  execute: executeBlock,
  observe: observeBlock,
  parseConfig,
};
