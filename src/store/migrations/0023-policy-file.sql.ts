/**
 * Policy files that somebody brought, byte for byte and never changed. Which one is in force is told by `own_effect`, and
 * decided by what the executor keeps in its own folder; a row here does nothing by itself.
 */
export const POLICY_FILE_SCHEMA = `
create table policy_file (
  tenant_id text not null, sha256 text not null, text text not null, title text not null, lines jsonb not null,
  brought_by text not null, brought_at timestamptz not null,
  primary key (tenant_id, sha256)
);
alter table policy_file enable row level security;
create policy one_tenant on policy_file using (tenant_id = current_setting('countersign.tenant', true)) with check (tenant_id = current_setting('countersign.tenant', true));
grant select, insert on policy_file to $SERVER;
grant select on policy_file to $EXECUTOR, $OWN;
`;
