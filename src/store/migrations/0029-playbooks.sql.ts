/**
 * Playbook files that somebody brought, byte for byte and never changed; which version of one stands is told by `own_effect`.
 * A run pins a file by its SHA-256. What became of a run is a fold over its facts, each of which is written once.
 */
export const PLAYBOOKS_SCHEMA = `
create table playbook_file (
  tenant_id text not null, sha256 text not null, name text not null, title text not null, text text not null, tier text not null,
  steps int not null, brought_by text not null, brought_at timestamptz not null,
  primary key (tenant_id, sha256)
);
create table playbook_run (
  tenant_id text not null, id text not null, sha256 text not null, incident_id text not null, started_by text not null, started_at timestamptz not null,
  primary key (tenant_id, id)
);
create index playbook_run_newest on playbook_run (tenant_id, started_at desc);
create table playbook_fact (
  tenant_id text not null, run_id text not null, key text not null, seq int not null, body jsonb not null, at timestamptz not null,
  primary key (tenant_id, run_id, key), unique (tenant_id, run_id, seq)
);
alter table playbook_file enable row level security;
alter table playbook_run enable row level security;
alter table playbook_fact enable row level security;
create policy one_tenant on playbook_file using (tenant_id = current_setting('countersign.tenant', true)) with check (tenant_id = current_setting('countersign.tenant', true));
create policy one_tenant on playbook_run using (tenant_id = current_setting('countersign.tenant', true)) with check (tenant_id = current_setting('countersign.tenant', true));
create policy one_tenant on playbook_fact using (tenant_id = current_setting('countersign.tenant', true)) with check (tenant_id = current_setting('countersign.tenant', true));
grant select, insert on playbook_file, playbook_run, playbook_fact to $SERVER;
grant select on playbook_file to $EXECUTOR, $OWN;
`;
