/**
 * Alerts that matched a suppression in force when they came: which decision it was, and what became of them. Append-only. An
 * incident all of whose alerts were set aside has the state `suppressed`, by which it stands in no queue.
 */
export const SUPPRESSION_SCHEMA = `
create table alert_suppression (
  tenant_id text not null, alert_id text not null, effect_seq bigint not null, outcome text not null, at timestamptz not null,
  primary key (tenant_id, alert_id)
);
create index alert_suppression_effect on alert_suppression (tenant_id, effect_seq, at desc);
alter table alert_suppression enable row level security;
create policy one_tenant on alert_suppression using (tenant_id = current_setting('countersign.tenant', true)) with check (tenant_id = current_setting('countersign.tenant', true));
grant select, insert on alert_suppression to $SERVER;

-- What a preview reads. By a digest: a rule may be longer than what an index takes, and no alert is refused for its name.
create index alert_rule on alert (tenant_id, source, md5(rule), received_at);
grant select (source, rule, severity, title, body) on alert to $OWN;
`;
