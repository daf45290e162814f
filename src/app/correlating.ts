import type { Id } from '../base/id.ts';
import { MS_PER_HOUR, unixMsFrom } from '../base/time.ts';
XX;
import { type Alert, activityTime } from '../model/alert.ts';
import type { IncidentEvent, JoinReason } from '../model/incident.ts';
import type { ServerContext } from './context.ts';
import type { Placement, Placer } from './placer.ts';

/** How far back in activity a start replays: as far as the correlator's idea of what is common reaches. */
const REPLAY_MS = 168 * MS_PER_HOUR;
/** And so many of the newest alerts at most. */
const REPLAY_ALERTS_MAX = 300_000;
const REPLAY_PAGE = 10_000;

interface ReplayRow {
  readonly id: Id<'alert'>;
  readonly source: string;
  readonly title: string;
  readonly rule: string;
  readonly activity_at: Date;
  readonly incident_id: Id<'incident'>;
  readonly entities: CorrelationInput['entities'];
  readonly tactics: readonly string[];
  readonly links: readonly string[];
}

/**
 * The correlator with the incidents of the database: its cluster numbers live as long as the process, incidents for
 * ever. What people moved stays where they put it, and what joins it follows.
 */
export class CorrelatingPlacer implements Placer {
  private correlator: Correlator = createCorrelator();
  private readonly incidents = new Map<number, Id<'incident'>>();
  private readonly moved = new Map<Id<'alert'>, Id<'incident'>>();
  private readonly mergedInto = new Map<Id<'incident'>, Id<'incident'>>();
  private readonly context: ServerContext;

  constructor(context: ServerContext) {
    this.context = context;
  }

  place(alerts: readonly Alert[]): readonly Placement[] {
    return alerts.map(alert => this.placeOne(alert));
  }

  standing(incident: Id<'incident'>): Id<'incident'> {
    let at = incident;
    for (let next = this.mergedInto.get(at); next !== undefined; next = this.mergedInto.get(at)) at = next;
    return at;
  }

  /** Values that join nothing for now, and why. */
  overCommon(limit: number): readonly OverCommon[] {
    return this.correlator.overCommon(limit);
  }

  /** What a person's change did, once it is committed. */
  peopleChanged(
    moves: ReadonlyMap<Id<'alert'>, Id<'incident'>>,
    mergedInto: ReadonlyMap<Id<'incident'>, Id<'incident'> | undefined>,
  ): void {
    for (const [from, into] of mergedInto) {
      if (into === undefined) this.mergedInto.delete(from);
      else this.mergedInto.set(from, into);
    }
    for (const [alert, incident] of moves) this.moved.set(alert, incident);
  }

  private placeOne(alert: Alert): Placement {
    const found = this.correlator.add(inputOf(alert));
    const events: IncidentEvent[] = [];
    const known = this.movedTo(found.because) ?? this.incidents.get(found.cluster);
    const incident = known === undefined ? this.context.newId('incident') : this.standing(known);
    if (!this.incidents.has(found.cluster)) this.incidents.set(found.cluster, incident);
    for (const number of found.merged ?? []) {
      const other = this.incidents.get(number);
      this.incidents.delete(number);
      const from = other === undefined ? undefined : this.standing(other);
      if (from === undefined || from === incident) continue;
      const because = found.because.find(reason => reason.to !== undefined)?.text ?? 'one alert belongs to both';
      events.push({ kind: 'merged', incident, from, because, by: 'correlator' });
      this.mergedInto.set(from, incident);
    }
    const [because = FIRST] = found.because;
    events.push(
      known === undefined
        ? { kind: 'opened', incident, alert: alert.id }
        : { kind: 'joined', incident, alert: alert.id, because },
    );
    return { incident, duplicateOf: found.duplicateOf, because: found.because, events };
  }

  /** Where a person put the alert that this one joins. */
  private movedTo(because: readonly JoinReason[]): Id<'incident'> | undefined {
    for (const { to } of because) {
      const incident = to === undefined ? undefined : this.moved.get(to);
      if (incident !== undefined) return incident;
    }
    return undefined;
  }

  async reload(): Promise<void> {
    this.correlator = createCorrelator();
    this.incidents.clear();
    this.moved.clear();
    this.mergedInto.clear();
    const { pool, tenant } = this.context;
    const merged = await pool.query<{ id: Id<'incident'>; merged_into: Id<'incident'> }>(
      'SELECT id, merged_into FROM incident WHERE tenant_id = $1 AND merged_into IS NOT NULL',
      [tenant],
    );
    for (const row of merged.rows) this.mergedInto.set(row.id, row.merged_into);
    const { rows: starts } = await pool.query<{ first: string | null }>(
      `SELECT min(id) AS first FROM (
         SELECT id FROM alert WHERE tenant_id = $1
            AND activity_at > (SELECT max(activity_at) FROM alert WHERE tenant_id = $1) - $2 * interval '1 millisecond'
          ORDER BY id DESC LIMIT $3) AS latest`,
      [tenant, REPLAY_MS, REPLAY_ALERTS_MAX],
    );
    let place = starts[0]?.first ?? undefined;
    for (let isFirst = true; place !== undefined; isFirst = false) {
      const { rows } = await pool.query<ReplayRow>(
        `SELECT id, source, title, rule, activity_at, incident_id, body -> 'entities' AS entities, body -> 'tactics' AS tactics, body -> 'vendorLinks' AS links
           FROM alert WHERE tenant_id = $1 AND id ${isFirst ? '>=' : '>'} $2 ORDER BY id LIMIT $3`,
        [tenant, place, REPLAY_PAGE],
      );
      for (const row of rows) this.replay(row);
      place = rows.length < REPLAY_PAGE ? undefined : rows.at(-1)?.id;
    }
  }

  /** As {@link placeOne}, for an alert that has its incident. */
  private replay(row: ReplayRow): void {
    const at = unixMsFrom(row.activity_at.getTime());
    const input = {
      id: row.id,
      source: row.source,
      title: row.title,
      rule: row.rule,
      at,
      entities: row.entities,
      tactics: row.tactics,
      vendorLinks: row.links,
    };
    const found = this.correlator.add(input);
    for (const number of found.merged ?? []) this.incidents.delete(number);
    const known = this.incidents.get(found.cluster);
    if (known === undefined) this.incidents.set(found.cluster, row.incident_id);
    else if (this.standing(known) !== this.standing(row.incident_id)) this.moved.set(row.id, row.incident_id);
  }
}

const FIRST: JoinReason = { kind: 'first', text: 'first of its incident', to: undefined };

function inputOf(alert: Alert): CorrelationInput {
  const { id, source, title, rule, entities, tactics, vendorLinks } = alert;
  return { id, source, title, rule, at: activityTime(alert), entities, tactics, vendorLinks };
}

/** A placer that knows what the database knows. */
export async function createPlacer(context: ServerContext): Promise<CorrelatingPlacer> {
  const placer = new CorrelatingPlacer(context);
  await placer.reload();
  return placer;
}
