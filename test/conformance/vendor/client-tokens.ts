import { createPublicKey, generateKeyPairSync, randomBytes, verify } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Reply } from './double.ts';

/** The access tokens of two clients, as a token endpoint makes them (RFC 6749, 4.4; RFC 7523). */
export interface ClientTokens {
  issue(scopes: readonly string[]): string;
  /** The scopes of whoever asks; undefined for nobody. */
  who(request: IncomingMessage): { may(scope: string): boolean } | undefined;
  /** Answers a token request of a client: only for scopes that it was granted. */
  answer(body: string, grants: { readonly [client: string]: readonly string[] }): Reply;
}

export function clientTokens(
  proves: (form: URLSearchParams, endpointBody: string) => string | undefined,
): ClientTokens {
  const scopesOf = new Map<string, readonly string[]>();
  const issue = (scopes: readonly string[]) => {
    const token = `token-${randomBytes(18).toString('hex')}`;
    scopesOf.set(token, scopes);
    return token;
  };
  return {
    issue,
    who(request) {
      const scopes = scopesOf.get((request.headers.authorization ?? '').replace(/^Bearer /, ''));
      return scopes === undefined ? undefined : { may: scope => scopes.includes(scope) };
    },
    answer(body, grants) {
      const form = new URLSearchParams(body);
      const client = form.get('grant_type') === 'client_credentials' ? proves(form, body) : undefined;
      if (client === undefined) return { status: 401, body: { error: 'invalid_client' } };
      const wanted = (form.get('scope') ?? '').split(' ').filter(scope => scope !== '');
      const granted = grants[client] ?? [];
      return wanted.length > 0 && wanted.every(scope => granted.includes(scope))
        ? {
            status: 200,
            body: { token_type: 'Bearer', expires_in: 3600, access_token: issue(wanted), scope: wanted.join(' ') },
          }
        : { status: 400, body: { error: 'invalid_scope' } };
    },
  };
}

/** Two clients that prove themselves by a key: which of them a JWT is of, once and for a few minutes. */
export function keyPairs(clients: { readonly read: string; readonly write: string }) {
  const pair = () => generateKeyPairSync('rsa', { modulusLength: 2048 });
  const pairs = { read: pair(), write: pair() };
  const pem = (by: 'read' | 'write') => pairs[by].privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const used = new Set<string>();
  return {
    secrets: { read: pem('read'), write: pem('write') },
    clientOf(jwt: string): string | undefined {
      const [head = '', body = '', signature = ''] = jwt.split('.');
      const claims = JSON.parse(Buffer.from(body || 'e30', 'base64url').toString('utf8')) as {
        [name: string]: unknown;
      };
      const by = claims['iss'] === clients.read ? 'read' : 'write';
      const now = Date.now() / 1000;
      const isIt =
        claims['iss'] === clients[by] &&
        claims['sub'] === clients[by] &&
        Number(claims['exp']) > now &&
        Number(claims['exp']) < now + 600 &&
        !used.has(String(claims['jti'])) &&
        verify(
          'RSA-SHA256',
          Buffer.from(`${head}.${body}`),
          createPublicKey(pairs[by].privateKey),
          Buffer.from(signature, 'base64url'),
        );
      used.add(String(claims['jti']));
      return isIt ? clients[by] : undefined;
    },
  };
}
