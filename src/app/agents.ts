import { createHash, randomBytes } from 'node:crypto';
import type { Id } from '../base/id.ts';
import { fail, ok, type Result } from '../base/result.ts';
import { MS_PER_DAY, rfc3339, unixMsFrom } from '../base/time.ts';
import { type Action, authorise, type Principal, principalOf } from '../core/decide/authorise.ts';
import type { AgentAdmitted, AgentRequest, AgentRow } from '../model/agent.ts';
import { type Failure, failureOf } from '../model/failure.ts';
import type { Person } from '../model/review.ts';
import { type Db, record, type ServerContext, transact } from './context.ts';
import { readPeople } from './people.ts';

/** An agent whose token counts, and the person who answers for it. */
export interface Admitted {
  readonly id: Id<'machine'>;
  readonly name: string;
  readonly owner: Person;
}

/** Says what kind of secret it is to whoever finds one, and to the scanners that look for them. */
const TOKEN_PREFIX = 'countersign_agent_';
const TOKEN_BYTES = 32;
const AGENTS_LISTED_MAX = 500;
/** Tokens of one person that may count at once. */
const AGENTS_OF_ONE_MAX = 20;

/**
 * Gives a program a token. Whoever admits it answers for it: they contribute to whatever it proposes, and once they may do
 * nothing any more, neither may it.
 */
export function admitAgent(
  context: ServerContext,
  owner: Person,
  { name, days }: AgentRequest,
): Promise<Result<AgentAdmitted, Failure>> {
  const token = `${TOKEN_PREFIX}${randomBytes(TOKEN_BYTES).toString('base64url')}`;
  const id = context.newId('machine');
  return transact(context, async client => {
    await client.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [
      `agents/${context.tenant}/${owner.id}`,
    ]);
    const own = (await listAgents(context, client)).filter(one => one.owner === owner.id && one.isAdmitted);
    if (own.length >= AGENTS_OF_ONE_MAX) return fail(failureOf('agent.too_many', owner.id));
    const now = context.now();
    const until = unixMsFrom(now + days * MS_PER_DAY);
    await client.query(
      'INSERT INTO agent (tenant_id, id, name, owner_id, token_sha256, admitted_at, until) VALUES ($1, $2, $3, $4, $5, $6, $7)',
      [context.tenant, id, name, owner.id, sha256(token), new Date(now), new Date(until)],
    );
    await record(context, client, { type: 'agent.admitted', agent: id, by: owner.id, until: rfc3339(until) });
    const agent = (await listAgents(context, client)).find(one => one.id === id);
    return agent === undefined ? fail(failureOf('not_found', id)) : ok({ agent, token });
  });
}

/** Ends a token at once. Its owner may, and administrators: it only takes a right away. */
export function endAgent(context: ServerContext, by: Person, id: string): Promise<Result<true, Failure>> {
  return transact(context, async client => {
    const agent = (await listAgents(context, client)).find(one => one.id === id);
    if (agent === undefined) return fail(failureOf('not_found', id));
    if (agent.owner !== by.id && !by.roles.includes('administrator')) return fail(failureOf('access.denied', by.id));
    const { rowCount } = await client.query(
      'INSERT INTO agent_end (tenant_id, id, by, at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING',
      [context.tenant, id, by.id, new Date(context.now())],
    );
    if (rowCount === 1) await record(context, client, { type: 'agent.ended', agent: agent.id, by: by.id });
    return ok(true as const);
  });
}

/** Whether this is the path of a door that is made for agents. */
export function isAgentDoor(path: string): boolean {
  return /^\/(mcp|gateway)(\/|$)/.test(path);
}

/** Whether an agent may do this: where the policies allow it programs, and the person who answers for it as well. */
export function mayAgent(context: ServerContext, { id, owner }: Admitted, action: Action): boolean {
  const principals: readonly Principal[] = [{ kind: 'machine', id, purpose: 'agent' }, principalOf(owner)];
  return principals.every(one => authorise(context.policy(), one, action, { isContributor: false }).isAllowed);
}

/** Whose token this is; undefined for one that was made up, ended or ran out, and where its owner is not active any more. */
export async function agentOf(context: ServerContext, token: string): Promise<Admitted | undefined> {
  if (!token.startsWith(TOKEN_PREFIX)) return undefined;
  const asked = context.pool.query<{ id: Id<'machine'>; name: string; owner_id: string }>({
    name: 'agent-of-token',
    text: `SELECT a.id, a.name, a.owner_id FROM agent a WHERE a.tenant_id = $1 AND a.token_sha256 = $2 AND a.until > $3
             AND NOT EXISTS (SELECT FROM agent_end e WHERE e.tenant_id = a.tenant_id AND e.id = a.id)`,
    values: [context.tenant, sha256(token), new Date(context.now())],
  });
  const [{ rows }, people] = await Promise.all([asked, readPeople(context)]);
  const [row] = rows;
  if (row === undefined) return undefined;
  const owner = people.find(person => person.id === row.owner_id);
  return owner?.isActive === true ? { id: row.id, name: row.name, owner } : undefined;
}

/** Every agent that was admitted, newest first, also those that ended. */
export async function listAgents(context: ServerContext, db: Db = context.pool): Promise<readonly AgentRow[]> {
  const { rows } = await db.query<{
    id: Id<'machine'>;
    name: string;
    owner_id: Id<'person'>;
    admitted_at: Date;
    until: Date;
    ended_at: Date | null;
    proposed: string;
  }>(
    `SELECT a.id, a.name, a.owner_id, a.admitted_at, a.until, e.at AS ended_at,
            (SELECT count(*) FROM proposal p WHERE p.tenant_id = a.tenant_id AND p.origin ->> 'agent' = a.id) AS proposed
       FROM agent a LEFT JOIN agent_end e ON e.tenant_id = a.tenant_id AND e.id = a.id
      WHERE a.tenant_id = $1 ORDER BY a.id DESC LIMIT $2`,
    [context.tenant, AGENTS_LISTED_MAX],
  );
  const people = new Map((await readPeople(context, db)).map(person => [person.id, person] as const));
  const now = context.now();
  return rows.map(row => {
    const owner = people.get(row.owner_id);
    return {
      id: row.id,
      name: row.name,
      owner: row.owner_id,
      ownerName: owner?.name ?? row.owner_id,
      admittedAt: row.admitted_at.toISOString(),
      until: row.until.toISOString(),
      endedAt: row.ended_at?.toISOString() ?? '',
      isAdmitted: row.ended_at === null && row.until.getTime() > now && owner?.isActive === true,
      proposed: Number(row.proposed),
    };
  });
}

const sha256 = (text: string) => createHash('sha256').update(text).digest();
