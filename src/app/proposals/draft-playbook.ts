import { fail, ok, type Result } from '../../base/result.ts';
import { fileDigest } from '../../core/decide/house-policy.ts';
import { loadPlaybook } from '../../core/decide/playbook/load.ts';
import type { ProposalRequest } from '../../model/api.ts';
import { type Failure, failureOf } from '../../model/failure.ts';
import type { Person } from '../../model/review.ts';
import type { ServerContext } from '../context.ts';
import type { Draft } from './draft.ts';
import { citedRecord, ownAct } from './own-draft.ts';

/**
 * Another version of a playbook. One that can bypass a person is refused with the path. The file, and what starts something
 * elsewhere by its own word, are kept as evidence and cited, so reviewers open them as they open every record.
 */
export async function draftOfPlaybook(
  context: ServerContext,
  person: Person,
  { text }: Extract<ProposalRequest, { kind: 'playbook' }>,
  proposal: `prp_${string}`,
): Promise<Result<Draft, Failure>> {
  const loaded = loadPlaybook(text, context.now());
  if (!loaded.ok) return fail(failureOf('playbook.refused', loaded.failure));
  const { file, name, verdict } = loaded.value;
  const sha256 = fileDigest(text);
  const title = `${file.title} ${file.version} (${sha256.slice(0, 8)})`;
  await context.pool.query(
    `INSERT INTO playbook_file (tenant_id, sha256, name, title, text, tier, steps, brought_by, brought_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING`,
    [
      context.tenant,
      sha256,
      name,
      title,
      text,
      verdict.tier ?? 'nothing',
      loaded.value.steps,
      person.id,
      new Date(context.now()),
    ],
  );
  const elsewhere = file.elsewhere.map(({ namespace, starts, runs }) =>
    starts.length + runs.length === 0
      ? `${namespace} is said to start nothing elsewhere`
      : `${namespace} starts ${[...starts, ...runs].join(', ')}`,
  );
  const record = {
    playbook: title,
    elsewhere: elsewhere.length === 0 ? 'Nothing is declared to listen elsewhere.' : `${elsewhere.join('; ')}.`,
    file: text,
  };
  const says = {
    playbook: 'the playbook that it is about',
    elsewhere: 'what its author says of automation elsewhere, which nobody can look up: believe it only if you know it',
    file: 'the whole file, of which no path bypasses a person',
  };
  const act = { operation: 'adopt-playbook', target: { name }, params: { sha256 } };
  return ok({ ...ownAct(person, proposal, act), ...(await citedRecord(context, record, says)) });
}
