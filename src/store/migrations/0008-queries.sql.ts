/**
 * What makes the queue quick over some 100,000 incidents: an index for each order in which it is read, counts that an
 * index alone answers, and what its rows say as one text in lower case. And searching that is bounded.
 *
 * Cost: each incident that a batch of intake touches has four more entries of indexes to write; alerts and evidence
 * have no index more. The search index has one more, which is written behind intake.
 */
export const QUERIES_SCHEMA = `
create function incident_words(title text, entities jsonb, id text) returns text language sql immutable parallel safe
  set search_path = pg_catalog as $body$
  select lower(concat_ws(' ', title, (select string_agg(entity ->> 'label', ' ') from jsonb_array_elements(entities) as entity), id))
$body$;
grant execute on function incident_words(text, jsonb, text) to $SERVER;
alter table incident add column told text generated always as (incident_words(title, entities, id)) stored;

drop index incident_queue;
create index incident_by_severity on incident (tenant_id, severity_rank, last_seen, id) where merged_into is null and alert_count > 0 and state = 'open';
create index incident_by_last_seen on incident (tenant_id, last_seen, id) where merged_into is null and alert_count > 0 and state = 'open';
create index incident_by_first_seen on incident (tenant_id, first_seen, id) where merged_into is null and alert_count > 0 and state = 'open';
create index incident_by_alerts on incident (tenant_id, alert_count, id) where merged_into is null and alert_count > 0 and state = 'open';
-- Few values, so it is small: what is counted is counted in it alone.
create index incident_counts on incident (tenant_id, severity_rank, owner, coverage, severity) where merged_into is null and alert_count > 0 and state = 'open';
-- Who owns something: few names, and most incidents are nobody's.
create index incident_owner on incident (tenant_id, owner) where merged_into is null and alert_count > 0 and state = 'open' and owner <> '';

-- Searching, newest first and bounded. Functions of the owner: row-level security would turn the GIN indexes off.
create index alert_search_newest on alert_search (tenant_id, activity_at, alert_id);
drop function search_alerts(text, int);

create function search_pattern(query text) returns text language sql immutable strict parallel safe as $body$
  select '%' || replace(replace(replace(query, '\\', '\\\\'), '%', '\\%'), '_', '\\_') || '%'
$body$;

-- What of the newest so many alerts holds the words or the part of a word.
create function search_newest(query text, most int, look int) returns table (alert_id text, activity_at timestamptz, excerpt text)
language sql stable security definer set search_path = public as $body$
  select n.alert_id, n.activity_at, left(n.text, 400)
    from (select * from alert_search s where s.tenant_id = current_setting('countersign.tenant')
           order by s.activity_at desc, s.alert_id desc limit look) as n
   where n.words @@ websearch_to_tsquery('simple', query) or (length(query) >= 3 and n.text ilike search_pattern(query))
   order by n.activity_at desc, n.alert_id desc limit least(most, 500)
$body$;

-- The newest of all that hold the words; is_cut: there are more than were looked at, and newer ones may be among them.
create function search_words(query text, most int, look int) returns table (alert_id text, activity_at timestamptz, excerpt text, is_cut boolean)
language sql stable security definer set search_path = public set work_mem = '32MB' as $body$
  with hit as materialized (
    select s.alert_id, s.activity_at from alert_search s
     where s.tenant_id = current_setting('countersign.tenant') and s.words @@ websearch_to_tsquery('simple', query) limit look + 1),
  newest as (select * from hit order by activity_at desc, alert_id desc limit least(most, 500))
  select n.alert_id, n.activity_at, left(s.text, 400), (select count(*) from hit) > look
    from newest n join alert_search s on s.tenant_id = current_setting('countersign.tenant') and s.alert_id = n.alert_id
$body$;

-- As search_words for a part of a word, of three characters or more.
create function search_part(query text, most int, look int) returns table (alert_id text, activity_at timestamptz, excerpt text, is_cut boolean)
language sql stable security definer set search_path = public set work_mem = '32MB' as $body$
  with hit as materialized (
    select s.alert_id, s.activity_at from alert_search s
     where length(query) >= 3 and s.tenant_id = current_setting('countersign.tenant') and s.text ilike search_pattern(query) limit look + 1),
  newest as (select * from hit order by activity_at desc, alert_id desc limit least(most, 500))
  select n.alert_id, n.activity_at, left(s.text, 400), (select count(*) from hit) > look
    from newest n join alert_search s on s.tenant_id = current_setting('countersign.tenant') and s.alert_id = n.alert_id
$body$;

revoke all on function search_newest(text, int, int), search_words(text, int, int), search_part(text, int, int) from public;
grant execute on function search_newest(text, int, int), search_words(text, int, int), search_part(text, int, int) to $SERVER;

-- What was done to an incident, newest first, also by what names it. A function of the owner: row-level security would turn
-- the indexes over what events name off.
create function events_of_incident(incident text, most int) returns table (seq bigint, event jsonb, at timestamptz, by text)
language sql stable security definer set search_path = public as $body$
  select e.seq, e.event, e.at, e.by from incident_event e where e.tenant_id = current_setting('countersign.tenant') and e.incident_id = incident and e.event ->> 'kind' <> 'joined'
  union select e.seq, e.event, e.at, e.by from incident_event e where e.tenant_id = current_setting('countersign.tenant') and e.event ->> 'from' = incident and e.event ->> 'kind' <> 'joined'
  union select e.seq, e.event, e.at, e.by from incident_event e where e.tenant_id = current_setting('countersign.tenant') and e.event ->> 'into' = incident and e.event ->> 'kind' <> 'joined'
  order by seq desc limit least(most, 500)
$body$;
revoke all on function events_of_incident(text, int) from public;
grant execute on function events_of_incident(text, int) to $SERVER;
`;
