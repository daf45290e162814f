import type { Alert } from '../../../model/alert.ts';
import type { Claim } from '../../../model/claim.ts';
import type { SourceClock } from '../../../model/clock.ts';
import { extractClaims, factsOf, UNCHECKED } from '../facts.ts';
import type { SightingsOf } from '../identify.ts';
import { createOrderJudge } from '../order.ts';
import { renderClaim } from '../render-claim.ts';
import { createFactIndex, type FactIndex } from './fact-index.ts';
import type { Asked, ClaimWorld } from './kind.ts';
import { claimKindOf, findClaimKind } from './table.ts';

/** What of an incident beside its alerts a computed claim may rest on; what is absent supports no claim. */
export interface ClaimContext extends Partial<Pick<ClaimWorld, 'locate' | 'coverage' | 'gaps' | 'history'>> {
  readonly clocks?: readonly SourceClock[];
  /** What each alert says of who held what, where that is at hand. */
  readonly sightingsOf?: SightingsOf;
}

/** `told` is what the alerts' records say, by id; made of the alerts where it is not at hand. */
export function createClaimWorld(
  alerts: readonly Alert[],
  context: ClaimContext,
  told: ReadonlyMap<string, Claim> = new Map(extractClaims(alerts).map(claim => [claim.id, claim])),
): ClaimWorld {
  let index: FactIndex | undefined;
  return {
    alerts,
    index: () => {
      index ??= createFactIndex(alerts, factsOf(alerts));
      return index;
    },
    told: id => told.get(id),
    locate: context.locate,
    coverage: context.coverage,
    gaps: context.gaps ?? [],
    history: context.history,
    judge: context.clocks === undefined ? undefined : createOrderJudge(context.clocks),
    nounOf: predicate => {
      const kind = findClaimKind(predicate);
      return kind?.from === 'record' ? kind.noun : undefined;
    },
  };
}

/**
 * The claim that the evidence gives where this one points, or why it gives none. Unchecked, as every claim is until its
 * citations were read again.
 */
export function computedClaim(asked: Asked & Pick<Claim, 'predicate'>, world: ClaimWorld): Claim | string {
  const told = claimKindOf(asked.predicate).recompute?.(asked, world);
  if (told === undefined || typeof told === 'string') return told ?? 'records state it, so it is not worked out';
  return { ...told, text: renderClaim(told), verdict: UNCHECKED };
}
