import { rfc3339, unixMsFrom } from '../base/time.ts';
import { changesSince, pictureOf } from '../core/study/since.ts';
import type { IncidentDetail } from '../model/api.ts';
import type { Picture, Since } from '../model/since.ts';
import type { ServerContext } from './context.ts';
import { storableJson } from './intake-store.ts';

/** Looks closer together than this are one visit: whoever reloads still sees what changed since the visit before. */
const VISIT_MS = 15 * 60_000;

interface LookRow {
  readonly at: Date;
  readonly picture: Picture;
  readonly before_at: Date | null;
  readonly before: Picture | null;
}

/** What changed since this person last looked at the incident. A first look has nothing to compare with. */
export async function sinceLast(context: ServerContext, person: string, detail: IncidentDetail): Promise<Since> {
  const look = await readLook(context, person, detail.row.id);
  if (look === undefined) return { lookedAt: undefined, changes: [], more: 0 };
  const isSameVisit = context.now() - look.at.getTime() < VISIT_MS;
  const [at, picture] = isSameVisit ? [look.before_at, look.before] : [look.at, look.picture];
  if (at === null || picture === null) return { lookedAt: undefined, changes: [], more: 0 };
  return { lookedAt: rfc3339(unixMsFrom(at.getTime())), ...changesSince(picture, detail) };
}

/** Notes that this person saw the incident as it stands. Nobody else is told, and no gate rests on it. */
export async function noteLook(context: ServerContext, person: string, detail: IncidentDetail): Promise<void> {
  const now = new Date(context.now());
  await context.pool.query(
    `INSERT INTO incident_look (tenant_id, person_id, incident_id, at, picture) VALUES ($1, $2, $3, $4, $5)
     ON CONFLICT (tenant_id, person_id, incident_id) DO UPDATE SET at = excluded.at, picture = excluded.picture,
       before_at = CASE WHEN incident_look.at > excluded.at - $6 * interval '1 millisecond' THEN incident_look.before_at ELSE incident_look.at END,
       before = CASE WHEN incident_look.at > excluded.at - $6 * interval '1 millisecond' THEN incident_look.before ELSE incident_look.picture END`,
    [context.tenant, person, detail.row.id, now, storableJson(pictureOf(detail)), VISIT_MS],
  );
}

async function readLook(context: ServerContext, person: string, incident: string): Promise<LookRow | undefined> {
  const { rows } = await context.pool.query<LookRow>(
    'SELECT at, picture, before_at, before FROM incident_look WHERE tenant_id = $1 AND person_id = $2 AND incident_id = $3',
    [context.tenant, person, incident],
  );
  return rows[0];
}
