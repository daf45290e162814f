/**
 * What looking for a text in the queue reads: the beginning of what a row says, beside the keys by which it is ordered, in
 * one index. Reading 165,000 rows of the table for it took 100 MB and most of the bar; an entry of the index is a third
 * of a row. What is longer than an entry may be stands in an index of its own, which is almost empty.
 */
export const QUEUE_TEXT_SCHEMA = `
alter table incident add column told_start text generated always as (left(incident_words(title, entities, id), 600)) stored;
alter table incident add column is_told_long boolean generated always as (char_length(incident_words(title, entities, id)) > 600) stored;
create index incident_text on incident (tenant_id, severity_rank, last_seen, id) include (first_seen, alert_count, is_told_long, told_start) where merged_into is null and alert_count > 0 and state = 'open';
create index incident_long_text on incident (tenant_id) where is_told_long and merged_into is null and alert_count > 0 and state = 'open';
drop index incident_by_severity;
`;
