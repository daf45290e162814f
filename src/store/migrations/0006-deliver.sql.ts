/**
 * Delivery: how far each product was read, what of it is missing, and the secrets of a pushing source that were
 * replaced and still count for a while. The credentials to read a product with are not here but in the server's folder.
 */
export const DELIVER_SCHEMA = `
alter table source_config add column scheme text not null default 'countersign', add column old_secret_sha256 bytea,
  add column old_hmac_secret text, add column old_until timestamptz;

-- One row for each source that is read. The cursor moves after the records before it are durable, and never before.
create table poll_state (
  tenant_id text not null, source text not null, poller text not null, generation text not null,
  cursor text, watermark timestamptz, polled_at timestamptz, whole_at timestamptz, records bigint not null default 0,
  trouble text, trouble_text text not null default '', fix text not null default '', trouble_since timestamptz, retry_at timestamptz,
  primary key (tenant_id, source)
);

-- What a product said that it no longer has, or what was read a second time because it forgot our place.
create table source_gap (
  tenant_id text not null, seq bigint generated always as identity, source text not null, kind text not null,
  gap_from timestamptz not null, gap_to timestamptz not null, why text not null, at timestamptz not null,
  primary key (tenant_id, seq)
);
create index source_gap_source on source_gap (tenant_id, source, seq desc);

create index intake_batch_source on intake_batch (tenant_id, source, received_at);

grant select, insert, update on poll_state to $SERVER;
grant select, insert on source_gap to $SERVER;

alter table poll_state enable row level security;
create policy one_tenant on poll_state using (tenant_id = current_setting('countersign.tenant', true)) with check (tenant_id = current_setting('countersign.tenant', true));
alter table source_gap enable row level security;
create policy one_tenant on source_gap using (tenant_id = current_setting('countersign.tenant', true)) with check (tenant_id = current_setting('countersign.tenant', true));
`;
