import { OWN_SYSTEM } from '../model/proposal.ts';
import type { ConnectedSystem } from '../ports/secrets.ts';
import { printSettings } from '../responders/countersign/config.ts';
import type { PromptLock } from './assist/compile-prompt.ts';
import { PROMPT_LOCK } from './assist/prompt-lock.ts';
import { compareVersions } from './assist/prompts.ts';
import type { Database } from './database.ts';

/**
 * This installation as a system that may be acted on. The executor looks with its own role; to change anything it needs
 * another login, which nothing but a capability opens. What prompts there are comes from this program, not from the server.
 */
export function ownSystem(
  { executorUrl, ownUrl }: Pick<Database, 'executorUrl' | 'ownUrl'>,
  tenant: string,
  lock: PromptLock = PROMPT_LOCK,
): ConnectedSystem {
  const prompts = [...lock.prompts].sort((a, b) => compareVersions(a.version, b.version));
  return {
    config: { responder: 'countersign', system: OWN_SYSTEM, settings: printSettings({ tenant, prompts }) },
    readCredential: executorUrl,
    writeCredential: ownUrl,
    probeCredential: undefined,
  };
}
