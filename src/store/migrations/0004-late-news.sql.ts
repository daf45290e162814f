/**
 * What arrived after an incident was judged without it: a row for each stream and arrival, never changed. What the row
 * says was decided without it is computed from its times and those of the decisions.
 */
export const LATE_NEWS_SCHEMA = `
create table late_news (
  tenant_id text not null, seq bigint generated always as identity, incident_id text not null,
  stream text not null, records int not null check (records > 0),
  activity_from timestamptz not null, activity_to timestamptz not null, arrived_at timestamptz not null,
  primary key (tenant_id, seq)
);
create index late_news_incident on late_news (tenant_id, incident_id, seq);

alter table late_news enable row level security;
create policy one_tenant on late_news using (tenant_id = current_setting('countersign.tenant', true)) with check (tenant_id = current_setting('countersign.tenant', true));
grant select, insert on late_news to $SERVER;
`;
