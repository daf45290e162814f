import type { Fault } from './fault.ts';

/** What was left out, put in twice or begun anew before this finding. */
export function gapBefore(system: string, number: string, expected: number): Fault | undefined {
  return number === String(expected)
    ? undefined
    : { code: 'trail.gap', detail: `finding ${number} of ${system} comes where ${expected} has to` };
}
