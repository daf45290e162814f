import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { startProxy } from '../../src/connector/proxy.ts';
import type { Change, ConformanceTarget } from '../../src/connector/target.ts';
import type { SystemConfig } from '../../src/ports/responder.ts';
import { keystoneManifest } from '../../src/responders/keystone/manifest.ts';
import { keystone } from '../../src/responders/keystone/responder.ts';
import { recordOf } from '../../src/responders/keystone/users.ts';
import { idOf, type Keystone, startKeystone } from './keystone-server.ts';

const VICTIM = 'deploy-bot';
const FIRST_TEXT = 'Deploys what was merged';
/** A token of the second in which its user was disabled is dead, also where it came after: Keystone keeps whole seconds. */
const SECOND_MS = 1_100;

interface Account {
  readonly id: string;
  readonly password: string;
}

/** What the tests beside the suite need, too. */
export interface KeystoneTarget extends ConformanceTarget {
  readonly server: Keystone;
  readonly victimAccount: Account;
}

const secret = () => `canary-${randomBytes(12).toString('hex')}`;

/** The roles of the README, and users that have them. */
export async function furnish({ admin, project }: Keystone) {
  const roles = new Map<string, string>();
  for (const name of ['countersign_read', 'countersign_write', 'countersign_keys'])
    roles.set(name, idOf((await admin('POST', '/roles', { role: { name } })).body, 'role'));
  const { body } = await admin('GET', '/roles?name=member');
  roles.set('member', (body as { readonly roles: readonly { readonly id: string }[] }).roles[0]?.id ?? '');
  const grant = async (user: string, role: string) => {
    const { status } = await admin('PUT', `/projects/${project}/users/${user}/roles/${roles.get(role)}`);
    if (status !== 204) throw new Error(`${role} was not granted: ${status}`);
  };
  const revoke = async (user: string, role: string) =>
    void (await admin('DELETE', `/projects/${project}/users/${user}/roles/${roles.get(role)}`));
  const account = async (name: string, ...having: readonly string[]): Promise<Account> => {
    const password = secret();
    const user = { name, password, domain_id: 'default', description: FIRST_TEXT };
    const id = idOf((await admin('POST', '/users', { user })).body, 'user');
    for (const role of having) await grant(id, role);
    return { id, password };
  };
  const domain = idOf((await admin('POST', '/domains', { domain: { name: 'elsewhere' } })).body, 'domain');
  await admin('POST', '/users', { user: { name: 'of-another-domain', domain_id: domain } });
  return {
    grant,
    revoke,
    reader: await account('countersign-read', 'member', 'countersign_read'),
    writer: await account('countersign-write', 'member', 'countersign_write'),
    keyWriter: await account('countersign-keys', 'member', 'countersign_keys'),
    victim: await account(VICTIM, 'member'),
    other: await account('somebody-else', 'member'),
    memberRole: roles.get('member') ?? '',
  };
}

interface Told {
  readonly id: string;
  readonly name: string;
  readonly enabled: boolean;
}

/** Starts a Keystone of its own, with the two users of the README and their policy, and some others. */
export async function startKeystoneTarget(): Promise<KeystoneTarget> {
  const server = await startKeystone();
  const { admin, project } = server;
  const { grant, revoke, reader, writer, victim, other, memberRole } = await furnish(server);
  const proxy = await startProxy({ host: '127.0.0.1', port: server.port });
  const settings = (port: number) => ({
    url: server.url(port),
    project,
    readUser: reader.id,
    writeUser: writer.id,
  });
  const system: SystemConfig = { responder: 'keystone', system: 'cloud', settings: settings(server.port) };
  const proxied = { ...system, settings: settings(proxy.port) };
  const [contain, release] = keystoneManifest.operations;
  if (contain === undefined || release === undefined) throw new Error('the responder contains and releases');
  const users = async () => ((await admin('GET', '/users')).body as { readonly users: readonly Told[] }).users;
  const victimNow = async () => {
    const found = (await users()).find(({ id }) => id === victim.id);
    if (found === undefined) throw new Error('the victim is there');
    return found;
  };
  const patch = async (id: string, user: object) => {
    const { status } = await admin('PATCH', `/users/${id}`, { user });
    if (status !== 200) throw new Error(`the administrator was refused: ${status}`);
  };
  const set = (name: string, to: object, back: object): Change => ({
    name,
    apply: () => patch(victim.id, to),
    revert: () => patch(victim.id, back),
  });
  const enable = async () => {
    if ((await victimNow()).enabled) return;
    await patch(victim.id, { enabled: true });
    await sleep(SECOND_MS);
  };
  const victimsAsk = async () => server.askWith((await server.logIn(victim.id, victim.password)) ?? '');
  let secrets = { read: reader.password, write: writer.password, probe: '{}' };
  let key = '';
  const renamed = set('another name', { name: 'deploy-bot-2' }, { name: VICTIM });
  const described = set('another description', { description: 'Changed' }, { description: FIRST_TEXT });
  return {
    responder: keystone,
    program: {
      module: new URL('../../src/responders/keystone/responder.ts', import.meta.url).href,
      name: 'keystone',
    },
    // What each service of the cloud still takes, Keystone does not know.
    effect: 'unproven',
    server,
    victimAccount: victim,
    system,
    proxied,
    proxy,
    get secrets() {
      return secrets;
    },
    contain,
    release,
    timeoutMs: 2_000,
    victim: VICTIM,
    async restore() {
      proxy.reset();
      await enable();
    },
    async snapshot() {
      const all = (await users()).map(({ links: _links, ...user }: Told & { readonly links?: unknown }) => user);
      return JSON.stringify(all.sort((a, b) => (a.id < b.id ? -1 : 1)));
    },
    valueAt: async () => ((await victimNow()).enabled ? 'yes' : 'no'),
    isContained: async name => (await users()).some(user => user.name === name && !user.enabled),
    version: async () => recordOf(new Map(Object.entries(await victimNow()))),
    versionAfterPath: 'user.recordAfter',
    asksForChange: sent => /^(?:PATCH|DELETE|PUT|POST (?!\/v3\/auth\/tokens ))/m.test(sent.toString('latin1')),
    drifts: [{ ...set('disabled by somebody else', { enabled: false }, {}), revert: enable }, renamed, described],
    driftsAfter: [
      { ...set('enabled by somebody else', { enabled: true }, {}), revert: async () => undefined },
      renamed,
      described,
    ],
    scopes: [
      {
        name: 'the role that reads',
        apply: () => revoke(reader.id, 'countersign_read'),
        // Whoever loses a role loses the tokens of that second.
        revert: () => grant(reader.id, 'countersign_read').then(() => sleep(SECOND_MS)),
      },
      {
        name: 'the password of the user that reads',
        apply: async () => {
          secrets = { ...secrets, read: `${reader.password}-gone` };
        },
        revert: async () => {
          secrets = { ...secrets, read: reader.password };
        },
      },
    ],
    forbidden: (['read', 'write'] as const).flatMap(side => {
      const as = async () => {
        const { id, password } = side === 'read' ? reader : writer;
        return server.askWith((await server.logIn(id, password)) ?? '');
      };
      const may = (name: string, method: string, path: string, body?: object) => ({
        name: `${side}: ${name}`,
        isAllowed: async () => (await as())(method, path, body).then(({ status }) => status < 400),
      });
      return [
        may('make a user', 'POST', '/users', { user: { name: `made-by-${side}` } }),
        may('delete a user', 'DELETE', `/users/${other.id}`),
        may('grant a role', 'PUT', `/projects/${project}/users/${other.id}/roles/${memberRole}`),
        may('take a role', 'DELETE', `/projects/${project}/users/${other.id}/roles/${memberRole}`),
        may('make an application credential for another', 'POST', `/users/${other.id}/application_credentials`, {
          application_credential: { name: 'x' },
        }),
        ...(side === 'read'
          ? [may('disable a user', 'PATCH', `/users/${other.id}`, { user: { enabled: false } })]
          : [may('list users', 'GET', '/users'), may('list roles', 'GET', '/role_assignments')]),
      ];
    }),
    lie: {
      name: 'a lie',
      system: proxied,
      async apply() {
        proxy.reset();
        const said = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}';
        proxy.answer(piece => (piece.includes('PATCH /v3/users/') ? Buffer.from(said) : undefined));
      },
      revert: async () => proxy.reset(),
    },
    containAlone: () => patch(victim.id, { enabled: false }),
    async hold() {
      const ask = await victimsAsk();
      return { reads: async () => (await ask('GET', '/auth/projects')).status === 200, close: async () => undefined };
    },
    rests: {
      name: 'an application credential',
      async apply() {
        const made = await (await victimsAsk())('POST', `/users/${victim.id}/application_credentials`, {
          application_credential: { name: 'pipeline' },
        });
        key = idOf(made.body, 'application_credential');
      },
      revert: async () => void (await admin('DELETE', `/users/${victim.id}/application_credentials/${key}`)),
      mentions: ['application credential pipeline', 'role member on project soc'],
    },
    untouchable: [
      { name: 'admin', reason: 'last_administrator', isRefusedByTarget: true },
      { name: 'countersign-read', reason: 'own_identity', isRefusedByTarget: true },
      { name: 'countersign-write', reason: 'own_identity', isRefusedByTarget: true },
    ],
    hostileNames: [
      '',
      ' ',
      '*',
      '%',
      `${VICTIM} `,
      ` ${VICTIM}`,
      `${VICTIM}\n`,
      `${VICTIM}\0`,
      VICTIM.toUpperCase(),
      VICTIM.replace('-', '_'),
      `${VICTIM}&domain_id=default`,
      `${VICTIM}#`,
      `${VICTIM}' OR '1'='1`,
      `../users/${VICTIM}`,
      `${VICTIM}\u200b`,
      '\ud800',
      'of-another-domain',
    ],
    hostileAccounts: ['a&name=deploy-bot', 'x/../y', '"q"', "o'brien' --", 'a#b?c=%2e', 'ünï', '<b>'],
    async makeHostile(name) {
      const { status, body } = await admin('POST', '/users', { user: { name, domain_id: 'default' } });
      if (status !== 201) return undefined;
      const id = idOf(body, 'user');
      return { name, apply: async () => undefined, revert: async () => void (await admin('DELETE', `/users/${id}`)) };
    },
    async close() {
      await proxy.close();
      await server.stop();
    },
  };
}
