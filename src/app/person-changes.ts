import { randomBytes } from 'node:crypto';
import { base64url, bytesToHex, hexToBytes } from '../base/bytes.ts';
import type { Id } from '../base/id.ts';
import { fail, ok, type Result } from '../base/result.ts';
import { MS_PER_HOUR, parseTime, rfc3339, unixMsFrom } from '../base/time.ts';
import { readPersonChange, sealed } from '../core/decide/closed.ts';
import {
  administratorMissing,
  CHANGE_SIGNATURES,
  type ChangeFault,
  changeFault,
  signaturesFault,
} from '../core/decide/person-change.ts';
import { maySignChange } from '../core/decide/power.ts';
import { checkPersonSignature } from '../core/decide/signatures.ts';
import type { PersonChangeBegun, PersonChangeView } from '../model/api.ts';
import type { PersonSignature } from '../model/audit-entry.ts';
import { type Failure, failureOf } from '../model/failure.ts';
import type { PersonChange, PersonChangeKind, PersonChangeSignature } from '../model/person-change.ts';
import type { Person, Role } from '../model/review.ts';
import { type Db, isTaken, record, type ServerContext, signingRules, transact } from './context.ts';
import { keepPending, takePending } from './pending.ts';
import { coolingNow, type Enrolled, readPeople } from './people.ts';

/** How long a change may be signed, and its link used. */
export const CHANGE_HOURS = 24;
/** Changes that a list has; older ones stand in the log. */
const LISTED_MAX = 100;

/** What somebody asks for. A reset's link is made in their browser: its seed never comes here. */
export interface PersonChangeRequest {
  readonly kind: Exclude<PersonChangeKind, 'invite'>;
  readonly person: Id<'person'>;
  readonly roles: readonly Role[];
  readonly linkPublicKey: string;
}

/** Writes out the change for the first of the two who sign it. Nothing changes by this. */
export async function beginPersonChange(
  context: ServerContext,
  by: Person,
  request: PersonChangeRequest,
): Promise<Result<PersonChangeBegun, Failure>> {
  const people = await everybody(context);
  const about = people.get(request.person);
  if (about?.head === undefined) return fail(failureOf('not_found', request.person));
  if (!maySignChange(by, about.id)) return fail(failureOf('person_change.not_eligible', `${by.id} about ${about.id}`));
  const statement: PersonChange = {
    v: '1',
    installation: context.genesis.installation,
    ...freshOf(context),
    kind: request.kind,
    person: about.id,
    roles: rolesFrom(request, about),
    linkPublicKey: request.kind === 'reset' ? request.linkPublicKey : '',
    previous: about.head,
  };
  return keepBegun(context, by, statement, people, '');
}

/** Whom an administrator invites as what. The link's seed never comes here. */
export interface InviteRequest {
  readonly name: string;
  readonly roles: readonly Role[];
  readonly linkPublicKey: string;
}

/** Writes out the invitation of somebody who may sign for others, for the first of the two who sign it. */
export async function beginInvite(
  context: ServerContext,
  by: Person,
  { name, roles, linkPublicKey }: InviteRequest,
): Promise<Result<PersonChangeBegun, Failure>> {
  const statement: PersonChange = {
    v: '1',
    installation: context.genesis.installation,
    ...freshOf(context),
    kind: 'invite',
    person: context.newId('person'),
    roles: [...new Set(roles)].sort(),
    linkPublicKey,
    previous: '',
  };
  return keepBegun(context, by, statement, await everybody(context), name);
}

function freshOf(context: ServerContext): Pick<PersonChange, 'change' | 'nonce' | 'expiresAt'> {
  return {
    change: context.newId('person_change'),
    nonce: bytesToHex(randomBytes(16)),
    expiresAt: rfc3339(unixMsFrom(context.now() + CHANGE_HOURS * MS_PER_HOUR)),
  };
}

async function keepBegun(
  context: ServerContext,
  by: Person,
  statement: PersonChange,
  people: ReadonlyMap<Id<'person'>, Person>,
  name: string,
): Promise<Result<PersonChangeBegun, Failure>> {
  const { text, digest } = sealed('countersign/person-change/v1', statement);
  const read = readPersonChange(text);
  if (!read.ok) return fail(failureOf('request.malformed', read.failure));
  const because = changeFault(context.genesis.installation, statement, people);
  if (because !== undefined) return fail(faultOf(because, statement));
  await keepPending(context, context.pool, {
    nonce: statement.change,
    kind: 'person_change',
    person: by.id,
    body: JSON.stringify({ text, name }),
  });
  return ok(asBegun(statement, digest, by));
}

function faultOf(fault: ChangeFault, { change, person }: PersonChange): Failure {
  const code = fault === 'last_administrator' ? 'person_change.last_administrator' : 'person_change.refused';
  return failureOf(code, `${change} of ${person}: ${fault}`);
}

function rolesFrom({ kind, roles }: PersonChangeRequest, about: Person): readonly Role[] {
  if (kind === 'remove') return [];
  return [...new Set(kind === 'reset' ? about.roles : roles)].sort();
}

function asBegun(statement: PersonChange, digest: string, by: Person): PersonChangeBegun {
  return {
    statement,
    challenge: base64url(hexToBytes(digest) ?? new Uint8Array()),
    credentialIds: by.credentials.map(({ id }) => id),
  };
}

/** The change as it was begun, for the second who signs it. */
export async function openPersonChange(
  context: ServerContext,
  by: Person,
  id: string,
): Promise<Result<PersonChangeBegun, Failure>> {
  const stored = await findChange(context, context.pool, id);
  if (stored === undefined) return fail(failureOf('not_found', id));
  const { digest } = sealed('countersign/person-change/v1', stored.statement);
  return ok(asBegun(stored.statement, digest, by));
}

/**
 * Takes one of the two signatures. With the second one the change counts: it is in the log, and the sessions of whoever's
 * passkey ended are over, in the same transaction.
 */
export async function signPersonChange(
  context: ServerContext,
  by: Person,
  id: string,
  signature: PersonSignature,
): Promise<Result<{ readonly counts: boolean }, Failure>> {
  try {
    return await transact(context, client => sign(context, client, by, id, signature));
  } catch (error) {
    if (isTaken(error)) return fail(failureOf('person_change.signed_before', `${by.id} signed ${id} before`));
    throw error;
  }
}

async function sign(
  context: ServerContext,
  client: Db,
  by: Person,
  id: string,
  signature: PersonSignature,
): Promise<Result<{ readonly counts: boolean }, Failure>> {
  // One change at a time: two that each leave one administrator would together leave none.
  await client.query("SELECT pg_advisory_xact_lock(hashtext('countersign/people/' || $1))", [context.tenant]);
  const found = await begunOrStored(context, client, by, id);
  if (!found.ok) return found;
  const { statement, signatures, name } = found.value;
  const people = await everybody(context, client);
  const because = changeFault(context.genesis.installation, statement, people);
  if (because !== undefined) return fail(faultOf(because, statement));
  const until = parseTime(statement.expiresAt);
  if (until === undefined || context.now() >= until) return fail(failureOf('person_change.expired', statement.change));
  const signer = people.get(by.id);
  if (signer === undefined || !maySignChange(signer, statement.person))
    return fail(failureOf('person_change.not_eligible', by.id));
  const { text, digest } = sealed('countersign/person-change/v1', statement);
  const rules = signingRules(context);
  const signed = await checkPersonSignature(signature, digest, signer.credentials, rules, context.verify);
  if (!signed.ok) return fail(failureOf('review.bad_signature', `change: ${signed.failure}`));
  const cooling = coolingNow(context, people.values());
  if (cooling.has(signed.value.id)) return fail(failureOf('person_change.too_new', signer.id));
  const all = [...signatures, { by: signer.id, signature }];
  if (all.length === CHANGE_SIGNATURES) {
    const signers = all.flatMap(one => people.get(one.by) ?? []);
    if (administratorMissing(statement, signers, people))
      return fail(failureOf('person_change.administrator_missing', statement.change));
    const counts = (credential: string) => !cooling.has(credential);
    const fault = await signaturesFault(statement, digest, all, people, rules, context.verify, counts);
    if (fault !== undefined) return fail(failureOf('person_change.refused', fault));
  }
  await keepSignature(context, client, {
    statement,
    text,
    name,
    by: signer.id,
    signature,
    isFirst: signatures.length === 0,
  });
  if (all.length < CHANGE_SIGNATURES) return ok({ counts: false });
  if (statement.kind === 'reset' || statement.kind === 'remove') await endSessions(context, client, statement.person);
  await record(context, client, { type: 'person.changed', statement, signatures: all });
  return ok({ counts: true });
}

interface Kept {
  readonly statement: PersonChange;
  readonly text: string;
  readonly name: string;
  readonly by: Id<'person'>;
  readonly signature: PersonSignature;
  readonly isFirst: boolean;
}

async function keepSignature(context: ServerContext, client: Db, kept: Kept): Promise<void> {
  const { statement, text, name, by, signature, isFirst } = kept;
  const at = await nextStatementAt(context, client);
  if (isFirst)
    await client.query(
      'INSERT INTO person_change (tenant_id, id, person_id, statement, begun_by, at, name) VALUES ($1, $2, $3, $4, $5, $6, $7)',
      [context.tenant, statement.change, statement.person, text, by, at, name],
    );
  await client.query(
    'INSERT INTO person_change_signature (tenant_id, change_id, person_id, signature, at) VALUES ($1, $2, $3, $4, $5)',
    [context.tenant, statement.change, by, JSON.stringify(signature), at],
  );
}

/** Later than everything that was stored of people, also where the clock went back: their order decides what counts. */
async function nextStatementAt(context: ServerContext, client: Db): Promise<Date> {
  const { rows } = await client.query<{ last: Date | null }>(
    `SELECT greatest((SELECT max(created_at) FROM enrolment WHERE tenant_id = $1), (SELECT max(at) FROM person_change_signature WHERE tenant_id = $1)) AS last`,
    [context.tenant],
  );
  return new Date(Math.max(context.now(), (rows[0]?.last?.getTime() ?? 0) + 1));
}

async function endSessions(context: ServerContext, client: Db, person: string): Promise<void> {
  const { rows } = await client.query<{ id: string }>(
    'UPDATE web_session SET ended_at = $3 WHERE tenant_id = $1 AND person_id = $2 AND ended_at IS NULL RETURNING id',
    [context.tenant, person, new Date(context.now())],
  );
  for (const { id } of rows) await record(context, client, { type: 'session.ended', session: id });
}

interface StoredChange {
  readonly statement: PersonChange;
  /** What somebody who is invited is called; empty for whoever is here. */
  readonly name: string;
  readonly signatures: readonly PersonChangeSignature[];
}

/** What its first signer began, or what was signed once already. */
async function begunOrStored(
  context: ServerContext,
  client: Db,
  by: Person,
  id: string,
): Promise<Result<StoredChange, Failure>> {
  const stored = await findChange(context, client, id);
  if (stored !== undefined) {
    if (stored.signatures.length >= CHANGE_SIGNATURES || stored.signatures.some(one => one.by === by.id))
      return fail(failureOf('person_change.signed_before', id));
    return ok(stored);
  }
  const taken = await takePending(context, client, 'person_change', id, 'review.nonce_used');
  if (!taken.ok) return taken;
  if (taken.value.person !== by.id) return fail(failureOf('access.denied', 'somebody else began this change'));
  const { text, name }: { text: string; name: string } = JSON.parse(taken.value.body);
  return ok({ statement: JSON.parse(text), name, signatures: [] });
}

async function findChange(context: ServerContext, db: Db, id: string): Promise<StoredChange | undefined> {
  const { rows } = await db.query<{ statement: string; name: string; signatures: PersonChangeSignature[] }>(
    `SELECT c.statement, c.name, jsonb_agg(jsonb_build_object('by', s.person_id, 'signature', s.signature) ORDER BY s.at, s.person_id) AS signatures
       FROM person_change c JOIN person_change_signature s ON s.tenant_id = c.tenant_id AND s.change_id = c.id
      WHERE c.tenant_id = $1 AND c.id = $2 GROUP BY c.statement, c.name`,
    [context.tenant, id],
  );
  const [row] = rows;
  return row === undefined ? undefined : { ...row, statement: JSON.parse(row.statement) };
}

async function everybody(context: ServerContext, db?: Db): Promise<ReadonlyMap<Id<'person'>, Enrolled>> {
  return new Map((await readPeople(context, db)).map(person => [person.id, person] as const));
}

/** Changes of late, newest first: what waits for a second signature, and what counts. */
export async function listPersonChanges(
  context: ServerContext,
  asks: Person | undefined,
): Promise<readonly PersonChangeView[]> {
  const people = await everybody(context);
  const { rows } = await context.pool.query<{
    statement: string;
    name: string;
    signed: { by: Id<'person'>; at: string }[];
  }>(
    `SELECT c.statement, c.name, jsonb_agg(jsonb_build_object('by', s.person_id, 'at', s.at) ORDER BY s.at, s.person_id) AS signed
       FROM person_change c JOIN person_change_signature s ON s.tenant_id = c.tenant_id AND s.change_id = c.id
      WHERE c.tenant_id = $1 GROUP BY c.id, c.statement, c.name, c.at ORDER BY c.at DESC LIMIT $2`,
    [context.tenant, LISTED_MAX],
  );
  return rows.map(row => viewOf(context, JSON.parse(row.statement), row.name, row.signed, people, asks));
}

function viewOf(
  context: ServerContext,
  change: PersonChange,
  name: string,
  signed: readonly { readonly by: Id<'person'>; readonly at: string }[],
  people: ReadonlyMap<Id<'person'>, Enrolled>,
  asks: Person | undefined,
): PersonChangeView {
  const about = people.get(change.person);
  const isOver = context.now() >= (parseTime(change.expiresAt) ?? 0);
  const fault = changeFault(context.genesis.installation, change, people);
  const state = signed.length >= CHANGE_SIGNATURES ? 'counts' : isOver || fault !== undefined ? 'expired' : 'waits';
  const signers = signed.flatMap(({ by }) => people.get(by) ?? []);
  const because = state !== 'waits' || asks === undefined ? '' : whyNot(change, signers, people, asks);
  return {
    change: change.change,
    kind: change.kind,
    person: change.person,
    personName: about?.name ?? (name === '' ? change.person : name),
    roles: change.roles,
    signedBy: signed.map(({ by, at }) => ({
      person: by,
      name: people.get(by)?.name ?? by,
      at: new Date(at).toISOString(),
    })),
    needed: CHANGE_SIGNATURES,
    expiresAt: change.expiresAt,
    state,
    maySign: state === 'waits' && asks !== undefined && because === '',
    because,
  };
}

function whyNot(
  change: PersonChange,
  signers: readonly Person[],
  people: ReadonlyMap<Id<'person'>, Person>,
  asks: Person,
): string {
  if (asks.id === change.person) return 'It is about you: two others sign it.';
  if (signers.some(({ id }) => id === asks.id)) return 'You signed it; somebody else signs next.';
  if (!maySignChange(asks, change.person)) return 'A responder, an owner or an administrator signs it.';
  return administratorMissing(change, [...signers, asks], people) ? 'An administrator has to be one of the two.' : '';
}
