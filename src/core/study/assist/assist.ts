import type { Id } from '../../../base/id.ts';
import { invariant } from '../../../base/invariant.ts';
import type { Alert } from '../../../model/alert.ts';
import type { Assist, Hypothesis, WithoutModel } from '../../../model/assist.ts';
import type { Claim, ResponseOption, Summary } from '../../../model/claim.ts';
import { toldBy } from '../told.ts';
import { hypothesesOf } from './hypotheses.ts';
import { gapId, ruleId } from './own-ids.ts';
import type { MadePacket, PacketKey } from './packet.ts';
import type { ReadAnswer, VerifiedSelection } from './read-answer.ts';
import { mustTell, type Weighed, weighClaims } from './weigh-facts.ts';

/** What a selection is merged with. */
export interface AssistInput {
  readonly summary: Summary;
  readonly options: readonly ResponseOption[];
  readonly alerts: readonly Alert[];
  /** Settled claims, of which the rules' explanations are made; the story where absent. */
  readonly claims?: readonly Claim[];
  readonly read: Pick<ReadAnswer, 'dropped' | 'verified'>;
  readonly record: Id<'ai_record'> | undefined;
}

/**
 * What rules alone say, and why no model does: the story's order, the explanations with what speaks for and against
 * each, the options as the planner ranked them, and what is missing as what to ask for.
 */
export function rulesAssist(
  summary: Summary,
  options: readonly ResponseOption[],
  without: WithoutModel,
  alerts: readonly Alert[] = [],
  claims: readonly Claim[] = summary.story,
): Assist {
  return { ...createRules(summary, options, alerts, claims), without };
}

/** Made once for an incident, so that many answers can be merged with it. */
function createRules(
  summary: Summary,
  options: readonly ResponseOption[],
  alerts: readonly Alert[],
  claims: readonly Claim[],
): Assist {
  const weighed = weighClaims(claims, alerts, summary.story);
  const order = toldBy(summary.story).map(({ id }) => id);
  return {
    level: 'L0',
    without: 'ai.not_configured',
    coverage: summary.coverage.verdict,
    order,
    hypotheses: hypothesesOf(weighed.claims),
    techniques: techniquesOf(weighed),
    ranking: options.map(({ id }) => id),
    requests: [...new Set(summary.gaps.map(gapId))],
    verified: 0,
    dropped: [],
    appended: untold(weighed, order),
    record: undefined,
  };
}

function techniquesOf({ claims }: Weighed): Assist['techniques'] {
  const ids = [...new Set(claims.flatMap(({ techniques }) => techniques))].sort();
  return ids.map(technique => ({
    technique,
    claims: claims.filter(({ techniques }) => techniques.includes(technique)).map(({ claim }) => claim.id),
  }));
}

/** What has to be told and does not stand in the order: a detection does through any claim of its own. */
function untold(weighed: Weighed, order: readonly string[]): readonly string[] {
  const told = new Set(order);
  const must = mustTell(weighed);
  return [
    ...weighed.claims
      .filter(({ claim }) => must.claims.has(claim.id) && !told.has(claim.id))
      .map(({ claim }) => claim.id),
    ...weighed.rules
      .filter(({ rule, claims }) => must.unsaid.has(rule) || (must.rules.has(rule) && !claims.some(id => told.has(id))))
      .map(({ rule }) => ruleId(rule)),
  ];
}

/**
 * A verified selection beside the rules' summary. It orders and relates what is there, and can neither add nor hide:
 * every option stays in the ranking, every explanation and technique of the rules stays, and whatever has to be shown
 * and was not is appended. Where the model abstained, rules speak.
 */
export function assistOf(selection: VerifiedSelection, made: MadePacket, input: AssistInput): Assist {
  return createAssister(made, input)(selection, input.read, input.record);
}

/** {@link assistOf} for many answers to one packet. */
export function createAssister(
  made: MadePacket,
  input: Omit<AssistInput, 'read' | 'record'>,
): (selection: VerifiedSelection, read: AssistInput['read'], record: AssistInput['record']) => Assist {
  const rules = createRules(input.summary, input.options, input.alerts, input.claims ?? input.summary.story);
  return (selection, { dropped, verified }, record) => {
    invariant(selection.verifiedFor === made.digest, 'a selection is merged with the packet that it was verified for');
    if (selection.abstain !== 'no') return { ...rules, without: 'ai.abstained', dropped, record };
    return { ...merged(selection, made, rules), verified, dropped, record };
  };
}

function merged(selection: VerifiedSelection, { key, packet }: MadePacket, rules: Assist): Assist {
  const factsOf = new Map(packet.detections.map(({ id, facts }) => [id, facts]));
  const order = new Set<string>();
  for (const id of selection.order) for (const fact of factsOf.get(id) ?? [id]) add(order, key.facts.get(fact)?.id);
  for (const { cites } of selection.claims) for (const fact of cites) add(order, key.facts.get(fact)?.id);
  const ranking = new Set<string>();
  for (const id of selection.ranking) add(ranking, key.options.get(id)?.id);
  for (const id of rules.ranking) ranking.add(id);
  const requests = new Set<string>();
  for (const id of selection.requests) add(requests, key.requests.get(id));
  return {
    ...rules,
    level: 'L1',
    without: undefined,
    order: [...order],
    hypotheses: [...rules.hypotheses, ...selection.hypotheses.map(one => hypothesisOf(one, key))],
    techniques: techniquesFirst(selection, key, rules.techniques),
    ranking: [...ranking],
    requests: [...requests],
    appended: [...new Set([...selection.omitted.flatMap(id => ownId(id, key)), ...key.always])],
  };
}

function add(to: Set<string>, id: string | undefined): void {
  if (id !== undefined) to.add(id);
}

function claimIds(ids: readonly string[], key: PacketKey): readonly string[] {
  return ids.flatMap(id => key.facts.get(id)?.id ?? []);
}

function hypothesisOf(one: VerifiedSelection['hypotheses'][number], key: PacketKey): Hypothesis {
  const { kind, supports, contradicts } = one;
  return { kind, supports: claimIds(supports, key), contradicts: claimIds(contradicts, key), by: 'model' };
}

/** Those that the model picked, then the others; each with every claim that it had. */
function techniquesFirst(
  selection: VerifiedSelection,
  key: PacketKey,
  rules: Assist['techniques'],
): Assist['techniques'] {
  const claims = new Map<string, Set<string>>();
  const note = (technique: string, ids: readonly string[]): void => {
    claims.set(technique, new Set([...(claims.get(technique) ?? []), ...ids]));
  };
  for (const { technique, cites } of selection.techniques) note(technique, claimIds(cites, key));
  for (const { technique, claims: own } of rules) note(technique, own);
  return [...claims].map(([technique, ids]) => ({ technique, claims: [...ids] }));
}

function ownId(id: string, key: PacketKey): readonly string[] {
  const claim = key.facts.get(id);
  const detection = key.detections.get(id);
  const gap = key.gaps.get(id);
  if (claim !== undefined) return [claim.id];
  if (detection !== undefined) return [ruleId(detection.rule)];
  return gap === undefined ? [] : [gapId(gap)];
}
