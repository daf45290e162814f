import { canonicalJson } from '../../base/canonical.ts';
import { toolsByName } from '../../model/tool.ts';
import type { Plan, Receipt, ResponderContext, SystemConfig, WriteCapability } from '../../ports/responder.ts';
import { openFor } from '../open-for.ts';
import { errorTextWithout, shownText } from '../wire-text.ts';
import { readArguments } from './arguments.ts';
import { readSettings } from './config.ts';
import { operationNamed } from './manifest.ts';
import { DIGEST_PATH } from './plan.ts';
import { openTools, type ToolSession } from './session.ts';

type Answer = Pick<Receipt, 'outcome' | 'detail' | 'before' | 'result'>;

/** Characters of a result that are kept and handed back. */
const RESULT_CHARS_MAX = 64_000;

/** Calls the tool, once, with the arguments of the plan, where the tool still is the one that the plan is of. */
export async function executeCall(
  plan: Plan,
  system: SystemConfig,
  capability: WriteCapability,
  context: ResponderContext,
): Promise<Receipt> {
  const startedAt = context.now();
  const answer = await attempt(plan, system, capability, context);
  const endedAt = context.now();
  return { ...answer, startedAt, endedAt: endedAt > startedAt ? endedAt : startedAt };
}

async function attempt(
  plan: Plan,
  system: SystemConfig,
  capability: WriteCapability,
  context: ResponderContext,
): Promise<Answer> {
  const settings = readSettings(system.settings);
  if (!settings.ok) return nothingSent('refused', settings.failure.detail);
  const given = readArguments(plan.params['arguments'] ?? '');
  if (!given.ok) return nothingSent('refused', given.failure);
  const opened = await openFor(plan, system, operationNamed(plan.operation), capability);
  if (!opened.ok) return nothingSent('refused', opened.failure);
  const secret = opened.value;
  let session: ToolSession;
  try {
    session = await openTools({ ...settings.value, secret, timeoutMs: context.timeoutMs });
  } catch (error) {
    return nothingSent('failed', errorTextWithout(error, [secret]));
  }
  try {
    const changed = await changedSince(session, plan).catch((error: unknown) => errorTextWithout(error, [secret]));
    if (changed !== undefined) return nothingSent('refused_drift', changed);
    try {
      return answered(await session.call(plan.target.immutableId, given.value));
    } catch (error) {
      // An error of the protocol comes from a server that may have begun; silence says nothing either.
      return { outcome: 'unknown', detail: errorTextWithout(error, [secret]), before: {} };
    }
  } finally {
    await session.close().catch(() => undefined);
  }
}

async function changedSince(session: ToolSession, plan: Plan): Promise<string | undefined> {
  const { tools, ambiguous } = toolsByName(await session.list());
  const name = plan.target.immutableId;
  if (ambiguous.has(name)) return 'two tools have this name now';
  const wanted = plan.preconditions.find(({ path }) => path === DIGEST_PATH)?.value;
  return tools.get(name)?.digest === wanted ? undefined : 'the tool is another one than was signed';
}

function answered(result: { readonly [member: string]: unknown }): Answer {
  const text = canonicalJson(result) ?? '{}';
  const kept =
    text.length <= RESULT_CHARS_MAX
      ? text
      : JSON.stringify({ isWhole: false, chars: text.length, begins: text.slice(0, RESULT_CHARS_MAX / 2) });
  if (result['isError'] === true)
    return { outcome: 'failed', detail: shownText(`the tool says that it failed: ${text}`), before: {}, result: kept };
  return { outcome: 'applied', detail: 'the tool answered', before: {}, result: kept };
}

function nothingSent(outcome: 'refused' | 'refused_drift' | 'failed', detail: string): Answer {
  return { outcome, detail, before: {} };
}
