import { fail, ok, type Result } from '../../base/result.ts';
import { type Failure, failureOf } from '../../model/failure.ts';
import { type SeenTool, toolsByName } from '../../model/tool.ts';
import type { Plan, PlanRequest, ResponderContext, SystemConfig } from '../../ports/responder.ts';
import { sealPlan } from '../seal.ts';
import { errorTextWithout, shownText } from '../wire-text.ts';
import { readArguments } from './arguments.ts';
import { readSettings } from './config.ts';
import { operationNamed } from './manifest.ts';
import { openTools } from './session.ts';

/** Where the digest of the tool's whole definition stands among the preconditions. */
export const DIGEST_PATH = 'tool.digest';

/** Looks at what the server says of the tool, with the read credential, and says what the call would be. Calls nothing. */
export async function planCall(
  request: PlanRequest,
  system: SystemConfig,
  context: ResponderContext,
): Promise<Result<Plan, Failure>> {
  const settings = readSettings(system.settings);
  if (!settings.ok) return settings;
  if (operationNamed(request.operation) === undefined)
    return fail(
      failureOf('proposal.not_expressible', `mcp-tool: there is no operation ${shownText(request.operation)}`),
    );
  const name = 'name' in request.target ? request.target.name : request.target.immutableId;
  const secret = await context.readCredential();
  try {
    const session = await openTools({ ...settings.value, secret, timeoutMs: context.timeoutMs });
    try {
      const { tools, ambiguous } = toolsByName(await session.list());
      const tool = tools.get(name);
      if (tool === undefined) return fail(failureOf('proposal.target_not_found', shownText(name)));
      if (ambiguous.has(name)) return fail(failureOf('proposal.target_ambiguous', shownText(name)));
      return ok(describe(request, system.system, tool));
    } finally {
      await session.close().catch(() => undefined);
    }
  } catch (error) {
    return fail(failureOf('responder.unreachable', `mcp-tool: ${errorTextWithout(error, [secret])}`));
  }
}

function describe(request: PlanRequest, system: string, tool: SeenTool): Plan {
  const { arguments: given = '', digest = '' } = request.params ?? {};
  const read = readArguments(given);
  return sealPlan({
    operation: 'call',
    operationVersion: '1',
    target: { type: 'mcp_tool', system, immutableId: tool.name },
    facts: {
      displayName: tool.name,
      isPrivileged: 'unknown',
      isMachine: 'unknown',
      isLastAdministrator: false,
      isOwnIdentity: false,
    },
    params: { arguments: given, digest },
    preconditions: [{ path: DIGEST_PATH, value: tool.digest }],
    changes: read.ok ? changesOf(read.value) : [],
    blast: {
      direct: [`${system} runs ${tool.name} once, with exactly these arguments.`],
      dependents: [],
      unknown: ['What the tool changes, and for whom: only its server knows.'],
    },
    sideEffects: [],
    refusals: [
      ...(read.ok ? [] : [{ reason: 'not_expressible' as const, text: read.failure }]),
      ...(digest === tool.digest
        ? []
        : [{ reason: 'changed_since' as const, text: 'The tool is not the one that people adopted.' }]),
    ],
    dryRun: 'predicted',
  });
}

function changesOf(given: { readonly [name: string]: unknown }): Plan['changes'] {
  const named = Object.entries(given);
  if (named.length === 0) return [{ path: 'call', from: 'not made', to: 'made, without arguments' }];
  return named.map(([name, value]) => ({ path: name, from: 'not sent', to: JSON.stringify(value) }));
}
