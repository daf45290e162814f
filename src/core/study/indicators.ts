import { oncePer } from '../../base/once.ts';
import { type Alert, type EntityHit, entityKey } from '../../model/alert.ts';
import type { Citation, Claim } from '../../model/claim.ts';
import type { Inventory } from '../../model/inventory.ts';
import type { Operation } from '../../ports/responder.ts';
import { oursBy } from './ours.ts';

/** What can be kept out by its name alone, and the type of target that it is. */
const TARGET_TYPE_OF = { ip: 'ip_address', domain: 'domain' } as const;
type IndicatorKind = keyof typeof TARGET_TYPE_OF;

/** An address or a domain of somebody else's in the records of verified statements. */
export interface Indicator {
  readonly kind: IndicatorKind;
  /** Normalised, which is what a target system is asked for, too. */
  readonly value: string;
  /** Verified, and resting on a record in which it stands; those that tell of most alerts first. */
  readonly claims: readonly Claim[];
  /** Every alert in which a mapped field holds it. */
  readonly alerts: readonly Alert[];
  /** Where it stands in each record that the claims cite, by the record. */
  readonly citations: ReadonlyMap<string, Citation>;
}

interface Named extends Pick<EntityHit, 'value' | 'label' | 'pointer'> {
  readonly kind: IndicatorKind;
}

/** What an alert names by a mapped field, and that is spelled there as it is asked for. Guesses and sensors are none. */
const namedIn = oncePer(({ entities }: Alert): readonly Named[] =>
  entities.flatMap(({ kind, value, label, pointer, role, isGuessed }) =>
    (kind === 'ip' || kind === 'domain') &&
    role !== 'observer' &&
    isGuessed !== true &&
    label.toLowerCase() === value.toLowerCase()
      ? [{ kind, value, label, pointer }]
      : [],
  ),
);

/** Whether an operation keeps out what can stand as an indicator, and of which kind. */
export function indicatorKindOf({
  kind,
  targetType,
}: Pick<Operation, 'kind' | 'targetType'>): IndicatorKind | undefined {
  if (kind !== 'block_indicator') return undefined;
  return targetType === TARGET_TYPE_OF.ip ? 'ip' : targetType === TARGET_TYPE_OF.domain ? 'domain' : undefined;
}

/**
 * The addresses and domains that could be kept out, the best told first. None that is ours or everybody's ({@link oursBy}), and
 * none that stands in free text only: it is no entity.
 */
export function indicatorsOf(
  alerts: readonly Alert[],
  claims: readonly Claim[],
  inventory: Inventory | undefined,
): readonly Indicator[] {
  const isOurs = oursBy(alerts, inventory);
  const byEvidence = new Map<string, readonly Named[]>();
  const found = new Map<string, { readonly named: Named; readonly alerts: Alert[] }>();
  for (const alert of alerts) {
    const all = namedIn(alert);
    byEvidence.set(alert.evidence, all);
    for (const named of all) {
      const known = found.get(entityKey(named)) ?? { named, alerts: [] };
      found.set(entityKey(named), known);
      if (known.alerts.at(-1) !== alert) known.alerts.push(alert);
    }
  }
  const told = new Map<string, { readonly claims: Set<Claim>; readonly citations: Map<string, Citation> }>();
  for (const claim of claims) {
    if (claim.verdict.kind !== 'verified') continue;
    for (const { evidence } of claim.citations) {
      for (const named of byEvidence.get(evidence) ?? []) {
        const known = told.get(entityKey(named)) ?? { claims: new Set(), citations: new Map() };
        told.set(entityKey(named), known);
        known.claims.add(claim);
        if (!known.citations.has(evidence))
          known.citations.set(evidence, { evidence, pointer: named.pointer, value: named.label });
      }
    }
  }
  return [...told]
    .flatMap(([key, { claims: own, citations }]): readonly Indicator[] => {
      const one = found.get(key);
      if (one === undefined || isOurs(one.named)) return [];
      const { kind, value } = one.named;
      return [{ kind, value, claims: [...own].sort((a, b) => b.count - a.count), alerts: one.alerts, citations }];
    })
    .sort((a, b) => weightOf(b) - weightOf(a) || (entityKey(a) < entityKey(b) ? -1 : 1));
}

function weightOf({ claims }: Indicator): number {
  return claims.reduce((sum, claim) => sum + Math.log2(1 + claim.count), 0);
}
