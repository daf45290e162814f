/**
 * Each time somebody was kept waiting with a proposal because people have no attention left for one more: the page and a
 * notice tell of the flood from it. Nobody changes a row, and none decides anything.
 */
export const ATTENTION_SCHEMA = `
create table proposal_throttled (
  tenant_id text not null, seq bigint generated always as identity, person_id text not null, incident_id text not null,
  pool text not null check (pool in ('critical', 'high', 'other')),
  reason text not null check (reason in ('yours_waiting', 'all_waiting', 'yours_per_hour', 'all_per_hour')),
  at timestamptz not null,
  primary key (tenant_id, seq)
);
create index proposal_throttled_at on proposal_throttled (tenant_id, at);
create index proposal_created on proposal (tenant_id, created_at);
alter table proposal_throttled enable row level security;
create policy one_tenant on proposal_throttled using (tenant_id = current_setting('countersign.tenant', true)) with check (tenant_id = current_setting('countersign.tenant', true));
grant select, insert on proposal_throttled to $SERVER;
`;
