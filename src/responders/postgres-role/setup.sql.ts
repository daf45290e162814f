import { quoteIdentifier } from '../shared/postgres/postgres-identifier.ts';
import { trailSql } from './trail.sql.ts';

/** Who is who in the target database. Names are role names there. */
export interface SetupOptions {
  /** NOLOGIN. Owns the functions; has CREATEROLE, and ADMIN on the targets only. Nobody else uses it. */
  readonly owner: string;
  /** LOGIN of the read credential. May call the two functions that only look. */
  readonly readUser: string;
  /** LOGIN of the write credential. May call the three functions that change something, and nothing else. */
  readonly writeUser: string;
  /** The roles that may be locked. Others are refused by the server, not by us. */
  readonly targets: readonly string[];
}

export const SETUP_DEFAULTS = {
  owner: 'countersign_owner',
  readUser: 'countersign_read',
  writeUser: 'countersign_write',
} as const;

/**
 * The SQL that a superuser of the target runs once, in the database that Countersign connects to. It sets no
 * passwords: give `readUser` and `writeUser` theirs with `\password`. Needs PostgreSQL 16, the first in which
 * CREATEROLE reaches only as far as ADMIN was granted.
 */
export function setupSql(options: SetupOptions): string {
  const owner = quoteIdentifier(options.owner);
  const readUser = quoteIdentifier(options.readUser);
  const writeUser = quoteIdentifier(options.writeUser);
  return [
    rolesSql(owner, readUser, writeUser),
    STATE_SQL,
    ACT_SQL,
    ...FUNCTIONS.map(
      signature => `ALTER FUNCTION ${signature} OWNER TO ${owner};\nREVOKE ALL ON FUNCTION ${signature} FROM PUBLIC;`,
    ),
    `ALTER TABLE countersign.act OWNER TO ${owner};`,
    trailSql(options),
    ...READ_FUNCTIONS.map(signature => `GRANT EXECUTE ON FUNCTION ${signature} TO ${readUser};`),
    ...WRITE_FUNCTIONS.map(signature => `GRANT EXECUTE ON FUNCTION ${signature} TO ${writeUser};`),
    ...options.targets.map(target => allowTargetSql(target, options.owner)),
  ].join('\n');
}

/** Adds one role to those that may be locked. */
export function allowTargetSql(target: string, owner: string = SETUP_DEFAULTS.owner): string {
  return `GRANT ${quoteIdentifier(target)} TO ${quoteIdentifier(owner)} WITH ADMIN TRUE, INHERIT FALSE, SET FALSE;`;
}

export const READ_FUNCTIONS = ['countersign.role_state(oid)', 'countersign.role_sessions(oid)'] as const;
export const LOCK_FUNCTION = 'countersign.lock_role(oid, jsonb, text)';
export const UNLOCK_FUNCTION = 'countersign.unlock_role(oid, jsonb, text)';
export const END_SESSIONS_FUNCTION = 'countersign.end_role_sessions(oid, jsonb, text)';
/** Those of {@link trailSql} come with it. */
const WRITE_FUNCTIONS = [LOCK_FUNCTION, UNLOCK_FUNCTION] as const;
const FUNCTIONS = [...READ_FUNCTIONS, 'countersign.begin_act(text, oid, jsonb, text)', ...WRITE_FUNCTIONS] as const;

function rolesSql(owner: string, readUser: string, writeUser: string): string {
  return `
CREATE ROLE ${owner} NOLOGIN CREATEROLE;
CREATE ROLE ${readUser} LOGIN;
CREATE ROLE ${writeUser} LOGIN;
-- Ends sessions of roles that are no superusers; sees since when and from where sessions are open.
GRANT pg_signal_backend, pg_read_all_stats TO ${owner};
-- Two columns without a secret: xmin changes with every change of the role, its password included.
GRANT SELECT (oid, xmin) ON pg_catalog.pg_authid TO ${owner};
CREATE SCHEMA countersign AUTHORIZATION ${owner};
REVOKE ALL ON SCHEMA countersign FROM PUBLIC;
GRANT USAGE ON SCHEMA countersign TO ${readUser}, ${writeUser};`;
}

/**
 * What there is to know of a role, as texts. It runs as the owner, so that neither login needs a predefined role and
 * neither sees what others' sessions are executing.
 */
const STATE_SQL = `
CREATE FUNCTION countersign.role_state(target oid) RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $state$
  SELECT jsonb_build_object(
    'cluster', (SELECT c.system_identifier::text FROM pg_control_system() c),
    'name', r.rolname::text,
    'canLogin', r.rolcanlogin::text,
    'attributes', concat_ws(' ',
      CASE WHEN r.rolsuper THEN 'superuser' END, CASE WHEN r.rolcreaterole THEN 'createrole' END,
      CASE WHEN r.rolcreatedb THEN 'createdb' END, CASE WHEN r.rolreplication THEN 'replication' END,
      CASE WHEN r.rolbypassrls THEN 'bypassrls' END),
    'limits', concat('connections ', r.rolconnlimit, ', valid until ', coalesce(extract(epoch FROM r.rolvaliduntil)::text, 'forever')),
    -- Who may use its rights without logging in as it. ADMIN alone (what the owner holds) does not.
    'members', (SELECT concat(count(*), ' ', encode(sha256(convert_to(coalesce(string_agg(concat_ws('/', m.member, m.inherit_option, m.set_option), ',' ORDER BY m.member, m.grantor), ''), 'UTF8')), 'hex'))
      FROM pg_auth_members m WHERE m.roleid = r.oid AND (m.inherit_option OR m.set_option)),
    -- Everything that it is a member of, directly or not.
    'memberships', (SELECT concat(count(*), ' ', encode(sha256(convert_to(coalesce(string_agg(g.oid::text, ',' ORDER BY g.oid), ''), 'UTF8')), 'hex'))
      FROM pg_roles g WHERE g.oid <> r.oid AND pg_has_role(r.oid, g.oid, 'MEMBER')),
    'settings', (SELECT encode(sha256(convert_to(coalesce(string_agg(concat(s.setdatabase, s.setconfig), ',' ORDER BY s.setdatabase), ''), 'UTF8')), 'hex')
      FROM pg_db_role_setting s WHERE s.setrole = r.oid),
    'version', (SELECT a.xmin::text FROM pg_authid a WHERE a.oid = r.oid))
  FROM pg_roles r WHERE r.oid = target
$state$;

CREATE FUNCTION countersign.role_sessions(target oid)
RETURNS TABLE (pid integer, begun timestamptz, address text, application text, database text, kind text)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $sessions$
  SELECT pg_stat_clear_snapshot();
  SELECT a.pid, a.backend_start, coalesce(host(a.client_addr), 'local socket'), a.application_name, a.datname::text, a.backend_type
  FROM pg_stat_activity a WHERE a.usesysid = target ORDER BY a.backend_start, a.pid
$sessions$;`;

/**
 * The two changes of a role; ending its sessions is in `trail.sql.ts`. Each compares what was planned for with what there is, in the transaction of the change and
 * under a lock of its own for each role, and keeps its key, so that a key takes effect once.
 */
const ACT_SQL = `
CREATE TABLE countersign.act (
  key text PRIMARY KEY CHECK (length(key) BETWEEN 1 AND 200),
  operation text NOT NULL,
  target oid NOT NULL,
  before jsonb NOT NULL,
  at timestamptz NOT NULL DEFAULT clock_timestamp()
);
REVOKE ALL ON TABLE countersign.act FROM PUBLIC;

-- An answer where there is nothing to do or nothing may be done; otherwise the state before, under the key 'state'.
CREATE FUNCTION countersign.begin_act(p_operation text, p_target oid, p_expected jsonb, p_key text) RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $begin$
DECLARE
  v_earlier countersign.act;
  v_state jsonb;
  v_changed text;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('countersign role ' || p_target, 0));
  SELECT * INTO v_earlier FROM countersign.act a WHERE a.key = p_key;
  IF FOUND THEN
    IF v_earlier.operation <> p_operation OR v_earlier.target <> p_target THEN
      RETURN jsonb_build_object('outcome', 'refused', 'detail', 'this key was used for another act');
    END IF;
    RETURN jsonb_build_object('outcome', 'already_applied', 'detail', 'this act was carried out before', 'before', v_earlier.before);
  END IF;
  v_state := countersign.role_state(p_target);
  IF v_state IS NULL THEN
    RETURN jsonb_build_object('outcome', 'refused_drift', 'detail', 'there is no such role any more');
  END IF;
  IF NOT p_expected ?& ARRAY['cluster', 'name', 'canLogin', 'attributes', 'members', 'memberships'] THEN
    RETURN jsonb_build_object('outcome', 'refused', 'detail', 'the expected state is not complete');
  END IF;
  SELECT string_agg('role.' || e.key, ', ' ORDER BY e.key) INTO v_changed
    FROM jsonb_each_text(p_expected) e WHERE e.value IS DISTINCT FROM v_state ->> e.key;
  IF v_changed IS NOT NULL THEN
    RETURN jsonb_build_object('outcome', 'refused_drift', 'detail', 'changed since it was planned: ' || v_changed);
  END IF;
  IF v_state ->> 'attributes' LIKE '%superuser%' THEN
    RETURN jsonb_build_object('outcome', 'refused', 'detail', 'a superuser is out of reach');
  END IF;
  IF has_function_privilege(p_target, 'countersign.role_state(oid)', 'EXECUTE')
    OR has_function_privilege(p_target, 'countersign.lock_role(oid, jsonb, text)', 'EXECUTE') THEN
    RETURN jsonb_build_object('outcome', 'refused', 'detail', 'it is an identity of Countersign itself');
  END IF;
  IF p_operation <> 'end-sessions' AND v_state ->> 'members' NOT LIKE '0 %' THEN
    RETURN jsonb_build_object('outcome', 'refused', 'detail', 'other roles have its rights without logging in as it');
  END IF;
  IF NOT pg_has_role(current_user, p_target, 'MEMBER WITH ADMIN OPTION') THEN
    RETURN jsonb_build_object('outcome', 'refused', 'detail', 'it was not put within reach of Countersign');
  END IF;
  RETURN jsonb_build_object('state', v_state);
END
$begin$;

CREATE FUNCTION countersign.lock_role(p_target oid, p_expected jsonb, p_key text) RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $lock$
DECLARE
  v_begun jsonb := countersign.begin_act('lock', p_target, p_expected, p_key);
  v_before jsonb;
  v_after jsonb;
BEGIN
  IF v_begun ? 'outcome' THEN RETURN v_begun; END IF;
  IF v_begun -> 'state' ->> 'canLogin' <> 'true' THEN
    RETURN jsonb_build_object('outcome', 'refused', 'detail', 'it is locked already');
  END IF;
  EXECUTE format('ALTER ROLE %I NOLOGIN', v_begun -> 'state' ->> 'name');
  v_after := countersign.role_state(p_target);
  -- A rename between the look and the change would have hit another role; this takes it back.
  IF v_after ->> 'canLogin' IS DISTINCT FROM 'false' THEN
    RAISE EXCEPTION 'the role was renamed meanwhile' USING ERRCODE = 'serialization_failure';
  END IF;
  v_before := (v_begun -> 'state') || jsonb_build_object('versionAfter', v_after ->> 'version');
  INSERT INTO countersign.act (key, operation, target, before) VALUES (p_key, 'lock', p_target, v_before);
  RETURN jsonb_build_object('outcome', 'applied', 'detail', 'it may no longer log in', 'before', v_before);
END
$lock$;

CREATE FUNCTION countersign.unlock_role(p_target oid, p_expected jsonb, p_key text) RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $unlock$
DECLARE
  v_begun jsonb := countersign.begin_act('unlock', p_target, p_expected, p_key);
  v_before jsonb;
  v_after jsonb;
BEGIN
  IF v_begun ? 'outcome' THEN RETURN v_begun; END IF;
  -- Only what Countersign locked, and only while nobody changed the role since.
  IF v_begun -> 'state' ->> 'canLogin' <> 'false' OR NOT EXISTS (
    SELECT FROM countersign.act a WHERE a.operation = 'lock' AND a.target = p_target
      AND a.before ->> 'versionAfter' = v_begun -> 'state' ->> 'version') THEN
    RETURN jsonb_build_object('outcome', 'refused_drift', 'detail', 'it is not as Countersign left it');
  END IF;
  EXECUTE format('ALTER ROLE %I LOGIN', v_begun -> 'state' ->> 'name');
  v_after := countersign.role_state(p_target);
  IF v_after ->> 'canLogin' IS DISTINCT FROM 'true' THEN
    RAISE EXCEPTION 'the role was renamed meanwhile' USING ERRCODE = 'serialization_failure';
  END IF;
  v_before := (v_begun -> 'state') || jsonb_build_object('versionAfter', v_after ->> 'version');
  INSERT INTO countersign.act (key, operation, target, before) VALUES (p_key, 'unlock', p_target, v_before);
  RETURN jsonb_build_object('outcome', 'applied', 'detail', 'it may log in again', 'before', v_before);
END
$unlock$;`;
