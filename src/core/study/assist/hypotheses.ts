import type { Hypothesis } from '../../../model/assist.ts';
import type { Claim } from '../../../model/claim.ts';

/** The explanations that rules weigh, with the verified claims for and against each; the benign one is always among them. */
export function hypothesesOf(claims: readonly Claim[]): readonly Hypothesis[] {
  const supports = claims.filter(({ verdict }) => verdict.kind === 'verified').map(({ id }) => id);
  return [{ kind: 'benign_administration', supports: [], contradicts: supports, by: 'rules' }];
}
