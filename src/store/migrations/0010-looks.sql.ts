/**
 * What each person last saw of an incident, so that the next look can say what changed. Overwritten with each look: it is
 * a convenience, and nothing that decides or proves reads it.
 */
export const LOOKS_SCHEMA = `
create table incident_look (
  tenant_id text not null, person_id text not null, incident_id text not null,
  at timestamptz not null, picture jsonb not null, before_at timestamptz, before jsonb,
  primary key (tenant_id, person_id, incident_id)
);
alter table incident_look enable row level security;
create policy one_tenant on incident_look using (tenant_id = current_setting('countersign.tenant', true)) with check (tenant_id = current_setting('countersign.tenant', true));
grant select, insert, update on incident_look to $SERVER;
`;
