import { type Closed, digestOf } from '../../base/canonical.ts';
import { invariant } from '../../base/invariant.ts';
import type { UnixMs } from '../../base/time.ts';
import { type Alert, activityTime } from '../../model/alert.ts';
import type { Claim, EntityInvolved, Gap, StoryLine, Summary } from '../../model/claim.ts';
import type { SourceClock } from '../../model/clock.ts';
import { type Coverage, streamText } from '../../model/coverage.ts';
import type { Inventory } from '../../model/inventory.ts';
import { createInventoryIndex, entitiesInvolved } from './entity-roles.ts';
import { claimId, runsOf } from './facts.ts';
import { headlineOf, IDENTITIES } from './headline.ts';
import { type Identified, soundResolver } from './identify.ts';
import { joinsOf, type ReasonsOf } from './joins.ts';
import { nextQueries } from './next-query.ts';
import { believableTime, clockFault, createOrderJudge } from './order.ts';
import { minuteText } from './render-claim.ts';
import { type Candidate, type Chosen, choose, type RuleFrequency, weigh } from './salience.ts';
import type { ClaimVerifier } from './verify-claim.ts';

/** What a summary is made of. There is none without coverage. */
export interface SummaryInput {
  /** The alerts of the incident; at least one. */
  readonly alerts: readonly Alert[];
  /** All claims of these alerts, as `extractClaims` gives them. */
  readonly claims: readonly Claim[];
  readonly verifier: ClaimVerifier;
  readonly coverage: Coverage;
  readonly gaps: readonly Gap[];
  readonly inventory: Inventory | undefined;
  /** Over the last 30 days of this installation; undefined where that is not known, and then over these alerts. */
  readonly frequency: RuleFrequency | undefined;
  /** Who held what, as `identify` gives it; only what is recomputed counts. */
  readonly identified?: readonly Identified[];
  /** The clocks of these alerts, as `clocksOf` gives them; undefined where they were not compared. */
  readonly clocks?: readonly SourceClock[];
  /** Further alerts of the incident that are not among these. That they were left out is said. */
  readonly omitted?: number;
  /** Why each alert stands in the incident; undefined where that is not known, and then no joins are told. */
  readonly reasonsOf?: ReasonsOf;
}

const STORY_LINES_MAX = 12;
/** Statements about what is missing, and about what would change the picture, that are listed one by one. */
const LISTED_MAX = 8;

/**
 * The summary without a model: coverage first, a headline, at most twelve lines by time, who was involved in which
 * role and why, what is missing and what would change the picture. Every statement is a template over claims that
 * were recomputed from the raw records; what could not be is listed as missing and supports nothing.
 *
 * Deterministic: the same input, in any order of the alerts, has the same digest.
 */
export function summarise(input: SummaryInput): Summary {
  const { alerts, coverage, gaps, inventory } = input;
  invariant(alerts.length > 0, 'a summary is of at least one alert');
  const settled = input.claims.map(claim => input.verifier.settle(claim));
  const sound = settled.filter(claim => claim.verdict.kind === 'verified' && claim.citations.length > 0);
  const { chosen, unsaid } = storyOf(input, sound);
  const story = chosen.map(lineOf);
  const identities = (input.identified ?? []).map(one => ({ ...one, claim: input.verifier.settle(one.claim) }));
  const isSound = ({ verdict }: Claim): boolean => verdict.kind === 'verified';
  const times = alerts.map(believableTime);
  const window = {
    from: extreme(times, Math.min),
    to: extreme(alerts.map(endOf), Math.max),
  };
  const involved = entitiesInvolved(alerts, inventory, {
    judge: createOrderJudge(input.clocks ?? []),
    resolver: soundResolver(identities, isSound),
  });
  const identified = identifiedOf(identities.map(({ claim }) => claim).filter(isSound), involved.entities);
  const shape = {
    v: '1' as const,
    coverage,
    gaps,
    headline: headlineOf({ alerts, story, dominant: dominantOf(chosen), entities: involved.entities, window }),
    story,
    entities: involved.entities,
    identified,
    window,
    alertCount: alerts.length + (input.omitted ?? 0),
    missing: missingOf(input, [...settled, ...identities.map(({ claim }) => claim)], involved, unsaid),
    wouldChange: wouldChangeOf(gaps, involved.entities, window),
    next: nextQueries(involved.entities, window),
    ...(input.reasonsOf === undefined ? {} : { joins: joinsOf(alerts, input.reasonsOf) }),
  };
  return { ...shape, digest: digestOf('countersign/summary/v1', closed(shape)) };
}

/** When it ended; an end that a faulty clock wrote ends nothing. */
function endOf(alert: Alert): UnixMs {
  const time = believableTime(alert);
  const { endedAt, receivedAt } = alert;
  const isBelieved = endedAt !== undefined && endedAt >= time && clockFault(endedAt, receivedAt)?.isOffAxis !== true;
  return isBelieved ? endedAt : time;
}

/** Statements of who held what that are listed one by one: those that the entities' resolutions rest on, by time. */
const IDENTIFIED_MAX = 40;

function identifiedOf(claims: readonly Claim[], entities: readonly EntityInvolved[]): readonly Claim[] {
  const told = new Set(entities.flatMap(({ resolution }) => (resolution?.bindings ?? []).map(({ claim }) => claim)));
  return claims
    .filter(({ id }) => told.has(id))
    .sort((a, b) => (a.at ?? 0) - (b.at ?? 0) || (a.id < b.id ? -1 : 1))
    .slice(0, IDENTIFIED_MAX);
}

function storyOf(input: SummaryInput, sound: readonly Claim[]): ReturnType<typeof choose> {
  const byId = new Map(sound.map(claim => [claim.id, claim]));
  const alertOf = new Map(input.alerts.map(alert => [alert.id, alert]));
  const frequency = input.frequency ?? frequencyOf(input.alerts);
  const find = createInventoryIndex(input.inventory);
  const candidates = runsOf(input.alerts).flatMap(run => {
    const claim = byId.get(claimId(run));
    return claim === undefined ? [] : [weigh(run, claim, alertOf, frequency, find)];
  });
  return choose(candidates, STORY_LINES_MAX);
}

function lineOf({ lead, also }: Chosen): StoryLine {
  const told = toldBy(lead);
  return also.length === 0 ? told : { ...told, also: also.map(toldBy) };
}

function toldBy({ claim, tactics }: Candidate): StoryLine {
  return tactics.length === 0 ? claim : { ...claim, tactics };
}

/** What weighs most of all that is told: of one severity what happened before what was only detected. */
function dominantOf(chosen: readonly Chosen[]): Claim | undefined {
  const isOutcome = ({ claim }: Candidate): number => (claim.predicate === 'detection_fired' ? 0 : 1);
  const [first] = chosen
    .map(({ lead }) => lead)
    .sort(
      (a, b) =>
        b.severityRank - a.severityRank ||
        isOutcome(b) - isOutcome(a) ||
        b.weight - a.weight ||
        (a.claim.id < b.claim.id ? -1 : 1),
    );
  return first?.claim;
}

/** How often each rule fired among these alerts. */
export function frequencyOf(alerts: readonly Pick<Alert, 'rule'>[]): RuleFrequency {
  const counts = new Map<string, number>();
  for (const { rule } of alerts) counts.set(rule, (counts.get(rule) ?? 0) + 1);
  return { ofRule: rule => counts.get(rule) ?? 0, total: alerts.length };
}

/** Never spread: an incident may hold more alerts than a call takes arguments. */
function extreme(times: readonly UnixMs[], pick: (a: number, b: number) => number): UnixMs {
  return times.reduce((a, b) => pick(a, b) as UnixMs);
}

function missingOf(
  input: SummaryInput,
  settled: readonly Claim[],
  involved: { readonly entities: readonly EntityInvolved[]; readonly total: number },
  unsaid: number,
): readonly string[] {
  const { alerts, gaps, coverage } = input;
  const missing: string[] = gaps
    .slice(0, LISTED_MAX)
    .map(gap => `${streamText(gap.stream)}: ${gap.because}${gap.isRequired ? ' (required)' : ''}`);
  if (input.omitted !== undefined && input.omitted > 0) {
    missing.unshift(
      `This is told from ${alerts.length} of ${alerts.length + input.omitted} alerts; ${input.omitted} were left out.`,
    );
  }
  if (gaps.length > LISTED_MAX) missing.push(`${gaps.length - LISTED_MAX} more gaps in telemetry`);
  if (coverage.verdict === 'unknown') missing.push('Whether all telemetry came in cannot be told.');
  for (const claim of settled) {
    if (claim.verdict.kind === 'failed') {
      const rule = claim.roles['rule'] === undefined ? '' : ` ("${claim.roles['rule']}")`;
      missing.push(`A statement was left out, because ${claim.verdict.because}${rule}.`);
    }
    if (missing.length >= 2 * LISTED_MAX) break;
  }
  if (unsaid > 0) missing.push(`${unsaid} more grave detections find no room here; the timeline has them.`);
  const assumed = alerts.filter(alert => alert.occurredAt === undefined).length;
  if (assumed > 0)
    missing.push(
      `${assumed} of ${alerts.length} alerts do not say when it happened; they stand where they were raised or heard.`,
    );
  const faulty = alerts.filter(alert => clockFault(activityTime(alert), alert.receivedAt)?.isOffAxis === true).length;
  if (faulty > 0)
    missing.push(
      `${faulty} of ${alerts.length} alerts carry a time that cannot be meant; they count as of when we heard of them.`,
    );
  for (const { clock, skew } of (input.clocks ?? []).filter(one => one.skew.isMaterial).slice(0, LISTED_MAX))
    missing.push(`The clock of ${clock} is ${skew.text}; the order to others is uncertain by as much.`);
  const strangers = involved.entities.filter(
    entity => entity.inventory === undefined && entity.role !== 'infrastructure' && entity.role !== 'bystander',
  );
  if (strangers.length > 0) {
    const names = strangers.slice(0, LISTED_MAX).map(entity => entity.label);
    missing.push(
      `Not in the inventory, so owner and criticality are unknown: ${names.join(', ')}${strangers.length > names.length ? ` and ${strangers.length - names.length} more` : ''}.`,
    );
  }
  if (involved.total > involved.entities.length)
    missing.push(`${involved.total - involved.entities.length} more entities stand in the alerts and are not listed.`);
  return missing;
}

function wouldChangeOf(
  gaps: readonly Gap[],
  entities: readonly EntityInvolved[],
  window: Summary['window'],
): readonly string[] {
  const statements = gaps
    .slice(0, LISTED_MAX)
    .map(
      gap =>
        `Records of ${streamText(gap.stream)} from ${minuteText(gap.from)} to ${minuteText(gap.to)} UTC: they may show more, earlier, or somebody else.`,
    );
  const acting = entities
    .filter(entity => entity.role === 'entry' || entity.role === 'actor' || entity.role === 'pivot')
    .slice(0, 3);
  for (const entity of acting) {
    const owner = entity.inventory?.owner;
    if (!IDENTITIES.has(entity.kind)) continue;
    statements.push(
      entity.inventory?.isMachine === true || entity.kind === 'nhi' || entity.kind === 'access_key'
        ? `A planned change of ${entity.label} at that time${owner ? `, which ${owner} would know of` : ''}: then this is expected.`
        : `Word from ${owner || entity.label}, by another channel, that they did this themselves: then this is expected.`,
    );
    statements.push(
      `Other activity of ${entity.label} in the day before ${minuteText(window.from)} UTC: it would show whether this is where it began.`,
    );
  }
  return statements;
}

/** The summary with times and counts as decimal strings, as everything that is hashed. */
function closed(value: unknown): Closed {
  if (typeof value === 'string') return value.toWellFormed();
  if (typeof value === 'boolean') return value;
  if (typeof value === 'number') return String(value);
  if (Array.isArray(value)) return value.map(closed);
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(
      Object.entries(value)
        .filter(([, member]) => member !== undefined)
        .map(([key, member]) => [key, closed(member)]),
    );
  }
  return '';
}
