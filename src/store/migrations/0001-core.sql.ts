/**
 * Tables of the product. Keys lead with `tenant_id`; row-level security guards against a forgotten filter.
 *
 * Privileges are the point of this file. The server may not write what the executor says happened, the executor may
 * not write what people said, and nobody may change or delete what is append-only. `$SERVER` and `$EXECUTOR` are the
 * roles of this database; the owner is the migrator, whose login is closed while the product runs.
 */
export const CORE_SCHEMA = `
create extension if not exists pg_trgm;
create extension if not exists btree_gin;

-- ---------- intake ----------

create table intake_batch (
  tenant_id text not null, id text not null, source text not null, delivery_id text,
  records int not null, kept int not null, duplicate int not null, quarantined int not null,
  root bytea not null, received_at timestamptz not null,
  primary key (tenant_id, id)
);
create unique index intake_batch_delivery on intake_batch (tenant_id, source, delivery_id) where delivery_id is not null;

create table evidence (
  tenant_id text not null, id text not null, sha256 bytea not null, bytes bytea not null,
  source text not null, received_at timestamptz not null, batch_id text not null,
  primary key (tenant_id, id)
);

create table quarantine (
  tenant_id text not null, id text not null, source text not null, code text not null, detail text not null,
  sha256 bytea not null, bytes bytea not null, received_at timestamptz not null, batch_id text not null,
  primary key (tenant_id, id)
);

-- alert_key is the source and the vendor's own id, or the digest of the bytes: the same delivery twice is one alert.
create table alert (
  tenant_id text not null, id text not null, alert_key text not null, evidence_id text not null,
  source text not null, product text not null, vendor_id text, title text not null, rule text not null,
  severity text not null, activity_at timestamptz not null, received_at timestamptz not null,
  body jsonb not null, duplicate_of text, incident_id text not null, because jsonb not null, batch_id text not null,
  primary key (tenant_id, id)
);
create unique index alert_key on alert (tenant_id, alert_key);
create index alert_incident on alert (tenant_id, incident_id, activity_at, id);
create index alert_evidence on alert (tenant_id, evidence_id);
create index alert_received on alert (tenant_id, received_at);

-- Filled behind intake; how far it is behind is shown.
create table alert_search (
  tenant_id text not null, alert_id text not null, activity_at timestamptz not null, words tsvector not null, text text not null,
  primary key (tenant_id, alert_id)
);
create index alert_search_words on alert_search using gin (tenant_id, words);
create index alert_search_text on alert_search using gin (tenant_id, text gin_trgm_ops);

create table incident (
  tenant_id text not null, id text not null, title text not null, severity text not null, severity_rank int not null,
  alert_count int not null, sources text[] not null, entities jsonb not null,
  first_seen timestamptz not null, last_seen timestamptz not null, updated_at timestamptz not null,
  owner text not null default '', coverage text not null default 'unknown', coverage_text text not null default '',
  merged_into text, state text not null default 'open',
  primary key (tenant_id, id)
);
create index incident_queue on incident (tenant_id, state, severity_rank desc, last_seen desc, id) where merged_into is null;

create table incident_event (
  tenant_id text not null, seq bigint generated always as identity, incident_id text not null,
  event jsonb not null, at timestamptz not null, by text not null,
  primary key (tenant_id, seq)
);
create index incident_event_incident on incident_event (tenant_id, incident_id, seq);

create table source_config (
  tenant_id text not null, id text not null, kind text not null, field_map jsonb, secret_sha256 bytea, hmac_secret text,
  created_at timestamptz not null, created_by text not null,
  primary key (tenant_id, id)
);
create table delivery_seen (
  tenant_id text not null, source text not null, delivery_id text not null, at timestamptz not null,
  primary key (tenant_id, source, delivery_id)
);

-- ---------- people ----------

create table invitation (
  tenant_id text not null, id text not null, person_id text not null, name text not null,
  body text not null, signature jsonb not null, created_at timestamptz not null,
  primary key (tenant_id, id)
);
create table enrolment (
  tenant_id text not null, person_id text not null, credential_id text not null, name text not null, roles text[] not null,
  statement text not null, link_signature text not null, invitation_id text not null, cose_public_key bytea, created_at timestamptz not null,
  primary key (tenant_id, person_id, credential_id)
);
create unique index enrolment_invitation on enrolment (tenant_id, invitation_id);
create unique index enrolment_credential on enrolment (tenant_id, credential_id);
create table session_endorsement (
  tenant_id text not null, id text not null, person_id text not null, statement text not null, signature jsonb not null,
  created_at timestamptz not null, expires_at timestamptz not null,
  primary key (tenant_id, id)
);
-- The cookie's secret, hashed. Mutable: a session ends.
create table web_session (
  tenant_id text not null, id text not null, person_id text not null, secret_sha256 bytea not null,
  expires_at timestamptz not null, ended_at timestamptz,
  primary key (tenant_id, id)
);
create table inventory_version (
  tenant_id text not null, version int not null, body text not null, digest text not null, signature jsonb, by text not null, at timestamptz not null,
  primary key (tenant_id, version)
);
-- Challenges that were handed out: used once, then gone.
create table pending_signature (
  tenant_id text not null, nonce text not null, kind text not null, person_id text not null, body text not null, expires_at timestamptz not null,
  primary key (tenant_id, nonce)
);

-- ---------- decide ----------

create table proposal (
  tenant_id text not null, id text not null, incident_id text not null, origin jsonb not null, undoes_execution text, created_at timestamptz not null,
  primary key (tenant_id, id)
);
create index proposal_incident on proposal (tenant_id, incident_id);
create table revision (
  tenant_id text not null, proposal_id text not null, revision int not null,
  act text not null, act_digest text not null, plan jsonb not null, presentation text not null, presentation_digest text not null,
  tier text not null, policy_digest text not null, contributors text[] not null, citations jsonb not null,
  created_at timestamptz not null, review_by timestamptz not null, pending_id text not null,
  primary key (tenant_id, proposal_id, revision)
);
create table review (
  tenant_id text not null, id text not null, proposal_id text not null, revision int not null, person_id text not null, verdict text not null,
  intent text not null, intent_digest text not null, signature jsonb not null, nonce text not null, reason text not null,
  received_at timestamptz not null, pending_id text not null,
  primary key (tenant_id, id)
);
create unique index review_nonce on review (tenant_id, nonce);
create index review_proposal on review (tenant_id, proposal_id, revision);
create table withdrawal (
  tenant_id text not null, proposal_id text not null, revision int not null, by text not null, reason text not null, at timestamptz not null,
  primary key (tenant_id, proposal_id, revision)
);
create table evidence_opened (
  tenant_id text not null, proposal_id text not null, revision int not null, person_id text not null, evidence_id text not null, at timestamptz not null,
  primary key (tenant_id, proposal_id, revision, person_id, evidence_id)
);
-- A proposal's state is a function of facts and the clock. This row only makes lists quick, and nothing that acts reads it.
create table proposal_index (
  tenant_id text not null, proposal_id text not null, revision int not null, state text not null, tier text not null, updated_at timestamptz not null, review_by timestamptz not null,
  primary key (tenant_id, proposal_id)
);
create index proposal_index_state on proposal_index (tenant_id, state, review_by);
create table finding (
  tenant_id text not null, execution_id text not null, seq bigint generated always as identity, statement text not null, signature jsonb not null, reason text not null, at timestamptz not null,
  primary key (tenant_id, execution_id, seq)
);
create table kill_switch (
  tenant_id text not null, seq int not null, is_on boolean not null, statement text not null, signature jsonb not null, reason text not null, by text not null, at timestamptz not null,
  primary key (tenant_id, seq)
);
create table plan_request (
  tenant_id text not null, id text not null, request jsonb not null, at timestamptz not null,
  primary key (tenant_id, id)
);

-- ---------- act: only the executor writes here ----------

create table plan_result (
  tenant_id text not null, request_id text not null, result jsonb not null, at timestamptz not null,
  primary key (tenant_id, request_id)
);
-- The claim. One revision of one proposal is started once, whoever races.
create table execution (
  tenant_id text not null, proposal_id text not null, revision int not null, id text not null, claimed_at timestamptz not null,
  primary key (tenant_id, proposal_id, revision)
);
create unique index execution_id on execution (tenant_id, id);
-- kind: checked, intended, receipt, observed, concluded. INVARIANT: at most one of each but observed and concluded.
create table execution_fact (
  tenant_id text not null, execution_id text not null, seq int not null, kind text not null, body jsonb not null, at timestamptz not null, pending_id text,
  primary key (tenant_id, execution_id, seq)
);
create unique index execution_fact_once on execution_fact (tenant_id, execution_id, kind) where kind in ('checked', 'intended', 'receipt');
create table executor_status (
  tenant_id text not null, id int not null default 1, body jsonb not null, at timestamptz not null,
  primary key (tenant_id, id)
);

create table audit_blob (
  tenant_id text not null, commit_hex text not null, salt bytea not null, media text not null, bytes bytea not null, at timestamptz not null,
  primary key (tenant_id, commit_hex)
);

-- Searching goes through one function of the owner: row-level security would turn the GIN indexes off.
create function search_alerts(query text, most int) returns table (alert_id text, activity_at timestamptz, excerpt text)
language sql stable security definer set search_path = public as $body$
  (select s.alert_id, s.activity_at, left(s.text, 400) from alert_search s
    where s.tenant_id = current_setting('countersign.tenant') and s.words @@ websearch_to_tsquery('simple', query)
    order by s.activity_at desc limit least(most, 500))
  union
  (select s.alert_id, s.activity_at, left(s.text, 400) from alert_search s
    where length(query) >= 3 and s.tenant_id = current_setting('countersign.tenant')
      and s.text ilike '%' || replace(replace(replace(query, '\\', '\\\\'), '%', '\\%'), '_', '\\_') || '%'
    order by s.activity_at desc limit least(most, 500))
$body$;
revoke all on function search_alerts(text, int) from public;
grant execute on function search_alerts(text, int) to $SERVER;

revoke all on schema public from public;
grant usage on schema public to $SERVER, $EXECUTOR;

-- Append-only for the server.
grant select, insert on intake_batch, evidence, quarantine, incident_event, invitation, enrolment, session_endorsement,
  inventory_version, proposal, revision, review, withdrawal, evidence_opened, finding, kill_switch, plan_request, delivery_seen, audit_blob to $SERVER;
-- Working tables of the server.
grant select, insert, update on alert, incident, web_session, proposal_index, source_config, alert_search to $SERVER;
grant select, insert, delete on pending_signature to $SERVER;
grant delete on delivery_seen to $SERVER;
grant select on plan_result, execution, execution_fact, executor_status to $SERVER;

-- The executor reads what people said and writes what it did.
grant select on invitation, enrolment, session_endorsement, inventory_version, proposal, revision, review, withdrawal, finding, kill_switch,
  plan_request, evidence, alert to $EXECUTOR;
grant select, insert on plan_result, execution, execution_fact, audit_blob to $EXECUTOR;
grant select, insert, update on executor_status to $EXECUTOR;

do $body$
declare name text;
begin
  for name in select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = 'public' and c.relkind = 'r'
      and exists (select 1 from pg_attribute a where a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped)
  loop
    execute format('alter table %I enable row level security', name);
    execute format('create policy one_tenant on %I using (tenant_id = current_setting(''countersign.tenant'', true)) with check (tenant_id = current_setting(''countersign.tenant'', true))', name);
  end loop;
end $body$;
`;
