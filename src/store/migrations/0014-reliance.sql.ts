/**
 * What is measured of reviewing, to be shown to whoever reviewed: when a proposal was first shown to them, how long its
 * parts were on screen, what they said before the recommendation, and what others said of it afterwards. It is personal
 * data of people at work, so it stands in no log, no role but the server's can read it, and it is forgotten. Nothing that
 * decides or acts reads it.
 *
 * Nobody changes a row, and a row can be deleted only once it is older than two quarters.
 */
export const RELIANCE_SCHEMA = `
create table decision_telemetry (
  tenant_id text not null, proposal_id text not null, revision int not null, person_id text not null,
  kind text not null check (kind in ('shown', 'pre_judgement', 'dwell', 'judgement')),
  at timestamptz not null default now(), body jsonb not null check (pg_column_size(body) <= 1024),
  primary key (tenant_id, proposal_id, revision, person_id, kind)
);
create index decision_telemetry_at on decision_telemetry (tenant_id, at);
create index revision_created on revision (tenant_id, created_at);
alter table decision_telemetry enable row level security;
create policy one_tenant on decision_telemetry using (tenant_id = current_setting('countersign.tenant', true)) with check (tenant_id = current_setting('countersign.tenant', true));
create policy only_forgotten on decision_telemetry as restrictive for delete using (at < now() - interval '190 days');
grant select, insert, delete on decision_telemetry to $SERVER;
`;
