import { createPrivateKey, randomUUID, sign } from 'node:crypto';
import type { Secret } from '../../../ports/responder.ts';
import { NotReached } from '../channel.ts';
import { NoAnswer } from '../wire-text.ts';
import { Denied, type HttpAnswer } from './ask-http.ts';
import type { Authorize } from './vendor-client.ts';
import { asMembers, asText, denied, jsonOf, look } from './vendor-http.ts';

const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
/** Long enough for one request, also where clocks differ, in seconds. */
const JWT_S = 300;
const CLOCK_SKEW_S = 30;
const FORM = { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' };

/** A JWT (RFC 7519) signed with RS256 by a private key in PEM. Rejects where the credential is no such key. */
export function signedJwt(key: Secret, claims: { readonly [name: string]: string }, kid: string): string {
  const issuedAt = Math.floor(Date.now() / 1000) - CLOCK_SKEW_S;
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const head = part({ alg: 'RS256', typ: 'JWT', ...(kid === '' ? {} : { kid }) });
  const text = `${head}.${part({ ...claims, iat: issuedAt, exp: issuedAt + JWT_S })}`;
  return `${text}.${sign('RSA-SHA256', Buffer.from(text), privateKey(key)).toString('base64url')}`;
}

function privateKey(key: Secret) {
  try {
    return createPrivateKey(key.reveal());
  } catch {
    // What OpenSSL says of a key may hold a part of it.
    throw new NotReached('the credential is no private key in PEM');
  }
}

/** How a client shows who it is at a token endpoint: by its secret, or by a JWT that its key signed (RFC 7523). */
export type ClientProof =
  | { readonly kind: 'secret'; readonly secret: Secret }
  | { readonly kind: 'key'; readonly key: Secret; readonly kid: string };

/**
 * Asks for one access token when the first request needs it (RFC 6749, 4.4) and uses it for all of one look or write. A token that
 * is refused is a {@link Denied} and one that does not come a {@link NotReached}: nothing has been changed by then.
 */
export function clientCredentials(
  endpoint: string,
  client: string,
  proof: ClientProof,
  scope: string,
  timeoutMs: number,
): Authorize {
  let token: Promise<string> | undefined;
  return async () => {
    token ??= askForToken(endpoint, client, proof, scope, timeoutMs);
    return { authorization: `Bearer ${await token}` };
  };
}

async function askForToken(
  endpoint: string,
  client: string,
  proof: ClientProof,
  scope: string,
  timeoutMs: number,
): Promise<string> {
  // An empty scope is none that there is (RFC 6749, 3.3).
  const form = new URLSearchParams({ grant_type: 'client_credentials', ...(scope === '' ? {} : { scope }) });
  if (proof.kind === 'secret') {
    form.set('client_id', client);
    form.set('client_secret', proof.secret.reveal());
  } else {
    const claims = { iss: client, sub: client, aud: endpoint, jti: randomUUID() };
    form.set('client_assertion_type', ASSERTION_TYPE);
    form.set('client_assertion', signedJwt(proof.key, claims, proof.kid));
  }
  return await tokenFrom(endpoint, FORM, form.toString(), timeoutMs, 'access_token');
}

/** Asks for a token by POST and reads it from that member of the answer. */
export async function tokenFrom(
  url: string,
  headers: { readonly [name: string]: string },
  body: string,
  timeoutMs: number,
  member: string,
): Promise<string> {
  let answered: HttpAnswer;
  try {
    answered = await look({ method: 'POST', url, headers, body }, timeoutMs);
  } catch (error) {
    throw error instanceof NoAnswer ? new NotReached(`no token: ${error.message}`) : error;
  }
  // RFC 6749, 5.2: a client or a scope that is not granted is a 400 there (422 at GitHub), and a right that is missing here.
  if (answered.status === 400 || answered.status === 422) throw new Denied(401);
  if (answered.status !== 200 && answered.status !== 201) throw denied(answered);
  const token = asText(asMembers(jsonOf(answered.text)).get(member));
  if (token === '') throw new NotReached('the answer holds no token');
  return token;
}
