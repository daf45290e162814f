import type { StoredEnrolment, StoredInvitation, StoredStatement } from '../core/decide/directory.ts';
import { CHANGE_SIGNATURES } from '../core/decide/person-change.ts';
import type { PersonSignature } from '../model/audit-entry.ts';
import type { PersonChangeSignature } from '../model/person-change.ts';
import type { Queryable } from './log.ts';

/** What there is of people. Who counts is computed from signatures. */
export interface StoredPeople {
  readonly invitations: readonly StoredInvitation[];
  /** In the order in which they were stored. */
  readonly statements: readonly StoredStatement[];
}

/** The same, with the enrolments that stood when one administrator alone could invite anybody, by what this database says. */
export interface StoredPeopleOfDatabase extends StoredPeople {
  readonly byOne: ReadonlySet<string>;
}

export async function readStoredPeople(db: Queryable, tenant: string): Promise<StoredPeopleOfDatabase> {
  const invitations = await db.query<{ body: string; signature: PersonSignature }>(
    'SELECT body, signature FROM invitation WHERE tenant_id = $1 ORDER BY created_at, id',
    [tenant],
  );
  const enrolments = await db.query<{
    statement: string;
    link_signature: string;
    name: string;
    created_at: Date;
    is_by_one: boolean;
  }>(
    'SELECT statement, link_signature, name, created_at, is_by_one FROM enrolment WHERE tenant_id = $1 ORDER BY created_at, person_id',
    [tenant],
  );
  const changes = await db.query<{ statement: string; signatures: PersonChangeSignature[]; at: Date }>(
    `SELECT c.statement, jsonb_agg(jsonb_build_object('by', s.person_id, 'signature', s.signature) ORDER BY s.at, s.person_id) AS signatures, max(s.at) AS at
       FROM person_change c JOIN person_change_signature s ON s.tenant_id = c.tenant_id AND s.change_id = c.id
      WHERE c.tenant_id = $1 GROUP BY c.id, c.statement HAVING count(*) >= $2 ORDER BY at, c.id`,
    [tenant, CHANGE_SIGNATURES],
  );
  const enrolled = enrolments.rows.map(
    (row): StoredEnrolment => ({
      statement: row.statement,
      linkSignature: row.link_signature,
      name: row.name,
      createdAt: row.created_at.getTime(),
    }),
  );
  const changed = changes.rows.map(({ statement, signatures, at }) => ({
    statement,
    signatures,
    createdAt: at.getTime(),
  }));
  const statements = [...enrolled, ...changed].sort((a, b) => a.createdAt - b.createdAt);
  const byOne = new Set(enrolments.rows.filter(row => row.is_by_one).map(row => row.statement));
  return { invitations: invitations.rows, statements, byOne };
}
