import { randomBytes } from 'node:crypto';
import { base64url, bytesToHex, hexToBytes } from '../base/bytes.ts';
import type { Id } from '../base/id.ts';
import { invariant } from '../base/invariant.ts';
import { fail, ok, type Result } from '../base/result.ts';
import { MS_PER_DAY, MS_PER_HOUR, MS_PER_MINUTE, rfc3339, unixMsFrom } from '../base/time.ts';
import { readCustody, sealed } from '../core/decide/closed.ts';
import {
  custodyOf,
  firstOf,
  isDisabledIn,
  type MachineFacts,
  machineState,
  type StoredCustody,
} from '../core/decide/custody.ts';
import { checkPersonSignature } from '../core/decide/signatures.ts';
import type { PersonSignature } from '../model/audit-entry.ts';
import { type Failure, type FailureCode, failureOf } from '../model/failure.ts';
import type { CustodyBegun, CustodyStatement, MachineState } from '../model/machine.ts';
import type { Person } from '../model/review.ts';
import { readCustodies, readCustodiesOf } from '../store/custody-facts.ts';
import { isBlock, isWithin } from './address-block.ts';
import { type Db, isTaken, record, type ServerContext, signingRules, transact } from './context.ts';
import { keepPending, takePending } from './pending.ts';
import { readPeople } from './people.ts';

/** What somebody signs for. */
export interface CustodyRequest {
  readonly identity: string;
  readonly days: number;
  readonly from: readonly string[];
}

/** Writes out the statement. Nobody answers for anything by this. */
export async function beginCustody(
  context: ServerContext,
  owner: Person,
  { identity, days, from }: CustodyRequest,
): Promise<Result<CustodyBegun, Failure>> {
  if (!from.every(isBlock)) return fail(failureOf('request.malformed', 'not a CIDR block'));
  const stored = await readCustodies(context.pool, context.tenant, identity);
  const versions = stored.map(({ statement }) => Number((JSON.parse(statement) as CustodyStatement).version));
  const statement: CustodyStatement = {
    v: '1',
    installation: context.genesis.installation,
    identity,
    version: String(Math.max(0, ...versions) + 1),
    owner: owner.id,
    from: [...new Set(from)].sort(),
    since: rfc3339(context.now()),
    until: rfc3339(unixMsFrom(context.now() + days * MS_PER_DAY)),
    nonce: bytesToHex(randomBytes(16)),
  };
  const { text, digest } = sealed('countersign/custody/v1', statement);
  const read = readCustody(text);
  if (!read.ok) return fail(failureOf('request.malformed', read.failure));
  await keepPending(context, context.pool, { nonce: statement.nonce, kind: 'custody', person: owner.id, body: text });
  return ok({
    statement,
    challenge: base64url(hexToBytes(digest) ?? new Uint8Array()),
    credentialIds: owner.credentials.map(({ id }) => id),
  });
}

/** Makes it count, signed by whoever answers from now on. */
export async function finishCustody(
  context: ServerContext,
  owner: Person,
  nonce: string,
  signature: PersonSignature,
): Promise<Result<CustodyStatement, Failure>> {
  try {
    return await transact(context, async (client): Promise<Result<CustodyStatement, Failure>> => {
      const taken = await takePending(context, client, 'custody', nonce, 'review.nonce_used');
      if (!taken.ok) return taken;
      if (taken.value.person !== owner.id) return fail(failureOf('access.denied', 'somebody else began this'));
      const statement: CustodyStatement = JSON.parse(taken.value.body);
      const { text, digest } = sealed('countersign/custody/v1', statement);
      const rules = signingRules(context);
      const signed = await checkPersonSignature(signature, digest, owner.credentials, rules, context.verify);
      if (!signed.ok) return fail(failureOf('review.bad_signature', `custody: ${signed.failure}`));
      await client.query(
        'INSERT INTO machine_custody (tenant_id, identity, version, statement, signature, at) VALUES ($1, $2, $3, $4, $5, $6)',
        [
          context.tenant,
          statement.identity,
          Number(statement.version),
          text,
          JSON.stringify(signature),
          new Date(context.now()),
        ],
      );
      await record(context, client, { type: 'machine.owned', statement, signature });
      return ok(statement);
    });
  } catch (error) {
    if (isTaken(error)) return fail(failureOf('review.nonce_used', 'somebody signed for it first'));
    throw error;
  }
}

/** What is known of an identity beside who signed for it. */
export type MadeHow = Omit<MachineFacts, 'custody' | 'fallback' | 'lastUsedAt'> & {
  readonly madeBy?: string | undefined;
};

/** An identity as it stands now. */
export interface StandingMachine {
  readonly facts: MachineFacts;
  readonly state: MachineState;
}

/** Who answers for an identity, and what state that leaves it in. */
export async function standingMachine(
  context: ServerContext,
  identity: string,
  made: MadeHow,
  db: Db = context.pool,
): Promise<StandingMachine> {
  const standing = (await standingMachines(context, [{ identity, made }], db)).get(identity);
  invariant(standing !== undefined, 'every identity that was asked for is answered');
  return standing;
}

/** Checking a signature costs more than reading it: it is done again only where what is stored, or anybody's passkey, changed. */
const custodies = new WeakMap<
  readonly Person[],
  Map<string, { readonly stamp: string; readonly custody: CustodyStatement | undefined }>
>();

async function knownCustody(
  context: ServerContext,
  directory: readonly Person[],
  identity: string,
  stored: readonly StoredCustody[],
): Promise<CustodyStatement | undefined> {
  const known = custodies.get(directory) ?? new Map();
  custodies.set(directory, known);
  const stamp = JSON.stringify(stored);
  const found = known.get(identity);
  if (found?.stamp === stamp) return found.custody;
  const people = new Map(directory.map(person => [person.id, person] as const));
  const { installation } = context.genesis;
  const custody = await custodyOf(identity, installation, stored, people, signingRules(context), context.verify);
  known.set(identity, { stamp, custody });
  return custody;
}

/** {@link standingMachine} of many at once. */
export async function standingMachines(
  context: ServerContext,
  machines: readonly { readonly identity: string; readonly made: MadeHow }[],
  db: Db = context.pool,
): Promise<ReadonlyMap<string, StandingMachine>> {
  const identities = machines.map(({ identity }) => identity);
  const directory = await readPeople(context, db);
  const people = new Map(directory.map(person => [person.id, person] as const));
  const stored = await readCustodiesOf(db, context.tenant, identities);
  const { rows } = await db.query<{ identity: string; at: Date }>(
    'SELECT identity, at FROM machine_seen WHERE tenant_id = $1 AND identity = ANY ($2)',
    [context.tenant, identities],
  );
  const usedAt = new Map(rows.map(({ identity, at }) => [identity, at.getTime()] as const));
  const found = new Map<string, StandingMachine>();
  for (const { identity, made } of machines) {
    const custody = await knownCustody(context, directory, identity, stored.get(identity) ?? []);
    const maker = made.madeBy as Id<'person'> | undefined;
    const facts: MachineFacts = {
      custody,
      fallback: maker !== undefined && people.has(maker) ? maker : firstOf(people),
      madeAt: made.madeAt,
      lastUsedAt: usedAt.get(identity),
      isUseSeen: made.isUseSeen,
      ...(made.refusedAfterMs === undefined ? {} : { refusedAfterMs: made.refusedAfterMs }),
    };
    found.set(identity, { facts, state: machineState(facts, people, context.now()) });
  }
  return found;
}

const CODE_OF_STATE: { readonly [S in MachineState]?: FailureCode } = {
  ownerless: 'machine.ownerless',
  expired: 'machine.expired',
  unused: 'machine.unused',
  overdue: 'machine.expired',
};
const SEEN_EVERY_MS = MS_PER_MINUTE;

/**
 * Whether an identity whose secret was right may be used now, from that address. A use is noted, a refusal is kept, stands in
 * the log once an hour, and is told.
 */
export async function admitMachine(
  context: ServerContext,
  identity: string,
  made: MadeHow,
  address: string,
): Promise<Result<true, Failure>> {
  const { facts, state } = await standingMachine(context, identity, made);
  const code = CODE_OF_STATE[state];
  if (isDisabledIn(state) && code !== undefined) return refuseMachine(context, identity, code, address);
  const from = facts.custody?.from ?? [];
  if (from.length > 0 && !isWithin(address, from))
    return refuseMachine(context, identity, 'machine.elsewhere', address);
  if (context.now() - (facts.lastUsedAt ?? 0) > SEEN_EVERY_MS)
    await context.pool.query(
      `INSERT INTO machine_seen (tenant_id, identity, at, address) VALUES ($1, $2, $3, $4)
         ON CONFLICT (tenant_id, identity) DO UPDATE SET at = excluded.at, address = excluded.address`,
      [context.tenant, identity, new Date(context.now()), address],
    );
  return ok(true);
}

/** Keeps that a use was refused, and gives the failure. */
export async function refuseMachine(
  context: ServerContext,
  identity: string,
  code: FailureCode,
  address: string,
): Promise<Result<never, Failure>> {
  await transact(context, async client => {
    const { rowCount } = await client.query(
      'SELECT 1 FROM machine_refused WHERE tenant_id = $1 AND identity = $2 AND code = $3 AND at > $4 LIMIT 1',
      [context.tenant, identity, code, new Date(context.now() - MS_PER_HOUR)],
    );
    await client.query(
      'INSERT INTO machine_refused (tenant_id, identity, code, address, at) VALUES ($1, $2, $3, $4, $5)',
      [context.tenant, identity, code, address, new Date(context.now())],
    );
    if (rowCount === 0) await record(context, client, { type: 'access.denied', by: identity, action: 'use', code });
    return ok(true as const);
  });
  return fail(failureOf(code, `${identity} from ${address}`));
}
