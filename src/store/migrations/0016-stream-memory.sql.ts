/**
 * What is remembered of each stream that fell silent, so that a start knows it for as long as it is silent, though it
 * learns from the latest records alone: about a kilobyte each, overwritten when it falls silent again.
 */
export const STREAM_MEMORY_SCHEMA = `
create table stream_memory (
  tenant_id text not null, stream text not null, last_at timestamptz not null, memory jsonb not null,
  primary key (tenant_id, stream)
);
create index stream_memory_last on stream_memory (tenant_id, last_at);
alter table stream_memory enable row level security;
create policy one_tenant on stream_memory using (tenant_id = current_setting('countersign.tenant', true)) with check (tenant_id = current_setting('countersign.tenant', true));
grant select, insert, update on stream_memory to $SERVER;
`;
