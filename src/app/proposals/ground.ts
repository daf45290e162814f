import { bytesToHex } from '../../base/bytes.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import type { ShownEvidence } from '../../core/decide/present.ts';
import type { Citation } from '../../model/claim.ts';
import { type Failure, failureOf } from '../../model/failure.ts';
import type { ServerContext } from '../context.ts';
import { fieldReader, recordValue } from '../record-fields.ts';
import type { AnswerCitation } from './draft.ts';

/** More citations than a person would open are not shown. */
const CITATIONS_MAX = 40;
/** Records that people brought, beside those. Together they are no more than a presentation shows. */
export const ANSWERS_CITED_MAX = 20;

/**
 * Recomputes every citation from the stored bytes. A proposal needs at least one, every one has to hold, and one of the
 * names under which the inventory knows the target has to be the value of a cited field: a name that no mapped field holds is a mention, and cannot be a target. No names: the target is an object of our own, which is chosen from our lists and named by no record.
 */
export async function groundCitations(
  context: ServerContext,
  citations: readonly Citation[],
  says: ReadonlyMap<string, string>,
  targetNames: readonly string[] | undefined,
  answers: readonly AnswerCitation[] = [],
): Promise<Result<readonly ShownEvidence[], Failure>> {
  if (citations.length === 0) return fail(failureOf('proposal.ungrounded', 'no citation'));
  const wanted: readonly (Citation & { readonly says?: string })[] = [
    ...citations.slice(0, CITATIONS_MAX),
    ...answers.slice(0, ANSWERS_CITED_MAX),
  ];
  const { rows } = await context.pool.query<{
    id: Citation['evidence'];
    sha256: Buffer;
    bytes: Buffer;
    columns: { readonly [column: string]: string } | null;
  }>(
    `SELECT e.id, e.sha256, e.bytes, a.body -> 'columns' AS columns FROM evidence e
       LEFT JOIN alert a ON a.tenant_id = e.tenant_id AND a.evidence_id = e.id WHERE e.tenant_id = $1 AND e.id = ANY ($2)`,
    [context.tenant, [...new Set(wanted.map(citation => citation.evidence))]],
  );
  const readField = fieldReader(new Map(rows.map(row => [row.id, row.columns ?? recordValue(row.bytes)])));
  const digests = new Map(rows.map(row => [row.id, bytesToHex(row.sha256)]));
  const shown: ShownEvidence[] = [];
  for (const citation of wanted) {
    const { evidence: id, pointer, value } = citation;
    const sha256 = digests.get(id);
    if (sha256 === undefined || readField(id, pointer)?.includes(value) !== true) {
      return fail(failureOf('proposal.ungrounded', `${id}${pointer} does not hold what is cited`));
    }
    shown.push({
      id,
      sha256,
      pointer,
      value,
      says: citation.says ?? says.get(`${id}${pointer}`) ?? 'named in this field',
    });
  }
  if (targetNames === undefined) return ok(shown);
  const names = new Set(targetNames.map(name => name.toLowerCase()));
  const isNamed = shown.some(({ value }) => names.has(value.toLowerCase()));
  return isNamed ? ok(shown) : fail(failureOf('proposal.target_mentioned_only', 'the target stands in no cited field'));
}
