import { createPublicKey, type JsonWebKey, randomBytes, verify } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import Provider from 'oidc-provider';

/** Clients of the server: the one that looks, the one that the victim's tokens are issued to, and somebody else's. */
export const READ_CLIENT = 'countersign-read';
export const APP_CLIENT = 'crm-app';
export const OTHER_CLIENT = 'billing-app';

/** An OAuth 2.0 server that others wrote and that others run: node-oidc-provider, on loopback. */
export interface OauthServer {
  readonly port: number;
  readonly secrets: ReadonlyMap<string, string>;
  readonly provider: Provider;
  /** Clients that are turned away before the server sees them, as if their secret were another one. */
  readonly shut: Set<string>;
  /** Answers 200 to every revocation, and revokes nothing. */
  lies: boolean;
  /** A token for a person, as the end of a log-in makes one. */
  issue(subject: string, client: string, scope: string): Promise<string>;
  /** A refresh token, and an access token of the same grant. */
  issueBoth(subject: string, client: string): Promise<{ readonly refresh: string; readonly access: string }>;
  /** A token for a client itself, asked for as clients do: opaque, or a signed one for the resource that checks signatures. */
  issueToClient(client: string, form: 'opaque' | 'jwt'): Promise<string>;
  isLive(token: string): Promise<boolean>;
  close(): Promise<void>;
}

const RESOURCE = 'https://payroll.example.org';

export async function startOauthServer(): Promise<OauthServer> {
  const secrets = new Map(
    [READ_CLIENT, APP_CLIENT, OTHER_CLIENT].map(id => [id, `canary-${randomBytes(12).toString('hex')}`]),
  );
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const port = portOf(server);
  const provider = new Provider(`http://127.0.0.1:${port}`, {
    clients: [...secrets].map(([client_id, client_secret]) => ({
      client_id,
      client_secret,
      grant_types: ['client_credentials', 'authorization_code', 'refresh_token'],
      redirect_uris: ['https://app.example.org/back'],
    })),
    features: {
      devInteractions: { enabled: false },
      introspection: { enabled: true },
      revocation: { enabled: true },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: () => ({ scope: 'read', accessTokenFormat: 'jwt', audience: RESOURCE }),
      },
    },
    scopes: ['openid', 'offline_access', 'read', 'admin'],
    findAccount: (_ctx, sub) => ({ accountId: sub, claims: () => ({ sub }) }),
    ttl: { AccessToken: 3_600, ClientCredentials: 3_600, Grant: 3_600, RefreshToken: 3_600 },
  });
  const answer = provider.callback();
  const around: { lies: boolean; readonly shut: Set<string> } = { lies: false, shut: new Set() };
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    const path = request.url ?? '';
    if (around.shut.has(clientOf(request))) return void response.writeHead(401).end();
    if (around.lies && path === '/token/revocation') return void response.writeHead(200).end();
    if (path === '/payroll') return void payroll(port, request, response);
    void answer(request, response);
  });
  const grantOf = async (accountId: string, clientId: string, scope: string) => {
    const grant = new provider.Grant({ accountId, clientId });
    grant.addOIDCScope(scope);
    return await grant.save();
  };
  const about = async (subject: string, clientId: string, scope: string, grantId: string) => {
    const client = await provider.Client.find(clientId);
    if (client === undefined) throw new Error(`there is no client ${clientId}`);
    return { accountId: subject, client, grantId, scope, gty: 'authorization_code', expiresWithSession: false };
  };
  return Object.assign(around, {
    port,
    secrets,
    provider,
    async issue(subject: string, client: string, scope: string) {
      const grant = await grantOf(subject, client, scope);
      return await new provider.AccessToken({ ...(await about(subject, client, scope, grant)), claims: {} }).save();
    },
    async issueBoth(subject: string, client: string) {
      const scope = 'openid offline_access';
      const common = await about(subject, client, scope, await grantOf(subject, client, scope));
      return {
        access: await new provider.AccessToken({ ...common, claims: {} }).save(),
        refresh: await new provider.RefreshToken({ ...common, rotations: 0 } as never).save(),
      };
    },
    async issueToClient(client: string, form: 'opaque' | 'jwt') {
      const asked = await fetch(`http://127.0.0.1:${port}/token`, {
        method: 'POST',
        headers: { authorization: `Basic ${btoa(`${client}:${secrets.get(client)}`)}`, connection: 'close' },
        body: new URLSearchParams({
          grant_type: 'client_credentials',
          ...(form === 'jwt' ? { resource: RESOURCE, scope: 'read' } : {}),
        }),
      });
      return String(((await asked.json()) as { readonly access_token: unknown }).access_token);
    },
    isLive: async (token: string) =>
      [
        await provider.AccessToken.find(token),
        await provider.ClientCredentials.find(token),
        await provider.RefreshToken.find(token),
      ].some(found => found !== undefined),
    async close() {
      server.closeAllConnections();
      await new Promise<void>(resolve => server.close(() => resolve()));
    },
  });
}

function clientOf({ headers }: IncomingMessage): string {
  const basic = /^Basic (.+)$/.exec(headers.authorization ?? '')?.[1] ?? '';
  return decodeURIComponent(Buffer.from(basic, 'base64').toString('utf8').split(':')[0] ?? '');
}

/** A resource that checks a token's signature and end by itself, and asks nobody: the usual way with signed tokens. */
async function payroll(port: number, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const token = (request.headers.authorization ?? '').replace(/^Bearer /, '');
  const [head = '', body = '', signature = ''] = token.split('.');
  const known = (await (await fetch(`http://127.0.0.1:${port}/jwks`, { headers: { connection: 'close' } })).json()) as {
    readonly keys: readonly JsonWebKey[];
  };
  const [key] = known.keys;
  const isGood =
    key !== undefined &&
    signature !== '' &&
    verify(
      'RSA-SHA256',
      Buffer.from(`${head}.${body}`),
      createPublicKey({ key, format: 'jwk' }),
      Buffer.from(signature, 'base64url'),
    ) &&
    Number(JSON.parse(Buffer.from(body, 'base64url').toString('utf8')).exp) * 1_000 > Date.now();
  response.writeHead(isGood ? 200 : 401).end();
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server listens on a port');
  return address.port;
}
