import { randomBytes } from 'node:crypto';
import { base64url, bytesToHex, hexToBytes } from '../base/bytes.ts';
import type { Id } from '../base/id.ts';
import { fail, ok, type Result } from '../base/result.ts';
import { MS_PER_DAY, rfc3339, unixMsFrom } from '../base/time.ts';
import { readDelegation, sealed } from '../core/decide/closed.ts';
import { spanOf, standingDelegations } from '../core/decide/delegation.ts';
import type { StandIn } from '../core/decide/quorum.ts';
import { checkPersonSignature } from '../core/decide/signatures.ts';
import type { DelegationBegun, DelegationView } from '../model/api.ts';
import type { PersonSignature } from '../model/audit-entry.ts';
import { type Failure, failureOf } from '../model/failure.ts';
import { DELEGATION_MS_MAX, type DelegationStatement } from '../model/quorum.ts';
import type { Person } from '../model/review.ts';
import { readDelegations } from '../store/delegation-facts.ts';
import { type Db, record, type ServerContext, signingRules, transact } from './context.ts';
import { keepPending, takePending } from './pending.ts';
import { readPeople } from './people.ts';
import { mayReviewTwoPersonActs } from './proposals/review.ts';

/** Days that one may hand out one's seats for. */
export const DELEGATION_DAYS_MAX = DELEGATION_MS_MAX / MS_PER_DAY;

/** Who signs in whose stead now. */
export async function standInsNow(
  context: ServerContext,
  people: ReadonlyMap<Person['id'], Person>,
  db: Db = context.pool,
): Promise<readonly StandIn[]> {
  const stored = await readDelegations(db, context.tenant);
  const { installation } = context.genesis;
  return standingDelegations(installation, stored, people, context.now(), signingRules(context), context.verify);
}

/** Hands out the statement to sign. To somebody who may review acts of two people by themselves, and not to oneself. */
export async function beginDelegation(
  context: ServerContext,
  from: Person,
  to: string,
  days: number,
): Promise<Result<DelegationBegun, Failure>> {
  const person = (await readPeople(context)).find(one => one.id === to);
  if (person?.isActive !== true) return fail(failureOf('not_found', to));
  if (person.id === from.id || !mayReviewTwoPersonActs(context, person))
    return fail(failureOf('delegation.not_eligible', person.id));
  const nonce = bytesToHex(randomBytes(16));
  const since = context.now();
  const statement: DelegationStatement = {
    v: '1',
    installation: context.genesis.installation,
    delegation: context.newId('delegation'),
    from: from.id,
    to: person.id,
    since: rfc3339(since),
    until: rfc3339(unixMsFrom(since + Math.min(days, DELEGATION_DAYS_MAX) * MS_PER_DAY)),
    nonce,
  };
  const { text, digest } = sealed('countersign/delegation/v1', statement);
  await keepPending(context, context.pool, { nonce, kind: 'delegation', person: from.id, body: text });
  return ok({
    statement,
    challenge: base64url(hexToBytes(digest) ?? new Uint8Array()),
    credentialIds: from.credentials.map(({ id }) => id),
  });
}

/** Takes a signed delegation. It counts from its own start on, for whatever the executor makes of it. */
export function finishDelegation(
  context: ServerContext,
  from: Person,
  nonce: string,
  signature: PersonSignature,
): Promise<Result<true, Failure>> {
  return transact(context, async client => {
    const pending = await takePending(context, client, 'delegation', nonce, 'review.nonce_used');
    if (!pending.ok) return pending;
    const statement = readDelegation(pending.value.body);
    if (!statement.ok || statement.value.from !== from.id || spanOf(statement.value) === undefined)
      return fail(failureOf('review.bad_signature', 'the challenge is for something else'));
    const { digest } = sealed('countersign/delegation/v1', statement.value);
    const rules = signingRules(context);
    const signed = await checkPersonSignature(signature, digest, from.credentials, rules, context.verify);
    if (!signed.ok) return fail(failureOf('review.bad_signature', signed.failure));
    await client.query('INSERT INTO delegation (tenant_id, id, statement, signature, at) VALUES ($1, $2, $3, $4, $5)', [
      context.tenant,
      statement.value.delegation,
      pending.value.body,
      JSON.stringify(signature),
      new Date(context.now()),
    ]);
    await record(context, client, { type: 'delegation.made', statement: statement.value, signature });
    return ok(true as const);
  });
}

/** Ends one at once. Whoever gave it, whoever has it, and administrators may: it only takes a right away. */
export function endDelegation(context: ServerContext, by: Person, id: string): Promise<Result<true, Failure>> {
  return transact(context, async client => {
    const stored = (await readDelegations(client, context.tenant)).find(one => one.id === id);
    const read = stored === undefined ? undefined : readDelegation(stored.statement);
    if (read?.ok !== true) return fail(failureOf('not_found', id));
    const { from, to } = read.value;
    if (from !== by.id && to !== by.id && !by.roles.includes('administrator'))
      return fail(failureOf('access.denied', by.id));
    const { rowCount } = await client.query(
      'INSERT INTO delegation_end (tenant_id, id, by, at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING',
      [context.tenant, id, by.id, new Date(context.now())],
    );
    if (rowCount === 1)
      await record(context, client, { type: 'delegation.ended', delegation: read.value.delegation, by: by.id });
    return ok(true as const);
  });
}

/** Those that count now. */
export async function listDelegations(context: ServerContext): Promise<readonly DelegationView[]> {
  const people = new Map((await readPeople(context)).map(person => [person.id, person] as const));
  const rows = await readDelegations(context.pool, context.tenant);
  const views: DelegationView[] = [];
  const nameOf = (id: Id<'person'>) => people.get(id)?.name ?? id;
  for (const row of rows) {
    const read = readDelegation(row.statement);
    if (!read.ok) continue;
    const { installation } = context.genesis;
    const rules = signingRules(context);
    const [standing] = await standingDelegations(installation, [row], people, context.now(), rules, context.verify);
    if (standing === undefined) continue;
    const { from, to, since, until } = read.value;
    views.push({ id: row.id, from, fromName: nameOf(from), to, toName: nameOf(to), since, until });
  }
  return views;
}
