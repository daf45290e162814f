import { invariant } from '../../base/invariant.ts';
import { readAct, readPresentation } from '../../core/decide/closed.ts';
import type { Act, Presentation } from '../../model/proposal.ts';
import type { Queryable } from '../../store/log.ts';
import { type ProposalRevision, readRevisions } from '../../store/proposal-facts.ts';

/** Revisions are never changed, so what was read once is kept: two thousand are some 20 MB. */
const REVISIONS_MAX = 2_000;
const kept = new Map<string, ProposalRevision>();

/**
 * As `readRevisions`, which reads and parses only what this process has not read before: most of what a list of a
 * thousand proposals costs. The digests of what is stored are asked for each time, so another text is never taken for
 * this one.
 */
export async function keptRevisions(
  db: Queryable,
  tenant: string,
  ids: readonly string[],
): Promise<ReadonlyMap<string, readonly ProposalRevision[]>> {
  const { rows } = await db.query<RevisionKey>(
    `SELECT proposal_id, revision, act_digest, presentation_digest FROM revision
      WHERE tenant_id = $1 AND proposal_id = ANY ($2) ORDER BY proposal_id, revision`,
    [tenant, ids],
  );
  const missing = new Set(rows.filter(row => !kept.has(keyOf(tenant, row))).map(row => row.proposal_id));
  const readNow = missing.size === 0 ? new Map() : await readRevisions(db, tenant, [...missing]);
  const found = new Map<string, ProposalRevision[]>();
  for (const [proposal, revisions] of readNow) found.set(proposal, [...revisions]);
  for (const row of rows) {
    if (missing.has(row.proposal_id)) continue;
    const known = kept.get(keyOf(tenant, row));
    invariant(known !== undefined, `revision ${row.revision} of ${row.proposal_id} was kept`);
    found.set(row.proposal_id, [...(found.get(row.proposal_id) ?? []), known]);
  }
  for (const revisions of readNow.values()) for (const revision of revisions) keep(tenant, revision);
  return found;
}

interface RevisionKey {
  readonly proposal_id: string;
  readonly revision: number;
  readonly act_digest: string;
  readonly presentation_digest: string;
}

function keyOf(tenant: string, row: RevisionKey): string {
  return [tenant, row.proposal_id, row.revision, row.act_digest, row.presentation_digest].join(' ');
}

function keep(tenant: string, revision: ProposalRevision): void {
  const { proposal, actDigest, presentationDigest } = revision;
  kept.set([tenant, proposal, revision.revision, actDigest, presentationDigest].join(' '), revision);
  for (const oldest of kept.keys()) {
    if (kept.size <= REVISIONS_MAX) break;
    kept.delete(oldest);
  }
}

interface RevisionTexts {
  readonly act: Act;
  readonly presentation: Presentation;
}

const texts = new WeakMap<ProposalRevision, RevisionTexts>();

/** What a revision's texts say. Reading them strictly is dear, so it is done once for each revision that is kept. */
export function readTexts(revision: ProposalRevision): RevisionTexts {
  const known = texts.get(revision);
  if (known !== undefined) return known;
  const act = readAct(revision.actText);
  const presentation = readPresentation(revision.presentationText);
  invariant(act.ok && presentation.ok, `the stored revision of ${revision.proposal} can be read`);
  const read = { act: act.value, presentation: presentation.value };
  texts.set(revision, read);
  return read;
}
