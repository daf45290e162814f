import type { Responder } from '../../ports/responder.ts';
import { parseConfig } from './config.ts';
import { executeMessage } from './execute.ts';
import { imapMailManifest } from './manifest.ts';
import { observeMessage } from './observe.ts';
import { planMessage } from './plan.ts';

/** Moves messages of an IMAP server into a quarantine folder and back. README.md has the set-up. */
export const imapMail: Responder = {
  manifest: imapMailManifest,
  plan: planMessage,
  execute: executeMessage,
  observe: observeMessage,
  parseConfig,
};
