import { MS_PER_DAY, rfc3339, unixMsFrom } from '../../base/time.ts';
import type { ServerContext } from '../context.ts';
import { seenBy } from '../drills/sight.ts';
import { type Audience, type Found, plainFact, recipientsOf } from './audience.ts';

/** What was asked or settled longer ago is no news. */
const NEWS_MS_MAX = MS_PER_DAY;
/** Tasks that one look takes; what is beyond is taken by the next. */
const TASKS_MAX = 500;

/** Tells whoever is asked for evidence, and whoever asked once it is settled by somebody else. */
export async function findTasks(context: ServerContext, audience: Audience): Promise<readonly Found[]> {
  const { rows } = await context.pool.query<{ id: string; proposal: string; kind: Kind; person: string; due: Date }>(
    `WITH telling AS (
       SELECT t.id, t.proposal_id, 'task_asked' AS kind, t.owner_id AS person, t.due_at FROM evidence_task t
        WHERE t.tenant_id = $1 AND t.at > $2 AND t.owner_id <> t.asked_by
          AND NOT EXISTS (SELECT FROM evidence_task_end e WHERE e.tenant_id = t.tenant_id AND e.task_id = t.id)
       UNION ALL
       SELECT t.id, t.proposal_id, 'task_settled', t.asked_by, t.due_at FROM evidence_task t
         JOIN evidence_task_end e ON e.tenant_id = t.tenant_id AND e.task_id = t.id
        WHERE t.tenant_id = $1 AND e.at > $2 AND e.by <> t.asked_by)
     SELECT id, proposal_id AS proposal, kind, person, due_at AS due FROM telling t
      WHERE NOT EXISTS (SELECT FROM notice_fact f WHERE f.tenant_id = $1 AND f.key = t.kind || '/' || t.id)
        AND ${seenBy('t.proposal_id', 't.person')} ORDER BY id LIMIT $3`,
    [context.tenant, new Date(context.now() - NEWS_MS_MAX), TASKS_MAX],
  );
  return rows.map(({ id, proposal, kind, person, due }) => ({
    fact: {
      ...plainFact(kind, id, proposal),
      until: kind === 'task_asked' ? rfc3339(unixMsFrom(due.getTime())) : '',
    },
    // Nobody else is told: a channel of a team would read what is one person's.
    recipients: recipientsOf(
      { ...audience, settings: { ...audience.settings, channels: [] } },
      kind,
      one => one.person.id === person,
    ),
  }));
}

type Kind = 'task_asked' | 'task_settled';
