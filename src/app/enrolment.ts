import { randomBytes } from 'node:crypto';
import {
  generateRegistrationOptions,
  type RegistrationResponseJSON,
  verifyRegistrationResponse,
} from '@simplewebauthn/server';
import { base64url } from '../base/bytes.ts';
import type { Id } from '../base/id.ts';
import { fail, ok, type Result } from '../base/result.ts';
import { parseTime } from '../base/time.ts';
import { readEnrolment, readPersonChange, sealed } from '../core/decide/closed.ts';
import { GENESIS_ROLES } from '../core/decide/directory.ts';
import { maySignChange } from '../core/decide/power.ts';
import { checkRaw, ed25519Spki } from '../core/decide/signatures.ts';
import { spkiOfCose } from '../keys/cose.ts';
import type { EnrolBegun, EnrolFinish } from '../model/api.ts';
import { type Failure, failureOf } from '../model/failure.ts';
import type { PersonChange } from '../model/person-change.ts';
import type { EnrolmentStatement, Invitation, Role } from '../model/review.ts';
import { readStoredPeople } from '../store/person-facts.ts';
import { type Db, isTaken, record, type ServerContext, transact } from './context.ts';
import { takesTwo } from './invitation.ts';
import { keepPending, takePending } from './pending.ts';
import { readPeople } from './people.ts';

/** COSE algorithm numbers (RFC 9053): ES256, EdDSA, RS256. */
const ALGORITHMS = [-7, -8, -257];

/** The offer behind a link: for the first person the installation's own, later one that an administrator signed. */
interface Offer {
  readonly invitation: 'genesis' | Id<'invitation'> | Id<'person_change'>;
  readonly person: Id<'person'>;
  readonly name: string;
  readonly roles: readonly Role[];
  readonly linkPublicKey: string;
  /** Signed by one administrator alone. */
  readonly isByOne?: true;
  /** It is for somebody who is here. */
  readonly isReset?: true;
}

/** What is kept between begin and finish. */
interface PendingEnrolment {
  readonly person: Id<'person'>;
  readonly challenge: string;
}

/**
 * Opens an enrolment link. Only who holds the link's seed can finish what this begins; asking again is harmless and
 * gives a new challenge for the same person.
 */
export async function beginEnrolment(
  context: ServerContext,
  linkPublicKey: string,
): Promise<Result<EnrolBegun, Failure>> {
  const offer = await findOffer(context, linkPublicKey);
  if (!offer.ok) return offer;
  const { invitation, person, name, roles } = offer.value;
  const challenge = base64url(randomBytes(32));
  const kept: PendingEnrolment = { person, challenge };
  await keepPending(context, context.pool, {
    nonce: nonceOf(invitation),
    kind: 'enrol',
    person: '',
    body: JSON.stringify(kept),
  });
  const { genesis } = context;
  const creationOptions = await generateRegistrationOptions({
    rpName: 'Countersign',
    rpID: genesis.rpId,
    userName: name === '' ? 'first administrator' : name,
    userDisplayName: name,
    userID: Uint8Array.from(Buffer.from(person, 'utf8')),
    challenge: Uint8Array.from(Buffer.from(challenge, 'base64url')),
    attestationType: 'none',
    authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
    supportedAlgorithmIDs: ALGORITHMS,
  });
  const { installation, rpId, origin, demo } = genesis;
  const isReset = offer.value.isReset === true;
  const begun = { invitation, installation, person, name, roles, rpId, origin, creationOptions };
  return ok({ ...begun, browserKeyAllowed: demo, isReset });
}

const nonceOf = (invitation: string) => `enrol:${invitation}`;

async function findOffer(context: ServerContext, linkPublicKey: string): Promise<Result<Offer, Failure>> {
  const { genesis } = context;
  if (linkPublicKey === genesis.linkPublicKey) {
    const pending = await context.pool.query<{ body: string }>(
      'SELECT body FROM pending_signature WHERE tenant_id = $1 AND nonce = $2',
      [context.tenant, nonceOf('genesis')],
    );
    const known: PendingEnrolment | undefined =
      pending.rows[0] === undefined ? undefined : JSON.parse(pending.rows[0].body);
    const person = known?.person ?? context.newId('person');
    const offer: Offer = { invitation: 'genesis', person, name: '', roles: GENESIS_ROLES, linkPublicKey };
    return checkOffer(context, offer, genesis.linkExpiresAt);
  }
  const { rows } = await context.pool.query<{
    id: Id<'invitation'>;
    person_id: Id<'person'>;
    name: string;
    body: string;
  }>(`SELECT id, person_id, name, body FROM invitation WHERE tenant_id = $1 AND body::jsonb ->> 'linkPublicKey' = $2`, [
    context.tenant,
    linkPublicKey,
  ]);
  const [row] = rows;
  if (row === undefined) return findChange(context, linkPublicKey);
  const { roles, expiresAt, invitedBy }: Invitation = JSON.parse(row.body);
  const people = await readPeople(context);
  const inviter = people.find(person => person.id === invitedBy);
  if (inviter?.isActive !== true || !inviter.roles.includes('administrator'))
    return fail(failureOf('enrolment.link_expired', `${invitedBy}, who invited them, is no administrator any more`));
  const offer = await checkOffer(
    context,
    { invitation: row.id, person: row.person_id, name: row.name, roles, linkPublicKey, isByOne: true },
    expiresAt,
  );
  return offer.ok && takesTwo(roles, people) ? fail(failureOf('invitation.takes_two', row.id)) : offer;
}

/** A link that two others signed, for somebody new or somebody who is here. Before the second signed it, there is none. */
async function findChange(context: ServerContext, linkPublicKey: string): Promise<Result<Offer, Failure>> {
  const stored = await readStoredPeople(context.pool, context.tenant);
  for (const { statement } of stored.statements.filter(one => 'signatures' in one)) {
    const change = readPersonChange(statement);
    if (!change.ok || change.value.linkPublicKey !== linkPublicKey) continue;
    if (change.value.kind === 'invite') return findInvite(context, change.value);
    const person = (await readPeople(context)).find(one => one.id === change.value.person);
    // Something else was decided about them since, or it never counted.
    const { digest } = sealed('countersign/person-change/v1', change.value);
    const offer = { invitation: change.value.change, name: person?.name ?? '', linkPublicKey };
    if (person === undefined) break;
    const asked = await checkOffer(
      context,
      { ...offer, person: person.id, roles: person.roles, isReset: true },
      change.value.expiresAt,
    );
    if (!asked.ok || person.head === digest) return asked;
    return fail(failureOf('enrolment.link_expired', `something else was decided about ${person.id} since`));
  }
  return fail(failureOf('not_found', 'no invitation has this link'));
}

/** Whom two people invited, while both of them still may. */
async function findInvite(context: ServerContext, change: PersonChange): Promise<Result<Offer, Failure>> {
  const { person, roles, linkPublicKey, expiresAt } = change;
  const { rows } = await context.pool.query<{ name: string; signers: Id<'person'>[] }>(
    `SELECT c.name, array_agg(s.person_id) AS signers FROM person_change c
       JOIN person_change_signature s ON s.tenant_id = c.tenant_id AND s.change_id = c.id
      WHERE c.tenant_id = $1 AND c.id = $2 GROUP BY c.name`,
    [context.tenant, change.change],
  );
  const { name, signers } = rows[0] ?? { name: '', signers: [] };
  const offer = await checkOffer(context, { invitation: change.change, person, name, roles, linkPublicKey }, expiresAt);
  if (!offer.ok) return offer;
  const stand = (await readPeople(context)).filter(one => signers.includes(one.id) && maySignChange(one, person));
  const administers = stand.some(one => one.roles.includes('administrator'));
  return stand.length === signers.length && administers
    ? offer
    : fail(failureOf('enrolment.link_expired', `who signed ${change.change} may not any more`));
}

async function checkOffer(context: ServerContext, offer: Offer, expiresAt: string): Promise<Result<Offer, Failure>> {
  const { rowCount } = await context.pool.query('SELECT 1 FROM enrolment WHERE tenant_id = $1 AND invitation_id = $2', [
    context.tenant,
    offer.invitation,
  ]);
  if (rowCount !== 0) return fail(failureOf('enrolment.link_used', `invitation ${offer.invitation} was used`));
  const end = parseTime(expiresAt);
  if (end === undefined || end < context.now())
    return fail(failureOf('enrolment.link_expired', `invitation ${offer.invitation} expired at ${expiresAt}`));
  return ok(offer);
}

/**
 * Enrols one person with one credential, where the link's key signed exactly this credential for this invitation and a
 * passkey proves that it was just made for this site with the person verified. Once per link, whoever races.
 */
export async function finishEnrolment(
  context: ServerContext,
  request: EnrolFinish,
): Promise<Result<{ readonly person: Id<'person'>; readonly name: string }, Failure>> {
  const linkPublicKey = await linkOf(context, request.invitation);
  if (linkPublicKey === undefined) return fail(failureOf('not_found', 'no such invitation'));
  const offer = await findOffer(context, linkPublicKey);
  if (!offer.ok) return offer;
  try {
    return await transact(context, client => enrol(context, client, offer.value, request));
  } catch (error) {
    if (isTaken(error))
      return fail(
        failureOf('enrolment.link_used', 'another enrolment by this link, or of this credential, came first'),
      );
    throw error;
  }
}

async function linkOf(context: ServerContext, invitation: string): Promise<string | undefined> {
  if (invitation === 'genesis') return context.genesis.linkPublicKey;
  const { rows } = await context.pool.query<{ link: string }>(
    `SELECT body::jsonb ->> 'linkPublicKey' AS link FROM invitation WHERE tenant_id = $1 AND id = $2`,
    [context.tenant, invitation],
  );
  if (rows[0] !== undefined) return rows[0].link;
  const changes = await context.pool.query<{ link: string }>(
    `SELECT statement::jsonb ->> 'linkPublicKey' AS link FROM person_change WHERE tenant_id = $1 AND id = $2`,
    [context.tenant, invitation],
  );
  return changes.rows[0]?.link;
}

async function enrol(
  context: ServerContext,
  client: Db,
  offer: Offer,
  request: EnrolFinish,
): Promise<Result<{ readonly person: Id<'person'>; readonly name: string }, Failure>> {
  // One at a time: of two whom the first one invited alone, the second to come is not the second person any more.
  await client.query("SELECT pg_advisory_xact_lock(hashtext('countersign/people/' || $1))", [context.tenant]);
  if (offer.isByOne === true && takesTwo(offer.roles, await readPeople(context, client)))
    return fail(failureOf('invitation.takes_two', offer.invitation));
  const taken = await takePending(context, client, 'enrol', nonceOf(offer.invitation), 'enrolment.link_expired');
  if (!taken.ok) return taken;
  const { person, challenge }: PendingEnrolment = JSON.parse(taken.value.body);
  const { genesis } = context;
  const statement: EnrolmentStatement = {
    v: '1',
    installation: genesis.installation,
    invitation: offer.invitation,
    person,
    credential: { ...request.credential },
    rpId: genesis.rpId,
    origin: genesis.origin,
  };
  const { text, digest } = sealed('countersign/enrolment/v1', statement);
  const read = readEnrolment(text);
  if (!read.ok) return fail(failureOf('request.malformed', read.failure));
  const spki = ed25519Spki(offer.linkPublicKey);
  const isByLink = spki !== undefined && (await checkRaw('EdDSA', spki, digest, request.linkSignature, context.verify));
  if (!isByLink) return fail(failureOf('enrolment.bad_signature', 'the link key did not sign this statement'));
  const cose = await checkCredential(context, request, challenge);
  if (!cose.ok) return cose;
  const name = offer.name === '' ? request.name : offer.name;
  await client.query(
    `INSERT INTO enrolment (tenant_id, person_id, credential_id, name, roles, statement, link_signature, invitation_id, cose_public_key, created_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
    [
      context.tenant,
      person,
      request.credential.id,
      name,
      offer.roles,
      text,
      request.linkSignature,
      offer.invitation,
      cose.value,
      new Date(context.now()),
    ],
  );
  await record(context, client, {
    type: 'person.enrolled',
    statement,
    roles: offer.roles,
    linkSignature: request.linkSignature,
  });
  return ok({ person, name });
}

/** The passkey's own COSE key, where it is the one in the statement; undefined for the browser key of a demo. */
async function checkCredential(
  context: ServerContext,
  request: EnrolFinish,
  challenge: string,
): Promise<Result<Buffer | undefined, Failure>> {
  const refused = (detail: string) => fail(failureOf('enrolment.bad_signature', detail));
  if (request.credential.kind === 'browser_key') {
    return context.genesis.demo && request.registration === null
      ? ok(undefined)
      : fail(failureOf('enrolment.not_allowed', 'browser keys count in a demo only'));
  }
  let verified: Awaited<ReturnType<typeof verifyRegistrationResponse>>;
  try {
    verified = await verifyRegistrationResponse({
      response: request.registration as RegistrationResponseJSON,
      expectedChallenge: challenge,
      expectedOrigin: context.origin,
      expectedRPID: context.genesis.rpId,
      requireUserVerification: true,
      supportedAlgorithmIDs: ALGORITHMS,
    });
  } catch (error) {
    return refused(error instanceof Error ? error.message : 'registration refused');
  }
  if (!verified.verified) return refused('the registration does not verify');
  if (isCrossOrigin(request.registration as RegistrationResponseJSON))
    return refused('the registration was made in another site’s frame');
  const { id, publicKey } = verified.registrationInfo.credential;
  const key = spkiOfCose(publicKey);
  const isSame =
    id === request.credential.id &&
    key?.spki === request.credential.publicKeySpki &&
    key.algorithm === request.credential.algorithm;
  return isSame ? ok(Buffer.from(publicKey)) : refused('the statement names another key than the passkey holds');
}

/** The library does not look at this. */
function isCrossOrigin(response: RegistrationResponseJSON): boolean {
  const data: { crossOrigin?: unknown; topOrigin?: unknown } = JSON.parse(
    Buffer.from(response.response.clientDataJSON, 'base64url').toString('utf8'),
  );
  return data.crossOrigin === true || data.topOrigin !== undefined;
}
