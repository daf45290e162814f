import { createHash } from 'node:crypto';
import { canonicalJson } from '../../base/canonical.ts';
import { inertLine } from '../../base/inert.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import { MS_PER_DAY } from '../../base/time.ts';
import { type Failure, type FailureCode, failureOf } from '../../model/failure.ts';
import type { UpstreamTool, UpstreamView } from '../../model/gateway.ts';
import { type GivenToRoute, type HttpRoute, matchRoute, requestOf } from '../../model/http-route.ts';
import type { ProposalState } from '../../model/proposal.ts';
import { descriptionOf, type PinnedTool, TOOL_NAME_CHARS_MAX, toolsByName } from '../../model/tool.ts';
import { factOf } from '../../store/proposal-facts.ts';
import type { Admitted } from '../agents.ts';
import { record, type ServerContext, transact } from '../context.ts';
import { draftOfCall } from '../proposals/draft-tools.ts';
import { knowProposal } from '../proposals/facts.ts';
import { submitDraft } from '../proposals/propose.ts';
import { CallLog, type CallNote, noteCall } from './notes.ts';
import { differenceOf, type Pins, pinsOf, quarantine } from './pins.ts';
import { Sessions } from './sessions.ts';
import { responderOf, type Upstream, upstreamsIn } from './upstreams.ts';

/** What an agent gets of a call: what the tool answered, or the proposal that people decide. */
export type Called =
  | { readonly kind: 'answer'; readonly result: { readonly [member: string]: unknown } }
  | { readonly kind: 'proposed'; readonly proposal: `prp_${string}` };

/** What an agent asks of a plain HTTP interface. Its path is plain, and its query was read in the one way that there is. */
export interface AskedRoute {
  readonly method: string;
  readonly path: string;
  readonly query: { readonly [name: string]: string };
  /** Of these headers those that it has. */
  readonly headersNamed: (names: readonly string[]) => { readonly [name: string]: string };
  /** Undefined where it has none. */
  readonly body: { readonly json: unknown } | undefined;
}

/** What is pinned of an upstream, and what it says of itself, at one moment. */
interface Looked {
  readonly pins: Pins;
  readonly listed: Result<readonly unknown[], Failure>;
}

/** What became of a call that was proposed. `result` is what the tool answered, once it was called. */
export interface CallOutcome {
  readonly proposal: string;
  readonly state: ProposalState;
  readonly result?: unknown;
}

/**
 * The gate in front of other people's MCP servers. What people adopted as only reading passes and is noted; every other adopted
 * tool becomes a proposal of exactly that call; what nobody adopted, or what is not what they adopted, is not called.
 */
export class Gateway {
  private readonly context: ServerContext;
  private readonly sessions = new Sessions();
  private readonly log: CallLog;
  readonly upstreams: () => readonly Upstream[];

  constructor(context: ServerContext, folder: string) {
    this.context = context;
    this.upstreams = upstreamsIn(folder);
    this.log = new CallLog(context);
  }

  run(): void {
    this.log.run();
  }

  async stop(): Promise<void> {
    await this.log.stop();
    await this.sessions.stop();
  }

  /** The tools that agents may use, as they were adopted. Fails where there is no such upstream. */
  async usable(name: string): Promise<Result<readonly PinnedTool[], Failure>> {
    if (this.find(name)?.document !== undefined || this.find(name) === undefined)
      return fail(failureOf('gateway.unknown_upstream', name));
    const { tools, quarantined } = await pinsOf(this.context, name);
    return ok([...tools.values()].filter(tool => !quarantined.has(tool.name)));
  }

  /** The tools as the server describes them now, unread. */
  listTools = async (name: string): Promise<Result<readonly unknown[], Failure>> => {
    const upstream = this.find(name);
    return upstream === undefined
      ? fail(failureOf('gateway.unknown_upstream', name))
      : this.sessions.ask(upstream, session => session.list());
  };

  /** One call of an agent. Whatever comes of it is noted, and what is refused is an entry of the log by itself. */
  async call(agent: Admitted, name: string, toolName: string, given: unknown): Promise<Result<Called, Failure>> {
    const upstream = this.find(name);
    if (upstream === undefined || upstream.document !== undefined)
      return this.refuse(agent, name, toolName, 'gateway.unknown_upstream');
    return this.callOf(agent, upstream, await this.look(upstream), toolName, given);
  }

  /** One request of an agent to a plain HTTP interface: the route that it means, and then as any other call. */
  async request(agent: Admitted, name: string, asked: AskedRoute): Promise<Result<Called, Failure>> {
    const upstream = this.find(name);
    const what = `${asked.method} ${asked.path}`;
    if (upstream?.document === undefined) return this.refuse(agent, name, what, 'gateway.unknown_upstream');
    const now = await this.look(upstream);
    // Of all that the document has, and not of what was adopted: what nobody adopted must not pass as what looks like it.
    const routes = now.listed.ok ? (now.listed.value as readonly HttpRoute[]) : [];
    const matched = matchRoute(routes, asked.method, asked.path);
    if (matched === undefined) return this.callOf(agent, upstream, now, what, {});
    const { route, path } = matched;
    const declared = route.parameters.flatMap(({ in: where, name: header }) => (where === 'header' ? [header] : []));
    const given = givenTo({ ...asked, headers: asked.headersNamed(declared), inPath: path });
    const fault = requestOf(route, given);
    if (fault.ok) return this.callOf(agent, upstream, now, route.name, given);
    await noteCall(this.context, { ...this.about(agent, name, route.name, given), outcome: 'denied' });
    return this.refuse(agent, name, route.name, 'gateway.bad_arguments', fault.failure);
  }

  /** What no route can mean, whatever its server says: it is noted and refused before anything is asked. */
  async turnAway(agent: Admitted, name: string, what: string, because: string): Promise<Result<never, Failure>> {
    if (this.find(name)?.document === undefined) return this.refuse(agent, name, what, 'gateway.unknown_upstream');
    await noteCall(this.context, { ...this.about(agent, name, what, {}), outcome: 'denied' });
    return this.refuse(agent, name, what, 'gateway.bad_arguments', because);
  }

  /** Asked before every call, and not now and then: what was changed a moment ago is not called. */
  private async look(upstream: Upstream): Promise<Looked> {
    const [pins, listed] = await Promise.all([
      pinsOf(this.context, upstream.name),
      this.sessions.ask(upstream, session => session.list()),
    ]);
    return { pins, listed };
  }

  private about(agent: Admitted, upstream: string, tool: string, given: unknown): Omit<CallNote, 'outcome'> {
    return {
      agent: agent.id,
      upstream,
      tool: inertLine(tool).slice(0, TOOL_NAME_CHARS_MAX),
      argumentsSha256: createHash('sha256')
        .update(canonicalJson(given) ?? '')
        .digest('hex'),
      proposal: '',
    };
  }

  private async callOf(
    agent: Admitted,
    upstream: Upstream,
    { pins, listed }: Looked,
    toolName: string,
    given: unknown,
  ): Promise<Result<Called, Failure>> {
    const { name } = upstream;
    const about = this.about(agent, name, toolName, given);
    const tool = pins.tools.get(toolName);
    if (tool === undefined || pins.quarantined.has(toolName)) {
      const isUnknown = tool === undefined;
      await noteCall(this.context, { ...about, outcome: isUnknown ? 'blocked' : 'quarantined' });
      const code = isUnknown ? 'gateway.tool_blocked' : 'gateway.tool_quarantined';
      return this.refuse(agent, name, toolName, code);
    }
    if (!listed.ok) {
      await noteCall(this.context, { ...about, outcome: 'failed' });
      return listed;
    }
    if (!(await this.isAsPinned(upstream, pins, tool, listed.value))) {
      await noteCall(this.context, { ...about, outcome: 'quarantined' });
      return this.refuse(agent, name, toolName, 'gateway.tool_quarantined');
    }
    return tool.class === 'read'
      ? this.read(upstream, tool, given, about)
      : this.propose(agent, upstream, tool, given, about);
  }

  /** What became of a call of this agent. Of another one's nothing is told. */
  async outcome(agent: Admitted, proposal: string): Promise<Result<CallOutcome, Failure>> {
    const known = await knowProposal(this.context, proposal);
    const origin = known?.stored.origin;
    if (known === undefined || origin?.kind !== 'agent' || origin.agent !== agent.id)
      return fail(failureOf('not_found', proposal));
    const receipt = known.execution === undefined ? undefined : factOf(known.execution, 'receipt');
    const result = receipt?.body.result;
    return ok({
      proposal: known.stored.id,
      state: known.state,
      ...(result === undefined ? {} : { result: JSON.parse(result) as unknown }),
    });
  }

  /** Every upstream with its tools, what is pinned of them and what was put aside. Whoever looks, what is seen to differ is put aside. */
  async overview(): Promise<readonly UpstreamView[]> {
    return Promise.all(this.upstreams().map(upstream => this.viewOf(upstream)));
  }

  private find(name: string): Upstream | undefined {
    return this.upstreams().find(one => one.name === name);
  }

  /** Looks at what the server says of the tool at this moment, and puts it aside where that is not what people adopted. */
  private async isAsPinned(
    upstream: Upstream,
    pins: Pins,
    tool: PinnedTool,
    listed: readonly unknown[],
  ): Promise<boolean> {
    const seen = namedIn(listed);
    const why = differenceOf(tool, seen);
    if (why === undefined) return true;
    const now = seen.ambiguous.has(tool.name) ? '' : (seen.tools.get(tool.name)?.digest ?? '');
    await quarantine(this.context, upstream.name, pins, { name: tool.name, seen: now, why });
    return false;
  }

  private async read(
    upstream: Upstream,
    tool: PinnedTool,
    given: unknown,
    about: Omit<CallNote, 'outcome'>,
  ): Promise<Result<Called, Failure>> {
    const [done] = await Promise.all([
      this.sessions.ask(upstream, session => session.call(tool.name, given)),
      noteCall(this.context, { ...about, outcome: 'read' }),
    ]);
    return done.ok ? ok({ kind: 'answer', result: done.value }) : done;
  }

  private async propose(
    agent: Admitted,
    upstream: Upstream,
    tool: PinnedTool,
    given: unknown,
    about: Omit<CallNote, 'outcome'>,
  ): Promise<Result<Called, Failure>> {
    const where = { upstream: upstream.name, responder: responderOf(upstream) };
    const draft = await draftOfCall(this.context, agent, where, tool, given);
    const made = draft.ok ? await submitDraft(this.context, agent.owner, draft.value) : draft;
    await noteCall(this.context, {
      ...about,
      outcome: made.ok ? 'proposed' : 'denied',
      proposal: made.ok ? made.value : '',
    });
    return made.ok ? ok({ kind: 'proposed', proposal: made.value }) : made;
  }

  private async refuse(
    agent: Admitted,
    upstream: string,
    tool: string,
    code: FailureCode,
    because = `${tool} of ${upstream}`,
  ): Promise<Result<never, Failure>> {
    const action = inertLine(`call ${upstream} ${tool}`).slice(0, TOOL_NAME_CHARS_MAX);
    await transact(this.context, async client =>
      ok(await record(this.context, client, { type: 'access.denied', by: agent.id, action, code })),
    );
    return fail(failureOf(code, because));
  }

  private async viewOf(upstream: Upstream): Promise<UpstreamView> {
    const { name, url } = upstream;
    const [pins, listed] = await Promise.all([
      pinsOf(this.context, name),
      this.sessions.ask(upstream, session => session.list()),
    ]);
    const seen = toolsByName(listed.ok ? listed.value : []);
    const names = [...new Set([...pins.tools.keys(), ...seen.tools.keys()])].sort();
    const tools: UpstreamTool[] = [];
    for (const one of names) {
      const [pinned, now] = [pins.tools.get(one), seen.tools.get(one)];
      const why = pinned === undefined || !listed.ok ? undefined : differenceOf(pinned, seen);
      if (pinned !== undefined && why !== undefined)
        await quarantine(this.context, name, pins, { name: one, seen: now?.digest ?? '', why });
      tools.push({
        name: one,
        description: descriptionOf(now ?? pinned ?? { name: one, text: '{}', digest: '' }),
        hint: hintOf(now?.text ?? pinned?.text ?? '{}'),
        pinned: pinned?.digest ?? '',
        seen: now?.digest ?? '',
        class: pinned?.class,
        ...stateOf(pinned, pins.quarantined.has(one), why),
      });
    }
    return {
      name,
      url,
      has: upstream.document === undefined ? 'tools' : 'routes',
      path: upstream.document === undefined ? `/gateway/${name}` : `/gateway/${name}/api`,
      manifest: pins.manifest,
      trouble: listed.ok ? '' : listed.failure.detail,
      tools,
      calls: await this.callsOf(name),
    };
  }

  private async callsOf(upstream: string): Promise<UpstreamView['calls']> {
    const { rows } = await this.context.pool.query<{ read: number; proposed: number; refused: number }>(
      `SELECT count(*) FILTER (WHERE outcome = 'read')::int AS read, count(*) FILTER (WHERE outcome = 'proposed')::int AS proposed,
              count(*) FILTER (WHERE outcome IN ('blocked', 'quarantined', 'denied'))::int AS refused
         FROM gateway_call WHERE tenant_id = $1 AND upstream = $2 AND at > $3`,
      [this.context.tenant, upstream, new Date(this.context.now() - MS_PER_DAY)],
    );
    return rows[0] ?? { read: 0, proposed: 0, refused: 0 };
  }
}

/** As it is bound, signed and sent: without what is empty. */
function givenTo({
  inPath,
  query,
  headers,
  body,
}: Pick<AskedRoute, 'query' | 'body'> & {
  readonly inPath: { readonly [name: string]: string };
  readonly headers: { readonly [name: string]: string };
}): GivenToRoute {
  return {
    ...(Object.keys(inPath).length === 0 ? {} : { path: inPath }),
    ...(Object.keys(query).length === 0 ? {} : { query }),
    ...(Object.keys(headers).length === 0 ? {} : { headers }),
    ...(body === undefined ? {} : { body: body.json }),
  };
}

/** A session gives the same list while its server says the same, so it is hashed once. */
const NAMED = new WeakMap<readonly unknown[], ReturnType<typeof toolsByName>>();

function namedIn(list: readonly unknown[]): ReturnType<typeof toolsByName> {
  const known = NAMED.get(list) ?? toolsByName(list);
  NAMED.set(list, known);
  return known;
}

function stateOf(
  pinned: PinnedTool | undefined,
  isQuarantined: boolean,
  difference: string | undefined,
): Pick<UpstreamTool, 'state' | 'why'> {
  if (pinned === undefined) return { state: 'blocked', why: 'nobody adopted it' };
  if (difference !== undefined) return { state: 'quarantined', why: difference };
  return isQuarantined
    ? { state: 'quarantined', why: 'it was another one meanwhile, and turned back' }
    : { state: 'usable', why: '' };
}

function hintOf(text: string): string {
  const { annotations, method } = JSON.parse(text) as {
    readonly annotations?: { readonly readOnlyHint?: unknown };
    readonly method?: unknown;
  };
  if (method === 'GET' || method === 'HEAD') return 'its method is meant to only read';
  return annotations?.readOnlyHint === true ? 'its server says that it only reads' : '';
}
