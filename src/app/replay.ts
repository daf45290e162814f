import type { Id } from '../base/id.ts';
import { MS_PER_HOUR, unixMsFrom } from '../base/time.ts';
import { standingEvents } from '../core/intake/incident.ts';
import type { CorrelationInput } from '../core/intake/placement.ts';
import type { IncidentEvent } from '../model/incident.ts';
import type { ServerContext } from './context.ts';
import { incidentEventOf } from './incident-events.ts';

/** How far back in activity a start replays: as far as the correlator's idea of what is common reaches. */
const REPLAY_MS = 168 * MS_PER_HOUR;
/** And so many of the newest alerts at most. */
const REPLAY_ALERTS_MAX = 300_000;
const REPLAY_PAGE = 10_000;

/** What a person's change means for placing: who is one now, and who must not become one again. */
export type PeoplesChange =
  | { readonly kind: 'merged'; readonly from: Id<'incident'>; readonly into: Id<'incident'> }
  | {
      readonly kind: 'parted';
      readonly incident: Id<'incident'>;
      readonly into: Id<'incident'>;
      readonly alerts: readonly Id<'alert'>[];
    }
  | { readonly kind: 'undone' };

/** What an event of a person's means for placing; undefined where it moves nothing. */
export function peoplesChangeOf(event: IncidentEvent): PeoplesChange | undefined {
  switch (event.kind) {
    case 'merged':
      return { kind: 'merged', from: event.from, into: event.incident };
    case 'split':
      return { kind: 'parted', incident: event.incident, into: event.into, alerts: event.alerts };
    case 'detached':
      return { kind: 'parted', incident: event.incident, into: event.into, alerts: [event.alert] };
    case 'undone':
      return { kind: 'undone' };
    default:
      return undefined;
  }
}

/** One alert as it was placed. */
export interface Replayed {
  readonly input: CorrelationInput;
  readonly incident: Id<'incident'>;
  readonly heardAt: number;
}

/** Everything that stands of what people and the correlator merged, split off, detached and took back. */
export async function readPeoplesChanges(context: ServerContext): Promise<{
  readonly mergedInto: ReadonlyMap<Id<'incident'>, Id<'incident'>>;
  readonly parted: readonly Extract<PeoplesChange, { kind: 'parted' }>[];
}> {
  const { pool, tenant } = context;
  const merged = await pool.query<{ id: Id<'incident'>; merged_into: Id<'incident'> }>(
    'SELECT id, merged_into FROM incident WHERE tenant_id = $1 AND merged_into IS NOT NULL',
    [tenant],
  );
  const { rows } = await pool.query<{ seq: string; event: unknown; by: string }>(
    `SELECT seq, event, by FROM incident_event e
      WHERE tenant_id = $1 AND (event ->> 'kind' IN ('split', 'detached', 'undone')
         OR seq IN (SELECT (u.event ->> 'event')::bigint FROM incident_event u WHERE u.tenant_id = $1 AND u.event ->> 'kind' = 'undone'))
      ORDER BY seq`,
    [tenant],
  );
  const numbered = rows.map(row => ({ seq: Number(row.seq), event: incidentEventOf(row.event), by: row.by }));
  const bySeq = new Map(numbered.map(one => [one.seq, one]));
  const parted: Extract<PeoplesChange, { kind: 'parted' }>[] = [];
  for (const { seq, event } of standingEvents(numbered)) {
    const change = peoplesChangeOf(event);
    if (change?.kind === 'parted') parted.push(change);
    // A merge that a person took back: the two must not become one again by themselves.
    const undone =
      event.kind === 'undone' && bySeq.get(seq)?.by !== 'correlator' ? bySeq.get(event.event)?.event : undefined;
    if (undone?.kind === 'merged')
      parted.push({ kind: 'parted', incident: undone.incident, into: undone.from, alerts: [] });
  }
  return { mergedInto: new Map(merged.rows.map(row => [row.id, row.merged_into])), parted };
}

interface ReplayRow {
  readonly id: Id<'alert'>;
  readonly source: string;
  readonly title: string;
  readonly rule: string;
  readonly activity_at: Date;
  readonly received_at: Date;
  readonly incident_id: Id<'incident'>;
  readonly entities: CorrelationInput['entities'];
  readonly tactics: readonly string[];
  readonly links: readonly string[];
}

/** The alerts from which the correlator learns again what it knew, in pages, as they came. */
export async function* readReplay({ pool, tenant }: ServerContext): AsyncGenerator<readonly Replayed[]> {
  const { rows: starts } = await pool.query<{ first: string | null }>(
    `SELECT min(id) AS first FROM (
       SELECT id FROM alert WHERE tenant_id = $1
          AND activity_at > coalesce((SELECT max(activity_at) FROM alert WHERE tenant_id = $1 AND activity_at <= now()), now()) - $2 * interval '1 millisecond'
        ORDER BY id DESC LIMIT $3) AS latest`,
    [tenant, REPLAY_MS, REPLAY_ALERTS_MAX],
  );
  let place = starts[0]?.first ?? undefined;
  for (let isFirst = true; place !== undefined; isFirst = false) {
    const { rows }: { rows: ReplayRow[] } = await pool.query<ReplayRow>(
      `SELECT id, source, title, rule, activity_at, received_at, incident_id, body -> 'entities' AS entities, body -> 'tactics' AS tactics,
              body -> 'vendorLinks' AS links
         FROM alert WHERE tenant_id = $1 AND id ${isFirst ? '>=' : '>'} $2 ORDER BY id LIMIT $3`,
      [tenant, place, REPLAY_PAGE],
    );
    yield rows.map(replayed);
    place = rows.length < REPLAY_PAGE ? undefined : rows.at(-1)?.id;
  }
}

function replayed(row: ReplayRow): Replayed {
  return {
    input: {
      id: row.id,
      source: row.source,
      title: row.title,
      rule: row.rule,
      at: unixMsFrom(row.activity_at.getTime()),
      entities: row.entities,
      tactics: row.tactics,
      vendorLinks: row.links,
    },
    incident: row.incident_id,
    heardAt: row.received_at.getTime(),
  };
}
