import { quoteIdentifier as quoted } from '../shared/postgres/postgres-identifier.ts';

/** Who is who in the target database. Names are role names there. */
export interface SetupOptions {
  /** NOLOGIN. Owns the functions; has CREATEROLE, and ADMIN on the logins of the pairs only. Nobody else uses it. */
  readonly owner: string;
  /** LOGIN of the read credential. May call the two functions that only look. */
  readonly readUser: string;
  /** LOGIN of the write credential. May call the functions that change something, and nothing else. */
  readonly writeUser: string;
  /** The two logins of each service. Others are refused by the server, not by us. */
  readonly pairs: readonly (readonly [string, string])[];
}

export const SETUP_DEFAULTS = {
  owner: 'countersign_rotation_owner',
  readUser: 'countersign_rotation_read',
  writeUser: 'countersign_rotation_write',
} as const;

export const READ_FUNCTIONS = [
  'countersign_rotation.pair_state(oid)',
  'countersign_rotation.login_sessions(oid)',
] as const;
export const WRITE_FUNCTIONS = [
  'countersign_rotation.hand_over(oid, jsonb, text, text)',
  'countersign_rotation.take_back(oid, jsonb, text)',
  'countersign_rotation.end_old(oid, jsonb, text)',
  'countersign_rotation.allow_old(oid, jsonb, text)',
  'countersign_rotation.end_sessions(oid, text)',
  'countersign_rotation.act_done(text, text, oid)',
] as const;
const INNER_FUNCTIONS = [
  'countersign_rotation.login_part(oid, text)',
  'countersign_rotation.partner_of(oid)',
  'countersign_rotation.begin_act(text, oid, jsonb, text)',
] as const;

/**
 * The SQL that a superuser of the target runs once, in the database that Countersign connects to. It sets no
 * passwords: give `readUser` and `writeUser` theirs with `\password`. Needs PostgreSQL 16, the first in which
 * CREATEROLE reaches only as far as ADMIN was granted.
 */
export function setupSql(options: SetupOptions): string {
  const [owner, readUser, writeUser] = [quoted(options.owner), quoted(options.readUser), quoted(options.writeUser)];
  return [
    `
CREATE ROLE ${owner} NOLOGIN CREATEROLE;
CREATE ROLE ${readUser} LOGIN;
CREATE ROLE ${writeUser} LOGIN;
-- Ends sessions of roles that are no superusers; sees since when and from where sessions are open.
GRANT pg_signal_backend, pg_read_all_stats TO ${owner};
-- Two columns without a secret: xmin changes with every change of the role, its password included.
GRANT SELECT (oid, xmin) ON pg_catalog.pg_authid TO ${owner};
CREATE SCHEMA countersign_rotation AUTHORIZATION ${owner};
REVOKE ALL ON SCHEMA countersign_rotation FROM PUBLIC;
GRANT USAGE ON SCHEMA countersign_rotation TO ${readUser}, ${writeUser};`,
    STATE_SQL,
    BEGIN_SQL,
    ACT_SQL,
    ...[...READ_FUNCTIONS, ...WRITE_FUNCTIONS, ...INNER_FUNCTIONS].map(
      signature => `ALTER FUNCTION ${signature} OWNER TO ${owner};\nREVOKE ALL ON FUNCTION ${signature} FROM PUBLIC;`,
    ),
    `ALTER TABLE countersign_rotation.act OWNER TO ${owner};\nALTER TABLE countersign_rotation.pair OWNER TO ${owner};`,
    ...READ_FUNCTIONS.map(signature => `GRANT EXECUTE ON FUNCTION ${signature} TO ${readUser};`),
    ...WRITE_FUNCTIONS.map(signature => `GRANT EXECUTE ON FUNCTION ${signature} TO ${writeUser};`),
    ...options.pairs.map(pair => allowPairSql(pair, options.owner)),
  ].join('\n');
}

/** Adds a service by its two logins. */
export function allowPairSql([a, b]: readonly [string, string], owner: string = SETUP_DEFAULTS.owner): string {
  const texts = [a, b].map(name => `E'${quoted(name).replaceAll('\\', '\\\\').replaceAll("'", "''")}'::regrole`);
  return `GRANT ${quoted(a)}, ${quoted(b)} TO ${quoted(owner)} WITH ADMIN TRUE, INHERIT FALSE, SET FALSE;
INSERT INTO countersign_rotation.pair (a, b) VALUES (${texts.join(', ')});`;
}

/**
 * What there is to know of the two logins of a service, as texts. By oid: a role of the same name made later is in no
 * pair. It runs as the owner, so neither of our logins sees what others' sessions are executing.
 */
const STATE_SQL = `
CREATE TABLE countersign_rotation.pair (a oid PRIMARY KEY, b oid NOT NULL UNIQUE, CHECK (a <> b));
CREATE TABLE countersign_rotation.act (
  key text PRIMARY KEY CHECK (length(key) BETWEEN 1 AND 200),
  operation text NOT NULL,
  target oid NOT NULL,
  partner oid NOT NULL,
  before jsonb NOT NULL,
  at timestamptz NOT NULL DEFAULT clock_timestamp()
);
REVOKE ALL ON TABLE countersign_rotation.pair, countersign_rotation.act FROM PUBLIC;

CREATE FUNCTION countersign_rotation.partner_of(p_target oid) RETURNS oid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $partner$
  SELECT CASE WHEN p.a = p_target THEN p.b ELSE p.a END FROM countersign_rotation.pair p WHERE p_target IN (p.a, p.b)
$partner$;

CREATE FUNCTION countersign_rotation.login_part(p_login oid, p_prefix text) RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $part$
  SELECT jsonb_build_object(
    p_prefix || 'oid', r.oid::text,
    p_prefix || 'name', r.rolname::text,
    p_prefix || 'canLogin', r.rolcanlogin::text,
    p_prefix || 'attributes', concat_ws(' ',
      CASE WHEN r.rolsuper THEN 'superuser' END, CASE WHEN r.rolcreaterole THEN 'createrole' END,
      CASE WHEN r.rolcreatedb THEN 'createdb' END, CASE WHEN r.rolreplication THEN 'replication' END,
      CASE WHEN r.rolbypassrls THEN 'bypassrls' END, CASE WHEN NOT r.rolinherit THEN 'noinherit' END),
    p_prefix || 'limits', concat('connections ', r.rolconnlimit, ', valid until ', coalesce(extract(epoch FROM r.rolvaliduntil)::text, 'forever')),
    p_prefix || 'memberships', (SELECT coalesce(string_agg(concat_ws('/', g.rolname, m.admin_option, m.inherit_option, m.set_option), ', ' ORDER BY g.rolname, m.grantor), 'none')
      FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.roleid WHERE m.member = r.oid),
    p_prefix || 'version', (SELECT a.xmin::text FROM pg_authid a WHERE a.oid = r.oid))
  FROM pg_roles r WHERE r.oid = p_login
$part$;

CREATE FUNCTION countersign_rotation.login_sessions(p_login oid)
RETURNS TABLE (begun timestamptz, address text, application text, database text)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $sessions$
  SELECT pg_stat_clear_snapshot();
  SELECT a.backend_start, coalesce(host(a.client_addr), 'local socket'), a.application_name, a.datname::text
  FROM pg_stat_activity a
  WHERE a.usesysid = p_login AND countersign_rotation.partner_of(p_login) IS NOT NULL ORDER BY a.backend_start, a.pid
$sessions$;

-- 'service.handedOver': when Countersign gave the partner of this login a new password, if it did and did not take it back.
-- 'service.newInUse': whether a session of the partner is open that began after that, and is none of Countersign's own tries.
CREATE FUNCTION countersign_rotation.pair_state(p_target oid) RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $state$
DECLARE
  v_partner oid := countersign_rotation.partner_of(p_target);
  v_last countersign_rotation.act;
  v_over timestamptz;
  v_used boolean;
BEGIN
  IF v_partner IS NULL THEN RETURN NULL; END IF;
  SELECT * INTO v_last FROM countersign_rotation.act a
    WHERE a.target IN (p_target, v_partner) AND a.operation IN ('rotate', 'take-back') ORDER BY a.at DESC, a.key LIMIT 1;
  IF v_last.operation = 'rotate' AND v_last.target = p_target AND v_last.partner = v_partner THEN v_over := v_last.at; END IF;
  PERFORM pg_stat_clear_snapshot();
  v_used := EXISTS (SELECT FROM pg_stat_activity s
    WHERE s.usesysid = v_partner AND s.backend_start > v_over AND s.application_name <> 'countersign');
  RETURN countersign_rotation.login_part(p_target, 'login.') || countersign_rotation.login_part(v_partner, 'standby.')
    || jsonb_build_object(
      'cluster', (SELECT c.system_identifier::text FROM pg_control_system() c),
      'service.handedOver', coalesce(to_char(v_over AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), 'no'),
      'service.newInUse', v_used::text);
END
$state$;`;

const BEGIN_SQL = `
-- An answer where there is nothing to do or nothing may be done; otherwise the state before, under the key 'state'.
CREATE FUNCTION countersign_rotation.begin_act(p_operation text, p_target oid, p_expected jsonb, p_key text) RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $begin$
DECLARE
  v_partner oid := countersign_rotation.partner_of(p_target);
  v_earlier countersign_rotation.act;
  v_state jsonb;
  v_changed text;
BEGIN
  IF v_partner IS NULL THEN
    RETURN jsonb_build_object('outcome', 'refused', 'detail', 'this login is in no pair of Countersign');
  END IF;
  PERFORM pg_advisory_xact_lock(hashtextextended('countersign rotation ' || least(p_target::bigint, v_partner::bigint), 0));
  SELECT * INTO v_earlier FROM countersign_rotation.act a WHERE a.key = p_key;
  IF FOUND THEN
    IF v_earlier.operation <> p_operation OR v_earlier.target <> p_target THEN
      RETURN jsonb_build_object('outcome', 'refused', 'detail', 'this key was used for another act');
    END IF;
    RETURN jsonb_build_object('outcome', 'already_applied', 'detail', 'this act was carried out before', 'before', v_earlier.before);
  END IF;
  v_state := countersign_rotation.pair_state(p_target);
  IF v_state IS NULL THEN
    RETURN jsonb_build_object('outcome', 'refused_drift', 'detail', 'one of the two logins is gone');
  END IF;
  IF NOT p_expected ?& ARRAY['cluster', 'login.name', 'login.canLogin', 'login.attributes', 'standby.oid', 'standby.name', 'standby.canLogin'] THEN
    RETURN jsonb_build_object('outcome', 'refused', 'detail', 'the expected state is not complete');
  END IF;
  SELECT string_agg(e.key, ', ' ORDER BY e.key) INTO v_changed
    FROM jsonb_each_text(p_expected) e WHERE e.value IS DISTINCT FROM v_state ->> e.key;
  IF v_changed IS NOT NULL THEN
    RETURN jsonb_build_object('outcome', 'refused_drift', 'detail', 'changed since it was planned: ' || v_changed);
  END IF;
  IF concat(v_state ->> 'login.attributes', ' ', v_state ->> 'standby.attributes') LIKE '%superuser%' THEN
    RETURN jsonb_build_object('outcome', 'refused', 'detail', 'a superuser is out of reach');
  END IF;
  IF EXISTS (SELECT FROM unnest(ARRAY[p_target, v_partner]) o WHERE has_function_privilege(o, 'countersign_rotation.pair_state(oid)', 'EXECUTE')
      OR has_function_privilege(o, 'countersign_rotation.end_old(oid, jsonb, text)', 'EXECUTE')) THEN
    RETURN jsonb_build_object('outcome', 'refused', 'detail', 'it is an identity of Countersign itself');
  END IF;
  IF NOT (pg_has_role(current_user, p_target, 'MEMBER WITH ADMIN OPTION') AND pg_has_role(current_user, v_partner, 'MEMBER WITH ADMIN OPTION')) THEN
    RETURN jsonb_build_object('outcome', 'refused', 'detail', 'it was not put within reach of Countersign');
  END IF;
  RETURN jsonb_build_object('state', v_state);
END
$begin$;

-- What a key did, for whoever was killed before it learnt it.
CREATE FUNCTION countersign_rotation.act_done(p_key text, p_operation text, p_target oid) RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $done$
  SELECT jsonb_build_object('outcome', 'already_applied', 'detail', 'this act was carried out before', 'before', a.before)
  FROM countersign_rotation.act a WHERE a.key = p_key AND a.operation = p_operation AND a.target = p_target
$done$;`;

/**
 * The changes. Each compares what was planned for with what there is, in the transaction of the change and under a lock
 * for the two logins together, and keeps its key, so that a key takes effect once.
 */
const ACT_SQL = `
-- Takes no password: only what the server keeps of one, so that none stands in its log.
CREATE FUNCTION countersign_rotation.hand_over(p_target oid, p_expected jsonb, p_key text, p_verifier text) RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $over$
DECLARE
  v_begun jsonb;
  v_state jsonb;
  v_after jsonb;
  v_before jsonb;
BEGIN
  IF p_verifier !~ '^SCRAM-SHA-256\\$[0-9]{4,7}:[A-Za-z0-9+/]{22}==\\$[A-Za-z0-9+/]{43}=:[A-Za-z0-9+/]{43}=$' THEN
    RETURN jsonb_build_object('outcome', 'refused', 'detail', 'this is no SCRAM-SHA-256 verifier');
  END IF;
  v_begun := countersign_rotation.begin_act('rotate', p_target, p_expected, p_key);
  IF v_begun ? 'outcome' THEN RETURN v_begun; END IF;
  v_state := v_begun -> 'state';
  IF v_state ->> 'login.canLogin' <> 'true' OR (v_state ->> 'standby.canLogin' <> 'false' AND v_state ->> 'service.handedOver' = 'no') THEN
    RETURN jsonb_build_object('outcome', 'refused', 'detail', 'the login that stands by was not ended');
  END IF;
  IF EXISTS (SELECT FROM pg_stat_activity s WHERE s.usesysid = (v_state ->> 'standby.oid')::oid AND s.application_name <> 'countersign') THEN
    RETURN jsonb_build_object('outcome', 'refused_drift', 'detail', 'the login that stands by is in use');
  END IF;
  EXECUTE format('ALTER ROLE %I LOGIN PASSWORD %L', v_state ->> 'standby.name', p_verifier);
  v_after := countersign_rotation.pair_state(p_target);
  -- A rename between the look and the change would have hit another role; this takes it back.
  IF v_after ->> 'standby.canLogin' IS DISTINCT FROM 'true' OR v_after ->> 'standby.name' IS DISTINCT FROM v_state ->> 'standby.name' THEN
    RAISE EXCEPTION 'a login was renamed meanwhile' USING ERRCODE = 'serialization_failure';
  END IF;
  v_before := v_state || jsonb_build_object('standby.versionAfter', v_after ->> 'standby.version');
  INSERT INTO countersign_rotation.act (key, operation, target, partner, before)
    VALUES (p_key, 'rotate', p_target, (v_state ->> 'standby.oid')::oid, v_before);
  RETURN jsonb_build_object('outcome', 'applied', 'detail', 'the other login has a new password', 'before', v_before);
END
$over$;

CREATE FUNCTION countersign_rotation.take_back(p_target oid, p_expected jsonb, p_key text) RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $back$
DECLARE
  v_begun jsonb := countersign_rotation.begin_act('take-back', p_target, p_expected, p_key);
  v_state jsonb;
  v_after jsonb;
  v_before jsonb;
BEGIN
  IF v_begun ? 'outcome' THEN RETURN v_begun; END IF;
  v_state := v_begun -> 'state';
  IF v_state ->> 'service.handedOver' = 'no' OR v_state ->> 'login.canLogin' <> 'true' OR v_state ->> 'standby.canLogin' <> 'true' THEN
    RETURN jsonb_build_object('outcome', 'refused_drift', 'detail', 'it is not as Countersign left it');
  END IF;
  EXECUTE format('ALTER ROLE %I NOLOGIN PASSWORD NULL', v_state ->> 'standby.name');
  v_after := countersign_rotation.pair_state(p_target);
  IF v_after ->> 'standby.canLogin' IS DISTINCT FROM 'false' THEN
    RAISE EXCEPTION 'a login was renamed meanwhile' USING ERRCODE = 'serialization_failure';
  END IF;
  v_before := v_state || jsonb_build_object('standby.versionAfter', v_after ->> 'standby.version');
  INSERT INTO countersign_rotation.act (key, operation, target, partner, before)
    VALUES (p_key, 'take-back', p_target, (v_state ->> 'standby.oid')::oid, v_before);
  RETURN jsonb_build_object('outcome', 'applied', 'detail', 'the other login may no longer log in', 'before', v_before);
END
$back$;

CREATE FUNCTION countersign_rotation.end_old(p_target oid, p_expected jsonb, p_key text) RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $end$
DECLARE
  v_begun jsonb := countersign_rotation.begin_act('end-old', p_target, p_expected, p_key);
  v_state jsonb;
  v_after jsonb;
  v_before jsonb;
BEGIN
  IF v_begun ? 'outcome' THEN RETURN v_begun; END IF;
  v_state := v_begun -> 'state';
  IF v_state ->> 'login.canLogin' <> 'true' OR v_state ->> 'standby.canLogin' <> 'true' OR v_state ->> 'service.handedOver' = 'no'
      OR v_state ->> 'service.newInUse' <> 'true' THEN
    RETURN jsonb_build_object('outcome', 'refused_drift', 'detail', 'the other login is not seen in use');
  END IF;
  EXECUTE format('ALTER ROLE %I NOLOGIN', v_state ->> 'login.name');
  v_after := countersign_rotation.pair_state(p_target);
  IF v_after ->> 'login.canLogin' IS DISTINCT FROM 'false' THEN
    RAISE EXCEPTION 'a login was renamed meanwhile' USING ERRCODE = 'serialization_failure';
  END IF;
  v_before := v_state || jsonb_build_object('login.versionAfter', v_after ->> 'login.version');
  INSERT INTO countersign_rotation.act (key, operation, target, partner, before)
    VALUES (p_key, 'end-old', p_target, (v_state ->> 'standby.oid')::oid, v_before);
  RETURN jsonb_build_object('outcome', 'applied', 'detail', 'the old login may no longer log in', 'before', v_before);
END
$end$;

CREATE FUNCTION countersign_rotation.allow_old(p_target oid, p_expected jsonb, p_key text) RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $allow$
DECLARE
  v_begun jsonb := countersign_rotation.begin_act('allow-old', p_target, p_expected, p_key);
  v_state jsonb;
  v_after jsonb;
  v_before jsonb;
BEGIN
  IF v_begun ? 'outcome' THEN RETURN v_begun; END IF;
  v_state := v_begun -> 'state';
  -- Only what Countersign ended, and only while nobody changed the login since.
  IF v_state ->> 'login.canLogin' <> 'false' OR NOT EXISTS (
    SELECT FROM countersign_rotation.act a WHERE a.operation = 'end-old' AND a.target = p_target
      AND a.before ->> 'login.versionAfter' = v_state ->> 'login.version') THEN
    RETURN jsonb_build_object('outcome', 'refused_drift', 'detail', 'it is not as Countersign left it');
  END IF;
  EXECUTE format('ALTER ROLE %I LOGIN', v_state ->> 'login.name');
  v_after := countersign_rotation.pair_state(p_target);
  IF v_after ->> 'login.canLogin' IS DISTINCT FROM 'true' THEN
    RAISE EXCEPTION 'a login was renamed meanwhile' USING ERRCODE = 'serialization_failure';
  END IF;
  v_before := v_state || jsonb_build_object('login.versionAfter', v_after ->> 'login.version');
  INSERT INTO countersign_rotation.act (key, operation, target, partner, before)
    VALUES (p_key, 'allow-old', p_target, (v_state ->> 'standby.oid')::oid, v_before);
  RETURN jsonb_build_object('outcome', 'applied', 'detail', 'it may log in again', 'before', v_before);
END
$allow$;

-- Under the key of an ending, and only while it holds.
CREATE FUNCTION countersign_rotation.end_sessions(p_target oid, p_key text) RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $sessions$
DECLARE
  v_signalled integer;
BEGIN
  IF NOT EXISTS (SELECT FROM countersign_rotation.act a WHERE a.key = p_key AND a.operation = 'end-old' AND a.target = p_target) THEN
    RETURN jsonb_build_object('outcome', 'refused', 'detail', 'this key ended no login');
  END IF;
  IF (SELECT r.rolcanlogin FROM pg_roles r WHERE r.oid = p_target) IS DISTINCT FROM false THEN
    RETURN jsonb_build_object('outcome', 'refused_drift', 'detail', 'it may log in again');
  END IF;
  PERFORM pg_stat_clear_snapshot();
  -- Process ids are used again, so they are taken from the list and used at once.
  SELECT count(*) FILTER (WHERE pg_terminate_backend(s.pid)) INTO v_signalled FROM (
    SELECT a.pid FROM pg_stat_activity a WHERE a.usesysid = p_target AND a.pid <> pg_backend_pid()) s;
  RETURN jsonb_build_object('outcome', 'already_applied', 'detail', 'sessions told to end: ' || v_signalled, 'signalled', v_signalled::text);
END
$sessions$;`;
