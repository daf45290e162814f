import type { Secret } from '../../ports/responder.ts';
import { askHttp, Denied, jsonMembers } from '../shared/http/ask-http.ts';
import { NoAnswer } from '../shared/wire-text.ts';
import type { OauthSettings } from './config.ts';

/** What the server says of a token (RFC 7662). Texts are the server's, and empty where it says nothing. */
export interface TokenState {
  readonly active: 'true' | 'false';
  readonly client: string;
  readonly subject: string;
  readonly username: string;
  readonly scope: string;
  /** In milliseconds; undefined where it does not say. */
  readonly expiresAt: number | undefined;
  readonly type: string;
}

export interface Asking {
  readonly settings: OauthSettings;
  readonly secret: Secret;
  readonly timeoutMs: number;
}

/** Asks what is known of a token, as the client that only looks. */
export async function introspect({ settings, secret, timeoutMs }: Asking, token: Secret): Promise<TokenState> {
  const answer = await askHttp({
    method: 'POST',
    url: settings.introspect,
    headers: headersOf(settings.readClient, secret),
    body: new URLSearchParams({ token: token.reveal() }).toString(),
    timeoutMs,
  });
  if (answer.status !== 200) throw new Denied(answer.status);
  const members = jsonMembers(answer.text);
  const active = members.get('active');
  if (typeof active !== 'boolean') throw new NoAnswer('what was answered says nothing of a token');
  const text = (name: string) => {
    const value = members.get(name);
    return typeof value === 'string' ? value : '';
  };
  const expires = members.get('exp');
  return {
    active: active ? 'true' : 'false',
    client: text('client_id'),
    subject: text('sub'),
    username: text('username'),
    scope: text('scope'),
    expiresAt: typeof expires === 'number' ? expires * 1_000 : undefined,
    type: text('token_type'),
  };
}

/** Asks for a token's end, as the client that may. Its 200 proves nothing: it is the answer for an unknown token, too. */
export async function revoke({ settings, secret, timeoutMs }: Asking, token: Secret, type: string): Promise<void> {
  const hint = type === '' ? 'refresh_token' : 'access_token';
  const { status } = await askHttp({
    method: 'POST',
    url: settings.revoke,
    headers: headersOf(settings.writeClient, secret),
    body: new URLSearchParams({ token: token.reveal(), token_type_hint: hint }).toString(),
    timeoutMs,
  });
  if (status !== 200) throw new Denied(status);
}

/** Whether a resource takes a token: asked with it, as whoever stole it would. `unknown` where the answer is neither yes nor no. */
export async function tried(resource: URL, token: Secret, timeoutMs: number): Promise<'taken' | 'refused' | 'unknown'> {
  try {
    const headers = { authorization: `Bearer ${token.reveal()}`, accept: '*/*' };
    const { status } = await askHttp({ method: 'GET', url: resource, headers, timeoutMs });
    if (status >= 200 && status < 300) return 'taken';
    return status === 401 ? 'refused' : 'unknown';
  } catch {
    return 'unknown';
  }
}

/** RFC 6749, 2.3.1: both parts are encoded as in a form before they are joined. */
function headersOf(client: string, secret: Secret): { readonly [name: string]: string } {
  const encoded = (text: string) => new URLSearchParams({ x: text }).toString().slice(2);
  const basic = Buffer.from(`${encoded(client)}:${encoded(secret.reveal())}`).toString('base64');
  return {
    authorization: `Basic ${basic}`,
    'content-type': 'application/x-www-form-urlencoded',
    accept: 'application/json',
  };
}
