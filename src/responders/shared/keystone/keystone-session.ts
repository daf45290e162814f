import type { Secret } from '../../../ports/responder.ts';
import { NotReached } from '../channel.ts';
import { type VendorClient, vendorClient } from '../http/vendor-client.ts';
import { asMembers, asText, denied, jsonOf, look, send } from '../http/vendor-http.ts';
import { NoAnswer } from '../wire-text.ts';

/** As Keystone makes ids; those of users from LDAP are longer. */
export function isId(text: string): boolean {
  return /^(?:[0-9a-f]{32}|[0-9a-f]{64})$/.test(text);
}

/** Why a setting is no id of Keystone; undefined where it is one. */
export function idFault(text: string): string | undefined {
  return isId(text) ? undefined : 'it is missing, or no id of Keystone';
}

/** How somebody proves to Keystone who they are: the whole `auth` of a login. */
export type Proof = { readonly identity: object; readonly scope?: object };

export function byPassword(user: string, project: string, secret: Secret): Proof {
  return {
    identity: { methods: ['password'], password: { user: { id: user, password: secret.reveal() } } },
    scope: { project: { id: project } },
  };
}

export function byKey(id: string, secret: Secret): Proof {
  return {
    identity: { methods: ['application_credential'], application_credential: { id, secret: secret.reveal() } },
  };
}

/** What Keystone says of a token that is valid now. */
export interface TokenSeen {
  /** The application credential that it was got with; empty where it was got otherwise. */
  readonly key: string;
  readonly issuedAt: string;
}

/** What is said to one Keystone as one user. It logs in with its first request, and uses that token for those that follow. */
export interface KeystoneSession {
  readonly client: VendorClient;
  /** Logs in, where it has not yet. */
  logIn(): Promise<void>;
  /** What a token of somebody is; undefined where Keystone takes it no more. That token itself asks for nothing. */
  lookAtToken(token: Secret): Promise<TokenSeen | undefined>;
}

export function keystoneSession(url: string, proof: () => Proof, timeoutMs: number): KeystoneSession {
  let token: Promise<string> | undefined;
  const headers = async () => {
    token ??= keystoneToken(url, proof(), timeoutMs);
    return { 'x-auth-token': await token };
  };
  const accept = { accept: 'application/json' };
  return {
    client: vendorClient({ base: url, timeoutMs, headers: accept, authorize: headers }),
    logIn: async () => void (await headers()),
    async lookAtToken(subject) {
      const about = { 'x-subject-token': subject.reveal(), 'openstack-identity-access-rules': '1.0' };
      const request = { ...accept, ...about, ...(await headers()) };
      const answer = await look({ method: 'GET', url: `${url}/auth/tokens?nocatalog`, headers: request }, timeoutMs);
      if (answer.status === 404) return undefined;
      if (answer.status !== 200) throw denied(answer);
      const told = asMembers(asMembers(jsonOf(answer.text)).get('token'));
      if (told.size === 0) throw new NoAnswer('the answer is not in the form that was asked for');
      const key = asMembers(told.get('application_credential'));
      return { key: asText(key.get('id')), issuedAt: asText(told.get('issued_at')) };
    },
  };
}

/** A token. Getting one changes nothing, so silence is as good as not having been there. */
export async function keystoneToken(url: string, proof: Proof, timeoutMs: number): Promise<string> {
  const body = JSON.stringify({ auth: proof });
  const headers = { accept: 'application/json', 'content-type': 'application/json' };
  const answer = await send({ method: 'POST', url: `${url}/auth/tokens`, headers, body }, timeoutMs).catch(error => {
    throw new NotReached(error instanceof Error ? error.message : String(error));
  });
  if (answer.status >= 500) throw new NotReached(`the login was answered ${answer.status}`);
  if (answer.status !== 201) throw denied(answer);
  const token = answer.headers['x-subject-token'];
  // What it is made of goes into a header.
  if (typeof token !== 'string' || !/^[\w-]{1,8192}={0,2}$/.test(token))
    throw new NotReached('the login was answered without a token');
  return token;
}
