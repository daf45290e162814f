import type { AsSignedView, SignedKeys } from '../../audit/verify/as-signed.ts';
import type { Person } from '../../model/review.ts';
import type { ServerContext } from '../context.ts';
import { isHidden } from '../drills/sight.ts';

interface Row {
  readonly proposal: string;
  readonly revision: number;
  readonly person: string;
  readonly intent: string;
  readonly session: string | null;
  readonly act: string | null;
  readonly presentation: string | null;
  readonly entry: Buffer | null;
  readonly idx: string | null;
  readonly name: string | null;
}

/** Reads a review with its revision's texts straight from where they are kept: no cache, no parsing, no printing. Undefined where there is none, as far as this person is told. */
export async function readAsSigned(
  context: ServerContext,
  review: string,
  person: Pick<Person, 'id'> | undefined,
): Promise<AsSignedView | undefined> {
  const { rows } = await context.pool.query<Row>(
    `SELECT r.proposal_id AS proposal, r.revision, r.person_id AS person, r.intent, r.signature->>'session' AS session, v.act, v.presentation,
            l.entry, l.idx, (SELECT e.name FROM enrolment e WHERE e.tenant_id = r.tenant_id AND e.person_id = r.person_id ORDER BY e.created_at DESC LIMIT 1) AS name
       FROM review r
       LEFT JOIN revision v ON v.tenant_id = r.tenant_id AND v.proposal_id = r.proposal_id AND v.revision = r.revision
       LEFT JOIN audit_entry l ON l.tenant_id = r.tenant_id AND l.pending_id = r.pending_id
      WHERE r.tenant_id = $1 AND r.id = $2`,
    [context.tenant, review],
  );
  const [row] = rows;
  if (row === undefined || (await isHidden(context, row.proposal, person))) return undefined;
  return {
    kept: {
      v: '1',
      review,
      proposal: row.proposal,
      revision: String(row.revision),
      entry: row.entry?.toString('utf8') ?? '',
      intent: row.intent,
      act: row.act ?? '',
      presentation: row.presentation ?? '',
    },
    keys: await keysOf(context, row),
    logIndex: row.idx === null ? undefined : Number(row.idx),
    by: row.name ?? row.person,
  };
}

async function keysOf(context: ServerContext, { person, session }: Row): Promise<SignedKeys> {
  const enrolled = await context.pool.query<{ statement: string }>(
    'SELECT statement FROM enrolment WHERE tenant_id = $1 AND person_id = $2',
    [context.tenant, person],
  );
  const endorsed = await context.pool.query<{ statement: string; person: string }>(
    'SELECT statement, person_id AS person FROM session_endorsement WHERE tenant_id = $1 AND id = $2',
    [context.tenant, session ?? ''],
  );
  return {
    enrolments: enrolled.rows.map(({ statement }) => JSON.parse(statement)),
    sessions: endorsed.rows.map(row => ({ statement: JSON.parse(row.statement), person: row.person })),
    isDemo: context.genesis.demo,
  };
}
