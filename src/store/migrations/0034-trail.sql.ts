/**
 * What targets say was done with our write credentials. `target_trail` is where the looks at each go on from: one row for a
 * system, which whoever takes the next turn changes. What was seen and what was found is append-only, and all of it is the
 * executor's: a server that was taken over can neither hide a finding nor put the looks behind it.
 */
export const TRAIL_SCHEMA = `
create table target_trail (
  tenant_id text not null, system text not null, responder text not null,
  cursor text not null default '', turn bigint not null default 1,
  tried_at timestamptz not null, asked_at timestamptz not null, begun_at timestamptz, read_at timestamptz,
  failure text not null default '', because text not null default '', is_silence_found boolean not null default false, findings int not null default 0,
  primary key (tenant_id, system)
);
-- A record of the target's that was held against ours; execution_id is empty where no act explains it.
create table trail_entry (
  tenant_id text not null, system text not null, entry_id text not null, execution_id text not null, at timestamptz not null,
  primary key (tenant_id, system, entry_id)
);
create index trail_entry_execution on trail_entry (tenant_id, execution_id) where execution_id <> '';
create table trail_finding (
  tenant_id text not null, system text not null, number int not null, kind text not null check (kind in ('unknown_change', 'not_shown', 'cut', 'unread')),
  found_at timestamptz not null, execution_id text not null, body jsonb not null, pending_id text not null,
  primary key (tenant_id, system, number)
);
create unique index trail_finding_not_shown on trail_finding (tenant_id, system, execution_id) where execution_id <> '';
create index trail_finding_at on trail_finding (tenant_id, found_at desc);
alter table target_trail enable row level security;
create policy one_tenant on target_trail using (tenant_id = current_setting('countersign.tenant', true)) with check (tenant_id = current_setting('countersign.tenant', true));
alter table trail_entry enable row level security;
create policy one_tenant on trail_entry using (tenant_id = current_setting('countersign.tenant', true)) with check (tenant_id = current_setting('countersign.tenant', true));
alter table trail_finding enable row level security;
create policy one_tenant on trail_finding using (tenant_id = current_setting('countersign.tenant', true)) with check (tenant_id = current_setting('countersign.tenant', true));
grant select, insert, update on target_trail to $EXECUTOR;
grant select, insert on trail_entry, trail_finding to $EXECUTOR;
grant select on target_trail, trail_finding to $SERVER;
`;
