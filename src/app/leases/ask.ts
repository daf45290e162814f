import { fail, ok, type Result } from '../../base/result.ts';
import { type Failure, failureOf } from '../../model/failure.ts';
import { type Db, record, type ServerContext, transact } from '../context.ts';
import { sameInReview, takeTurn } from '../proposals/budget.ts';
import type { Draft } from '../proposals/draft.ts';
import { refreshProposal } from '../proposals/project.ts';
import { draftOfUndo } from '../proposals/propose.ts';
import { insertRevision, type MadeRevision, makeRevision } from '../proposals/revision.ts';
import type { ReadStudy } from '../proposals/study.ts';
import type { EndedLease } from './due.ts';

/** What came of asking: the release that waits for people, that none could be proposed, or that another server was first. */
export type Asked =
  | { readonly kind: 'asked'; readonly release: string }
  | { readonly kind: 'stuck'; readonly failure: Failure }
  | { readonly kind: 'taken' };

/**
 * Proposes the release of what a lease that ended still holds, in the name of the installation itself: the undo that was planned
 * with the act, which nobody edited, so nobody contributes. It is carried out by nobody until people sign it.
 *
 * Each turn is one row, written in the transaction of its proposal: of two servers, or of one that was killed and started again,
 * one asks. What cannot be proposed is written down as such, and stands where people look until it can, or is settled.
 */
export async function askForRelease(context: ServerContext, readStudy: ReadStudy, lease: EndedLease): Promise<Asked> {
  const made = await makeRelease(context, readStudy, lease);
  if (!made.ok && made.failure.code !== 'proposal.duplicate') return keepStuck(context, lease, made.failure);
  const kept = await transact(context, async client => {
    await takeTurn(context, client);
    // Somebody asked for its undo before, or meanwhile: that is the release then.
    const other = made.ok ? await sameInReview(context, made.value.draft, client) : made.failure.detail;
    const release = other ?? (made.ok ? made.value.draft.proposal : '');
    if (!(await takeLeaseTurn(context, client, lease, release, undefined)))
      return fail(failureOf('proposal.duplicate', lease.execution));
    if (other === undefined && made.ok) await insertRelease(context, client, made.value);
    return ok(release);
  });
  return kept.ok ? { kind: 'asked', release: kept.value } : { kind: 'taken' };
}

interface Release {
  readonly draft: Draft;
  readonly made: MadeRevision;
}

async function makeRelease(
  context: ServerContext,
  readStudy: ReadStudy,
  { proposal }: EndedLease,
): Promise<Result<Release, Failure>> {
  const id = context.newId('proposal');
  const draft = await draftOfUndo(context, readStudy, proposal, id, of => ({ kind: 'lease', of }));
  if (!draft.ok) return draft;
  const made = await makeRevision(context, undefined, draft.value);
  return made.ok ? ok({ draft: draft.value, made: made.value }) : made;
}

async function insertRelease(context: ServerContext, client: Db, { draft, made }: Release): Promise<void> {
  await client.query(
    'INSERT INTO proposal (tenant_id, id, incident_id, origin, undoes_execution, created_at) VALUES ($1, $2, $3, $4, $5, $6)',
    [
      context.tenant,
      draft.proposal,
      draft.incident,
      JSON.stringify(draft.origin),
      draft.undoes ?? null,
      new Date(context.now()),
    ],
  );
  await insertRevision(context, client, draft, made);
  await refreshProposal(context, client, draft.proposal);
}

/** Said once for each reason, however often it is tried. */
async function keepStuck(context: ServerContext, lease: EndedLease, failure: Failure): Promise<Asked> {
  const isSaid = lease.last?.releaseId === '' && lease.last.code === failure.code;
  if (!isSaid)
    await transact(context, async client =>
      (await takeLeaseTurn(context, client, lease, '', failure))
        ? ok(true)
        : fail(failureOf('proposal.duplicate', lease.execution)),
    );
  return { kind: 'stuck', failure };
}

/** Writes the next turn of a lease with its entry of the log. False where somebody else did. */
async function takeLeaseTurn(
  context: ServerContext,
  client: Db,
  { execution, last }: EndedLease,
  release: string,
  failure: Failure | undefined,
): Promise<boolean> {
  const number = (last?.number ?? 0) + 1;
  const { rowCount } = await client.query(
    `INSERT INTO lease_turn (tenant_id, execution_id, number, release_id, code, detail, at) VALUES ($1, $2, $3, $4, $5, $6, $7)
       ON CONFLICT DO NOTHING`,
    [context.tenant, execution, number, release, failure?.code ?? '', failure?.detail ?? '', new Date(context.now())],
  );
  if (rowCount !== 1) return false;
  await record(context, client, {
    type: 'lease.ended',
    execution,
    number: String(number),
    release: release as `prp_${string}` | '',
    codes: failure === undefined ? [] : [failure.code],
  });
  return true;
}
