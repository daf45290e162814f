import { canonicalJson } from '../../../base/canonical.ts';
import { toolsByName } from '../../../model/tool.ts';
import type {
  Plan,
  Receipt,
  Responder,
  ResponderContext,
  SystemConfig,
  WriteCapability,
} from '../../../ports/responder.ts';
import { openFor } from '../open-for.ts';
import { errorTextWithout, shownText } from '../wire-text.ts';
import { readArguments } from './call-arguments.ts';
import { DIGEST_PATH } from './call-plan.ts';
import type { CallWay, ToolSession } from './call-session.ts';

type Answer = Pick<Receipt, 'outcome' | 'detail' | 'before' | 'result'>;

/** Characters of a result that are kept and handed back. */
const RESULT_CHARS_MAX = 64_000;

/** Calls the tool, once, with the arguments of the plan, where the tool still is the one that the plan is of. */
export function executeCallBy(way: CallWay): Responder['execute'] {
  return async (plan, system, capability, context) => {
    const startedAt = context.now();
    const answer = await attempt(way, plan, system, capability, context);
    const endedAt = context.now();
    return { ...answer, startedAt, endedAt: endedAt > startedAt ? endedAt : startedAt };
  };
}

async function attempt(
  way: CallWay,
  plan: Plan,
  system: SystemConfig,
  capability: WriteCapability,
  context: ResponderContext,
): Promise<Answer> {
  const settings = way.parseConfig(system.settings);
  if (!settings.ok) return nothingSent('refused', settings.failure.detail);
  const given = readArguments(plan.params['arguments'] ?? '');
  if (!given.ok) return nothingSent('refused', given.failure);
  const operation = plan.operation === way.operation.name ? way.operation : undefined;
  const opened = await openFor(plan, system, operation, capability);
  if (!opened.ok) return nothingSent('refused', opened.failure);
  const secret = opened.value;
  let session: ToolSession;
  try {
    session = await way.open(settings.value, secret, context.timeoutMs);
  } catch (error) {
    return nothingSent('failed', errorTextWithout(error, [secret]));
  }
  try {
    const changed = await changedSince(way, session, plan, given.value).catch((error: unknown) =>
      errorTextWithout(error, [secret]),
    );
    if (changed !== undefined) return nothingSent('refused_drift', changed);
    try {
      return answered(way, await session.call(plan.target.immutableId, given.value, capability.idempotencyKey));
    } catch (error) {
      // An error of the protocol comes from a server that may have begun; silence says nothing either.
      return { outcome: 'unknown', detail: errorTextWithout(error, [secret]), before: {} };
    }
  } finally {
    await session.close().catch(() => undefined);
  }
}

async function changedSince(
  way: CallWay,
  session: ToolSession,
  plan: Plan,
  given: { readonly [name: string]: unknown },
): Promise<string | undefined> {
  const { tools, ambiguous } = toolsByName(await session.list());
  const name = plan.target.immutableId;
  if (ambiguous.has(name)) return 'two tools have this name now';
  const wanted = plan.preconditions.find(({ path }) => path === DIGEST_PATH)?.value;
  const tool = tools.get(name);
  if (tool === undefined || tool.digest !== wanted) return `${way.noun} is another one than was signed`;
  return way.fault(tool.text, given);
}

function answered(way: CallWay, result: { readonly [member: string]: unknown }): Answer {
  const text = canonicalJson(result) ?? '{}';
  const kept =
    text.length <= RESULT_CHARS_MAX
      ? text
      : JSON.stringify({ isWhole: false, chars: text.length, begins: text.slice(0, RESULT_CHARS_MAX / 2) });
  const outcome = way.outcomeOf(result);
  const detail =
    outcome === 'applied'
      ? `${way.noun} answered`
      : shownText(
          outcome === 'failed'
            ? `${way.noun} says that it failed: ${text}`
            : `what ${way.noun} answered says neither: ${text}`,
        );
  return { outcome, detail, before: {}, result: kept };
}

function nothingSent(outcome: 'refused' | 'refused_drift' | 'failed', detail: string): Answer {
  return { outcome, detail, before: {} };
}
