/**
 * What placing asks of the events of incidents (where alerts went, what people decided), the rules of duplicates, and
 * how much came from where, each without reading every alert.
 */
export const PLACING_SCHEMA = `
create index incident_event_from on incident_event (tenant_id, (event ->> 'from')) where event ->> 'from' is not null;
create index incident_event_into on incident_event (tenant_id, (event ->> 'into')) where event ->> 'into' is not null;

-- Ids sort by time: what was received last is found by them.
drop index alert_received;

-- How many alerts each source brought of each product, kept with every batch.
create table source_heard (
  tenant_id text not null, source text not null, product text not null, alerts bigint not null, last_at timestamptz not null,
  primary key (tenant_id, source, product)
);
insert into source_heard select tenant_id, source, left(product, 256), count(*), max(received_at) from alert group by 1, 2, 3;
alter table source_heard enable row level security;
create policy one_tenant on source_heard using (tenant_id = current_setting('countersign.tenant', true)) with check (tenant_id = current_setting('countersign.tenant', true));
grant select, insert, update on source_heard to $SERVER;

-- The rules by which people want duplicates told, each version once; the highest of a source stands.
create table fingerprint_rule (
  tenant_id text not null, source text not null, version int not null, parts text[] not null, group_minutes int not null,
  by text not null, at timestamptz not null,
  primary key (tenant_id, source, version)
);
alter table fingerprint_rule enable row level security;
create policy one_tenant on fingerprint_rule using (tenant_id = current_setting('countersign.tenant', true)) with check (tenant_id = current_setting('countersign.tenant', true));
grant select, insert on fingerprint_rule to $SERVER;
create index incident_event_parted on incident_event (tenant_id, seq) where event ->> 'kind' in ('split', 'detached', 'undone');
`;
