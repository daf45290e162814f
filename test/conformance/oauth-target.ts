import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startProxy } from '../../src/connector/proxy.ts';
import type { Change, ConformanceTarget } from '../../src/connector/target.ts';
import type { SystemConfig } from '../../src/ports/responder.ts';
import { fingerprint } from '../../src/responders/oauth-token/held.ts';
import { oauthTokenManifest } from '../../src/responders/oauth-token/manifest.ts';
import { oauthToken } from '../../src/responders/oauth-token/responder.ts';
import { APP_CLIENT, OTHER_CLIENT, READ_CLIENT, startOauthServer } from './oauth-server.ts';

const VICTIM = 'c.victim';
const BYSTANDER = 'b.stander';

/** node-oidc-provider, with a folder of tokens that were found. Its own userinfo endpoint is where a thief uses one. */
export async function startOauthTarget(): Promise<ConformanceTarget> {
  const server = await startOauthServer();
  const folder = await mkdtemp(join(tmpdir(), 'cs-tokens-'));
  const proxy = await startProxy({ host: '127.0.0.1', port: server.port });
  const settings = (port: number) => ({
    introspect: `http://127.0.0.1:${port}/token/introspection`,
    revoke: `http://127.0.0.1:${port}/token/revocation`,
    resource: `http://127.0.0.1:${port}/me`,
    read_client: READ_CLIENT,
    write_client: APP_CLIENT,
    tokens: folder,
  });
  const system: SystemConfig = { responder: 'oauth-token', system: 'sso', settings: settings(server.port) };
  const [contain] = oauthTokenManifest.operations;
  if (contain === undefined) throw new Error('the responder revokes');
  const keep = async (token: string) => {
    await writeFile(join(folder, fingerprint(token)), `${token}\n`, { mode: 0o600 });
    return token;
  };
  const drop = (token: string) => rm(join(folder, fingerprint(token)), { force: true });
  const secretOf = (client: string) => server.secrets.get(client) ?? '';
  const own = await keep(await server.issueToClient(READ_CLIENT, 'opaque'));
  const bystander = await keep(await server.issue(BYSTANDER, APP_CLIENT, 'openid'));
  let victim = await keep(await server.issue(VICTIM, APP_CLIENT, 'openid'));
  const takes = async (token: string) => {
    const headers = { authorization: `Bearer ${token}`, connection: 'close' };
    return (await fetch(`http://127.0.0.1:${server.port}/me`, { headers })).status === 200;
  };
  const revokes = async (client: string, token: string) => {
    await fetch(`http://127.0.0.1:${server.port}/token/revocation`, {
      method: 'POST',
      headers: { authorization: `Basic ${btoa(`${client}:${secretOf(client)}`)}`, connection: 'close' },
      body: new URLSearchParams({ token }),
    });
    return !(await server.isLive(token));
  };
  const revokeAtServer = async (token: string) => void (await revokes(APP_CLIENT, token));
  const renew = async (client = APP_CLIENT, scope = 'openid') => {
    await drop(victim);
    await server.provider.AccessToken.find(victim).then(token => token?.destroy());
    victim = await keep(await server.issue(VICTIM, client, scope));
  };
  const renewed = (name: string, client: string, scope: string): Change => ({
    name,
    apply: () => renew(client, scope),
    revert: () => renew(),
  });
  const flip = (name: string, apply: () => unknown, revert: () => unknown): Change => ({
    name,
    apply: async () => void (await apply()),
    revert: async () => void (await revert()),
  });
  return {
    responder: oauthToken,
    program: {
      module: new URL('../../src/responders/oauth-token/responder.ts', import.meta.url).href,
      name: 'oauthToken',
    },
    effect: 'proven',
    system,
    proxied: { ...system, settings: settings(proxy.port) },
    proxy,
    secrets: { read: secretOf(READ_CLIENT), write: secretOf(APP_CLIENT), probe: '{}' },
    contain,
    release: undefined,
    victim: VICTIM,
    async restore() {
      proxy.reset();
      server.lies = false;
      server.shut.clear();
      for (const name of await readdir(folder)) {
        if (![own, bystander, victim].some(token => fingerprint(token) === name)) await rm(join(folder, name));
      }
      if (!(await server.isLive(victim))) await renew();
    },
    snapshot: async () =>
      JSON.stringify(await Promise.all([own, bystander, victim].map(async token => await server.isLive(token)))),
    valueAt: async path => String(await (path === 'resource.takesToken' ? takes(victim) : server.isLive(victim))),
    isContained: async name => name === VICTIM && !(await server.isLive(victim)),
    version: async () => String(await server.isLive(victim)),
    versionAfterPath: 'token.activeAfter',
    asksForChange: sent => /^POST \/token\/revocation/m.test(sent.toString('latin1')),
    drifts: [
      flip(
        'a revocation by somebody else',
        () => revokeAtServer(victim),
        () => renew(),
      ),
      flip(
        'a token that is held no more',
        () => drop(victim),
        () => keep(victim),
      ),
    ],
    driftsAfter: [],
    scopes: [
      flip(
        'the read client',
        () => server.shut.add(READ_CLIENT),
        () => server.shut.clear(),
      ),
      renewed('a token of its own client', OTHER_CLIENT, 'openid'),
    ],
    forbidden: [{ name: 'read: revocation', isAllowed: () => revokes(READ_CLIENT, victim) }],
    lie: {
      ...flip(
        'a lie',
        () => {
          server.lies = true;
        },
        () => {
          server.lies = false;
        },
      ),
      system,
    },
    async hold() {
      const stolen = victim;
      return { reads: () => takes(stolen), close: async () => undefined };
    },
    containAlone: () => revokeAtServer(victim),
    rests: { ...renewed('what rests on it', APP_CLIENT, 'openid admin'), mentions: ['openid admin', VICTIM] },
    untouchable: [{ name: fingerprint(own), reason: 'own_identity', isRefusedByTarget: true }],
    hostileNames: [
      '',
      ' ',
      '*',
      `${VICTIM} `,
      VICTIM.toUpperCase(),
      `${VICTIM}\u200b`,
      `${VICTIM}\n`,
      `${VICTIM}\0`,
      `${VICTIM}&active=true`,
      '../tokens',
      `../${fingerprint(bystander)}`,
      `${fingerprint(bystander)}/`,
      fingerprint(bystander).toUpperCase(),
      'f'.repeat(64),
      '\ud800',
      'v'.repeat(400),
    ],
    makeHostile: async () => undefined,
    // Whoever is called what, its name is never part of what is sent; ids are hexadecimal.
    hostileAccounts: [],
    async close() {
      await proxy.close();
      await server.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
