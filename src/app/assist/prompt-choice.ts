import { fail, type Result } from '../../base/result.ts';
import type { ServerContext } from '../context.ts';
import type { Prompt, PromptShelf } from './prompts.ts';

/** What was decided of a prompt last, and by which proposal. */
export interface ChosenPrompt {
  readonly version: string;
  readonly sha256: string;
  readonly proposal: `prp_${string}` | undefined;
}

const OBJECT = /^prompt\/(.+)$/;

/**
 * For each prompt of which a version was chosen, the last choice. The rows are the executor's: it wrote them when two people
 * had signed exactly that, and the server has no right to add one.
 */
export async function chosenPrompts(context: ServerContext): Promise<ReadonlyMap<string, ChosenPrompt>> {
  const { rows } = await context.pool.query<{
    object: string;
    value: { readonly version?: string; readonly sha256?: string };
    proposal: `prp_${string}` | null;
  }>(
    `SELECT DISTINCT ON (o.object) o.object, o.value,
            (SELECT e.proposal_id FROM execution_fact f JOIN execution e ON e.tenant_id = f.tenant_id AND e.id = f.execution_id
              WHERE f.tenant_id = o.tenant_id AND f.kind = 'intended' AND f.body ->> 'idempotencyKey' = o.idempotency_key LIMIT 1) AS proposal
       FROM own_effect o WHERE o.tenant_id = $1 AND o.object LIKE 'prompt/%' ORDER BY o.object, o.seq DESC`,
    [context.tenant],
  );
  return new Map(
    rows.flatMap(({ object, value, proposal }) => {
      const [, id] = OBJECT.exec(object) ?? [];
      const { version, sha256 } = value;
      if (id === undefined || version === undefined || sha256 === undefined) return [];
      return [[id, { version, sha256, proposal: proposal ?? undefined }] as const];
    }),
  );
}

/** The version that is asked with: the one that was chosen last, or else the first one, which the release came with. */
export async function activePrompt(
  context: ServerContext,
  shelf: PromptShelf,
  id: string,
): Promise<Result<Prompt, 'ai.prompt_changed'>> {
  const choice = (await chosenPrompts(context)).get(id);
  const version = choice?.version ?? shelf.versionsOf(id)[0]?.version;
  if (version === undefined) return fail('ai.prompt_changed');
  const prompt = await shelf.load(id, version);
  // What was signed names the bytes: another release's text under the same version is not what people chose.
  return prompt.ok && choice !== undefined && choice.sha256 !== prompt.value.sha256
    ? fail('ai.prompt_changed')
    : prompt;
}
