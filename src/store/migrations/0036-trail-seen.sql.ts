/** Findings in targets' own logs at which people have looked. A row more can only move a finding back, never out of sight or of the log. */
export const TRAIL_SEEN_SCHEMA = `
create table trail_seen (
  tenant_id text not null, system text not null, number int not null, person_id text not null, why_commit text not null,
  at timestamptz not null, pending_id text not null,
  primary key (tenant_id, system, number),
  foreign key (tenant_id, system, number) references trail_finding (tenant_id, system, number)
);
alter table trail_seen enable row level security;
create policy one_tenant on trail_seen using (tenant_id = current_setting('countersign.tenant', true)) with check (tenant_id = current_setting('countersign.tenant', true));
grant select, insert on trail_seen to $SERVER;
`;
