/**
 * What people are told. A fact stands once, whom it is owed to is decided with it, and a notice is written down before it
 * leaves: whatever is killed whenever, nothing is forgotten, and nothing is told twice but a notice whose sending was cut
 * off, once more.
 */
export const NOTICES_SCHEMA = `
-- The same fact has the same key: it is never told anew.
create table notice_fact (
  tenant_id text not null, key text not null, kind text not null, body jsonb not null, at timestamptz not null,
  primary key (tenant_id, key)
);
-- Whom a fact is owed to: a person, or \`channel:\` and the name of one. Without a notice it waits; \`moot\` where it was settled before it was told.
create table notice_due (
  tenant_id text not null, fact_key text not null, recipient text not null, at timestamptz not null, notice_id text,
  primary key (tenant_id, fact_key, recipient)
);
create index notice_due_waiting on notice_due (tenant_id, recipient, at) where notice_id is null;

-- A notice and how it goes. \`cut\`: how often its sending was cut off, so that nobody knows whether it arrived.
create table notice (
  tenant_id text not null, id text not null, recipient text not null, channel text not null, body jsonb not null, salt text not null,
  state text not null check (state in ('waiting', 'going', 'sent', 'dead')), tries int not null default 0, cut int not null default 0,
  next_at timestamptz not null, failure text not null default '', made_at timestamptz not null, settled_at timestamptz,
  primary key (tenant_id, id)
);
create index notice_open on notice (tenant_id, next_at) where state in ('waiting', 'going');
create index notice_made on notice (tenant_id, recipient, made_at);
create index notice_channel on notice (tenant_id, channel, made_at);

-- Where a person wants to be told. The address counts once a mail to it was followed by the same person, signed in.
create table notice_person (
  tenant_id text not null, person_id text not null, address text not null default '', confirmed_at timestamptz,
  code_sha256 bytea, code_until timestamptz, code_tries int not null default 0, checks int not null default 0, checks_day date,
  kinds text[] not null, quiet_from int not null default 0, quiet_to int not null default 0, zone text not null default 'UTC', updated_at timestamptz not null,
  primary key (tenant_id, person_id)
);

grant select, insert on notice_fact to $SERVER;
grant select, insert, update on notice_due, notice, notice_person to $SERVER;

do $body$
declare name text;
begin
  foreach name in array array['notice_fact', 'notice_due', 'notice', 'notice_person']
  loop
    execute format('alter table %I enable row level security', name);
    execute format('create policy one_tenant on %I using (tenant_id = current_setting(''countersign.tenant'', true)) with check (tenant_id = current_setting(''countersign.tenant'', true))', name);
  end loop;
end $body$;
`;
