/** Who signs in whose stead, for how long, and what of it was ended before its time. Append-only, both. */
export const DELEGATION_SCHEMA = `
create table delegation (
  tenant_id text not null, id text not null, statement text not null, signature jsonb not null, at timestamptz not null,
  primary key (tenant_id, id)
);
create table delegation_end (
  tenant_id text not null, id text not null, by text not null, at timestamptz not null,
  primary key (tenant_id, id)
);
alter table delegation enable row level security;
create policy one_tenant on delegation using (tenant_id = current_setting('countersign.tenant', true)) with check (tenant_id = current_setting('countersign.tenant', true));
alter table delegation_end enable row level security;
create policy one_tenant on delegation_end using (tenant_id = current_setting('countersign.tenant', true)) with check (tenant_id = current_setting('countersign.tenant', true));
grant select, insert on delegation, delegation_end to $SERVER;
grant select on delegation, delegation_end to $EXECUTOR;
`;
