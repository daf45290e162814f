/**
 * What each revision was when it was made, sealed: the executor begins nothing whose opening does not say that it is an act.
 *
 * Which proposals are drills, who may see each, and what would have shown that it is wrong. The server's alone: no other role
 * reads it, and who may see one shrinks to whoever decided on it. When drills are due is drawn ahead for each shift.
 *
 * That somebody who was asked said what they think before the recommendation was shown: not what. An approval waits for it.
 */
export const DRILLS_SCHEMA = `
alter table revision add column seal_opening text, add column seal_mask text, add column seal_pending_id text;

create table drill (
  tenant_id text not null, proposal_id text not null, fault text not null, lead text not null, audience text[] not null, shift text not null,
  shown_by jsonb not null, made_at timestamptz not null, opened_at timestamptz,
  primary key (tenant_id, proposal_id)
);
create index drill_shift on drill (tenant_id, shift);
create table drill_turn (
  tenant_id text not null, shift text not null, number int not null, due_at timestamptz not null,
  primary key (tenant_id, shift, number)
);
create table judged_first (
  tenant_id text not null, proposal_id text not null, revision int not null, person_id text not null, at timestamptz not null,
  primary key (tenant_id, proposal_id, revision, person_id)
);
alter table judged_first enable row level security;
create policy one_tenant on judged_first using (tenant_id = current_setting('countersign.tenant', true)) with check (tenant_id = current_setting('countersign.tenant', true));
grant select, insert on judged_first to $SERVER;
alter table drill enable row level security;
alter table drill_turn enable row level security;
create policy one_tenant on drill using (tenant_id = current_setting('countersign.tenant', true)) with check (tenant_id = current_setting('countersign.tenant', true));
create policy one_tenant on drill_turn using (tenant_id = current_setting('countersign.tenant', true)) with check (tenant_id = current_setting('countersign.tenant', true));
grant select, insert on drill, drill_turn to $SERVER;
grant update (audience, opened_at) on drill to $SERVER;
`;
