import { createHash } from 'node:crypto';
import { fail, ok, type Result } from '../../base/result.ts';
import { rfc3339 } from '../../base/time.ts';
import type { ProposalRequest } from '../../model/api.ts';
import { type Failure, failureOf } from '../../model/failure.ts';
import type { Person } from '../../model/review.ts';
import { type PinnedTool, printManifest, toolsByName } from '../../model/tool.ts';
import { printArguments } from '../../responders/shared/calls/call-arguments.ts';
import type { Admitted } from '../agents.ts';
import type { ServerContext } from '../context.ts';
import type { Draft } from './draft.ts';
import { citedRecord, ownAct, plainDraft } from './own-draft.ts';

/** Asks an upstream for its tools, with the credential that only reads. */
export type ListTools = (upstream: string) => Promise<Result<readonly unknown[], Failure>>;

/** Characters of definitions that stand with one adoption. A longer list is adopted in parts. */
const DEFINITIONS_CHARS_MAX = 400_000;

/**
 * Which tools of an upstream agents may use, as they are described at this moment. The list is kept byte for byte and stands as
 * evidence, each tool whole: reviewers read what agents will be told. Administrators alone propose one; what a tool says of
 * itself, such as that it only reads, is not asked.
 */
export async function draftOfTools(
  context: ServerContext,
  listTools: ListTools,
  person: Person,
  { upstream, tools }: Extract<ProposalRequest, { kind: 'tools' }>,
  proposal: `prp_${string}`,
): Promise<Result<Draft, Failure>> {
  if (!person.roles.includes('administrator')) return fail(failureOf('access.denied', person.id));
  const listed = await listTools(upstream);
  if (!listed.ok) return listed;
  const seen = toolsByName(listed.value);
  const pinned: PinnedTool[] = [];
  for (const [name, as] of Object.entries(tools)) {
    const tool = seen.tools.get(name);
    if (tool === undefined || seen.ambiguous.has(name))
      return fail(failureOf('proposal.target_not_found', `${name} of ${upstream}`));
    pinned.push({ ...tool, class: as });
  }
  const text = printManifest({ v: '1', upstream, broughtAt: rfc3339(context.now()), tools: pinned });
  if (text.length > DEFINITIONS_CHARS_MAX) return fail(failureOf('request.too_large', upstream));
  const sha256 = createHash('sha256').update(text).digest('hex');
  await context.pool.query(
    `INSERT INTO gateway_manifest (tenant_id, sha256, upstream, text, brought_by, brought_at) VALUES ($1, $2, $3, $4, $5, $6)
       ON CONFLICT DO NOTHING`,
    [context.tenant, sha256, upstream, text, person.id, new Date(context.now())],
  );
  const definitions = pinned.map(tool => tool.text).join('\n\n');
  const cited = await citedRecord(
    context,
    // A record without words cannot be opened, so nothing is cited of a list that adopts nothing.
    definitions === '' ? { upstream } : { upstream, definitions },
    {
      upstream: 'the server that it is about',
      definitions: 'the whole definition of each tool, in its server’s own words',
    },
  );
  const act = { operation: 'adopt-tools', target: { name: upstream }, params: { sha256 } };
  return ok({ ...ownAct(person, proposal, act), ...cited });
}

/** One call of an agent: the tool as it was adopted, with exactly these arguments. The person who answers for it contributes. */
export async function draftOfCall(
  context: ServerContext,
  agent: Admitted,
  { upstream, responder }: { readonly upstream: string; readonly responder: 'mcp-tool' | 'http-call' },
  tool: PinnedTool,
  given: unknown,
): Promise<Result<Draft, Failure>> {
  const printed = printArguments(given);
  if (!printed.ok) return fail(failureOf('gateway.bad_arguments', printed.failure));
  const record = { agent: agent.name, upstream, tool: tool.name, arguments: printed.value, definition: tool.text };
  const says: { readonly [K in keyof typeof record]: string } = {
    agent: 'the agent that asked for it',
    upstream: 'the server that it would run on',
    tool: 'the tool that it would run',
    arguments: 'what it would be given, exactly',
    definition: 'what its server says that the tool does',
  };
  return ok({
    ...plainDraft(context.newId('proposal')),
    origin: { kind: 'agent', agent: agent.id, option: '', askedBy: agent.owner.id },
    contributors: [agent.owner.id],
    responder,
    system: upstream,
    operation: 'call',
    target: { name: tool.name },
    params: { arguments: printed.value, digest: tool.digest },
    ...(await citedRecord(context, record, says)),
  });
}
