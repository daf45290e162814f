/**
 * What makes the queue quick over some 100,000 incidents: an index for each order in which it is read, counts that an
 * index alone answers, and what its rows say as one text in lower case.
 *
 * Cost: each incident that a batch of intake touches has three more entries of indexes to write.
 */
export const QUERIES_SCHEMA = `
create function incident_words(title text, entities jsonb, id text) returns text language sql immutable parallel safe
  set search_path = pg_catalog as $body$
  select lower(concat_ws(' ', title, (select string_agg(entity ->> 'label', ' ') from jsonb_array_elements(entities) as entity), id))
$body$;
grant execute on function incident_words(text, jsonb, text) to $SERVER;
alter table incident add column told text generated always as (incident_words(title, entities, id)) stored;

drop index incident_queue;
create index incident_by_severity on incident (tenant_id, severity_rank, last_seen, id)
  include (owner, coverage, first_seen, alert_count, sources) where merged_into is null and alert_count > 0 and state = 'open';
create index incident_by_last_seen on incident (tenant_id, last_seen, id) where merged_into is null and alert_count > 0 and state = 'open';
create index incident_by_first_seen on incident (tenant_id, first_seen, id) where merged_into is null and alert_count > 0 and state = 'open';
create index incident_by_alerts on incident (tenant_id, alert_count, id) where merged_into is null and alert_count > 0 and state = 'open';
-- Who owns something: few names, and most incidents are nobody's.
create index incident_owner on incident (tenant_id, owner) where merged_into is null and alert_count > 0 and state = 'open' and owner <> '';
`;
