/** What executors began of late is counted at each act. */
export const ACTS_OF_LATE_SCHEMA = `
create index execution_fact_intended on execution_fact (tenant_id, at) where kind = 'intended';
`;
