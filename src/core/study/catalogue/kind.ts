import type { EntityKind } from '../../../model/alert.ts';
import type { Predicate } from '../../../model/claim.ts';
import type { KindId } from '../../../model/kind.ts';
import type { HypothesisKind } from '../../../model/packet.ts';
import type { EffectClass, Reversibility } from '../../../ports/responder.ts';

/**
 * What decides the tier of a kind. `operation`: the code's floor for what it touches and whether it can be undone, as for
 * any responder's operation. `case`: a change of our own record of an incident. `notice`: it only tells people, and is
 * not a response.
 */
export type TierRule =
  | { readonly kind: 'operation'; readonly touches: EffectClass; readonly reversibility: Reversibility }
  | { readonly kind: 'case' }
  | { readonly kind: 'notice' };

/** Whether a kind contains, takes a containment back, or works on our own side. */
export type Purpose = 'contains' | 'takes_back' | 'keeps_house';

/** One kind of response, in our own words: what it needs, breaks and leaves, and how it is undone. */
export interface CatalogueKind {
  readonly id: KindId;
  /** As an order: `Disable the account`. */
  readonly title: string;
  readonly purpose: Purpose;
  /** What changes, in a sentence. */
  readonly does: string;
  /** What has to hold before it may be carried out, and must still hold then. */
  readonly preconditions: readonly string[];
  /** One verified claim of these predicates about one of these entities; any predicate where the list is empty. */
  readonly evidence: { readonly predicates: readonly Predicate[]; readonly entities: readonly EntityKind[] };
  /** Asked of whoever owns the target before it is done. */
  readonly blastQuestion: string;
  readonly undo: {
    /** The kind that undoes it; `irreversible` where nothing does. */
    readonly by: string;
    readonly how: string;
    /** How long the undo stays possible. */
    readonly window: string;
  };
  /** What an undo does not bring back. */
  readonly residue: readonly string[];
  readonly costOfWaiting: string;
  readonly doesNotStop: readonly string[];
  readonly tierRule: TierRule;
  /** Never done here, whoever asks. */
  readonly never: readonly string[];
  /** MITRE D3FEND; the first is the kind's own. */
  readonly d3fend: readonly string[];
  /** RE&CT. */
  readonly react: readonly string[];
  readonly helps: {
    readonly hypotheses: readonly HypothesisKind[];
    readonly tactics: readonly string[];
  };
  /** Where a person does it while nothing here can. */
  readonly doneIn: string;
}
