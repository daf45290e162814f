import { bytesToHex } from '../../base/bytes.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import type { ShownEvidence } from '../../core/decide/present.ts';
import type { Citation } from '../../model/claim.ts';
import { type Failure, failureOf } from '../../model/failure.ts';
import type { ServerContext } from '../context.ts';
import { valueAt } from '../read-field.ts';

/** More citations than a person would open are not shown. */
const CITATIONS_MAX = 40;

/**
 * Recomputes every citation from the stored bytes. A proposal needs at least one, every one has to hold, and one of the
 * names under which the inventory knows the target has to be the value of a cited field: a name that no mapped field holds is a mention, and cannot be a target.
 */
export async function groundCitations(
  context: ServerContext,
  citations: readonly Citation[],
  says: ReadonlyMap<string, string>,
  targetNames: readonly string[],
): Promise<Result<readonly ShownEvidence[], Failure>> {
  if (citations.length === 0) return fail(failureOf('proposal.ungrounded', 'no citation'));
  const wanted = citations.slice(0, CITATIONS_MAX);
  const { rows } = await context.pool.query<{ id: Citation['evidence']; sha256: Buffer; bytes: Buffer }>(
    'SELECT id, sha256, bytes FROM evidence WHERE tenant_id = $1 AND id = ANY ($2)',
    [context.tenant, [...new Set(wanted.map(citation => citation.evidence))]],
  );
  const records = new Map(rows.map(row => [row.id, row]));
  const shown: ShownEvidence[] = [];
  for (const citation of wanted) {
    const record = records.get(citation.evidence);
    const value = record === undefined ? undefined : valueAt(record.bytes, citation.pointer);
    if (record === undefined || value === undefined || !value.includes(citation.value))
      return fail(
        failureOf('proposal.ungrounded', `${citation.evidence}${citation.pointer} does not hold what is cited`),
      );
    shown.push({
      id: citation.evidence,
      sha256: bytesToHex(record.sha256),
      pointer: citation.pointer,
      value: citation.value,
      says: says.get(`${citation.evidence}${citation.pointer}`) ?? 'named in this field',
    });
  }
  const names = new Set(targetNames.map(name => name.toLowerCase()));
  const isNamed = shown.some(({ value }) => names.has(value.toLowerCase()));
  return isNamed ? ok(shown) : fail(failureOf('proposal.target_mentioned_only', 'the target stands in no cited field'));
}
