import type { Id } from '../base/id.ts';
import { type Alert, entityKey, SEVERITY_RANK, type Severity } from '../model/alert.ts';
import type { Inventory } from '../model/inventory.ts';
import { isMeant, type RuleScope, type SuppressionOutcome, type SuppressionRow } from '../model/suppression.ts';
import type { Db, ServerContext } from './context.ts';
import type { BatchHead, PlacedAlert } from './intake-store.ts';
import { readPeople } from './people.ts';
import { signedInventory } from './signed-inventory.ts';

/** What an own effect of a rule says. */
type RuleValue = RuleScope & {
  readonly state: 'suppressed' | 'counts';
  readonly until: string;
  readonly why: string;
  readonly severity?: Severity;
};

interface InForce {
  readonly seq: string;
  readonly value: RuleValue;
}

/** The suppressions that are in force, and what counts in spite of them. */
interface Suppressing {
  readonly inForce: readonly InForce[];
  readonly critical: ReadonlySet<string>;
}

/** What is suppressed at a moment. Read before the transaction that keeps a batch, which asks for no second connection. */
export async function readSuppressing(context: ServerContext, at: number): Promise<Suppressing> {
  const { rows } = await context.pool.query<InForce>(
    `SELECT DISTINCT ON (object) seq, value FROM own_effect WHERE tenant_id = $1 AND object LIKE 'rule/%' ORDER BY object, seq DESC`,
    [context.tenant],
  );
  const inForce = rows.filter(({ value }) => value.state === 'suppressed' && Date.parse(value.until) > at);
  const critical = inForce.length === 0 ? new Set<string>() : criticalKeys(await signedInventory(context));
  return { inForce, critical };
}

/**
 * Writes down which of these alerts match a suppression that is in force when they come, and what becomes of them. It changes
 * nothing about where they are placed: what correlates is the same with and without it, so it replays the same.
 */
export async function noteSuppressions(
  { inForce, critical }: Suppressing,
  db: Db,
  head: BatchHead,
  placed: readonly PlacedAlert[],
): Promise<void> {
  const matching = placed.flatMap(({ alert }) => {
    const one = inForce.find(({ value }) => isMeant(value, alert));
    return one === undefined ? [] : [{ alert, one }];
  });
  if (matching.length === 0) return;
  await db.query(
    `INSERT INTO alert_suppression (tenant_id, alert_id, effect_seq, outcome, at)
     SELECT $1, alert_id, effect_seq, outcome, $2 FROM unnest($3::text[], $4::bigint[], $5::text[]) AS new (alert_id, effect_seq, outcome)`,
    [
      head.tenant,
      head.receivedAt,
      matching.map(({ alert }) => alert.id),
      matching.map(({ one }) => one.seq),
      matching.map(({ alert, one }) => outcomeOf(alert, one.value, critical)),
    ],
  );
}

function outcomeOf(alert: Alert, value: RuleValue, critical: ReadonlySet<string>): SuppressionOutcome {
  const known = value.severity === undefined ? 0 : (SEVERITY_RANK[value.severity] ?? 0);
  if (SEVERITY_RANK[alert.severity] > known) return 'graver';
  return alert.entities.some(entity => critical.has(entityKey(entity))) ? 'critical' : 'suppressed';
}

/** Entities that the inventory calls critical, highly critical or privileged, under every name that it has for them. */
function criticalKeys(inventory: Inventory | undefined): ReadonlySet<string> {
  const grave = (inventory?.records ?? []).filter(
    ({ criticality, privileged }) => criticality === 'critical' || criticality === 'high' || privileged === 'yes',
  );
  return new Set(grave.flatMap(({ aliases }) => aliases));
}

/**
 * Takes incidents all of whose alerts were set aside out of the queue, and puts those back that an alert which counts has
 * joined. What people closed stays closed.
 */
export async function hideSuppressed(db: Db, tenant: string, incidents: readonly Id<'incident'>[]): Promise<void> {
  await db.query({
    name: 'incident-suppressed',
    text: `UPDATE incident i SET state = CASE WHEN q.is_hidden THEN 'suppressed' ELSE 'open' END
             FROM (SELECT w.id, NOT EXISTS (
                     SELECT FROM alert a WHERE a.tenant_id = $1 AND a.incident_id = w.id AND NOT EXISTS (
                       SELECT FROM alert_suppression s WHERE s.tenant_id = $1 AND s.alert_id = a.id AND s.outcome = 'suppressed')) AS is_hidden
                     FROM unnest($2::text[]) AS w (id) WHERE EXISTS (SELECT FROM alert_suppression WHERE tenant_id = $1)) q
            WHERE i.tenant_id = $1 AND i.id = q.id AND i.alert_count > 0
              AND ((q.is_hidden AND i.state = 'open') OR (NOT q.is_hidden AND i.state = 'suppressed'))`,
    values: [tenant, incidents],
  });
}

/** Decisions that are listed, newest first. */
const LISTED_MAX = 100;
/** Alerts of each that are named. */
const MISSED_MAX = 20;

interface ListedRow {
  readonly object: string;
  readonly value: RuleValue;
  readonly at: Date;
  readonly ended_at: Date | null;
  readonly proposal: Id<'proposal'> | null;
  readonly by: string | null;
  readonly hidden: string;
  readonly counted: string;
  readonly missed:
    | readonly {
        readonly alert: Id<'alert'>;
        readonly incident: Id<'incident'>;
        readonly title: string;
        readonly severity: Severity;
        readonly at: string;
      }[]
    | null;
}

/** Every suppression that was decided, in force or over, with what it hid. */
export async function listSuppressions(context: ServerContext): Promise<readonly SuppressionRow[]> {
  const { rows } = await context.pool.query<ListedRow>(
    `SELECT o.object, o.value, o.at, p.id AS proposal, p.origin ->> 'by' AS by,
            (SELECT n.at FROM own_effect n WHERE n.tenant_id = $1 AND n.object = o.object AND n.seq > o.seq ORDER BY n.seq LIMIT 1) AS ended_at,
            (SELECT count(*) FROM alert_suppression s WHERE s.tenant_id = $1 AND s.effect_seq = o.seq AND s.outcome = 'suppressed') AS hidden,
            (SELECT count(*) FROM alert_suppression s WHERE s.tenant_id = $1 AND s.effect_seq = o.seq AND s.outcome <> 'suppressed') AS counted,
            (SELECT json_agg(m) FROM (
               SELECT a.id AS alert, a.incident_id AS incident, a.title, a.severity, s.at FROM alert_suppression s
                 JOIN alert a ON a.tenant_id = s.tenant_id AND a.id = s.alert_id
                WHERE s.tenant_id = $1 AND s.effect_seq = o.seq AND s.outcome = 'suppressed' ORDER BY s.at DESC, a.id LIMIT $3) m) AS missed
       FROM own_effect o
       LEFT JOIN LATERAL (SELECT e.proposal_id FROM execution_fact f JOIN execution e ON e.tenant_id = f.tenant_id AND e.id = f.execution_id
              WHERE f.tenant_id = $1 AND f.kind = 'intended' AND f.body ->> 'idempotencyKey' = o.idempotency_key LIMIT 1) x ON true
       LEFT JOIN proposal p ON p.tenant_id = $1 AND p.id = x.proposal_id
      WHERE o.tenant_id = $1 AND o.object LIKE 'rule/%' AND o.value ->> 'state' = 'suppressed' ORDER BY o.seq DESC LIMIT $2`,
    [context.tenant, LISTED_MAX, MISSED_MAX],
  );
  const names = new Map((await readPeople(context)).map(({ id, name }) => [id as string, name]));
  const now = context.now();
  return rows.map(({ value, at, ended_at, proposal, by, hidden, counted, missed }) => {
    const { source, rule, kind, value: entity, until, why } = value;
    const isEnded = ended_at !== null && ended_at.getTime() < Date.parse(until);
    return {
      scope: { source, rule, kind, value: entity },
      why,
      since: at.toISOString(),
      until,
      endedAt: isEnded ? ended_at.toISOString() : '',
      isInForce: !isEnded && Date.parse(until) > now,
      proposal: proposal ?? undefined,
      by: names.get(by ?? '') ?? '',
      hidden: Number(hidden),
      counted: Number(counted),
      missed: missed ?? [],
    };
  });
}
