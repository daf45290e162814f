import { fail, ok, type Result } from '../../base/result.ts';
import { type Failure, failureOf } from '../../model/failure.ts';
import type { TargetFacts } from '../../ports/responder.ts';
import { OUR_APPLICATION, type Row, type Session } from '../shared/postgres/postgres-session.ts';
import { shownText } from '../shared/wire-text.ts';
import type { RotationSettings } from './config.ts';
import { READ_FUNCTIONS, WRITE_FUNCTIONS } from './setup.sql.ts';

/** What `countersign_rotation.pair_state` tells of a login and its partner, member by member. */
export type PairState = ReadonlyMap<string, string>;

/** A session that is open as one of the two logins, and is none of our own tries. */
export interface LoginSession {
  readonly address: string;
  readonly application: string;
  readonly database: string;
  readonly begun: string;
}

/** Everything that a plan says of the two logins, read in one transaction. */
export interface PairReading {
  readonly oid: string;
  readonly state: PairState;
  readonly sessions: readonly LoginSession[];
  readonly standbySessions: readonly LoginSession[];
  readonly facts: TargetFacts;
  readonly dependents: readonly string[];
  /** Rights that the write credential or the owner of the functions lacks, in words. */
  readonly missingScopes: readonly string[];
}

const IMMUTABLE_ID = /^(\d{1,20}):([1-9]\d{0,9})$/;

/** The oid in `<system identifier of the cluster>:<oid>`; undefined for anything else. */
export function oidOf(immutableId: string): string | undefined {
  return IMMUTABLE_ID.exec(immutableId)?.[2];
}

export function immutableIdOf(state: PairState): string {
  return `${state.get('cluster') ?? ''}:${state.get('login.oid') ?? ''}`;
}

/** The login of a name or an immutable id, where it is one of the two that the settings name, and nothing else. */
export async function findPair(
  session: Session,
  settings: RotationSettings,
  target: { readonly name: string } | { readonly immutableId: string },
): Promise<Result<{ readonly oid: string; readonly state: PairState }, Failure>> {
  const ours = [settings.loginA, settings.loginB];
  const oid = 'name' in target ? await oidNamed(session, ours, target.name) : oidOf(target.immutableId);
  if (oid === undefined) return notFound('it is neither of the two logins of this service');
  const state = await readPair(session, oid);
  if (state === undefined) {
    return 'name' in target
      ? fail(failureOf('responder.missing_scope', `${NAME}: the server was told of no pair with this login`))
      : notFound('no login of a pair has this oid');
  }
  if ('immutableId' in target && immutableIdOf(state) !== target.immutableId)
    return notFound('the id belongs to another cluster');
  const names = [state.get('login.name'), state.get('standby.name')];
  if (!names.every(name => name !== undefined && ours.includes(name))) {
    return 'name' in target
      ? fail(failureOf('responder.missing_scope', `${NAME}: the server knows this login in another pair`))
      : notFound('it is neither of the two logins of this service');
  }
  return ok({ oid, state });
}

const NAME = 'postgres-rotation';

function notFound(detail: string): Result<never, Failure> {
  return fail(failureOf('proposal.target_not_found', `${NAME}: ${detail}`));
}

async function oidNamed(session: Session, ours: readonly string[], name: string): Promise<string | undefined> {
  if (!ours.includes(name)) return undefined;
  const [row] = await session.ask('SELECT oid::text AS oid FROM pg_roles WHERE rolname::text = $1', [name]);
  return row?.['oid'] ?? undefined;
}

/** The state of a login and its partner; undefined where it is in no pair. */
export async function readPair(session: Session, oid: string): Promise<PairState | undefined> {
  const rows = await session.ask(
    'SELECT e.key, e.value FROM jsonb_each_text(countersign_rotation.pair_state($1::oid)) e',
    [oid],
  );
  return rows.length === 0 ? undefined : new Map(rows.map(row => [row['key'] ?? '', row['value'] ?? '']));
}

/** The sessions that are open as a login, oldest first. Without our own tries, which end at once. */
export async function readSessions(session: Session, oid: string): Promise<readonly LoginSession[]> {
  const rows = await session.ask(
    `SELECT begun::text AS begun, address, application, database FROM countersign_rotation.login_sessions($1::oid)
      WHERE application <> $2`,
    [oid, OUR_APPLICATION],
  );
  return rows.map(row => ({
    address: row['address'] ?? 'unknown',
    application: row['application'] ?? '',
    database: row['database'] ?? 'none',
    begun: row['begun'] ?? 'unknown',
  }));
}

/** Reads all that a plan says of the two logins. */
export async function readReading(
  session: Session,
  { oid, state }: { readonly oid: string; readonly state: PairState },
  settings: RotationSettings,
): Promise<PairReading> {
  const partner = state.get('standby.oid') ?? '0';
  const [facts] = await session.ask(FACTS_SQL, [oid]);
  const dependents = await session.ask(DEPENDENTS_SQL, [oid, String(DEPENDENTS_MAX + 1)]);
  const scopes = await session.ask(SCOPES_SQL, [oid, partner, settings.writeUser, ...WRITE_FUNCTIONS]);
  const shown = dependents.slice(0, DEPENDENTS_MAX).map(row => shownText(row['text'] ?? ''));
  return {
    oid,
    state,
    sessions: await readSessions(session, oid),
    standbySessions: await readSessions(session, partner),
    facts: factsOf(facts, state, settings),
    dependents:
      dependents.length > DEPENDENTS_MAX
        ? [...shown, `more than ${DEPENDENTS_MAX} dependents; the rest is not listed`]
        : shown,
    missingScopes: scopes.map(row => row['text'] ?? ''),
  };
}

/** That programs log in as it, is what it is there for. */
function factsOf(row: Row | undefined, state: PairState, { readUser, writeUser }: RotationSettings): TargetFacts {
  const names = [state.get('login.name') ?? '', state.get('standby.name') ?? ''];
  return {
    displayName: shownText(state.get('login.name') ?? ''),
    isPrivileged: row?.['privileged'] === 'false' ? 'no' : row?.['privileged'] === 'true' ? 'yes' : 'unknown',
    isMachine: 'yes',
    isLastAdministrator: false,
    isOwnIdentity: names.includes(readUser) || names.includes(writeUser),
  };
}

/** Predefined roles that let nobody read or change data (PostgreSQL manual 21.5). */
const HARMLESS =
  "'pg_monitor', 'pg_read_all_settings', 'pg_read_all_stats', 'pg_stat_scan_tables', 'pg_use_reserved_connections', 'pg_checkpoint'";

const FACTS_SQL = `
SELECT (EXISTS (SELECT FROM pg_roles g WHERE (g.oid = $1::oid OR pg_has_role($1::oid, g.oid, 'MEMBER'))
    AND (g.rolsuper OR g.rolcreaterole OR g.rolcreatedb OR g.rolreplication OR g.rolbypassrls
      OR (g.rolname LIKE 'pg\\_%' AND g.rolname NOT IN (${HARMLESS}))))
  OR EXISTS (SELECT FROM pg_database d WHERE d.datdba = $1::oid))::text AS privileged`;

const DEPENDENTS_MAX = 50;

/** What the other login does not get by being in the same groups: what belongs to this one, or names it. */
const DEPENDENTS_SQL = `
SELECT text FROM (
  SELECT 1 AS rank, 'has the rights of role ' || g.rolname AS text FROM pg_roles g
    WHERE g.oid <> $1::oid AND pg_has_role($1::oid, g.oid, 'MEMBER') AND NOT (SELECT rolsuper FROM pg_roles WHERE oid = $1::oid)
  UNION ALL
  SELECT 2, 'itself ' || CASE s.deptype WHEN 'o' THEN 'owns ' ELSE 'is named in the rights of ' END || count(*) || ' objects in '
      || coalesce('database ' || d.datname, 'the cluster') || ', which the other login is not'
    FROM pg_shdepend s LEFT JOIN pg_database d ON d.oid = s.dbid
    WHERE s.refclassid = 'pg_authid'::regclass AND s.refobjid = $1::oid GROUP BY d.datname, s.deptype
  UNION ALL
  SELECT 3, 'its rights are used by role ' || m.rolname FROM pg_auth_members a JOIN pg_roles m ON m.oid = a.member
    WHERE a.roleid = $1::oid AND (a.inherit_option OR a.set_option)
  UNION ALL
  SELECT 4, 'has settings of its own, which the other login does not get' WHERE EXISTS (
    SELECT FROM pg_db_role_setting s WHERE s.setrole = $1::oid)
) found ORDER BY rank, text LIMIT $2::int`;

/** One row for each right that is missing. The owner of the functions is who they run as. */
const SCOPES_SQL = `
WITH f AS (SELECT to_regprocedure(u.signature) AS oid, u.signature FROM unnest(ARRAY[${WRITE_FUNCTIONS.map((_, index) => `$${index + 4}`).join(', ')}]) AS u(signature)),
owner AS (SELECT r.* FROM pg_proc p JOIN pg_roles r ON r.oid = p.proowner WHERE p.oid = to_regprocedure('${READ_FUNCTIONS[0]}')),
writer AS (SELECT * FROM pg_roles WHERE rolname::text = $3)
SELECT 'the role ' || $3 || ' does not exist' AS text WHERE NOT EXISTS (SELECT FROM writer)
UNION ALL SELECT 'the function ' || f.signature || ' does not exist' FROM f WHERE f.oid IS NULL
UNION ALL SELECT $3 || ' may not execute ' || f.signature FROM f, writer w
  WHERE f.oid IS NOT NULL AND NOT (has_schema_privilege(w.oid, 'countersign_rotation', 'USAGE') AND has_function_privilege(w.oid, f.oid, 'EXECUTE'))
UNION ALL SELECT o.rolname || ' lacks CREATEROLE' FROM owner o WHERE NOT (o.rolcreaterole OR o.rolsuper)
UNION ALL SELECT o.rolname || ' is not a member of pg_signal_backend' FROM owner o WHERE NOT pg_has_role(o.oid, 'pg_signal_backend', 'USAGE')
UNION ALL SELECT o.rolname || ' is not a member of pg_read_all_stats' FROM owner o WHERE NOT pg_has_role(o.oid, 'pg_read_all_stats', 'USAGE')
UNION ALL SELECT o.rolname || ' has no ADMIN on role ' || r.rolname FROM owner o, pg_roles r
  WHERE r.oid IN ($1::oid, $2::oid) AND NOT pg_has_role(o.oid, r.oid, 'MEMBER WITH ADMIN OPTION')`;
