import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { bytesToHex } from '../../base/bytes.ts';
import { type Closed, canonical, digestOfCanonical } from '../../base/canonical.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import { rfc3339, unixMsFrom } from '../../base/time.ts';
import { checkPersonSignature } from '../../core/decide/signatures.ts';
import type { PromptBegun } from '../../model/api-ai.ts';
import type { PersonSignature, PromptStatement } from '../../model/audit-entry.ts';
import { type Failure, failureOf } from '../../model/failure.ts';
import type { Person } from '../../model/review.ts';
import { isTaken, record, type ServerContext, signingRules, transact } from '../context.ts';
import { keepPending, PENDING_MS, takePending } from '../pending.ts';
import { readPeople } from '../people.ts';
import { sha256Hex } from './compile-prompt.ts';
import type { Prompt, PromptShelf } from './prompts.ts';

/** Two people, as for every act of the third tier; one of them an administrator. */
const SIGNERS_MIN = 2;
/** Choices that are looked at, the newest first. */
const CHOICES_READ_MAX = 50;
export const EVALUATION_CHARS_MAX = 64_000;

const STATEMENT = z.strictObject({
  v: z.literal('1'),
  installation: z.string(),
  prompt: z.string(),
  version: z.string(),
  promptSha256: z.string(),
  evaluationSha256: z.string(),
  nonce: z.string(),
  expiresAt: z.string(),
});

export interface ChosenPrompt {
  readonly digest: string;
  readonly prompt: string;
  readonly version: string;
  readonly promptSha256: string;
  readonly signers: readonly string[];
}

/**
 * The choices that count, the newest first: signed by two people who are enrolled now, one of them an administrator. A row
 * that nobody signed, or one person twice, changes nothing.
 */
export async function chosenPrompts(context: ServerContext): Promise<readonly ChosenPrompt[]> {
  const { rows } = await context.pool.query<{ statement: string; digest: string }>(
    'SELECT statement, digest FROM ai_prompt_choice WHERE tenant_id = $1 ORDER BY at DESC, digest LIMIT $2',
    [context.tenant, CHOICES_READ_MAX],
  );
  if (rows.length === 0) return [];
  const people = await readPeople(context);
  const chosen: ChosenPrompt[] = [];
  for (const { statement: text, digest } of rows) {
    const statement = readStatement(text);
    if (statement === undefined || statement.installation !== context.genesis.installation) continue;
    if (digestOfCanonical('countersign/prompt-choice/v1', text) !== digest) continue;
    const signers = await signersOf(context, digest, people);
    const hasAdministrator = signers.some(person => person.roles.includes('administrator'));
    if (signers.length < SIGNERS_MIN || !hasAdministrator) continue;
    const { prompt, version, promptSha256 } = statement;
    chosen.push({ digest, prompt, version, promptSha256, signers: signers.map(person => person.id) });
  }
  return chosen;
}

function readStatement(text: string): PromptStatement | undefined {
  const parsed = STATEMENT.safeParse(JSON.parse(text));
  return parsed.success && canonical(parsed.data as Closed) === text ? (parsed.data as PromptStatement) : undefined;
}

async function signersOf(
  context: ServerContext,
  digest: string,
  people: readonly Person[],
): Promise<readonly Person[]> {
  const { rows } = await context.pool.query<{ person_id: string; signature: PersonSignature }>(
    'SELECT person_id, signature FROM ai_prompt_signature WHERE tenant_id = $1 AND digest = $2',
    [context.tenant, digest],
  );
  const signers: Person[] = [];
  for (const row of rows) {
    const person = people.find(one => one.id === row.person_id && one.isActive);
    if (person === undefined || signers.includes(person)) continue;
    const rules = signingRules(context);
    const signed = await checkPersonSignature(row.signature, digest, person.credentials, rules, context.verify);
    if (signed.ok) signers.push(person);
  }
  return signers;
}

/** The version that is asked with: the newest signed choice, or else the first one, which the release came with. */
export async function activePrompt(
  context: ServerContext,
  shelf: PromptShelf,
  id: string,
): Promise<Result<Prompt, 'ai.prompt_changed'>> {
  const locked = shelf.versionsOf(id);
  const choice = (await chosenPrompts(context)).find(one => one.prompt === id);
  const version = choice?.version ?? locked[0]?.version;
  if (version === undefined) return fail('ai.prompt_changed');
  const prompt = await shelf.load(id, version);
  if (prompt.ok && choice !== undefined && choice.promptSha256 !== prompt.value.sha256)
    return fail('ai.prompt_changed');
  return prompt;
}

/**
 * What the first person signs for a version, with its evaluation; or, with the digest of a choice that stands, what the next
 * one signs: the same.
 */
export async function beginPromptChoice(
  context: ServerContext,
  shelf: PromptShelf,
  by: Person,
  wanted:
    | { readonly kind: 'new'; readonly prompt: string; readonly version: string; readonly evaluation: string }
    | { readonly kind: 'countersign'; readonly digest: string },
): Promise<Result<PromptBegun, Failure>> {
  const found =
    wanted.kind === 'new' ? await newChoice(context, shelf, wanted) : await standing(context, wanted.digest);
  if (!found.ok) return found;
  const { text, evaluation } = found.value;
  const statement = readStatement(text);
  if (statement === undefined) return fail(failureOf('not_found', 'the choice cannot be read'));
  const digest = digestOfCanonical('countersign/prompt-choice/v1', text);
  const nonce = bytesToHex(randomBytes(16));
  const body = canonical({ text, evaluation });
  await keepPending(context, context.pool, { nonce, kind: 'prompt', person: by.id, body });
  return ok({
    nonce,
    statement,
    digest,
    challenge: Buffer.from(digest, 'hex').toString('base64url'),
    credentialIds: by.credentials.map(credential => credential.id),
    evaluation,
  });
}

async function newChoice(
  context: ServerContext,
  shelf: PromptShelf,
  wanted: { readonly prompt: string; readonly version: string; readonly evaluation: string },
): Promise<Result<{ readonly text: string; readonly evaluation: string }, Failure>> {
  const prompt = await shelf.load(wanted.prompt, wanted.version);
  if (!prompt.ok) return fail(failureOf('not_found', `${wanted.prompt}/${wanted.version} does not load`));
  const statement: PromptStatement = {
    v: '1',
    installation: context.genesis.installation,
    prompt: wanted.prompt,
    version: wanted.version,
    promptSha256: prompt.value.sha256,
    evaluationSha256: sha256Hex(wanted.evaluation),
    nonce: bytesToHex(randomBytes(16)),
    expiresAt: rfc3339(unixMsFrom(context.now() + PENDING_MS)),
  };
  return ok({ text: canonical(statement as unknown as Closed), evaluation: wanted.evaluation });
}

async function standing(
  context: ServerContext,
  digest: string,
): Promise<Result<{ readonly text: string; readonly evaluation: string }, Failure>> {
  const { rows } = await context.pool.query<{ statement: string; evaluation: string }>(
    'SELECT statement, evaluation FROM ai_prompt_choice WHERE tenant_id = $1 AND digest = $2',
    [context.tenant, digest],
  );
  const [row] = rows;
  return row === undefined
    ? fail(failureOf('not_found', 'no such choice of a prompt'))
    : ok({ text: row.statement, evaluation: row.evaluation });
}

/** Keeps one person's signature. The choice counts with the second one. */
export async function finishPromptChoice(
  context: ServerContext,
  by: Person,
  nonce: string,
  signature: PersonSignature,
): Promise<Result<{ readonly digest: string; readonly counts: boolean }, Failure>> {
  try {
    const done = await transact(context, async client => {
      const taken = await takePending(context, client, 'prompt', nonce, 'review.nonce_used');
      if (!taken.ok) return taken;
      if (taken.value.person !== by.id) return fail(failureOf('access.denied', 'somebody else began this'));
      const { text, evaluation } = JSON.parse(taken.value.body) as {
        readonly text: string;
        readonly evaluation: string;
      };
      const statement = readStatement(text);
      if (statement === undefined) return fail(failureOf('request.malformed', 'the statement cannot be read'));
      const digest = digestOfCanonical('countersign/prompt-choice/v1', text);
      const rules = signingRules(context);
      const signed = await checkPersonSignature(signature, digest, by.credentials, rules, context.verify);
      if (!signed.ok) return fail(failureOf('review.bad_signature', `prompt: ${signed.failure}`));
      const at = new Date(context.now());
      await client.query(
        'INSERT INTO ai_prompt_choice (tenant_id, digest, statement, evaluation, by, at) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING',
        [context.tenant, digest, text, evaluation, by.id, at],
      );
      await client.query(
        'INSERT INTO ai_prompt_signature (tenant_id, digest, person_id, signature, at) VALUES ($1, $2, $3, $4, $5)',
        [context.tenant, digest, by.id, JSON.stringify(signature), at],
      );
      await record(context, client, { type: 'prompt.signed', statement, signature, by: by.id });
      return ok(digest);
    });
    if (!done.ok) return done;
    const chosen = await chosenPrompts(context);
    return ok({ digest: done.value, counts: chosen.some(one => one.digest === done.value) });
  } catch (error) {
    if (isTaken(error)) return fail(failureOf('review.twice', 'the same person signed this choice before'));
    throw error;
  }
}
