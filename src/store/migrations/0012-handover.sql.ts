/**
 * What handing over a shift or a week asks by time: what was done to incidents, what arrived late, what could not be
 * read, what was reviewed and what became of acts.
 *
 * Cost: one entry more for each event of an incident and for each record in quarantine, always at the end of its index. The
 * others are of tables in which people and the executor write.
 */
export const HANDOVER_SCHEMA = `
create index incident_event_at on incident_event (tenant_id, at);
create index late_news_arrived on late_news (tenant_id, arrived_at);
create index quarantine_received on quarantine (tenant_id, received_at, id);
create index review_received on review (tenant_id, received_at);
create index execution_fact_concluded on execution_fact (tenant_id, at) where kind = 'concluded';
`;
