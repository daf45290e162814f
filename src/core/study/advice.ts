import type { Alert, EntityKind } from '../../model/alert.ts';
import type { Hypothesis } from '../../model/assist.ts';
import type { Citation, Claim, ResponseOption, TradeOffs } from '../../model/claim.ts';
import type { HypothesisKind } from '../../model/packet.ts';
import type { WeighedClaim } from './assist/weigh-facts.ts';
import { CATALOGUE, floorOf, irreversibleText } from './catalogue/catalogue.ts';
import type { CatalogueKind } from './catalogue/kind.ts';
import { isSelfAsserted } from './sightings.ts';

/** What the catalogue is matched with: verified claims with the tactics of their alerts, and the rules' explanations. */
export interface Fitting {
  readonly alerts: readonly Alert[];
  readonly weighed: readonly WeighedClaim[];
  readonly hypotheses: readonly Hypothesis[];
}

/** Kinds of which nothing here can do any that are offered as advice at most. */
export const ADVICE_MAX = 6;
const NAMED_MAX = 3;
const CLAIMS_CITED_MAX = 8;
const CITATIONS_MAX = 40;
const BENIGN: readonly HypothesisKind[] = ['benign_administration', 'benign_misconfiguration', 'authorised_test'];

/**
 * Kinds of the catalogue that contain, that fit what is verified here, and that no act offers: each fits where a verified
 * claim of one of its predicates names an entity of one of its kinds, and a tactic or a supported explanation calls for
 * it. By predicate, kind of entity, tactic and technique alone, so that no text of a record adds or removes one.
 */
export function adviceFor(fitting: Fitting, offered: ReadonlySet<string>): readonly ResponseOption[] {
  const supported = new Set(fitting.hypotheses.filter(({ supports }) => supports.length > 0).map(({ kind }) => kind));
  const tactics = new Set(fitting.weighed.flatMap(one => one.tactics));
  const entitiesOf = entitiesBy(fitting.alerts);
  return CATALOGUE.filter(kind => kind.purpose === 'contains' && !offered.has(kind.id))
    .map(kind => ({
      kind,
      calls:
        kind.helps.hypotheses.filter(one => supported.has(one)).length +
        kind.helps.tactics.filter(one => tactics.has(one)).length,
    }))
    .filter(({ calls }) => calls > 0)
    .map(({ kind, calls }) => ({ kind, calls, found: supporting(kind, fitting.weighed, entitiesOf) }))
    .filter(({ found }) => found.length > 0)
    .sort((a, b) => b.calls - a.calls)
    .slice(0, ADVICE_MAX)
    .map(({ kind, found }) => adviceOption(kind, found, fitting.hypotheses));
}

interface Supported {
  readonly claim: Claim;
  readonly labels: readonly string[];
}

/** Kind and name of the entity at a place; a guess and a name that a machine gave itself are none. */
type EntityAt = (citation: Citation) => { readonly kind: EntityKind; readonly label: string } | undefined;

function entitiesBy(alerts: readonly Alert[]): EntityAt {
  const at = new Map<string, { readonly kind: EntityKind; readonly label: string }>();
  for (const alert of alerts)
    for (const entity of alert.entities)
      if (entity.isGuessed !== true && !isSelfAsserted(alert, entity))
        at.set(`${alert.evidence} ${entity.pointer}`, { kind: entity.kind, label: entity.label });
  return ({ evidence, pointer }) => at.get(`${evidence} ${pointer}`);
}

function supporting(kind: CatalogueKind, weighed: readonly WeighedClaim[], entityAt: EntityAt): readonly Supported[] {
  const { predicates, entities } = kind.evidence;
  return weighed.flatMap(({ claim, isBeside }): readonly Supported[] => {
    if (isBeside || (predicates.length > 0 && !predicates.includes(claim.predicate))) return [];
    const labels = claim.citations.flatMap(citation => {
      const entity = entityAt(citation);
      return entity !== undefined && entities.includes(entity.kind) ? [entity.label] : [];
    });
    return labels.length === 0 ? [] : [{ claim, labels: [...new Set(labels)] }];
  });
}

function adviceOption(
  kind: CatalogueKind,
  found: readonly Supported[],
  hypotheses: readonly Hypothesis[],
): ResponseOption {
  const claims = found.slice(0, CLAIMS_CITED_MAX).map(({ claim }) => claim);
  const names = [...new Set(found.flatMap(({ labels }) => labels))];
  const more = names.length > NAMED_MAX ? ` and ${names.length - NAMED_MAX} more` : '';
  const floor = floorOf(kind);
  return {
    id: `advice:${kind.id}`,
    kind: 'advice',
    title: `${kind.title}: ${names.slice(0, NAMED_MAX).join(', ')}${more}`,
    responder: undefined,
    operation: undefined,
    system: undefined,
    targetName: undefined,
    effect: `Nothing here can do this; it is done in ${kind.doneIn}. ${kind.does}${floor === undefined ? '' : ` Done here it would take at least ${floor}.`}`,
    blastKnown: [],
    blastUnknown: [kind.blastQuestion],
    undo: undoText(kind),
    residue: kind.residue,
    costOfWaiting: kind.costOfWaiting,
    claims: claims.map(({ id }) => id),
    citations: claims.flatMap(({ citations }) => citations.slice(0, 2)).slice(0, CITATIONS_MAX),
    catalogueKind: kind.id,
    tradeOffs: tradeOffsOf(kind, hypotheses),
  };
}

function undoText(kind: CatalogueKind): string {
  const { how, window } = kind.undo;
  const irreversible = irreversibleText(kind);
  return irreversible === '' ? `${how} Possible: ${window.toLowerCase()}` : `${irreversible} ${how}`;
}

/** Of a kind what it leaves going, and which of the incident's explanations speak for it and against it. */
export function tradeOffsOf(kind: CatalogueKind | undefined, hypotheses: readonly Hypothesis[]): TradeOffs {
  const weighed = hypotheses.map(one => one.kind);
  const helps = kind?.helps.hypotheses ?? [];
  return {
    doesNotStop: kind?.doesNotStop ?? ['What it leaves going is not known: it is of no kind of the catalogue.'],
    rightUnder: weighed.filter(one => helps.includes(one) && !BENIGN.includes(one)),
    wrongUnder: weighed.filter(one => BENIGN.includes(one) && !helps.includes(one)),
  };
}

/** Of waiting: right where there is nothing to stop, wrong where somebody goes on meanwhile. */
export function waitingTradeOffs(hypotheses: readonly Hypothesis[]): TradeOffs {
  const weighed = hypotheses.map(one => one.kind);
  return {
    doesNotStop: ['Whoever is behind the activity.'],
    rightUnder: weighed.filter(one => BENIGN.includes(one)),
    wrongUnder: weighed.filter(one => !BENIGN.includes(one)),
  };
}
