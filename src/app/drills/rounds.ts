import { randomBytes } from 'node:crypto';
import { MS_PER_SECOND, unixMsFrom } from '../../base/time.ts';
import { isDrilling, nextDrill, type Shift, shiftAt } from '../../core/decide/drills.ts';
import type { DrillSetting } from '../../model/drill.ts';
import type { ServerContext } from '../context.ts';
import { giveWay, openDrills } from './give-way.ts';
import { type DrillParts, makeDrill } from './make.ts';

/** How often it is looked whether a drill is due, or in the way. */
const LOOK_MS = 20 * MS_PER_SECOND;

export interface RoundParts extends DrillParts {
  /** Whether a channel that others read tells of proposals that wait: its silence would tell which is a drill. */
  readonly tellsOthers: () => Promise<boolean>;
}

/** Makes the drills that the policy asks for, while it does. Returns how to stop; nothing that acts depends on it. */
export function startDrills(parts: RoundParts): () => Promise<void> {
  const { context } = parts;
  let isStopped = false;
  let wake: () => void = () => {};
  const done = (async () => {
    while (!isStopped) {
      await drillRound(parts).catch((error: unknown) =>
        context.logger.warn({ err: error }, 'drills could not be looked after'),
      );
      await new Promise<void>(resolve => {
        const timer = setTimeout(resolve, LOOK_MS);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
        if (isStopped) wake();
      });
    }
  })();
  return async () => {
    isStopped = true;
    wake();
    await done;
  };
}

/** One look: drills give way to what is grave, and to the end of the setting; the next one is drawn, or made. */
export async function drillRound(parts: RoundParts): Promise<'off' | 'gave_way' | 'nothing' | 'drawn' | 'made'> {
  const { context } = parts;
  const setting = context.policy().drills;
  const now = context.now();
  const isOn = isDrilling(setting, now) && !(await parts.tellsOthers()) && !(await doGraveOnesWait(context));
  if (!isOn) {
    const open = await openDrills(context);
    for (const id of open) await giveWay(context, id);
    return open.length > 0 ? 'gave_way' : 'off';
  }
  const shift = shiftAt(now, setting);
  const so = await readShift(context, setting, shift);
  const next = nextDrill({ shift, now, ...so }, randomBytes(4).readUInt32BE());
  if (next.kind === 'none') return 'nothing';
  if (next.kind === 'draw') {
    await context.pool.query(
      'INSERT INTO drill_turn (tenant_id, shift, number, due_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING',
      [context.tenant, shift.id, so.made, new Date(next.dueAt)],
    );
    return 'drawn';
  }
  const made = await makeDrill(parts, setting);
  // Nobody reads in the server's own words whether and when there was one.
  return made.ok ? 'made' : 'nothing';
}

/** While a critical incident has no owner, or something about one waits for people, their attention is not asked for. */
async function doGraveOnesWait(context: ServerContext): Promise<boolean> {
  const { rows } = await context.pool.query<{ waits: boolean }>(
    `SELECT EXISTS (SELECT FROM incident i WHERE i.tenant_id = $1 AND i.severity = 'critical' AND i.state = 'open' AND i.merged_into IS NULL
              AND i.alert_count > 0 AND i.owner = '')
         OR EXISTS (SELECT FROM proposal_index x JOIN proposal p ON p.tenant_id = x.tenant_id AND p.id = x.proposal_id
              JOIN incident i ON i.tenant_id = p.tenant_id AND i.id = p.incident_id
              WHERE x.tenant_id = $1 AND x.state = 'in_review' AND i.severity = 'critical')
         OR EXISTS (SELECT FROM proposal_index x WHERE x.tenant_id = $1 AND x.state = 'in_review' AND x.tier = 'T3') AS waits`,
    [context.tenant],
  );
  return rows[0]?.waits === true;
}

async function readShift(context: ServerContext, { team, leads }: DrillSetting, shift: Shift) {
  const members = team.filter(person => !leads.includes(person));
  const { rows } = await context.pool.query<{
    on_shift: string[];
    drilled: string[];
    made: number;
    open: number;
    due_at: Date | null;
  }>(
    `WITH mine AS (SELECT * FROM drill WHERE tenant_id = $1 AND shift = $2)
     SELECT ARRAY(SELECT DISTINCT person_id FROM evidence_opened WHERE tenant_id = $1 AND at >= $3 AND person_id = ANY ($4)
                  UNION SELECT DISTINCT person_id FROM review WHERE tenant_id = $1 AND received_at >= $3 AND person_id = ANY ($4)) AS on_shift,
            ARRAY(SELECT DISTINCT unnest(audience) FROM mine WHERE opened_at IS NOT NULL) AS drilled,
            (SELECT count(*)::int FROM mine) AS made,
            (SELECT count(*)::int FROM drill WHERE tenant_id = $1 AND opened_at IS NULL) AS open,
            (SELECT due_at FROM drill_turn WHERE tenant_id = $1 AND shift = $2 AND number = (SELECT count(*) FROM mine)) AS due_at`,
    [context.tenant, shift.id, new Date(shift.from), members],
  );
  const [row] = rows;
  return {
    onShift: row?.on_shift ?? [],
    drilled: row?.drilled ?? [],
    made: row?.made ?? 0,
    open: row?.open ?? 0,
    dueAt: row?.due_at === null || row?.due_at === undefined ? undefined : unixMsFrom(row.due_at.getTime()),
  };
}
