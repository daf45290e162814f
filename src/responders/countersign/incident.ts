import { CLOSE_OUTCOMES } from '../../model/incident.ts';
import { shownText } from '../shared/wire-text.ts';
import { lastValue, type OwnReading, type ReadOwn } from './reading.ts';
import type { Session } from './session.ts';

/** The name of an incident in `own_effect`. */
export function incidentObject(id: string): string {
  return `incident/${id}`;
}

/** Severities of which one person's word is enough. What is not known ranks with the worst. */
const MILD = ['informational', 'low', 'medium'];

interface IncidentRecord {
  readonly title: string;
  readonly severity: string;
  readonly merged_into: string | null;
  readonly alerts: string;
  readonly first_seen: Date;
  readonly last_seen: Date;
}

/**
 * An incident by its id. It is closed while its last act says so and no alert has joined it since: what is new opens it again
 * by itself, and a closing that people had not seen the news of finds it changed. Nothing is closed while it is not known
 * what became of an act on it.
 */
export const readIncident: ReadOwn = async (session, { tenant }, { operation, target, params, before }) => {
  const id = 'name' in target ? target.name : target.immutableId.replace(/^incident\//, '');
  const row = await readRow(session, tenant, id);
  if (row === undefined) return `there is no incident ${id}`;
  const last = await lastValue(session, tenant, incidentObject(id));
  const isClosed = last?.['state'] === 'closed' && Number(row.alerts) <= Number(last['alerts']);
  const now = isClosed ? 'closed' : 'open';
  const wanted = operation === 'close-incident' ? 'closed' : 'open';
  const outcome = wanted === 'open' ? '' : (before?.['incident.outcome'] ?? params['outcome'] ?? '');
  const acts = await readActs(session, tenant, id);
  const isKnownOutcome = CLOSE_OUTCOMES.some(one => one === outcome);
  return {
    object: incidentObject(id),
    immutableId: incidentObject(id),
    displayName: id,
    title: shownText(row.title),
    marks: [
      ...(MILD.includes(row.severity) ? [] : (['severe_incident'] as const)),
      ...(wanted === 'closed' && acts.inPlace > 0 ? (['containment_open'] as const) : []),
    ],
    params: wanted === 'closed' ? { outcome } : {},
    state: {
      'incident.state': now,
      'incident.alerts': row.alerts,
      'incident.severity': row.severity,
      'incident.acts': `${acts.inPlace} in place, ${acts.unsettled} not settled`,
    },
    before: { 'incident.state': now, 'incident.outcome': last?.['outcome'] ?? '' },
    changes: [
      {
        path: 'incident.state',
        from: now,
        to: wanted === 'open' ? 'open' : `closed as ${outcome.replaceAll('_', ' ')}`,
      },
    ],
    blast: {
      direct: [
        `Severity ${row.severity}, ${row.alerts} ${row.alerts === '1' ? 'alert' : 'alerts'}, ${row.first_seen.toISOString()} to ${row.last_seen.toISOString()}.`,
        ...(acts.inPlace > 0 ? [`${acts.inPlace} acts on it are still in place and stay so.`] : []),
      ],
      dependents: [],
      unknown: wanted === 'closed' ? ['Alerts that have not arrived. One that joins the incident opens it again.'] : [],
    },
    refusals: refusalsOf({ row, now, wanted, isKnownOutcome, unsettled: acts.unsettled }),
    value: wanted === 'closed' ? { state: 'closed', outcome, alerts: row.alerts } : { state: 'open' },
    isInEffect: now === wanted,
  };
};

async function readRow(session: Session, tenant: string, id: string): Promise<IncidentRecord | undefined> {
  const [row] = await session.ask<IncidentRecord>(
    `SELECT i.title, i.severity, i.merged_into, i.first_seen, i.last_seen,
            (SELECT count(*) FROM alert a WHERE a.tenant_id = i.tenant_id AND a.incident_id = i.id) AS alerts
       FROM incident i WHERE i.tenant_id = $1 AND i.id = $2`,
    [tenant, id],
  );
  return row;
}

/** Acts on other systems that were proposed of the incident: how many hold and were not undone, and how many are not settled. */
async function readActs(
  session: Session,
  tenant: string,
  incident: string,
): Promise<{ readonly inPlace: number; readonly unsettled: number }> {
  const [row] = await session.ask<{ in_place: string; unsettled: string }>(
    `WITH act AS (
       SELECT e.id, p.undoes_execution,
              (SELECT f.body ->> 'outcome' FROM execution_fact f WHERE f.tenant_id = e.tenant_id AND f.execution_id = e.id AND f.kind = 'concluded' ORDER BY f.seq DESC LIMIT 1) AS outcome,
              intended.body ->> 'undoOperation' AS undo
         FROM proposal p JOIN execution e ON e.tenant_id = p.tenant_id AND e.proposal_id = p.id
         JOIN execution_fact intended ON intended.tenant_id = e.tenant_id AND intended.execution_id = e.id AND intended.kind = 'intended'
        WHERE p.tenant_id = $1 AND p.incident_id = $2 AND intended.body -> 'plan' -> 'target' ->> 'type' <> 'incident')
     SELECT count(*) FILTER (WHERE outcome = 'verified' AND undo <> 'none' AND undoes_execution IS NULL
              AND NOT EXISTS (SELECT FROM act u WHERE u.undoes_execution = act.id AND u.outcome = 'verified')) AS in_place,
            count(*) FILTER (WHERE outcome IS NULL OR outcome NOT IN ('verified', 'failed')) AS unsettled
       FROM act`,
    [tenant, incident],
  );
  return { inPlace: Number(row?.in_place ?? 0), unsettled: Number(row?.unsettled ?? 0) };
}

function refusalsOf(of: {
  readonly row: IncidentRecord;
  readonly now: string;
  readonly wanted: 'open' | 'closed';
  readonly isKnownOutcome: boolean;
  readonly unsettled: number;
}): OwnReading['refusals'] {
  const refusals: OwnReading['refusals'][number][] = [];
  if (of.row.merged_into !== null)
    refusals.push({ reason: 'changed_since', text: `It was merged into ${of.row.merged_into}.` });
  if (of.now === of.wanted) refusals.push({ reason: 'already_in_effect', text: `The incident is ${of.now}.` });
  if (of.wanted === 'open') return refusals;
  if (!of.isKnownOutcome)
    refusals.push({ reason: 'nothing_to_undo', text: 'It does not say which of the known outcomes it had.' });
  if (of.unsettled > 0)
    refusals.push({
      reason: 'not_settled',
      text: `What became of ${of.unsettled} of the acts on it is not settled yet.`,
    });
  return refusals;
}
