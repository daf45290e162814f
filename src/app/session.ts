import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { bytesToHex, fromBase64url, hexToBytes } from '../base/bytes.ts';
import { type Id, parseId } from '../base/id.ts';
import { fail, ok, type Result } from '../base/result.ts';
import { MS_PER_HOUR, parseTime, rfc3339, unixMsFrom } from '../base/time.ts';
import { readSession, sealed } from '../core/decide/closed.ts';
import { checkPersonSignature } from '../core/decide/signatures.ts';
import type { SessionBegun, SessionFinish } from '../model/api.ts';
import { type Failure, failureOf } from '../model/failure.ts';
import type { Person, SessionStatement } from '../model/review.ts';
import { record, type ServerContext, signingRules, transact } from './context.ts';
import { keepPending, takePending } from './pending.ts';
import { readPeople, readPerson } from './people.ts';

/** What the statement may endorse at most, and how long a session lasts. */
export const SESSION_HOURS = 8;

/** A person who signed in, and until when. */
export interface WebSession {
  readonly id: Id<'session'>;
  readonly person: Person;
}

/** Hands out what a passkey signs at sign-in. Nobody is signed in by this. */
export async function beginSession(
  context: ServerContext,
  sessionPublicKey: string,
): Promise<Result<SessionBegun, Failure>> {
  const now = context.now();
  const statement: SessionStatement = {
    v: '1',
    installation: context.genesis.installation,
    session: context.newId('session'),
    sessionPublicKey,
    nonce: bytesToHex(randomBytes(16)),
    issuedAt: rfc3339(now),
    expiresAt: rfc3339(unixMsFrom(now + SESSION_HOURS * MS_PER_HOUR)),
  };
  const { text, digest } = sealed('countersign/session/v1', statement);
  const read = readSession(text);
  if (!read.ok) return fail(failureOf('request.malformed', read.failure));
  await keepPending(context, context.pool, { nonce: statement.session, kind: 'session', person: '', body: text });
  return ok({ statement, challenge: Buffer.from(digest, 'hex').toString('base64url'), rpId: context.genesis.rpId });
}

/** Signs in whoever's credential signed the statement. Resolves to the cookie's value; each statement counts once. */
export async function finishSession(
  context: ServerContext,
  request: SessionFinish,
): Promise<Result<{ readonly cookie: string; readonly person: Person }, Failure>> {
  const secret = randomBytes(32);
  return transact(context, async client => {
    const taken = await takePending(context, client, 'session', request.session, 'review.nonce_used');
    if (!taken.ok) return taken;
    const { digest } = sealed('countersign/session/v1', JSON.parse(taken.value.body));
    const statement: SessionStatement = JSON.parse(taken.value.body);
    const people = await readPeople(context, client);
    const credentials = people.filter(person => person.isActive).flatMap(person => person.credentials);
    const signed = await checkPersonSignature(
      request.signature,
      digest,
      credentials,
      signingRules(context),
      context.verify,
    );
    if (!signed.ok) return fail(failureOf('review.bad_signature', `sign-in: ${signed.failure}`));
    const person = people.find(candidate => candidate.credentials.some(held => held.id === signed.value.id));
    if (person === undefined) return fail(failureOf('review.bad_signature', 'nobody holds this credential'));
    const at = new Date(context.now());
    const expiresAt = new Date(parseTime(statement.expiresAt) ?? 0);
    await client.query(
      `INSERT INTO session_endorsement (tenant_id, id, person_id, statement, signature, created_at, expires_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7)`,
      [
        context.tenant,
        statement.session,
        person.id,
        taken.value.body,
        JSON.stringify(request.signature),
        at,
        expiresAt,
      ],
    );
    await client.query(
      'INSERT INTO web_session (tenant_id, id, person_id, secret_sha256, expires_at) VALUES ($1, $2, $3, $4, $5)',
      [context.tenant, statement.session, person.id, sha256(secret), expiresAt],
    );
    await record(context, client, {
      type: 'session.endorsed',
      statement,
      signature: request.signature,
      person: person.id,
    });
    return ok({ cookie: `${statement.session}.${secret.toString('base64url')}`, person });
  });
}

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest();

/** Who a cookie belongs to. Fails with `session.missing` for a made-up one, `session.expired` for one that has ended. */
export async function findSession(context: ServerContext, cookie: string): Promise<Result<WebSession, Failure>> {
  const [idText = '', secretText = ''] = cookie.split('.');
  const id = parseId('session', idText);
  const secret = fromBase64url(secretText);
  if (!id.ok || secret?.length !== 32) return fail(failureOf('session.missing', 'not a session cookie'));
  const { rows } = await context.pool.query<{
    person_id: string;
    secret_sha256: Buffer;
    expires_at: Date;
    ended_at: Date | null;
    credential: string | null;
  }>(
    `SELECT w.person_id, w.secret_sha256, w.expires_at, w.ended_at,
            coalesce(e.signature -> 'assertion' ->> 'credentialId', e.signature ->> 'credentialId') AS credential
       FROM web_session w JOIN session_endorsement e ON e.tenant_id = w.tenant_id AND e.id = w.id
      WHERE w.tenant_id = $1 AND w.id = $2`,
    [context.tenant, id.value],
  );
  const [row] = rows;
  if (row === undefined || !timingSafeEqual(row.secret_sha256, sha256(secret)))
    return fail(failureOf('session.missing', 'no such session'));
  if (row.ended_at !== null || row.expires_at.getTime() <= context.now())
    return fail(failureOf('session.expired', `session ${id.value} has ended`));
  const person = await readPerson(context, row.person_id);
  if (person?.isActive !== true) return fail(failureOf('session.missing', 'its person is not enrolled'));
  // A session that began while the passkey was being reset ends with it all the same.
  return person.credentials.some(held => held.id === row.credential)
    ? ok({ id: id.value, person })
    : fail(failureOf('session.expired', `the passkey that began session ${id.value} ended`));
}

/** Ends a session; its key signs nothing that is accepted afterwards. */
export async function endSession(context: ServerContext, session: Id<'session'>): Promise<Result<true, Failure>> {
  return transact(context, async client => {
    const { rowCount } = await client.query(
      'UPDATE web_session SET ended_at = $3 WHERE tenant_id = $1 AND id = $2 AND ended_at IS NULL',
      [context.tenant, session, new Date(context.now())],
    );
    if (rowCount === 1) await record(context, client, { type: 'session.ended', session });
    return ok(true);
  });
}

/** A value that only this server could have made for that cookie: what a page sends back with each mutation. */
export function pageToken(sessionKey: Uint8Array, cookie: string): string {
  return createHmac('sha256', sessionKey).update(`page-token/v1\n${cookie}`).digest('base64url');
}

export function isPageToken(sessionKey: Uint8Array, cookie: string, token: string): boolean {
  const expected = Buffer.from(pageToken(sessionKey, cookie));
  const given = Buffer.from(token);
  return expected.length === given.length && timingSafeEqual(expected, given);
}

/** Whether a text is the one whose SHA-256 (hex) is known, in constant time. */
export function isTokenOf(sha256Hex: string, token: string): boolean {
  const expected = hexToBytes(sha256Hex);
  return expected?.length === 32 && timingSafeEqual(expected, sha256(Buffer.from(token, 'utf8')));
}
