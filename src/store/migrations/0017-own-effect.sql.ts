/**
 * What people decided about this installation itself: which prompt is asked with, whether an incident is closed. The state
 * of such an object is what its last row says, and a row is added by one role alone, which the executor logs in as for
 * one act that was signed. The server can read it and has no way to write it.
 */
export const OWN_EFFECT_SCHEMA = `
create table own_effect (
  tenant_id text not null, seq bigint generated always as identity, object text not null, operation text not null,
  value jsonb not null, idempotency_key text not null, at timestamptz not null,
  primary key (tenant_id, seq)
);
create unique index own_effect_key on own_effect (tenant_id, idempotency_key);
create index own_effect_object on own_effect (tenant_id, object, seq desc);
alter table own_effect enable row level security;
create policy one_tenant on own_effect using (tenant_id = current_setting('countersign.tenant', true)) with check (tenant_id = current_setting('countersign.tenant', true));
grant select on own_effect to $SERVER, $EXECUTOR, $OWN;
grant insert on own_effect to $OWN;

-- What an act on an incident rests on.
grant select on incident to $EXECUTOR, $OWN;
grant select (tenant_id, id, incident_id, received_at) on alert to $OWN;
grant select on proposal, execution, execution_fact to $OWN;

-- A choice of a prompt took two signatures on a statement of its own. It is a proposal now; what was signed is in the log.
drop table ai_prompt_choice, ai_prompt_signature;
`;
