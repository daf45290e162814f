import { type EnrichmentFact, TLP_RANK, type Tlp } from '../../../model/enrichment.ts';
import { FIRST_SEEN_TODAY } from './facts.ts';

const NOTABLE_MAX = 8;

/**
 * The facts that a summary names beside its claims, gravest first: what somebody else knows of a value, what is odd about
 * it, and what could not be found out. They support nothing and move nothing.
 */
export function notableFacts(facts: readonly EnrichmentFact[]): readonly EnrichmentFact[] {
  const ranked = facts.flatMap((fact, place) => {
    const rank = rankOf(fact);
    return rank === undefined ? [] : [{ fact, rank, place }];
  });
  return ranked
    .sort((a, b) => a.rank - b.rank || a.place - b.place)
    .slice(0, NOTABLE_MAX)
    .map(({ fact }) => fact);
}

function rankOf({ kind, value, status }: EnrichmentFact): number | undefined {
  switch (kind) {
    case 'reputation':
      if (status === 'failed') return 4;
      return value === '' || value.startsWith('nothing known') ? undefined : 0;
    case 'internationalised':
      return value.includes('mixed scripts') ? 1 : undefined;
    case 'address_class':
      return /private|global|loopback|link-local/.test(value) ? undefined : 2;
    default:
      return status === 'failed' ? 4 : undefined;
  }
}

/** Whether it says that a value is new here: told in one line for all of them. */
export function isNewHere({ kind, value }: EnrichmentFact): boolean {
  return kind === 'prevalence' && value.includes(FIRST_SEEN_TODAY);
}

/** The stricter of two marks. */
export function stricter(a: Tlp, b: Tlp): Tlp {
  return TLP_RANK[a] >= TLP_RANK[b] ? a : b;
}
