/**
 * What people say about a proposal, and what they ask of one another for it. Append-only. The words of a comment and of an
 * answer stand in `audit_blob` alone, so that there is one copy to erase. The executor reads none of it: nobody's words
 * decide.
 */
export const CONVERSATION_SCHEMA = `
create table proposal_comment (
  tenant_id text not null, id text not null, proposal_id text not null, revision int not null, person_id text not null,
  about text not null, text_commit text not null, at timestamptz not null, pending_id text not null,
  primary key (tenant_id, id)
);
create index proposal_comment_of on proposal_comment (tenant_id, proposal_id, id);

create table evidence_task (
  tenant_id text not null, id text not null, proposal_id text not null, revision int not null, review_id text not null,
  asked_by text not null, owner_id text not null, asks jsonb not null, due_at timestamptz not null, at timestamptz not null,
  pending_id text not null,
  primary key (tenant_id, id)
);
create index evidence_task_of on evidence_task (tenant_id, proposal_id, id);
create index evidence_task_owner on evidence_task (tenant_id, owner_id, id);
create index evidence_task_asker on evidence_task (tenant_id, asked_by, id);

-- A task is settled once: the key says so.
create table evidence_task_end (
  tenant_id text not null, task_id text not null, outcome text not null, by text not null, words_commit text not null,
  evidence text[] not null, revision int, at timestamptz not null, pending_id text not null,
  primary key (tenant_id, task_id)
);

alter table proposal_comment enable row level security;
create policy one_tenant on proposal_comment using (tenant_id = current_setting('countersign.tenant', true)) with check (tenant_id = current_setting('countersign.tenant', true));
alter table evidence_task enable row level security;
create policy one_tenant on evidence_task using (tenant_id = current_setting('countersign.tenant', true)) with check (tenant_id = current_setting('countersign.tenant', true));
alter table evidence_task_end enable row level security;
create policy one_tenant on evidence_task_end using (tenant_id = current_setting('countersign.tenant', true)) with check (tenant_id = current_setting('countersign.tenant', true));
grant select, insert on proposal_comment, evidence_task, evidence_task_end to $SERVER;
`;
