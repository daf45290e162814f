import { canonical, type Digest, digestOf } from '../../base/canonical.ts';
import { ok, type Result } from '../../base/result.ts';
import type { AiSettings } from '../../model/api-ai.ts';
import type { WithoutModel } from '../../model/assist.ts';
import type { Failure } from '../../model/failure.ts';
import type { ProviderConfig } from '../../ports/model.ts';
import { record, type ServerContext, transact } from '../context.ts';
import { sha256Hex } from './compile-prompt.ts';
import type { Prompt } from './prompts.ts';

/** Names leave this network only where an administrator named the provider. */
export function areNamesWithheld(provider: ProviderConfig, settings: AiSettings): boolean {
  return provider.isHosted && !settings.namesTo.includes(provider.name);
}

/** What a person acknowledges: to whom, in what words, and whether names are in it. Another model is another form. */
export function formOf(provider: ProviderConfig, prompt: Prompt, namesWithheld: boolean): Digest {
  return digestOf('countersign/ai-form/v1', {
    provider: provider.name,
    kind: provider.kind,
    model: provider.model,
    baseUrl: provider.baseUrl ?? '',
    region: provider.region,
    prompt: prompt.sha256,
    packet: '1',
    namesWithheld: namesWithheld ? 'yes' : 'no',
  });
}

/** Digest of what a question consists of, in one canonical text: what a preview shows is what is sent. */
export function requestText(system: string, packet: string, schema: string): string {
  return canonical({ system, packet, schema });
}

export const requestDigest = (system: string, packet: string, schema: string): Digest =>
  sha256Hex(requestText(system, packet, schema));

/** Whether a provider may be sent anything at all, whatever the question. */
export function forbiddenBy(provider: ProviderConfig, settings: AiSettings): WithoutModel | undefined {
  if (!settings.isOn || !provider.isOn) return 'ai.off';
  const { residency } = settings;
  if (residency.kind === 'only' && !residency.regions.includes(provider.region)) return 'ai.residency';
  return undefined;
}

export async function acknowledgementOf(
  context: ServerContext,
  form: Digest,
): Promise<{ readonly by: string; readonly at: string } | undefined> {
  const { rows } = await context.pool.query<{ by: string; at: Date }>(
    'SELECT by, at FROM ai_preview WHERE tenant_id = $1 AND form_sha256 = $2 ORDER BY seq LIMIT 1',
    [context.tenant, form],
  );
  return rows[0] === undefined ? undefined : { by: rows[0].by, at: rows[0].at.toISOString() };
}

/** A person looked; in the log with what they looked at. */
export function acknowledge(
  context: ServerContext,
  seen: { readonly provider: string; readonly form: Digest; readonly requestSha256: Digest },
  by: string,
): Promise<Result<void, Failure>> {
  return transact(context, async client => {
    await client.query(
      'INSERT INTO ai_preview (tenant_id, provider, form_sha256, request_sha256, by, at) VALUES ($1, $2, $3, $4, $5, $6)',
      [context.tenant, seen.provider, seen.form, seen.requestSha256, by, new Date(context.now())],
    );
    await record(context, client, { type: 'ai.previewed', ...seen, by });
    return ok(undefined);
  });
}
