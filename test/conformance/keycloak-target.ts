import { randomBytes } from 'node:crypto';
import { startProxy } from '../../src/connector/proxy.ts';
import type { Change, ConformanceTarget } from '../../src/connector/target.ts';
import type { SystemConfig } from '../../src/ports/responder.ts';
import { keycloakManifest } from '../../src/responders/keycloak/manifest.ts';
import { keycloak } from '../../src/responders/keycloak/responder.ts';
import { asMembers, asText, listOf } from '../../src/responders/shared/http/vendor-http.ts';
import { type Keycloak, startKeycloak } from './keycloak-server.ts';

const [VICTIM, BOSS] = ['c.victim', 'boss'];
export const [READ, WRITE] = ['countersign-read', 'countersign-write'];
/** A request to change something; one for a token is none. */
const CHANGE = /(?:PUT|POST|DELETE|PATCH) \/admin\//;

/** What the two suites have that is not the same. */
interface Part {
  readonly operations: readonly [contain: string, release?: string];
  readonly path: string;
}

export interface KeycloakTarget extends ConformanceTarget {
  readonly server: Keycloak;
  readonly realm: string;
  /** Its one administrator. */
  readonly boss: string;
  /** The same realm, with these settings besides. */
  naming(settings: SystemConfig['settings']): SystemConfig;
  /** The id of a user, as its administrator sees it. */
  idOf(name: string): Promise<string>;
  /** A role of `realm-management` of a user or a group by its path (`/users/ID`), which `revert` gives and `apply` takes away. */
  role(holder: string, name: string): Promise<Change>;
  /** One call below the realm by whoever has the secret of a client: the status, and the JSON that came. */
  callAs(
    client: string,
    secret: string,
    method: string,
    path: string,
    body?: object,
  ): Promise<{ readonly status: number; readonly body: unknown }>;
  accessToken(): Promise<string>;
}

/** The realm, whole: its administrator, a victim, a bystander, the two clients of the README, and one that people log in by. */
function realmOf(realm: string, secrets: { readonly read: string; readonly write: string; readonly victim: string }) {
  const service = (clientId: string, secret: string) => ({
    clientId,
    secret,
    serviceAccountsEnabled: true,
    standardFlowEnabled: false,
    publicClient: false,
  });
  const account = (client: string, roles: readonly string[]) => ({
    username: `service-account-${client}`,
    enabled: true,
    serviceAccountClientId: client,
    clientRoles: { 'realm-management': roles },
  });
  const person = (username: string, roles: readonly string[] = []) => ({
    username,
    enabled: true,
    email: `${username}@example.org`,
    emailVerified: true,
    firstName: 'First',
    lastName: username,
    credentials: [{ type: 'password', value: secrets.victim }],
    clientRoles: { 'realm-management': roles },
  });
  return {
    realm,
    enabled: true,
    editUsernameAllowed: true,
    adminEventsEnabled: true,
    adminEventsDetailsEnabled: true,
    clients: [
      service(READ, secrets.read),
      service(WRITE, secrets.write),
      { clientId: 'portal', publicClient: true, directAccessGrantsEnabled: true },
    ],
    users: [
      person(VICTIM),
      person('bystander'),
      person(BOSS, ['realm-admin']),
      account(READ, ['view-users', 'view-events']),
      account(WRITE, ['manage-users']),
    ],
  };
}

/** On a server that goes on afterwards, or else on one of its own. */
export const startKeycloakUsers = (server?: Keycloak): Promise<KeycloakTarget> =>
  start({ operations: ['disable', 'enable'], path: 'user.enabled' }, server);
export const startKeycloakSessions = (server?: Keycloak): Promise<KeycloakTarget> =>
  start({ operations: ['end-sessions'], path: 'user.sessions' }, server);

async function start(part: Part, given: Keycloak | undefined): Promise<KeycloakTarget> {
  const server = given ?? (await startKeycloak());
  const realm = `staff-${randomBytes(4).toString('hex')}`;
  const secret = () => `canary-${randomBytes(12).toString('hex')}`;
  const keys = { read: secret(), write: secret(), victim: secret() };
  const secrets = { read: keys.read, write: keys.write, probe: '{}' };
  const made = await server.call('POST', '/realms', realmOf(realm, keys));
  if (made.status !== 201) throw new Error(`the realm was not made: ${JSON.stringify(made)}`);
  const users = `/realms/${realm}/users`;
  const userNamed = async (name: string) => {
    const { body } = await server.call('GET', `${users}?username=${encodeURIComponent(name)}&exact=true`);
    return asMembers(listOf(body)[0]);
  };
  const idOf = async (name: string) => asText((await userNamed(name)).get('id'));
  const victimId = await idOf(VICTIM);
  const setEnabled = async (enabled: boolean) => void (await server.call('PUT', `${users}/${victimId}`, { enabled }));
  const isSessions = part.path === 'user.sessions';
  const sessionsOf = async (id: string) => listOf((await server.call('GET', `${users}/${id}/sessions`)).body).length;
  const endAll = async () => void (await server.call('POST', `${users}/${victimId}/logout`));
  const logIn = () =>
    server.token(realm, { grant_type: 'password', client_id: 'portal', username: VICTIM, password: keys.victim });
  const isContained = async (name: string) => {
    const user = await userNamed(name);
    return isSessions ? (await sessionsOf(asText(user.get('id')))) === 0 : user.get('enabled') !== true;
  };
  const valueNow = async () => {
    if (isSessions) return (await sessionsOf(victimId)) === 0 ? 'none' : 'open';
    return String((await userNamed(VICTIM)).get('enabled') === true);
  };
  const proxy = await startProxy({ host: '127.0.0.1', port: server.port });
  const systemAt = (port: number, besides: SystemConfig['settings'] = {}): SystemConfig => ({
    responder: 'keycloak',
    system: 'sso',
    settings: { url: `http://127.0.0.1:${port}`, realm, readClient: READ, writeClient: WRITE, ...besides },
  });
  const [contain, release] = part.operations.map(wanted =>
    keycloakManifest.operations.find(({ name }) => name === wanted),
  );
  if (contain === undefined) throw new Error('the responder has no such operation');
  const clientId = async (name: string) =>
    asText(
      asMembers(listOf((await server.call('GET', `/realms/${realm}/clients?clientId=${name}`)).body)[0]).get('id'),
    );
  const [management, writer] = [await clientId('realm-management'), await clientId(WRITE)];
  const role = async (holder: string, name: string): Promise<Change> => {
    const path = `/realms/${realm}${holder}/role-mappings/clients/${management}`;
    const { body } = await server.call('GET', `/realms/${realm}/clients/${management}/roles/${name}`);
    return {
      name,
      apply: async () => void (await server.call('DELETE', path, [body as object])),
      revert: async () => void (await server.call('POST', path, [body as object])),
    };
  };
  const callAs: KeycloakTarget['callAs'] = async (client, secret, method, path, body) => {
    const { access_token } = await server.token(realm, {
      grant_type: 'client_credentials',
      client_id: client,
      client_secret: secret,
    });
    const answer = await fetch(`${server.url}/admin/realms/${realm}${path}`, {
      method,
      headers: { authorization: `Bearer ${access_token}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    return { status: answer.status, body: text === '' ? undefined : JSON.parse(text) };
  };
  const contained = async () => (isSessions ? await endAll() : await setEnabled(false));
  const containByHand = async () => {
    const path = `/users/${victimId}`;
    if (isSessions) await callAs(WRITE, keys.write, 'POST', `${path}/logout`);
    else await callAs(WRITE, keys.write, 'PUT', path, { enabled: false });
  };
  const released = async () => (isSessions ? void (await logIn()) : await setEnabled(true));
  return {
    server,
    realm,
    boss: BOSS,
    naming: settings => systemAt(server.port, settings),
    idOf,
    role,
    callAs,
    accessToken: async () => (await logIn())['access_token'] ?? '',
    responder: keycloak,
    program: {
      module: new URL('../../src/responders/keycloak/responder.ts', import.meta.url).href,
      name: 'keycloak',
    },
    // An access token that was given out is good wherever nobody asks Keycloak.
    effect: 'unproven',
    system: systemAt(server.port),
    proxied: systemAt(proxy.port),
    proxy,
    get secrets() {
      return secrets;
    },
    contain,
    release,
    timeoutMs: 4_000,
    victim: VICTIM,
    async restore() {
      proxy.reset();
      await setEnabled(true);
      await endAll();
      if (isSessions) await logIn();
    },
    async snapshot() {
      const all = listOf((await server.call('GET', `${users}?max=100`)).body).map(asMembers);
      const shown = all.map(user => ({
        name: user.get('username'),
        enabled: user.get('enabled'),
        email: user.get('email'),
        names: [user.get('firstName'), user.get('lastName')],
        attributes: user.get('attributes'),
      }));
      return JSON.stringify([shown, isSessions ? (await sessionsOf(victimId)) > 0 : '']);
    },
    valueAt: valueNow,
    isContained,
    version: valueNow,
    versionAfterPath: `${part.path}After`,
    asksForChange: sent => CHANGE.test(sent.toString('latin1')),
    drifts: [
      { name: 'the same by somebody else', apply: contained, revert: released },
      {
        name: 'another name',
        apply: async () => void (await server.call('PUT', `${users}/${victimId}`, { username: 'c.renamed' })),
        revert: async () => void (await server.call('PUT', `${users}/${victimId}`, { username: VICTIM })),
      },
    ],
    driftsAfter:
      release === undefined ? [] : [{ name: 'the end of it by somebody else', apply: released, revert: contained }],
    scopes: [await role(`/users/${await idOf(`service-account-${READ}`)}`, 'view-users')],
    forbidden: (
      [
        [READ, 'PUT', `/users/${victimId}`, { enabled: false }],
        [READ, 'PUT', '', { enabled: true }],
        [READ, 'DELETE', '/admin-events', undefined],
        [READ, 'PUT', '/events/config', { adminEventsEnabled: false }],
        [READ, 'GET', `/clients?clientId=${WRITE}`, undefined],
        [READ, 'GET', `/clients/${writer}`, undefined],
        [READ, 'GET', `/clients/${writer}/client-secret`, undefined],
        [WRITE, 'PUT', '', { enabled: true }],
        [WRITE, 'GET', '/admin-events', undefined],
        [WRITE, 'DELETE', '/admin-events', undefined],
        [WRITE, 'PUT', '/events/config', { adminEventsEnabled: false }],
        [WRITE, 'GET', `/clients/${management}/roles`, undefined],
        [WRITE, 'GET', `/clients/${writer}/client-secret`, undefined],
        [WRITE, 'POST', `/users/${victimId}/impersonation`, {}],
      ] as const
    ).map(([client, method, path, body]) => ({
      name: `${client === READ ? 'read' : 'write'}: ${method} /admin/realms/${realm}${path}`,
      isAllowed: async () =>
        (await callAs(client, client === READ ? keys.read : keys.write, method, path, body)).status < 400,
    })),
    lie: {
      name: 'a lie',
      system: systemAt(proxy.port),
      async apply() {
        proxy.reset();
        const said = 'HTTP/1.1 204 No Content\r\n\r\n';
        proxy.answer(piece => (CHANGE.test(piece.toString('latin1')) ? Buffer.from(said) : undefined));
      },
      revert: async () => proxy.reset(),
    },
    byHand: {
      name: 'the same by whoever has the secret of the client that writes',
      apply: containByHand,
      revert: released,
    },
    containAlone: contained,
    async hold() {
      const { refresh_token = '' } = await logIn();
      let held = refresh_token;
      return {
        async reads() {
          const told = await server.token(realm, {
            grant_type: 'refresh_token',
            client_id: 'portal',
            refresh_token: held,
          });
          held = told['refresh_token'] ?? held;
          return told['access_token'] !== undefined;
        },
        close: async () => undefined,
      };
    },
    rests: {
      name: 'a session',
      apply: async () => void (await logIn()),
      revert: async () => void (await endAll()),
      mentions: ['a session from 127.0.0.1, at portal'],
    },
    untouchable: [
      { name: `service-account-${WRITE}`, reason: 'own_identity', isRefusedByTarget: true },
      { name: BOSS, reason: 'last_administrator', isRefusedByTarget: true },
    ],
    hostileNames: [
      '',
      ' ',
      '*',
      '%',
      `${VICTIM} `,
      ` ${VICTIM}`,
      VICTIM.toUpperCase(),
      `${VICTIM}&exact=false`,
      `${VICTIM}%`,
      `${VICTIM}/`,
      `${VICTIM}\n`,
      `${VICTIM}\0`,
      `${VICTIM}@example.org`,
      `../${VICTIM}`,
      victimId,
      'victim',
      `${VICTIM}\u200b`,
      '\ud800',
      'v'.repeat(400),
    ],
    hostileAccounts: [
      'o_brien',
      'a+b@example.org',
      'x:y',
      '..',
      'me',
      'count',
      'profile',
      'ünïcode',
      "o'brien",
      'a/b',
      'a%2fb',
      '"q"',
    ],
    async makeHostile(name) {
      const { status } = await server.call('POST', users, {
        username: name,
        enabled: true,
        email: 'hostile@example.org',
        firstName: 'Ho',
        lastName: 'Stile',
        emailVerified: true,
        credentials: [{ type: 'password', value: keys.victim }],
      });
      if (status !== 201) return undefined;
      if (isSessions)
        await server.token(realm, {
          grant_type: 'password',
          client_id: 'portal',
          username: name,
          password: keys.victim,
        });
      return {
        name,
        apply: async () => undefined,
        revert: async () => void (await server.call('DELETE', `${users}/${await idOf(name)}`)),
      };
    },
    async close() {
      await proxy.close();
      if (given === undefined) await server.stop();
    },
  };
}
