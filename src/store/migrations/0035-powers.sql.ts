/**
 * How each connected system did, for people to look at: when planning, acting and observing went well and went wrong last, and
 * what a look with the read credential showed of the rights there. Only the executor writes either, and nothing that decides or
 * acts reads them.
 */
export const POWERS_SCHEMA = `
create table power_seen (
  tenant_id text not null, system text not null, responder text not null, doing text not null, went text not null,
  code text not null, at timestamptz not null, wait_until timestamptz,
  primary key (tenant_id, system, responder, doing, went)
);
create table power_look (
  tenant_id text not null, system text not null, responder text not null, body jsonb not null, at timestamptz not null,
  primary key (tenant_id, system, responder)
);
alter table power_seen enable row level security;
create policy one_tenant on power_seen using (tenant_id = current_setting('countersign.tenant', true)) with check (tenant_id = current_setting('countersign.tenant', true));
alter table power_look enable row level security;
create policy one_tenant on power_look using (tenant_id = current_setting('countersign.tenant', true)) with check (tenant_id = current_setting('countersign.tenant', true));
grant select, insert, update on power_seen, power_look to $EXECUTOR;
grant select on power_seen, power_look to $SERVER;
`;
