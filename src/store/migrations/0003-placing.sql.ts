/** What placing asks of the events of incidents: where alerts went, and what people decided, without reading them all. */
export const PLACING_SCHEMA = `
create index incident_event_from on incident_event (tenant_id, (event ->> 'from')) where event ->> 'from' is not null;
create index incident_event_into on incident_event (tenant_id, (event ->> 'into')) where event ->> 'into' is not null;
create index incident_event_parted on incident_event (tenant_id, seq) where event ->> 'kind' in ('split', 'detached', 'undone');
`;
