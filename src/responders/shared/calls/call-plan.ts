import { fail, ok, type Result } from '../../../base/result.ts';
import { type Failure, failureOf } from '../../../model/failure.ts';
import { type SeenTool, toolsByName } from '../../../model/tool.ts';
import type { Plan, PlanRequest, Responder } from '../../../ports/responder.ts';
import { sealPlan } from '../seal.ts';
import { errorTextWithout, shownText } from '../wire-text.ts';
import { readArguments } from './call-arguments.ts';
import type { CallWay } from './call-session.ts';

/** Where the digest of the tool's whole definition stands among the preconditions. */
export const DIGEST_PATH = 'tool.digest';

/** Looks at what the server says of the tool, with the read credential, and says what the call would be. Calls nothing. */
export function planCallBy(way: CallWay): Responder['plan'] {
  return async (request, system, context) => {
    const settings = way.parseConfig(system.settings);
    if (!settings.ok) return settings;
    if (request.operation !== way.operation.name)
      return fail(
        failureOf('proposal.not_expressible', `${way.name}: there is no operation ${shownText(request.operation)}`),
      );
    const name = 'name' in request.target ? request.target.name : request.target.immutableId;
    const secret = await context.readCredential();
    try {
      const session = await way.open(settings.value, secret, context.timeoutMs);
      try {
        const { tools, ambiguous } = toolsByName(await session.list());
        const tool = tools.get(name);
        if (tool === undefined) return fail(failureOf('proposal.target_not_found', shownText(name)));
        if (ambiguous.has(name)) return fail(failureOf('proposal.target_ambiguous', shownText(name)));
        return ok(describe(way, request, system.system, tool));
      } finally {
        await session.close().catch(() => undefined);
      }
    } catch (error) {
      return unreachable(way, errorTextWithout(error, [secret]));
    }
  };
}

function unreachable({ name }: CallWay, text: string): Result<never, Failure> {
  return fail(failureOf('responder.unreachable', `${name}: ${text}`));
}

function describe(way: CallWay, request: PlanRequest, system: string, tool: SeenTool): Plan {
  const { arguments: given = '', digest = '' } = request.params ?? {};
  const read = readArguments(given);
  const fault = read.ok ? way.fault(tool.text, read.value) : read.failure;
  return sealPlan({
    operation: way.operation.name,
    operationVersion: way.operation.version,
    target: { type: way.operation.targetType, system, immutableId: tool.name },
    facts: {
      displayName: tool.name,
      isPrivileged: 'unknown',
      isMachine: 'unknown',
      isLastAdministrator: false,
      isOwnIdentity: false,
    },
    params: { arguments: given, digest },
    preconditions: [{ path: DIGEST_PATH, value: tool.digest }],
    changes: read.ok ? changesOf(way.linesOf(read.value)) : [],
    blast: {
      direct: [`${system} runs ${tool.name} once, with exactly these arguments.`],
      dependents: [],
      unknown: [`What ${way.noun} changes, and for whom: only its server knows.`],
    },
    sideEffects: [],
    refusals: [
      ...(fault === undefined ? [] : [{ reason: 'not_expressible' as const, text: shownText(fault) }]),
      ...(digest === tool.digest
        ? []
        : [
            {
              reason: 'changed_since' as const,
              text: `${capital(way.noun)} is not the one that people adopted.`,
            },
          ]),
    ],
    dryRun: 'predicted',
  });
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

function changesOf(lines: ReturnType<CallWay['linesOf']>): Plan['changes'] {
  if (lines.length === 0) return [{ path: 'call', from: 'not made', to: 'made, without arguments' }];
  return lines.map(([path, value]) => ({ path, from: 'not sent', to: JSON.stringify(value) }));
}
