import { entityKey } from '../../model/alert.ts';
import type { Citation, Claim, ResponseOption } from '../../model/claim.ts';
import type { Operation } from '../../ports/responder.ts';
import { hostOfAlert } from './coverage-for.ts';
import { streamOf } from './gate-sources.ts';
import { type Indicator, indicatorKindOf } from './indicators.ts';
import { listText } from './list-text.ts';

/** Indicators that are offered for an incident, the best told first. */
export const INDICATORS_OFFERED_MAX = 4;
/** Hosts that are named one by one. */
const HOSTS_NAMED_MAX = 3;

/** An operation on a connected system that keeps an indicator out. */
export interface PossibleBlock {
  readonly indicator: Indicator;
  readonly system: string;
  readonly responder: string;
  readonly operation: Operation;
}

/** What could be kept out where: each of the first indicators at each system that takes one of its kind. */
export function blocksOf(
  indicators: readonly Indicator[],
  reachable: readonly Omit<PossibleBlock, 'indicator'>[],
): readonly PossibleBlock[] {
  return indicators
    .map(indicator =>
      reachable
        .filter(({ operation }) => indicatorKindOf(operation) === indicator.kind)
        .map(where => ({ ...where, indicator })),
    )
    .filter(({ length }) => length > 0)
    .slice(0, INDICATORS_OFFERED_MAX)
    .flat();
}

/** What is said of a block beside what every option says. */
export function blockText({
  indicator,
}: Pick<PossibleBlock, 'indicator'>): Pick<ResponseOption, 'effect' | 'blastKnown' | 'blastUnknown' | 'costOfWaiting'> {
  const { kind, value, alerts } = indicator;
  const what = kind === 'ip' ? 'this address' : 'this domain, or a name below it,';
  return {
    effect: `It keeps out ${value}, ${kind === 'ip' ? 'an address' : 'a domain'} that the inventory does not list.`,
    blastKnown: [seenBy(indicator)],
    blastUnknown: [
      `Who else uses ${what} for what is no attack.`,
      'Which of our own services and suppliers rest on it.',
      kind === 'ip'
        ? 'Whether the same attacker comes from another address.'
        : 'Whether the same attacker uses another domain.',
    ],
    costOfWaiting: `While we wait, ${value} can be used as it was in ${alerts.length === 1 ? 'the alert' : `the ${alerts.length} alerts`} that name it.`,
  };
}

function seenBy({ alerts, kind }: Indicator): string {
  const hosts = [...new Set(alerts.flatMap(alert => hostOfAlert(alert) ?? []))].sort();
  const rest = hosts.length - HOSTS_NAMED_MAX;
  const named = [...hosts.slice(0, HOSTS_NAMED_MAX), ...(rest > 0 ? [`${rest} more`] : [])];
  const where = named.length === 0 ? '' : `, of ${hosts.length === 1 ? 'the host' : 'the hosts'} ${listText(named)}`;
  const count = alerts.length === 1 ? '1 alert names' : `${alerts.length} alerts name`;
  return `${count} this ${kind === 'ip' ? 'address' : 'domain'}${where}.`;
}

/** The citations of an act on an indicator: first where it stands, once for each statement, so that its name is always among them. */
export function namingFirst(
  indicator: Indicator,
  claims: readonly Claim[],
  citations: readonly Citation[],
  max: number,
): readonly Citation[] {
  const naming = claims.flatMap(claim => {
    const record = claim.citations.find(({ evidence }) => indicator.citations.has(evidence));
    return indicator.citations.get(record?.evidence ?? '') ?? [];
  });
  const all = new Map([...naming, ...citations].map(one => [`${one.evidence} ${one.pointer} ${one.value}`, one]));
  return [...all.values()].slice(0, max);
}

/** The id of an act: the same for the same act of the same incident, whatever else is known. */
export function blockId({ indicator, system, responder, operation }: PossibleBlock): string {
  return `act:${responder}:${operation.name}:${system}:${entityKey(indicator)}`;
}

/** The claims on it, those first that the stream told on which it rests. */
export function toldFirstBy({ claims, alerts }: Indicator, stream: string): readonly Claim[] {
  const own = new Set(alerts.filter(alert => streamOf(alert) === stream).map(({ evidence }) => evidence));
  const isOwn = (claim: Claim) => claim.citations.some(({ evidence }) => own.has(evidence));
  return [...claims.filter(isOwn), ...claims.filter(claim => !isOwn(claim))];
}
