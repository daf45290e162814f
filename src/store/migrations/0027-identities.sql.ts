/**
 * Changes of people who are enrolled, and who signed each. Append-only, both: one that was signed twice counts, one that was
 * not is nothing. Whether a signature holds is asked by whoever reads it. Beside them who answers for which machine identity, in
 * versions, when each was used last, and what was refused to one.
 */
export const IDENTITIES_SCHEMA = `
create table person_change (
  tenant_id text not null, id text not null, person_id text not null, statement text not null, begun_by text not null, at timestamptz not null,
  primary key (tenant_id, id)
);
create table person_change_signature (
  tenant_id text not null, change_id text not null, person_id text not null, signature jsonb not null, at timestamptz not null,
  primary key (tenant_id, change_id, person_id)
);
alter table person_change enable row level security;
create policy one_tenant on person_change using (tenant_id = current_setting('countersign.tenant', true)) with check (tenant_id = current_setting('countersign.tenant', true));
alter table person_change_signature enable row level security;
create policy one_tenant on person_change_signature using (tenant_id = current_setting('countersign.tenant', true)) with check (tenant_id = current_setting('countersign.tenant', true));
grant select, insert on person_change, person_change_signature to $SERVER;
grant select on person_change, person_change_signature to $EXECUTOR;

create table machine_custody (
  tenant_id text not null, identity text not null, version int not null, statement text not null, signature jsonb not null, at timestamptz not null,
  primary key (tenant_id, identity, version)
);
create table machine_seen (
  tenant_id text not null, identity text not null, at timestamptz not null, address text not null,
  primary key (tenant_id, identity)
);
create table machine_refused (
  tenant_id text not null, seq bigint generated always as identity, identity text not null, code text not null, address text not null, at timestamptz not null,
  primary key (tenant_id, seq)
);
create index machine_refused_at on machine_refused (tenant_id, at desc);
alter table machine_custody enable row level security;
create policy one_tenant on machine_custody using (tenant_id = current_setting('countersign.tenant', true)) with check (tenant_id = current_setting('countersign.tenant', true));
alter table machine_seen enable row level security;
create policy one_tenant on machine_seen using (tenant_id = current_setting('countersign.tenant', true)) with check (tenant_id = current_setting('countersign.tenant', true));
alter table machine_refused enable row level security;
create policy one_tenant on machine_refused using (tenant_id = current_setting('countersign.tenant', true)) with check (tenant_id = current_setting('countersign.tenant', true));
grant select, insert on machine_custody, machine_refused to $SERVER;
grant select, insert, update on machine_seen to $SERVER;
grant select on machine_custody to $EXECUTOR;
alter table source_config add column secret_made_at timestamptz;
`;
