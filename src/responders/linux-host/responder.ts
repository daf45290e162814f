import type { Responder } from '../../ports/responder.ts';
import { parseConfig } from './config.ts';
import { executeHost } from './execute.ts';
import { linuxHostManifest } from './manifest.ts';
import { observeHost } from './observe.ts';
import { planHost } from './plan.ts';

/** Cuts a Linux host off the network by nftables, over SSH, and lets it back. README.md has the set-up. */
export const linuxHost: Responder = {
  manifest: linuxHostManifest,
  plan: planHost,
  execute: executeHost,
  observe: observeHost,
  parseConfig,
};
