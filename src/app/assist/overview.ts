import { rfc3339, unixMsFrom } from '../../base/time.ts';
import type { HealthItem } from '../../model/api.ts';
import type { AiSettings, AiView, PromptState, ProviderState } from '../../model/api-ai.ts';
import { type AiRecord, WITHOUT_MODEL, type WithoutModel } from '../../model/assist.ts';
import type { ProviderConfig } from '../../ports/model.ts';
import type { Assistance } from './assistance.ts';
import { areNamesWithheld } from './egress.ts';
import { activePrompt, chosenPrompts } from './prompt-choice.ts';
import { readSettings } from './settings.ts';
import { spentOf } from './spending.ts';

const DAYS_SHOWN = 30;

/** Who may be asked, how they are, what is left of the budgets and what was asked. */
export async function overviewOf(assist: Assistance): Promise<AiView> {
  const { context, gateway } = assist;
  const { version, settings } = await readSettings(context);
  const [level, providers, prompts, used, spent] = await Promise.all([
    levelOf(assist),
    Promise.all(gateway.options.providers().map(provider => providerState(assist, provider, settings))),
    promptStates(assist),
    usedByDay(assist),
    spentOf(context, context.pool, context.now(), ''),
  ]);
  const { hour, day, incident } = settings.budgets;
  return {
    ...level,
    providers,
    settings,
    settingsVersion: version,
    budgets: { hour: { spent: spent.hour, limit: hour }, day: { spent: spent.day, limit: day }, incident },
    prompts,
    queue: gateway.line.state(),
    used,
  };
}

/** How free a model is here now, and why. */
export async function levelOf(assist: Assistance): Promise<Pick<AiView, 'level' | 'because'>> {
  const without = await assist.without();
  if (without === undefined) return { level: 'L1', because: 'A model orders and relates what rules found.' };
  return { level: 'L0', because: `${WITHOUT_MODEL[without]} Rules write every summary.` };
}

const FIXES: ReadonlyMap<WithoutModel, string> = new Map([
  ['ai.prompt_changed', 'install this release again: a file below `prompts` was changed.'],
  ['ai.not_previewed', 'an administrator looks at what would be sent, and says so.'],
  ['ai.residency', 'set a provider in a region that is allowed, or allow its region.'],
  ['ai.process_down', 'look at the log for `ai`.'],
]);

/** Undefined where no model is set: that is a full mode, and nothing is unwell. */
export async function aiHealth(assist: Assistance): Promise<HealthItem | undefined> {
  const without = await assist.without();
  if (without === 'ai.not_configured' || without === 'ai.off') return undefined;
  if (without === undefined) return { name: 'ai', status: 'ok', text: 'A model can be asked.' };
  const text = `${WITHOUT_MODEL[without]} Rules write every summary.`;
  const fix = FIXES.get(without);
  return { name: 'ai', status: 'degraded', text, ...(fix === undefined ? {} : { fix }) };
}

async function providerState(
  assist: Assistance,
  provider: ProviderConfig,
  settings: AiSettings,
): Promise<ProviderState> {
  const { gateway, context, shelf } = assist;
  const chain = gateway.chainOf(settings);
  const breaker = gateway.breakers.state(provider.name);
  const prompt = await activePrompt(context, shelf, 'select');
  const place = chain.findIndex(one => one.name === provider.name) + 1;
  const refused = prompt.ok
    ? await gateway.whyNot({ task: 'select', prompt: prompt.value }, provider, settings)
    : prompt.failure;
  return {
    name: provider.name,
    kind: provider.kind,
    model: provider.model,
    region: provider.region,
    isHosted: provider.isHosted,
    retention: provider.retention,
    isOn: provider.isOn,
    namesWithheld: areNamesWithheld(provider, settings),
    price: provider.price,
    place,
    breaker: {
      state: breaker.state,
      failures: breaker.failures,
      until: breaker.until === 0 ? '' : rfc3339(unixMsFrom(breaker.until)),
      lastFailure: breaker.lastFailure,
    },
    without: refused ?? (breaker.state === 'open' ? 'ai.resting' : place === 0 ? 'ai.off' : ''),
  };
}

async function promptStates({ context, shelf }: Assistance): Promise<readonly PromptState[]> {
  const chosen = await chosenPrompts(context);
  const states = shelf.lock.prompts.map(async ({ id, version, sha256 }): Promise<PromptState> => {
    const choice = chosen.get(id);
    const isActive = (choice?.version ?? shelf.versionsOf(id)[0]?.version) === version;
    const isIntact = (await shelf.load(id, version)).ok;
    return { id, version, sha256, isActive, isIntact, chosenBy: isActive ? choice?.proposal : undefined };
  });
  return Promise.all(states);
}

async function usedByDay({ context }: Assistance): Promise<AiView['used']> {
  const { rows } = await context.pool.query<{
    day: string;
    provider: string;
    task: AiRecord['task'];
    calls: string;
    cached: string;
    not_used: string;
    input: string;
    output: string;
    cost: string;
  }>(
    `SELECT to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD') AS day, provider, task, count(*) FILTER (WHERE NOT is_cached) AS calls,
            count(*) FILTER (WHERE is_cached) AS cached, count(*) FILTER (WHERE outcome <> 'used') AS not_used,
            sum(input_tokens) AS input, sum(output_tokens) AS output, sum(cost_micros) AS cost
       FROM ai_record WHERE tenant_id = $1 AND at > $2 GROUP BY 1, 2, 3 ORDER BY 1 DESC, 2, 3`,
    [context.tenant, new Date(context.now() - DAYS_SHOWN * 86_400_000)],
  );
  return rows.map(row => ({
    day: row.day,
    provider: row.provider,
    task: row.task,
    calls: Number(row.calls),
    cached: Number(row.cached),
    notUsed: Number(row.not_used),
    inputTokens: Number(row.input),
    outputTokens: Number(row.output),
    costMicros: Number(row.cost),
  }));
}
