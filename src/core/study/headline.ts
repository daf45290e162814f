import type { UnixMs } from '../../base/time.ts';
import { type Alert, SEVERITY_RANK } from '../../model/alert.ts';
import type { Citation, Claim, EntityInvolved, StoryLine } from '../../model/claim.ts';
import { gravestRule, rulesOf } from '../intake/gravest.ts';
import { durationText } from './duration-text.ts';
import { minuteText, withoutSpan } from './render-claim.ts';
import { toldBy } from './told.ts';

const HEADLINE_CITATIONS_MAX = 24;

/** Kinds of entities that act as somebody. */
export const IDENTITIES: ReadonlySet<string> = new Set(['user', 'nhi', 'mailbox', 'access_key']);

/** What a headline is made of. */
export interface HeadlineInput {
  /** At least one. */
  readonly alerts: readonly Alert[];
  readonly story: readonly StoryLine[];
  /** Of the story, what weighs most; undefined where there is no story. */
  readonly dominant: Claim | undefined;
  readonly entities: readonly EntityInvolved[];
  readonly window: { readonly from: UnixMs; readonly to: UnixMs };
}

/**
 * What came of it, who stands in which role, from when to when, how many, and what the incident is named after. It rests
 * on the story's own citations, and is refuted where there is no story.
 */
export function headlineOf(input: HeadlineInput): Claim {
  const { alerts, story, dominant, entities, window } = input;
  const gravest = gravestOf(alerts);
  const by = (roles: readonly EntityInvolved['role'][]): readonly EntityInvolved[] =>
    roles.flatMap(role => entities.filter(entity => entity.role === role));
  const acting = by(['entry', 'pivot', 'actor']);
  const actor = acting.find(({ kind }) => IDENTITIES.has(kind)) ?? acting[0];
  const target = by(['target', 'pivot']).find(({ label }) => label !== actor?.label);
  const roles: [string, string][] = [['rule', gravest.title]];
  if (actor !== undefined) roles.push(['actor', actor.label]);
  if (target !== undefined) roles.push(['target', target.label]);
  const citations = citationsFor(gravest, story, dominant);
  return {
    id: `headline.${gravest.id}`,
    predicate: 'count_is',
    roles: Object.fromEntries(roles),
    at: window.from,
    until: window.to,
    count: alerts.length,
    citations,
    text: textOf(input, gravest, [actor, target]),
    verdict:
      story.length > 0 && citations.length > 0
        ? { kind: 'verified' }
        : { kind: 'failed', because: 'no statement about these alerts could be recomputed from the raw records' },
  };
}

/** `dana made a credential for svc-build. 33 alerts of 3 kinds within 50 min from … UTC: dana (entry) → orders (target). Gravest: "New key" (severity high).` */
function textOf(
  { alerts, dominant, window }: HeadlineInput,
  gravest: Alert,
  parties: readonly (EntityInvolved | undefined)[],
): string {
  const who = parties.flatMap(entity => (entity === undefined ? [] : [`${entity.label} (${entity.role})`]));
  const rules = new Set(alerts.map(alert => alert.rule)).size;
  const [many, span] =
    alerts.length === 1
      ? ['One alert', `at ${minuteText(window.from)} UTC`]
      : [
          `${alerts.length} alerts of ${rules === 1 ? 'one kind' : `${rules} kinds`}`,
          `within ${durationText(window.to - window.from)} from ${minuteText(window.from)} UTC`,
        ];
  // That a detection fired is no outcome: then what it is called says as much.
  const outcome =
    dominant === undefined || dominant.predicate === 'detection_fired' ? '' : `${withoutSpan(dominant)}. `;
  const parts = who.length === 0 ? '' : `: ${who.join(' → ')}`;
  return `${outcome}${many} ${span}${parts}. Gravest: "${gravest.title}" (severity ${gravest.severity}).`;
}

/** The alert that the headline names: of the rule that names the incident, the most severe, then the first by id. */
function gravestOf(alerts: readonly Alert[]): Alert {
  const top = gravestRule(rulesOf(alerts));
  const named = alerts.filter(
    ({ rule, title, severity }) =>
      rule === top?.rule && title === top.tally.title && SEVERITY_RANK[severity] === top.tally.rank,
  );
  return named.reduce((a, b) => (b.id < a.id ? b : a));
}

function citationsFor(gravest: Alert, story: readonly StoryLine[], dominant: Claim | undefined): readonly Citation[] {
  const told = toldBy(story);
  const isOwn = (claim: Claim): boolean =>
    claim.id === dominant?.id || claim.citations.some(({ evidence }) => evidence === gravest.evidence);
  const all = [...told.filter(isOwn), ...told.filter(claim => !isOwn(claim))];
  return all.flatMap(claim => claim.citations.slice(0, 2)).slice(0, HEADLINE_CITATIONS_MAX);
}
