import type { Observation } from '../../ports/responder.ts';

/** One line of what was looked at: a sentence, and whether it is so. */
export type Check = Observation['checks'][number];

export function check(text: string, isSo: boolean): Check {
  return { text, ok: isSo ? 'yes' : 'no' };
}

/** What it says of a refusal that something is let in. */
export const OPPOSITE = { yes: 'no', no: 'yes', unproven: 'unproven' } as const;
