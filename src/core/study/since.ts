import type { IncidentDetail } from '../../model/api.ts';
import { streamText } from '../../model/coverage.ts';
import type { Change, Picture } from '../../model/since.ts';
import { toldBy } from './told.ts';

/** Entities and proposals that a picture holds: the first ones. */
const HELD_MAX = 60;
/** Changes that are listed one by one. */
const CHANGES_MAX = 12;

type Seen = Pick<IncidentDetail, 'row' | 'summary' | 'coverage' | 'gaps' | 'proposals' | 'events'>;

/** What this detail shows, as far as a later look is compared with it. */
export function pictureOf({ row, summary, coverage, gaps, proposals, events }: Seen): Picture {
  return {
    v: '1',
    alerts: row.alertCount,
    severity: row.severity,
    owner: row.owner,
    coverage: coverage.verdict,
    gaps: [...new Set(gaps.map(gap => gap.stream))].slice(0, HELD_MAX),
    claims: toldBy(summary.story).map(({ id, text }) => [id, text] as const),
    entities: summary.entities.slice(0, HELD_MAX).map(({ key, label, role }) => [key, label, role] as const),
    proposals: proposals.slice(0, HELD_MAX).map(({ id, sentence, state }) => [id, sentence, state] as const),
    event: events.reduce((newest, { seq }) => Math.max(newest, seq), 0),
  };
}

/**
 * What is other now than in the picture, what matters most first: what was done, who is in it, what is missing, what is
 * told, how much. Nothing where both show the same.
 */
export function changesSince(
  before: Picture,
  now: Seen,
): { readonly changes: readonly Change[]; readonly more: number } {
  const after = pictureOf(now);
  const all = [
    ...proposalChanges(before, after),
    ...eventChanges(before, now),
    ...plainChanges(before, after),
    ...entityChanges(before, after),
    ...gapChanges(before, after),
    ...claimChanges(before, after),
  ];
  return { changes: all.slice(0, CHANGES_MAX), more: Math.max(0, all.length - CHANGES_MAX) };
}

function proposalChanges(before: Picture, after: Picture): readonly Change[] {
  const states = new Map(before.proposals.map(([id, , state]) => [id, state]));
  return after.proposals.flatMap(([id, sentence, state]) => {
    const was = states.get(id);
    if (was === state) return [];
    const how = was === undefined ? `is proposed, ${words(state)}` : `went from ${words(was)} to ${words(state)}`;
    return [{ kind: 'proposal' as const, text: `"${sentence}" ${how}.`, about: id }];
  });
}

function eventChanges(before: Picture, { events }: Seen): readonly Change[] {
  return events
    .filter(({ seq, kind }) => seq > before.event && kind !== 'opened' && kind !== 'owned')
    .map(({ text, by }) => ({ kind: 'event' as const, text: `${by}: ${text}` }));
}

function plainChanges(before: Picture, after: Picture): readonly Change[] {
  const changes: Change[] = [];
  if (after.severity !== before.severity)
    changes.push({ kind: 'severity', text: `Severity went from ${before.severity} to ${after.severity}.` });
  if (after.owner !== before.owner)
    changes.push({
      kind: 'owner',
      text: after.owner === '' ? `${before.owner} no longer owns it.` : `${after.owner} owns it now.`,
    });
  const more = after.alerts - before.alerts;
  if (more !== 0)
    changes.push({
      kind: 'alerts',
      text: `${Math.abs(more)} ${more > 0 ? 'more' : 'fewer'} ${Math.abs(more) === 1 ? 'alert' : 'alerts'}: ${after.alerts} now.`,
    });
  if (after.coverage !== before.coverage)
    changes.push({ kind: 'coverage', text: `Coverage was ${before.coverage} and is ${after.coverage}.` });
  return changes;
}

function entityChanges(before: Picture, after: Picture): readonly Change[] {
  const roles = new Map(before.entities.map(([key, , role]) => [key, role]));
  return after.entities.flatMap(([key, label, role]) => {
    const was = roles.get(key);
    if (was === role || role === 'bystander') return [];
    const text = was === undefined ? `${label} is new here: ${role}.` : `${label} was ${was} and is ${role}.`;
    return [{ kind: 'entity' as const, text, about: key }];
  });
}

function gapChanges(before: Picture, after: Picture): readonly Change[] {
  const opened = after.gaps.filter(stream => !before.gaps.includes(stream));
  const closed = before.gaps.filter(stream => !after.gaps.includes(stream));
  return [
    ...opened.map(stream => ({ kind: 'gap' as const, text: `${streamText(stream)} has a gap now.`, about: stream })),
    ...closed.map(stream => ({ kind: 'gap' as const, text: `${streamText(stream)} has no gap any more.` })),
  ];
}

/** A run that grew has another id and the same beginning: its predicate and its first alert. */
function runOf(id: string): string {
  return id.split('.').slice(0, 2).join('.');
}

function claimChanges(before: Picture, after: Picture): readonly Change[] {
  const known = new Map(before.claims.map(([id, text]) => [runOf(id), text]));
  const standing = new Set(after.claims.map(([id]) => runOf(id)));
  return [
    ...after.claims
      .filter(([id, text]) => known.get(runOf(id)) !== text)
      .map(([id, text]) => ({
        kind: 'claim' as const,
        text: `${known.has(runOf(id)) ? 'Now' : 'New'}: ${text}.`,
        about: id,
      })),
    ...before.claims
      .filter(([id]) => !standing.has(runOf(id)))
      .map(([, text]) => ({ kind: 'claim_gone' as const, text: `No longer among the lines: ${text}.` })),
  ];
}

function words(state: string): string {
  return state.replaceAll('_', ' ');
}
