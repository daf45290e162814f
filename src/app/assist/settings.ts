import { z } from 'zod';
import { canonical, digestOfCanonical } from '../../base/canonical.ts';
import { ok, type Result } from '../../base/result.ts';
import type { AiSettings } from '../../model/api-ai.ts';
import type { Failure } from '../../model/failure.ts';
import { record, type ServerContext, transact } from '../context.ts';

/** Nothing here is spent before a provider is set; then it is a day of a busy team, and nobody's whole purse. */
export const USUAL_SETTINGS: AiSettings = {
  isOn: true,
  chain: [],
  residency: { kind: 'any' },
  budgets: {
    incident: { tokens: 400_000, costMicros: 2_000_000 },
    hour: { tokens: 4_000_000, costMicros: 10_000_000 },
    day: { tokens: 20_000_000, costMicros: 50_000_000 },
  },
  namesTo: [],
};

const NAME = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/);
const NAMES_MAX = 20;
/** As providers are given it. */
const REGION = z.string().regex(/^[\p{L}\p{N}][\p{L}\p{N} ._:/-]{0,99}$/u);
const names = z.array(NAME).max(NAMES_MAX);
const AMOUNT = z.int().min(0).max(1_000_000_000_000);
const BUDGET = z.strictObject({ tokens: AMOUNT, costMicros: AMOUNT });

/** What an administrator may settle. */
export const AI_SETTINGS: z.ZodType<AiSettings> = z.strictObject({
  isOn: z.boolean(),
  chain: names,
  residency: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('any') }),
    z.strictObject({ kind: z.literal('only'), regions: z.array(REGION).max(NAMES_MAX) }),
  ]),
  budgets: z.strictObject({ incident: BUDGET, hour: BUDGET, day: BUDGET }),
  namesTo: names,
});

export interface StandingSettings {
  readonly version: number;
  readonly settings: AiSettings;
}

/** The newest version; the usual ones where nobody settled anything. One that cannot be read asks nobody. */
export async function readSettings(context: ServerContext): Promise<StandingSettings> {
  const { rows } = await context.pool.query<{ version: number; body: string }>(
    'SELECT version, body FROM ai_setting WHERE tenant_id = $1 ORDER BY version DESC LIMIT 1',
    [context.tenant],
  );
  const [row] = rows;
  if (row === undefined) return { version: 0, settings: USUAL_SETTINGS };
  const read = AI_SETTINGS.safeParse(JSON.parse(row.body));
  return { version: row.version, settings: read.success ? read.data : { ...USUAL_SETTINGS, isOn: false } };
}

/** A version more, in the log with its digest. */
export function writeSettings(
  context: ServerContext,
  settings: AiSettings,
  by: string,
): Promise<Result<StandingSettings, Failure>> {
  const body = JSON.stringify(settings);
  return transact(context, async client => {
    await client.query('SELECT pg_advisory_xact_lock(hashtext($1))', [`countersign.ai_setting.${context.tenant}`]);
    const { rows } = await client.query<{ version: number }>(
      `INSERT INTO ai_setting (tenant_id, version, body, by, at)
       SELECT $1, coalesce(max(version), 0) + 1, $2, $3, $4 FROM ai_setting WHERE tenant_id = $1 RETURNING version`,
      [context.tenant, body, by, new Date(context.now())],
    );
    const version = rows[0]?.version ?? 1;
    const settingsSha256 = digestOfCanonical('countersign/ai-settings/v1', canonical(body));
    await record(context, client, { type: 'ai.configured', version: String(version), settingsSha256, by });
    return ok({ version, settings });
  });
}
