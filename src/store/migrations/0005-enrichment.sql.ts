/** Kinds of entity whose sightings are counted. What is not here is too long or too free to be looked up again. */
const COUNTED = `('user','nhi','host','ip','domain','url','hash','mailbox','access_key','database','service','cloud_account','cloud_resource')`;

/** Hosts of one value are named up to here; a value with more is common. The same in src/app/sightings.ts. */
const HOSTS_MAX = 100;

/**
 * What is remembered beside the alerts: how often a value was seen, who was asked about it, and what they answered.
 *
 * `entity_*` is filled behind intake, in one transaction with the search index, so each alert counts once. The tables of
 * look-ups hold nothing of anybody's until an operator configures one.
 */
export const ENRICHMENT_SCHEMA = `
-- Stable and not immutable, so that it is put in line. An index row has a bound, so a long value stands as its digest. The same in src/app/sightings.ts.
create function entity_key(kind text, value text) returns text language sql stable parallel safe as $body$
  select case when octet_length(value) > 400 then kind || ':#' || encode(sha256(convert_to(value, 'UTF8')), 'hex') else kind || ':' || value end
$body$;

create table entity_seen (
  tenant_id text not null, entity_key text not null, alerts int not null, first_seen timestamptz not null, last_seen timestamptz not null,
  sources text[] not null, hosts text[] not null,
  primary key (tenant_id, entity_key)
);
create table entity_incident (
  tenant_id text not null, entity_key text not null, incident_id text not null,
  primary key (tenant_id, entity_key, incident_id)
);
-- The alerts named are counted; the caller sees to it that each is named once. It runs with the rights of whoever calls it.
create function count_entities(tenant text, alerts text[]) returns void language sql set search_path = public as $body$
  with hit as materialized (
    select distinct on (a.id, key) a.id, key, a.activity_at, a.incident_id, a.source,
           case when e ->> 'kind' = 'host' then '{}' else hosts end as hosts
      from alert a
      cross join lateral (select array(select distinct h ->> 'value' from jsonb_array_elements(a.body -> 'entities') as h
                                        where h ->> 'kind' = 'host' and octet_length(h ->> 'value') <= 400) as hosts offset 0) as of_alert
      cross join lateral jsonb_array_elements(a.body -> 'entities') as e
      cross join lateral (select entity_key(e ->> 'kind', e ->> 'value') as key) as keyed
     where a.tenant_id = tenant and a.id = any(alerts) and e ->> 'kind' in ${COUNTED} and e ->> 'value' is not null
  ), host as (
    select key, (array_agg(distinct host))[1:${HOSTS_MAX}] as hosts from hit, unnest(hosts) as host group by key
  ), seen as (
    select key, count(*) as alerts, min(activity_at) as first_seen, max(activity_at) as last_seen, array_agg(distinct source) as sources
      from hit group by key
  ), counted as (
    insert into entity_seen as s (tenant_id, entity_key, alerts, first_seen, last_seen, sources, hosts)
    select tenant, key, alerts, first_seen, last_seen, sources, coalesce(hosts, '{}') from seen left join host using (key) order by key
    on conflict (tenant_id, entity_key) do update set alerts = s.alerts + excluded.alerts,
      first_seen = least(s.first_seen, excluded.first_seen), last_seen = greatest(s.last_seen, excluded.last_seen),
      sources = case when s.sources @> excluded.sources then s.sources
                     else array(select distinct source from unnest(s.sources || excluded.sources) as source) end,
      hosts = case when cardinality(s.hosts) >= ${HOSTS_MAX} or s.hosts @> excluded.hosts then s.hosts
                   else array(select distinct host from unnest(s.hosts || excluded.hosts) as host limit ${HOSTS_MAX}) end
  )
  insert into entity_incident select distinct tenant, key, incident_id from hit order by 2, 3 on conflict do nothing
$body$;
revoke all on function count_entities(text, text[]) from public;
grant execute on function count_entities(text, text[]) to $SERVER;
grant execute on function entity_key(text, text) to $SERVER;

-- What the index knew before this step; everything else is counted when it is indexed.
select count_entities(tenant_id, array_agg(alert_id)) from alert_search group by tenant_id;

-- Each time that a value left, or that a collection was asked. Append-only: quotas are counted from it.
create table look_up_asked (
  tenant_id text not null, seq bigint generated always as identity, look_up text not null, entity_key text not null,
  incident_id text, by text not null, at timestamptz not null,
  primary key (tenant_id, seq)
);
create index look_up_asked_at on look_up_asked (tenant_id, look_up, at);

-- What was answered, "nothing known" and failures included, until it expires.
create table look_up_answer (
  tenant_id text not null, look_up text not null, entity_key text not null, facts jsonb not null, at timestamptz not null, expires_at timestamptz not null,
  primary key (tenant_id, look_up, entity_key)
);
create index look_up_answer_expired on look_up_answer (tenant_id, expires_at);

-- Indicators that were fetched in bulk and are compared here: nothing of ours leaves for that.
create table indicator (
  tenant_id text not null, look_up text not null, entity_key text not null, stix_id text not null, name text not null,
  valid_from timestamptz not null, valid_until timestamptz, modified timestamptz not null, confidence int,
  primary key (tenant_id, look_up, entity_key, stix_id)
);
create index indicator_object on indicator (tenant_id, look_up, stix_id);

create table look_up_state (
  tenant_id text not null, look_up text not null, body jsonb not null, at timestamptz not null,
  primary key (tenant_id, look_up)
);

-- How far an incident may go, as a person marked it; the newest counts.
create table incident_tlp (
  tenant_id text not null, seq bigint generated always as identity, incident_id text not null, tlp text not null, by text not null, at timestamptz not null,
  primary key (tenant_id, seq)
);
create index incident_tlp_incident on incident_tlp (tenant_id, incident_id, seq);

grant select, insert on look_up_asked, incident_tlp, entity_incident to $SERVER;
grant select, insert, update on entity_seen, look_up_state to $SERVER;
grant select, insert, update, delete on look_up_answer, indicator to $SERVER;

do $body$
declare name text;
begin
  foreach name in array array['entity_seen', 'entity_incident', 'look_up_asked', 'look_up_answer', 'indicator', 'look_up_state', 'incident_tlp']
  loop
    execute format('alter table %I enable row level security', name);
    execute format('create policy one_tenant on %I using (tenant_id = current_setting(''countersign.tenant'', true)) with check (tenant_id = current_setting(''countersign.tenant'', true))', name);
  end loop;
end $body$;
`;
