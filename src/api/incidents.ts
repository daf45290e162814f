import { Hono } from 'hono';
import { z } from 'zod';
import { closureOf } from '../app/closing.ts';
import { viewerOf } from '../app/drills/sight.ts';
import { type ChangeParts, changeIncident, type IncidentChange } from '../app/incident-changes.ts';
import { listAlerts, listEvents, listIncidents, readIncident } from '../app/incidents.ts';
import { lateNewsOf } from '../app/late-news.ts';
import { noteLook, sinceLast } from '../app/looks.ts';
import { readPeople } from '../app/people.ts';
import { proposalsOfIncident } from '../app/proposals/view.ts';
import type { ServerParts } from '../app/server-process.ts';
import type { Studied } from '../app/study.ts';
import { type Id, parseId } from '../base/id.ts';
import { unixMsFrom } from '../base/time.ts';
import { namesIn } from '../core/study/names-in.ts';
import { incidentReport, timelineCsv } from '../core/study/report/incident-report.ts';
import { lanesOf, timelineOf } from '../core/study/timeline.ts';
import type { Alert } from '../model/alert.ts';
import type { IncidentDetail, IncidentTimeline } from '../model/api.ts';
import { allow, bodyOf, type DoorContext, type Frame, must, personWhoAsks, queryOf, refuse } from './door.ts';
import { CURSOR, ID, LIMIT } from './schemas.ts';

const SEVERITY = z.enum(['unknown', 'informational', 'low', 'medium', 'high', 'critical']);
const WORD = z.string().trim().min(1).max(200);
const QUEUE = z.object({
  severity: z.string().max(100).optional(),
  source: WORD.optional(),
  owner: WORD.optional(),
  coverage: z.enum(['complete', 'gaps', 'unknown']).optional(),
  state: z.enum(['open', 'closed', 'suppressed']).default('open'),
  q: z.string().trim().max(200).optional(),
  sort: z.enum(['severity', 'last_seen', 'first_seen', 'alerts']).default('severity'),
  cursor: CURSOR,
  limit: LIMIT(500, 100),
});
const PAGE = z.object({ cursor: CURSOR, limit: LIMIT(500, 100) });
const TEXT = z.string().trim().min(1).max(4_000);
const CHANGE = {
  merge: z.strictObject({ from: ID('inc'), because: TEXT }),
  split: z.strictObject({ alerts: z.array(ID('alr')).min(1).max(10_000) }),
  detach: z.strictObject({ alert: ID('alr') }),
  undo: z.strictObject({ event: z.int().min(1) }),
  own: z.strictObject({ owner: z.union([z.literal(''), ID('usr'), z.literal('me')]) }),
  note: z.strictObject({ text: TEXT }),
} as const;
/** Entries of a timeline that a page gets; the middle is left out, and counted. */
const TIMELINE_MAX = 2_000;

/** Mounted at /api/v1/incidents. */
export function incidentRoutes(parts: ServerParts, changes: ChangeParts): Hono<Frame> {
  const { context, study } = parts;
  return new Hono<Frame>()
    .get('/', async c => {
      await allow(c, context, 'read');
      const query = queryOf(c, QUEUE);
      const severities = (query.severity ?? '').split(',').filter(word => word !== '');
      const severity = severities.map(
        word => SEVERITY.safeParse(word).data ?? refuse('request.malformed', `severity ${word}`),
      );
      const caller = c.get('caller');
      const people = await readPeople(context);
      const nameOf = (id: string) => people.find(person => person.id === id)?.name ?? id;
      // Rows carry names; a filter may come as a name, an id or `me`.
      const named = people.find(person => person.name === query.owner)?.id ?? query.owner;
      const owner = query.owner === 'me' && caller.kind === 'person' ? caller.session.person.id : named;
      const text = query.q === '' ? undefined : query.q;
      const { source, coverage, state, sort, cursor, limit } = query;
      const page = must(
        await listIncidents(context, parts.overview, {
          severity,
          source,
          owner,
          coverage,
          state,
          text,
          sort,
          cursor,
          limit,
          viewer: viewerOf(personWhoAsks(c)),
        }),
      );
      return c.json({
        ...page,
        rows: page.rows.map(row => ({ ...row, owner: nameOf(row.owner) })),
        owners: page.owners.map(nameOf),
      });
    })
    .get('/:id', async c => {
      await allow(c, context, 'read');
      return c.json(await detailOf(c, parts, incidentOf(c)));
    })
    .get('/:id/since', async c => {
      await allow(c, context, 'read');
      const detail = await detailOf(c, parts, incidentOf(c));
      return c.json(await sinceLast(context, personOf(c), detail));
    })
    .post('/:id/looked', async c => {
      await allow(c, context, 'read');
      await noteLook(context, personOf(c), await detailOf(c, parts, incidentOf(c)));
      return c.body(null, 204);
    })
    .get('/:id/alerts', async c => {
      await allow(c, context, 'read');
      const { cursor, limit } = queryOf(c, PAGE);
      return c.json(must(await listAlerts(context, incidentOf(c), cursor, limit)));
    })
    .get('/:id/timeline', async c => {
      await allow(c, context, 'read');
      const id = incidentOf(c);
      const studied = must(await study.studyOf(id));
      const alerts = await study.alertsOf(id);
      const entries = timelineOf(alerts, studied.clocks, context.now(), studied.resolver);
      return c.json(withNames(timelineView(entries, studied), alerts));
    })
    .get('/:id/report.md', async c => {
      await allow(c, context, 'read');
      const id = incidentOf(c);
      const { summary, options, instructionBadges } = must(await study.studyOf(id));
      return download(
        c,
        `${id}.md`,
        'text/markdown; charset=utf-8',
        incidentReport({ id, summary, options, instructionBadges, writtenAt: context.now() }),
      );
    })
    .get('/:id/timeline.csv', async c => {
      await allow(c, context, 'read');
      const id = incidentOf(c);
      const studied = must(await study.studyOf(id));
      const entries = timelineOf(await study.alertsOf(id), studied.clocks, context.now(), studied.resolver);
      return download(c, `${id}.csv`, 'text/csv; charset=utf-8; header=present', timelineCsv(entries));
    })
    .post('/:id/merge', async c =>
      change(c, changes, {
        kind: 'merge',
        ...((await bodyOf(c, CHANGE.merge)) as { from: Id<'incident'>; because: string }),
      }),
    )
    .post('/:id/split', async c =>
      change(c, changes, { kind: 'split', alerts: (await bodyOf(c, CHANGE.split)).alerts as Id<'alert'>[] }),
    )
    .post('/:id/detach', async c =>
      change(c, changes, { kind: 'detach', alert: (await bodyOf(c, CHANGE.detach)).alert as Id<'alert'> }),
    )
    .post('/:id/undo', async c => change(c, changes, { kind: 'undo', event: (await bodyOf(c, CHANGE.undo)).event }))
    .post('/:id/note', async c => change(c, changes, { kind: 'note', text: (await bodyOf(c, CHANGE.note)).text }))
    .post('/:id/own', async c => {
      const { owner } = await bodyOf(c, CHANGE.own);
      const caller = c.get('caller');
      if (owner === 'me' && caller.kind !== 'person')
        return refuse('access.machine', 'only a person can own an incident');
      return change(c, changes, {
        kind: 'own',
        owner: owner === 'me' && caller.kind === 'person' ? caller.session.person.id : owner,
      });
    });
}

function incidentOf(c: DoorContext): Id<'incident'> {
  const id = parseId('incident', c.req.param('id') ?? '');
  return id.ok ? id.value : refuse('not_found', 'not an id of an incident');
}

/** Whose look it is: a machine's is nobody's. */
function personOf(c: DoorContext): Id<'person'> {
  const caller = c.get('caller');
  return caller.kind === 'person'
    ? caller.session.person.id
    : refuse('access.machine', 'only a person looks at an incident');
}

/** A file to be kept, never a page: what is in it was written elsewhere. */
function download(c: DoorContext, name: string, type: string, text: string): Response {
  c.header('content-type', type);
  c.header('content-disposition', `attachment; filename="${name}"`);
  return c.body(text);
}

async function change(c: DoorContext, changes: ChangeParts, wanted: IncidentChange): Promise<Response> {
  const principal = await allow(c, changes.context, 'edit_incident');
  if (wanted.kind === 'own' && wanted.owner !== '') {
    const people = await readPeople(changes.context);
    if (!people.some(person => person.id === wanted.owner && person.isActive))
      return refuse('not_found', `nobody is called ${wanted.owner}`);
  }
  return c.json({ incidents: must(await changeIncident(changes, principal.id, incidentOf(c), wanted)) });
}

async function detailOf(c: DoorContext, { context, study }: ServerParts, id: Id<'incident'>): Promise<IncidentDetail> {
  const person = personWhoAsks(c);
  const { row, mergedInto } = must(await readIncident(context, id, context.pool, viewerOf(person)));
  const people = await readPeople(context);
  const names = new Map<string, string>([
    ...people.map(person => [person.id, person.name] as const),
    ['correlator', 'Countersign'],
  ]);
  const events = await listEvents(context, id, names);
  const owner = names.get(row.owner) ?? row.owner;
  // Merged away or emptied: its alerts are elsewhere, and the page goes there.
  const target = mergedInto !== undefined && row.alertCount === 0 ? mergedInto : id;
  const studied = must(await study.studyOf(target));
  return {
    row: { ...row, owner, coverage: studied.coverage.verdict },
    summary: studied.summary,
    coverage: studied.coverage,
    gaps: studied.gaps,
    entities: studied.summary.entities,
    options: await study.history.onOptions(studied.options, studied.coverage),
    proposals: await proposalsOfIncident(context, id, person),
    events,
    instructionBadges: studied.instructionBadges,
    lateNews: await lateNewsOf(context, target),
    closure: await closureOf(context, target),
    mergedInto,
  };
}

/** What else stands in the records of those that are shown. */
function withNames(view: IncidentTimeline, alerts: readonly Alert[]): IncidentTimeline {
  const byId = new Map(alerts.map(alert => [alert.id, alert]));
  const named = (entry: IncidentTimeline['entries'][number]) => {
    const alert = byId.get(entry.alert);
    const names = alert === undefined ? [] : namesIn(alert);
    return names.length === 0 ? entry : { ...entry, names };
  };
  return { ...view, entries: view.entries.map(named) };
}

function timelineView(
  entries: IncidentTimeline['entries'],
  { gaps, clocks, omitted }: Pick<Studied, 'gaps' | 'clocks' | 'omitted'>,
): IncidentTimeline {
  const half = TIMELINE_MAX / 2;
  const lanes = lanesOf(entries);
  const shown = entries.length <= TIMELINE_MAX ? entries : [...entries.slice(0, half), ...entries.slice(-half)];
  // A time that cannot be meant would stretch the axis over decades.
  const onAxis = entries.filter(entry => entry.clockFault?.isOffAxis !== true);
  const times = (onAxis.length > 0 ? onAxis : entries).map(entry => entry.time);
  return {
    from: unixMsFrom(times.reduce((a, b) => Math.min(a, b), Number.MAX_SAFE_INTEGER)),
    to: unixMsFrom(times.reduce((a, b) => Math.max(a, b), 0)),
    lanes,
    clocks: clocks.filter(({ clock }) => lanes.includes(clock)),
    entries: shown,
    gaps,
    omitted: entries.length - shown.length + omitted,
  };
}
