/**
 * Where to look for who held an address, an account or a name: which alerts say so of whom, and when. An index and no
 * evidence: it is filled behind intake, and what is told is read again from the alerts themselves.
 */
export const ENTITY_BINDING_SCHEMA = `
-- Alike records within ten minutes (the bucket) are one row: the first. \`version\` is that of the rules that read them;
-- rows of an older version are read by nobody.
create table entity_binding (
  tenant_id text not null, version smallint not null, subject text not null, kind text not null, object text not null,
  is_end boolean not null, bucket bigint not null, at timestamptz not null, alert_id text not null,
  primary key (tenant_id, version, subject, kind, object, is_end, bucket)
);
create index entity_binding_at on entity_binding (tenant_id, version, subject, at desc);

-- How far the alerts have been read.
create table entity_binding_place (
  tenant_id text not null, version smallint not null, alert_id text not null,
  primary key (tenant_id)
);

alter table entity_binding enable row level security;
create policy one_tenant on entity_binding using (tenant_id = current_setting('countersign.tenant', true))
  with check (tenant_id = current_setting('countersign.tenant', true));
alter table entity_binding_place enable row level security;
create policy one_tenant on entity_binding_place using (tenant_id = current_setting('countersign.tenant', true))
  with check (tenant_id = current_setting('countersign.tenant', true));

grant select, insert on entity_binding to $SERVER;
grant select, insert, update on entity_binding_place to $SERVER;
`;
