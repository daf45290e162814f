/**
 * Programs that may read and propose, each with a token of its own and a person who answers for it; and what they ask of other
 * people's servers. All of it append-only. Of a token only the digest is kept.
 *
 * `gateway_manifest` holds lists of tools as somebody brought them, byte for byte. Which one is gone by is told by `own_effect`;
 * a row here does nothing by itself. `gateway_quarantine` holds tools that were seen to be other than their pin says: they stay
 * out until people adopt another list, also where they turn back meanwhile.
 */
export const AGENTS_SCHEMA = `
create table agent (
  tenant_id text not null, id text not null, name text not null, owner_id text not null, token_sha256 bytea not null,
  admitted_at timestamptz not null, until timestamptz not null,
  primary key (tenant_id, id)
);
create unique index agent_token on agent (tenant_id, token_sha256);
create table agent_end (
  tenant_id text not null, id text not null, by text not null, at timestamptz not null,
  primary key (tenant_id, id)
);
create table gateway_manifest (
  tenant_id text not null, sha256 text not null, upstream text not null, text text not null, brought_by text not null, brought_at timestamptz not null,
  primary key (tenant_id, sha256)
);
create table gateway_quarantine (
  tenant_id text not null, manifest text not null, tool text not null, seen text not null, why text not null, at timestamptz not null,
  primary key (tenant_id, manifest, tool)
);
create table gateway_call (
  tenant_id text not null, seq bigint generated always as identity, agent_id text not null, upstream text not null, tool text not null,
  arguments_sha256 text not null, outcome text not null, proposal_id text not null, at timestamptz not null,
  primary key (tenant_id, seq)
);
create index gateway_call_at on gateway_call (tenant_id, at desc);
create index gateway_call_proposal on gateway_call (tenant_id, proposal_id) where proposal_id <> '';
alter table agent enable row level security;
alter table agent_end enable row level security;
alter table gateway_manifest enable row level security;
alter table gateway_quarantine enable row level security;
alter table gateway_call enable row level security;
create policy one_tenant on agent using (tenant_id = current_setting('countersign.tenant', true)) with check (tenant_id = current_setting('countersign.tenant', true));
create policy one_tenant on agent_end using (tenant_id = current_setting('countersign.tenant', true)) with check (tenant_id = current_setting('countersign.tenant', true));
create policy one_tenant on gateway_manifest using (tenant_id = current_setting('countersign.tenant', true)) with check (tenant_id = current_setting('countersign.tenant', true));
create policy one_tenant on gateway_quarantine using (tenant_id = current_setting('countersign.tenant', true)) with check (tenant_id = current_setting('countersign.tenant', true));
create policy one_tenant on gateway_call using (tenant_id = current_setting('countersign.tenant', true)) with check (tenant_id = current_setting('countersign.tenant', true));
grant select, insert on agent, agent_end, gateway_manifest, gateway_quarantine, gateway_call to $SERVER;
grant select on gateway_manifest to $EXECUTOR, $OWN;
`;
