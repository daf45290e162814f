/**
 * What a model was asked and what became of it. A question is written down before it leaves, with what it may cost at most;
 * what it did cost is a second row beside the first. So a crash loses neither a call nor a budget.
 */
export const AI_SCHEMA = `
-- Bytes by their digest: packets, schemas, prompts, answers, what was shown. \`domain\` is that of the digest, empty for plain SHA-256.
create table ai_blob (
  tenant_id text not null, domain text not null, sha256 text not null, media text not null, bytes bytea not null, at timestamptz not null,
  primary key (tenant_id, domain, sha256)
);

-- A question that is about to leave. INVARIANT: none leaves without its row, and each becomes one record.
create table ai_asking (
  tenant_id text not null, record_id text not null, body jsonb not null, at timestamptz not null,
  primary key (tenant_id, record_id)
);

-- What calls may cost, reserved before they leave and corrected by what they did cost: the sum is what is spent. A correction
-- bears the time of its reservation, so both fall into one hour and one day.
create table ai_spending (
  tenant_id text not null, seq bigint generated always as identity, record_id text not null, incident_id text not null, provider text not null,
  task text not null, kind text not null check (kind in ('reserved', 'settled')), tokens bigint not null, cost_micros bigint not null, at timestamptz not null,
  primary key (tenant_id, seq)
);
create index ai_spending_at on ai_spending (tenant_id, at);
create index ai_spending_incident on ai_spending (tenant_id, incident_id) where incident_id <> '';

create table ai_record (
  tenant_id text not null, id text not null, incident_id text not null, incident_version text not null, task text not null, provider text not null,
  outcome text not null, is_cached boolean not null, input_tokens bigint not null, output_tokens bigint not null, cost_micros bigint not null,
  body jsonb not null, at timestamptz not null,
  primary key (tenant_id, id)
);
create index ai_record_incident on ai_record (tenant_id, incident_id, id);
create index ai_record_at on ai_record (tenant_id, at);

-- Answers by everything that they depend on. A working table: what is gone is asked again.
create table ai_cache (
  tenant_id text not null, key_sha256 text not null, record_id text not null, used_at timestamptz not null,
  primary key (tenant_id, key_sha256)
);
create index ai_cache_used on ai_cache (tenant_id, used_at);

create table ai_setting (
  tenant_id text not null, version int not null, body text not null, by text not null, at timestamptz not null,
  primary key (tenant_id, version)
);
-- Who looked at what would be sent to a provider, in this form.
create table ai_preview (
  tenant_id text not null, seq bigint generated always as identity, provider text not null, form_sha256 text not null, request_sha256 text not null, by text not null, at timestamptz not null,
  primary key (tenant_id, seq)
);
create index ai_preview_form on ai_preview (tenant_id, form_sha256);
-- Which version of a prompt is in use: a statement counts with the signatures of two people over its digest.
create table ai_prompt_choice (
  tenant_id text not null, digest text not null, statement text not null, evaluation text not null, by text not null, at timestamptz not null,
  primary key (tenant_id, digest)
);
create table ai_prompt_signature (
  tenant_id text not null, seq bigint generated always as identity, digest text not null, person_id text not null, signature jsonb not null, at timestamptz not null,
  primary key (tenant_id, seq)
);
create unique index ai_prompt_signature_once on ai_prompt_signature (tenant_id, digest, person_id);

grant select, insert on ai_blob, ai_asking, ai_spending, ai_record, ai_setting, ai_preview, ai_prompt_choice, ai_prompt_signature to $SERVER;
grant select, insert, update, delete on ai_cache to $SERVER;

do $body$
declare name text;
begin
  foreach name in array array['ai_blob', 'ai_asking', 'ai_spending', 'ai_record', 'ai_cache', 'ai_setting', 'ai_preview', 'ai_prompt_choice', 'ai_prompt_signature']
  loop
    execute format('alter table %I enable row level security', name);
    execute format('create policy one_tenant on %I using (tenant_id = current_setting(''countersign.tenant'', true)) with check (tenant_id = current_setting(''countersign.tenant'', true))', name);
  end loop;
end $body$;
`;
