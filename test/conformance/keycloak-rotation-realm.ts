import { randomBytes } from 'node:crypto';
import type { Change } from '../../src/connector/target.ts';
import { asMembers, asText, listOf } from '../../src/responders/shared/http/vendor-http.ts';
import type { Keycloak } from './keycloak-server.ts';

/** The pair of the service, and the two clients of the README. */
export const [A, B, READ, WRITE] = ['orders-a', 'orders-b', 'countersign-rotation-read', 'countersign-rotation-write'];
const BYSTANDER = 'dashboard';
/** What the service may do. */
export const ROLE = 'offline_access';

export interface ServiceSecret {
  readonly client_id: string;
  readonly client_secret: string;
}

/** A realm with a service of two clients, and with the rights of the README: what an administrator of it sees and does there. */
export type RotationRealm = Awaited<ReturnType<typeof makeRotationRealm>>;

const canary = () => `canary-${randomBytes(12).toString('hex')}`;

/** What a service's client is made of beside its name: enough to see whether a change leaves it alone. */
function serviceClient(clientId: string, secret: string, enabled: boolean) {
  return {
    clientId,
    secret,
    enabled,
    publicClient: false,
    serviceAccountsEnabled: true,
    standardFlowEnabled: true,
    redirectUris: ['https://orders.example.org/*'],
    webOrigins: ['+'],
    attributes: { 'access.token.lifespan': '300' },
    protocolMappers: [
      {
        name: 'tier',
        protocol: 'openid-connect',
        protocolMapper: 'oidc-hardcoded-claim-mapper',
        config: {
          'claim.name': 'tier',
          'claim.value': 'gold',
          'jsonType.label': 'String',
          'access.token.claim': 'true',
        },
      },
    ],
  };
}

function account(client: string, roles: readonly string[] = [], realmRoles: readonly string[] = []) {
  return {
    username: `service-account-${client}`,
    enabled: true,
    serviceAccountClientId: client,
    clientRoles: { 'realm-management': roles },
    realmRoles,
  };
}

export async function makeRotationRealm(server: Keycloak) {
  const realm = `service-${randomBytes(4).toString('hex')}`;
  const at = `/realms/${realm}`;
  const keys = { read: canary(), write: canary(), victim: canary(), bystander: canary() };
  const own = (clientId: string, secret: string) => ({
    ...serviceClient(clientId, secret, true),
    standardFlowEnabled: false,
    redirectUris: [],
    protocolMappers: [],
  });
  const must = async (method: string, path: string, body?: object) => {
    const answer = await server.call(method, path, body);
    if (answer.status >= 400) throw new Error(`${method} ${path}: ${JSON.stringify(answer)}`);
    return answer.body;
  };
  await must('POST', '/realms', {
    realm,
    enabled: true,
    eventsEnabled: true,
    adminEventsEnabled: true,
    adminPermissionsEnabled: true,
    clients: [
      serviceClient(A, keys.victim, true),
      serviceClient(B, canary(), false),
      own(READ, keys.read),
      own(WRITE, keys.write),
      own(BYSTANDER, keys.bystander),
    ],
    users: [account(A, [], [ROLE]), account(B, [], [ROLE]), account(WRITE), account(READ, ['view-events'])],
  });
  const idOf = async (name: string) =>
    asText(asMembers(listOf(await must('GET', `${at}/clients?clientId=${name}`))[0]).get('id'));
  const [a, b, read, write, bystander, permissions, management] = await Promise.all(
    [A, B, READ, WRITE, BYSTANDER, 'admin-permissions', 'realm-management'].map(idOf),
  );
  const clientAt = (id = '') => `${at}/clients/${id}`;
  const userOf = async (id = '') =>
    asText(asMembers(await must('GET', `${clientAt(id)}/service-account-user`)).get('id'));
  const [userA, userB, userRead] = [await userOf(a), await userOf(b), await userOf(read)];
  const rules = `${clientAt(permissions)}/authz/resource-server`;
  const policy = async (name: string, client: string | undefined) =>
    asText(asMembers(await must('POST', `${rules}/policy/client`, { name, clients: [client] })).get('id'));
  const [whoReads, whoWrites] = [await policy('countersign reads', read), await policy('countersign writes', write)];
  /** A right of its own, that can be taken away. */
  const permission = async (
    name: string,
    resourceType: 'Clients' | 'Users',
    scope: string,
    resources: readonly (string | undefined)[],
    who: string,
  ): Promise<Change> => {
    const grant = async () =>
      asText(
        asMembers(
          await must('POST', `${rules}/permission/scope`, {
            name,
            resourceType,
            resources,
            scopes: [scope],
            policies: [who],
          }),
        ).get('id'),
      );
    let id = await grant();
    return {
      name,
      apply: async () => void (await must('DELETE', `${rules}/permission/scope/${id}`)),
      async revert() {
        id = await grant();
      },
    };
  };
  const rights = [
    await permission('view of the two clients', 'Clients', 'view', [a, b], whoReads),
    await permission('view of their users', 'Users', 'view', [userA, userB], whoReads),
  ];
  const manage = await permission('manage of the two clients', 'Clients', 'manage', [a, b], whoWrites);
  const role = async (user: string, name: string): Promise<Change> => {
    const path = `${at}/users/${user}/role-mappings/clients/${management}`;
    const found = await must('GET', `${clientAt(management)}/roles/${name}`);
    return {
      name: `the role ${name}`,
      apply: async () => void (await must('DELETE', path, [found as object])),
      revert: async () => void (await must('POST', path, [found as object])),
    };
  };
  const keep = (name: string, member: 'eventsEnabled' | 'adminEventsEnabled'): Change => ({
    name,
    apply: async () => void (await must('PUT', at, { [member]: false })),
    revert: async () => void (await must('PUT', at, { [member]: true })),
  });
  const change = async (id: string | undefined, body: object) => void (await must('PUT', clientAt(id), body));
  const client = async (id: string | undefined) => asMembers(await must('GET', clientAt(id)));
  return {
    server,
    realm,
    keys,
    ids: { a: a ?? '', b: b ?? '', bystander: bystander ?? '', userA, userRead, management: management ?? '' },
    at,
    must,
    change,
    client,
    isEnabled: async (id: string) => (await client(id)).get('enabled') === true,
    /** A login by a secret; it stands on record. */
    logIn: ({ client_id, client_secret }: ServiceSecret) =>
      server.token(realm, { grant_type: 'client_credentials', client_id, client_secret }),
    /** The last change of a client that is on record. */
    async lastChange(id: string) {
      const path = `${at}/admin-events?resourcePath=${encodeURIComponent(`clients/${id}*`)}&max=1`;
      return asText(asMembers(listOf(await must('GET', path))[0]).get('id'));
    },
    forget: async () => {
      await must('DELETE', `${at}/events`);
    },
    role,
    /** What the plan cannot see: whoever reads is not told what the one that writes may. */
    manage,
    rights: [
      ...rights,
      await role(userRead, 'view-events'),
      keep('a record of logins', 'eventsEnabled'),
      keep('a record of changes', 'adminEventsEnabled'),
    ] as readonly Change[],
    /** All clients and their service accounts' rights, but for what every change moves and the secret of the one that stands by. */
    async state() {
      const all = listOf(await must('GET', `${at}/clients?max=100`)).map(asMembers);
      return all.map(one => {
        const { [ACT]: _act, ...attributes } = Object.fromEntries(asMembers(one.get('attributes')));
        const secret = one.get('id') === b ? '' : one.get('secret');
        return JSON.stringify({ ...Object.fromEntries(one), attributes, secret });
      });
    },
    /** Both of the pair as they were made, but for what is said of each. */
    async reset(of: { readonly a: object; readonly b: object }) {
      const marks = { attributes: { [ACT]: '' }, description: '', redirectUris: ['https://orders.example.org/*'] };
      await change(a, { ...marks, clientId: A, ...of.a });
      await change(b, { ...marks, clientId: B, ...of.b });
    },
  };
}

const ACT = 'countersign.act';
