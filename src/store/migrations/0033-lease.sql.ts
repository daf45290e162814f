/**
 * Each time that people were asked to release what a lease that ended still holds, or could not be asked: append-only, and one
 * row for each turn, whoever else looks at the same time. `release_id` is empty where no release could be proposed; `code` and
 * `detail` then say why.
 */
export const LEASE_SCHEMA = `
create table lease_turn (
  tenant_id text not null, execution_id text not null, number int not null, release_id text not null, code text not null, detail text not null,
  at timestamptz not null,
  primary key (tenant_id, execution_id, number)
);
create index lease_turn_release on lease_turn (tenant_id, release_id) where release_id <> '';
create index execution_fact_leased on execution_fact (tenant_id, (body ->> 'endsAt')) where kind = 'leased';
alter table lease_turn enable row level security;
create policy one_tenant on lease_turn using (tenant_id = current_setting('countersign.tenant', true)) with check (tenant_id = current_setting('countersign.tenant', true));
grant select, insert on lease_turn to $SERVER;
`;
