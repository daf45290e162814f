import { fail, ok, type Result } from '../../base/result.ts';
import { rfc3339, unixMsFrom } from '../../base/time.ts';
import { authorise, principalOf } from '../../core/decide/authorise.ts';
import {
  CHECK_NAMES,
  COMMENTS_MAX,
  type CommentAbout,
  type CommentList,
  type CommentView,
  type CommentWrite,
} from '../../model/conversation.ts';
import { type Failure, failureOf } from '../../model/failure.ts';
import type { Person } from '../../model/review.ts';
import { keepBlob, openBlob } from '../blob.ts';
import { type Db, record, type ServerContext, transact } from '../context.ts';
import { type KnownProposal, knowProposal } from './facts.ts';

/** Whether this person may speak here. Whoever only reads may not, and no machine ever: there is no way to name one. */
export function mayComment(context: ServerContext, person: Person): boolean {
  return authorise(context.policy(), principalOf(person), 'edit_incident', {}).isAllowed;
}

/**
 * Keeps what a person says of the revision that they look at. It is read by people alone: no tally, tier, gate or order
 * knows of it. The log gets a commitment to the words, and who spoke of what.
 */
export function writeComment(
  context: ServerContext,
  person: Person,
  id: string,
  { revision, about, text }: CommentWrite,
): Promise<Result<true, Failure>> {
  return transact(context, async client => {
    const known = await knowProposal(context, id, client);
    if (known === undefined) return fail(failureOf('not_found', id));
    if (!mayComment(context, person)) return fail(failureOf('access.denied', person.id));
    if (revision !== known.current.revision)
      return fail(failureOf('review.act_changed', `revision ${known.current.revision}`));
    if (!isOf(known, about)) return fail(failureOf('not_found', about));
    // One at a time for a proposal, so that the bound holds also for those who write at once.
    await client.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [`comment/${context.tenant}/${id}`]);
    if ((await countComments(context, client, id)) >= COMMENTS_MAX)
      return fail(failureOf('comment.too_many', `${COMMENTS_MAX}`));
    const comment = context.newId('comment');
    const textCommit = await keepBlob(context, client, text, 'text/plain');
    const pendingId = await record(context, client, {
      type: 'comment.written',
      comment,
      proposal: known.stored.id,
      revision: String(revision),
      by: person.id,
      about,
      textCommit,
    });
    await client.query(
      `INSERT INTO proposal_comment (tenant_id, id, proposal_id, revision, person_id, about, text_commit, at, pending_id)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
      [context.tenant, comment, id, revision, person.id, about, textCommit, new Date(context.now()), pendingId],
    );
    context.live.publish({ kind: 'proposal', id: known.stored.id, state: known.state });
    return ok(true as const);
  });
}

function isOf(known: KnownProposal, about: CommentAbout): boolean {
  if (about === '' || (CHECK_NAMES as readonly string[]).includes(about)) return true;
  return known.presentation.evidence.some(shown => shown.id === about);
}

async function countComments(context: ServerContext, db: Db, id: string): Promise<number> {
  const { rows } = await db.query<{ count: number }>(
    'SELECT count(*)::int AS count FROM proposal_comment WHERE tenant_id = $1 AND proposal_id = $2',
    [context.tenant, id],
  );
  return rows[0]?.count ?? 0;
}

/** What people said of a proposal, the oldest first, whatever revision it was then. Undefined where there is none of this name. */
export async function listComments(
  context: ServerContext,
  id: string,
  person: Person | undefined,
): Promise<CommentList | undefined> {
  const known = await knowProposal(context, id);
  if (known === undefined) return undefined;
  const { rows } = await context.pool.query<{
    id: CommentView['id'];
    revision: number;
    person: Person['id'];
    about: CommentAbout;
    at: Date;
    commit: string;
    salt: Buffer | null;
    bytes: Buffer | null;
    idx: string | null;
  }>(
    `SELECT c.id, c.revision, c.person_id AS person, c.about, c.at, c.text_commit AS commit, b.salt, b.bytes, e.idx
       FROM proposal_comment c
       LEFT JOIN audit_blob b ON b.tenant_id = c.tenant_id AND b.commit_hex = c.text_commit
       LEFT JOIN audit_entry e ON e.tenant_id = c.tenant_id AND e.pending_id = c.pending_id
      WHERE c.tenant_id = $1 AND c.proposal_id = $2 ORDER BY c.id LIMIT $3`,
    [context.tenant, id, COMMENTS_MAX],
  );
  return {
    rows: rows.map(row => ({
      id: row.id,
      by: known.people.get(row.person)?.name ?? row.person,
      isContributor: known.current.contributors.includes(row.person),
      at: rfc3339(unixMsFrom(row.at.getTime())),
      revision: row.revision,
      about: row.about,
      text: openBlob(row),
      logIndex: row.idx === null ? undefined : Number(row.idx),
    })),
    mayWrite: person !== undefined && mayComment(context, person),
  };
}
