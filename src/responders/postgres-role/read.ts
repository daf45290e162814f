import { fail, ok, type Result } from '../../base/result.ts';
import { type Failure, failureOf } from '../../model/failure.ts';
import type { TargetFacts } from '../../ports/responder.ts';
import { ROLE_NAME_BYTES_MAX } from '../shared/postgres/postgres-identifier.ts';
import type { Row, Session } from '../shared/postgres/postgres-session.ts';
import { shownText } from '../shared/wire-text.ts';
import type { PostgresSettings } from './config.ts';
import { END_SESSIONS_FUNCTION, LOCK_FUNCTION, UNLOCK_FUNCTION } from './setup.sql.ts';

/** What `countersign.role_state` tells, member by member. */
export type RoleState = ReadonlyMap<string, string>;

/** A session that is open as the role. */
export interface RoleSession {
  readonly address: string;
  readonly application: string;
  readonly database: string;
  readonly begun: string;
  readonly kind: string;
}

/** Everything that a plan says of a role, read in one transaction. */
export interface RoleReading {
  readonly oid: string;
  readonly state: RoleState;
  readonly sessions: readonly RoleSession[];
  readonly facts: TargetFacts;
  readonly dependents: readonly string[];
  /** Rights that the write credential or the owner of the functions lacks, in words. */
  readonly missingScopes: readonly string[];
}

const IMMUTABLE_ID = /^(\d{1,20}):([1-9]\d{0,9})$/;

/** `<system identifier of the cluster>:<oid>`: a role of the same name made later is another one. */
export function immutableIdOf(state: RoleState, oid: string): string {
  return `${state.get('cluster') ?? ''}:${oid}`;
}

/** The oid behind a name or an immutable id, and nothing else: no folding of case, no cutting, no look-alikes. */
export async function findRole(
  session: Session,
  target: { readonly name: string } | { readonly immutableId: string },
): Promise<Result<{ readonly oid: string; readonly state: RoleState }, Failure>> {
  if ('immutableId' in target) {
    const [, cluster, oid] = IMMUTABLE_ID.exec(target.immutableId) ?? [];
    if (cluster === undefined || oid === undefined) return notFound('the id is not `cluster:oid`');
    const state = await readState(session, oid);
    if (state === undefined) return notFound('no role has this oid');
    if (state.get('cluster') !== cluster) return notFound('the id belongs to another cluster');
    return ok({ oid, state });
  }
  const { name } = target;
  if (name === '' || name.includes('\0') || !name.isWellFormed() || Buffer.byteLength(name) > ROLE_NAME_BYTES_MAX) {
    return notFound(`no role can have this name: it is empty, over ${ROLE_NAME_BYTES_MAX} bytes, or not text`);
  }
  const [row] = await session.ask('SELECT oid::text AS oid FROM pg_roles WHERE rolname::text = $1', [name]);
  const oid = row?.['oid'];
  if (typeof oid !== 'string') return notFound(`there is no role ${shownText(name)}`);
  const state = await readState(session, oid);
  return state === undefined ? notFound('the role has gone') : ok({ oid, state });
}

function notFound(detail: string): Result<never, Failure> {
  return fail(failureOf('proposal.target_not_found', `postgres-role: ${detail}`));
}

/** The state of a role; undefined where there is none with this oid. */
export async function readState(session: Session, oid: string): Promise<RoleState | undefined> {
  const rows = await session.ask('SELECT e.key, e.value FROM jsonb_each_text(countersign.role_state($1::oid)) e', [
    oid,
  ]);
  if (rows.length === 0) return undefined;
  return new Map(rows.map(row => [row['key'] ?? '', row['value'] ?? '']));
}

/** The sessions that are open as the role, oldest first. */
export async function readSessions(session: Session, oid: string): Promise<readonly RoleSession[]> {
  const rows = await session.ask(
    'SELECT begun::text AS begun, address, application, database, kind FROM countersign.role_sessions($1::oid)',
    [oid],
  );
  return rows.map(row => ({
    address: row['address'] ?? 'unknown',
    application: row['application'] ?? '',
    database: row['database'] ?? 'none',
    begun: row['begun'] ?? 'unknown',
    kind: row['kind'] ?? 'unknown',
  }));
}

/** Reads all that a plan says of the role with this oid. */
export async function readRole(
  session: Session,
  found: { readonly oid: string; readonly state: RoleState },
  settings: PostgresSettings,
): Promise<RoleReading> {
  const { oid, state } = found;
  const sessions = await readSessions(session, oid);
  const [facts] = await session.ask(FACTS_SQL, [oid, settings.readUser, settings.writeUser]);
  const dependents = await session.ask(DEPENDENTS_SQL, [oid, String(DEPENDENTS_MAX + 1)]);
  const scopes = await session.ask(SCOPES_SQL, [
    oid,
    settings.writeUser,
    LOCK_FUNCTION,
    UNLOCK_FUNCTION,
    END_SESSIONS_FUNCTION,
  ]);
  const shown = dependents.slice(0, DEPENDENTS_MAX).map(row => shownText(row['text'] ?? ''));
  return {
    oid,
    state,
    sessions,
    facts: factsOf(facts, state),
    dependents:
      dependents.length > DEPENDENTS_MAX
        ? [...shown, `more than ${DEPENDENTS_MAX} dependents; the rest is not listed`]
        : shown,
    missingScopes: scopes.map(row => row['text'] ?? ''),
  };
}

function factsOf(row: Row | undefined, state: RoleState): TargetFacts {
  const kind = row?.['kind'];
  return {
    displayName: shownText(state.get('name') ?? ''),
    isPrivileged: row?.['privileged'] === 'false' ? 'no' : row?.['privileged'] === 'true' ? 'yes' : 'unknown',
    isMachine: kind === 'machine' ? 'yes' : kind === 'person' ? 'no' : 'unknown',
    isLastAdministrator: row?.['last_administrator'] !== 'false',
    isOwnIdentity: row?.['own'] !== 'false',
  };
}

/**
 * Predefined roles that let nobody read or change data: any other `pg_` role makes its member privileged, those of
 * later versions included (PostgreSQL manual 21.5).
 */
const HARMLESS =
  "'pg_monitor', 'pg_read_all_settings', 'pg_read_all_stats', 'pg_stat_scan_tables', 'pg_use_reserved_connections', 'pg_checkpoint'";

/**
 * Whether it is a machine stands in the comment on the role, which the role itself cannot write: a line
 * `countersign: machine` or `countersign: person`. What a client says of itself (application_name) counts for nothing.
 */
const FACTS_SQL = `
WITH target AS (SELECT * FROM pg_roles WHERE oid = $1::oid),
reach AS (
  SELECT g.* FROM pg_roles g, target t WHERE g.oid = t.oid OR pg_has_role(t.oid, g.oid, 'MEMBER')
),
administrators AS (SELECT oid FROM pg_roles WHERE rolcanlogin AND (rolsuper OR rolcreaterole))
SELECT
  (EXISTS (SELECT FROM reach WHERE rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls
      OR (rolname LIKE 'pg\\_%' AND rolname NOT IN (${HARMLESS})))
    OR EXISTS (SELECT FROM pg_database d WHERE d.datdba = $1::oid))::text AS privileged,
  (EXISTS (SELECT FROM administrators WHERE oid = $1::oid)
    AND NOT EXISTS (SELECT FROM administrators WHERE oid <> $1::oid))::text AS last_administrator,
  (SELECT (rolname::text IN ($2, $3) OR rolname = session_user
    OR has_function_privilege(oid, 'countersign.role_state(oid)', 'EXECUTE') AND NOT rolsuper)::text FROM target) AS own,
  substring(shobj_description($1::oid, 'pg_authid') FROM '(?n)^countersign: (machine|person)$') AS kind`;

const DEPENDENTS_MAX = 50;

const DEPENDENTS_SQL = `
SELECT text FROM (
  SELECT 1 AS rank, 'owns ' || count(*) || ' objects in ' || coalesce('database ' || d.datname, 'the cluster') AS text
    FROM pg_shdepend s LEFT JOIN pg_database d ON d.oid = s.dbid
    WHERE s.refclassid = 'pg_authid'::regclass AND s.refobjid = $1::oid AND s.deptype = 'o' GROUP BY d.datname
  UNION ALL
  SELECT 2, 'its rights are used by role ' || m.rolname FROM pg_auth_members a JOIN pg_roles m ON m.oid = a.member
    WHERE a.roleid = $1::oid AND (a.inherit_option OR a.set_option)
  UNION ALL
  SELECT 3, 'has the rights of role ' || g.rolname FROM pg_roles g
    WHERE g.oid <> $1::oid AND pg_has_role($1::oid, g.oid, 'MEMBER') AND NOT (SELECT rolsuper FROM pg_roles WHERE oid = $1::oid)
) found ORDER BY rank, text LIMIT $2::int`;

/** One row for each right that is missing. The owner of the functions is who they run as. */
const SCOPES_SQL = `
WITH f AS (SELECT to_regprocedure(u.signature) AS oid, u.signature FROM unnest(ARRAY[$3, $4, $5]) AS u(signature)),
owner AS (SELECT r.* FROM pg_proc p JOIN pg_roles r ON r.oid = p.proowner WHERE p.oid = to_regprocedure($3)),
writer AS (SELECT * FROM pg_roles WHERE rolname::text = $2)
SELECT 'the role ' || $2 || ' does not exist' AS text WHERE NOT EXISTS (SELECT FROM writer)
UNION ALL SELECT 'the function ' || f.signature || ' does not exist' FROM f WHERE f.oid IS NULL
UNION ALL SELECT $2 || ' may not execute ' || f.signature FROM f, writer w
  WHERE f.oid IS NOT NULL AND NOT (has_schema_privilege(w.oid, 'countersign', 'USAGE') AND has_function_privilege(w.oid, f.oid, 'EXECUTE'))
UNION ALL SELECT o.rolname || ' lacks CREATEROLE' FROM owner o WHERE NOT (o.rolcreaterole OR o.rolsuper)
UNION ALL SELECT o.rolname || ' is not a member of pg_signal_backend' FROM owner o WHERE NOT pg_has_role(o.oid, 'pg_signal_backend', 'USAGE')
UNION ALL SELECT o.rolname || ' is not a member of pg_read_all_stats' FROM owner o WHERE NOT pg_has_role(o.oid, 'pg_read_all_stats', 'USAGE')
UNION ALL SELECT o.rolname || ' has no ADMIN on this role' FROM owner o WHERE NOT pg_has_role(o.oid, $1::oid, 'MEMBER WITH ADMIN OPTION')`;
