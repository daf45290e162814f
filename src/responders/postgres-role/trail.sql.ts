import { quoteIdentifier } from '../shared/postgres/postgres-identifier.ts';

export const TRAIL_FUNCTIONS = ['countersign.trail_since(bigint)', 'countersign.trail_end()'] as const;

/**
 * The log of every call that changed something, kept by the target where neither login can reach it. It may be run again, and
 * over a set-up of an earlier version.
 *
 * Ending a session cannot be taken back, and so a call that was rolled back would leave nothing in any table. But a number that
 * was drawn stays drawn: each call draws one before it ends anything, and a number without a line is what was rolled back.
 */
export function trailSql({
  owner,
  readUser,
  writeUser,
}: {
  readonly owner: string;
  readonly readUser: string;
  readonly writeUser: string;
}): string {
  const [its, reader, writer] = [quoteIdentifier(owner), quoteIdentifier(readUser), quoteIdentifier(writeUser)];
  return [
    TRAIL_SQL,
    END_SESSIONS_SQL,
    `ALTER TABLE countersign.trail OWNER TO ${its};`,
    ...['countersign.note_act()', 'countersign.end_role_sessions(oid, jsonb, text)', ...TRAIL_FUNCTIONS].map(
      signature => `ALTER FUNCTION ${signature} OWNER TO ${its};\nREVOKE ALL ON FUNCTION ${signature} FROM PUBLIC;`,
    ),
    `GRANT EXECUTE ON FUNCTION countersign.end_role_sessions(oid, jsonb, text) TO ${writer};`,
    ...TRAIL_FUNCTIONS.map(signature => `GRANT EXECUTE ON FUNCTION ${signature} TO ${reader};`),
  ].join('\n');
}

const TRAIL_SQL = `
CREATE TABLE IF NOT EXISTS countersign.trail (
  number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  -- Who logged in, whatever role the function runs as.
  login text NOT NULL DEFAULT session_user,
  address text NOT NULL DEFAULT coalesce(host(inet_client_addr()), 'local socket'),
  operation text NOT NULL,
  target oid NOT NULL,
  key text NOT NULL,
  text text NOT NULL
);
REVOKE ALL ON TABLE countersign.trail FROM PUBLIC;

CREATE OR REPLACE FUNCTION countersign.note_act() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $note$
BEGIN
  INSERT INTO countersign.trail (operation, target, key, text) VALUES (NEW.operation, NEW.target, NEW.key, NEW.before ->> 'name');
  RETURN NULL;
END
$note$;
CREATE OR REPLACE TRIGGER act_noted AFTER INSERT ON countersign.act FOR EACH ROW EXECUTE FUNCTION countersign.note_act();

CREATE OR REPLACE FUNCTION countersign.trail_since(after bigint)
RETURNS TABLE (number bigint, at_ms bigint, login text, address text, operation text, target text, key text, text text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $since$
  SELECT t.number, floor(extract(epoch FROM t.at) * 1000)::bigint, t.login, t.address, t.operation,
         (SELECT c.system_identifier FROM pg_control_system() c) || ':' || t.target, t.key, t.text
    FROM countersign.trail t WHERE t.number > after ORDER BY t.number LIMIT 10000
$since$;

CREATE OR REPLACE FUNCTION countersign.trail_end() RETURNS TABLE (number bigint, trail text, at_ms bigint)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $end$
  SELECT CASE WHEN s.is_called THEN s.last_value ELSE 0 END,
         (SELECT c.system_identifier FROM pg_control_system() c) || ':' || 'countersign.trail'::regclass::oid,
         floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint
    FROM countersign.trail_number_seq s
$end$;`;

/**
 * Under the key of a lock it ends what is open while the lock holds. Under a key of its own it ends what was open when that key
 * first came, and never what was opened later.
 */
const END_SESSIONS_SQL = `
CREATE OR REPLACE FUNCTION countersign.end_role_sessions(p_target oid, p_expected jsonb, p_key text) RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $end$
DECLARE
  v_act countersign.act;
  v_begun jsonb;
  v_first boolean := false;
  v_signalled integer;
BEGIN
  SELECT * INTO v_act FROM countersign.act a WHERE a.key = p_key;
  IF NOT FOUND THEN
    v_begun := countersign.begin_act('end-sessions', p_target, p_expected, p_key);
    IF v_begun ->> 'outcome' IN ('refused', 'refused_drift') THEN RETURN v_begun; END IF;
    IF v_begun ? 'state' THEN
      v_first := true;
      INSERT INTO countersign.act (key, operation, target, before) VALUES (p_key, 'end-sessions', p_target, v_begun -> 'state');
    END IF;
    SELECT * INTO v_act FROM countersign.act a WHERE a.key = p_key;
  END IF;
  IF v_act.target <> p_target OR v_act.operation NOT IN ('lock', 'end-sessions') THEN
    RETURN jsonb_build_object('outcome', 'refused', 'detail', 'this key was used for another act');
  END IF;
  IF v_act.operation = 'lock' AND countersign.role_state(p_target) ->> 'canLogin' IS DISTINCT FROM 'false' THEN
    RETURN jsonb_build_object('outcome', 'refused_drift', 'detail', 'it is not locked any more');
  END IF;
  PERFORM pg_stat_clear_snapshot();
  -- Before anything is ended. The first call under a key of its own has its line from the insert above.
  IF NOT v_first AND EXISTS (SELECT FROM pg_stat_activity a WHERE a.usesysid = p_target AND a.pid <> pg_backend_pid()
      AND (v_act.operation = 'lock' OR a.backend_start <= v_act.at)) THEN
    INSERT INTO countersign.trail (operation, target, key, text) VALUES (v_act.operation, p_target, p_key, 'sessions of ' || (v_act.before ->> 'name'));
  END IF;
  PERFORM pg_stat_clear_snapshot();
  -- Process ids are used again, so they are taken from the list and used at once.
  SELECT count(*) FILTER (WHERE pg_terminate_backend(s.pid)) INTO v_signalled FROM (
    SELECT a.pid FROM pg_stat_activity a
    WHERE a.usesysid = p_target AND a.pid <> pg_backend_pid() AND (v_act.operation = 'lock' OR a.backend_start <= v_act.at)
  ) s;
  RETURN jsonb_build_object('outcome', CASE WHEN v_first THEN 'applied' ELSE 'already_applied' END,
    'detail', 'sessions told to end: ' || v_signalled, 'signalled', v_signalled::text, 'before', v_act.before);
END
$end$;`;
