import { setTimeout as sleep } from 'node:timers/promises';
import { startProxy } from '../../src/connector/proxy.ts';
import type { ConformanceTarget } from '../../src/connector/target.ts';
import type { SystemConfig } from '../../src/ports/responder.ts';
import { DELETE_KEY } from '../../src/responders/keystone/manifest.ts';
import { keystone } from '../../src/responders/keystone/responder.ts';
import { idOf, type Keystone, startKeystone } from './keystone-server.ts';
import { furnish } from './keystone-target.ts';

const SECRET = 'made-for-this-test';
/** Keystone keeps whole seconds, and a role that was just granted is one of them. */
const SECOND_MS = 1_100;

interface Told {
  readonly id: string;
  readonly name: string;
}

/** What the tests beside the suite need, too. */
export interface KeystoneKeyTarget extends ConformanceTarget {
  readonly server: Keystone;
  /** A token by the victim; undefined where it is refused. */
  logIn(): Promise<string | undefined>;
  /** Another user, who has none. */
  readonly somebodyElse: string;
}

/** Starts a Keystone of its own, in which a user has application credentials, with the users of the README. */
export async function startKeystoneKeyTarget(): Promise<KeystoneKeyTarget> {
  const server = await startKeystone();
  const { admin, project } = server;
  const { grant, revoke, reader, keyWriter: writer, victim: owner, other } = await furnish(server);
  const proxy = await startProxy({ host: '127.0.0.1', port: server.port });
  const settings = (port: number) => ({
    url: server.url(port),
    for: 'keys',
    project,
    readUser: reader.id,
    writeUser: writer.id,
  });
  const system: SystemConfig = { responder: 'keystone', system: 'cloud-keys', settings: settings(server.port) };
  const proxied = { ...system, settings: settings(proxy.port) };
  const made = async ({ id, password }: typeof owner, name: string, more: object = {}) => {
    const ask = server.askWith((await server.logIn(id, password)) ?? '');
    const application_credential = { name, secret: SECRET, ...more };
    const { body } = await ask('POST', `/users/${id}/application_credentials`, { application_credential });
    return idOf(body, 'application_credential');
  };
  const key = await made(owner, 'pipeline');
  const bystander = await made(owner, 'dashboard');
  const own = await made(reader, 'of-countersign');
  const victim = `${owner.id}/${key}`;
  const putBack = await server.keepKey(key);
  const keysOf = async (user: string) => {
    const { body } = await admin('GET', `/users/${user}/application_credentials`);
    return (body as { readonly application_credentials: readonly Told[] }).application_credentials;
  };
  const isThere = async () => (await keysOf(owner.id)).some(({ id }) => id === key);
  const restore = async () => {
    if (!(await isThere())) await putBack();
  };
  const remove = async () => void (await admin('DELETE', `/users/${owner.id}/application_credentials/${key}`));
  const logIn = () => server.logInByKey(key, SECRET);
  let secrets = { read: reader.password, write: writer.password, probe: '{}' };
  let expiring = '';
  return {
    responder: keystone,
    program: { module: new URL('../../src/responders/keystone/responder.ts', import.meta.url).href, name: 'keystone' },
    // What each service of the cloud still takes, Keystone does not know.
    effect: 'unproven',
    server,
    logIn,
    somebodyElse: other.id,
    system,
    proxied,
    proxy,
    get secrets() {
      return secrets;
    },
    contain: DELETE_KEY,
    release: undefined,
    timeoutMs: 2_000,
    victim,
    async restore() {
      proxy.reset();
      await restore();
    },
    async snapshot() {
      const users = [owner, other, reader, writer].map(({ id }) => id);
      return JSON.stringify(await Promise.all(users.map(async id => (await keysOf(id)).map(one => one.id).sort())));
    },
    valueAt: async () => ((await isThere()) ? 'yes' : 'no'),
    isContained: async name => name === victim && !(await isThere()),
    version: async () => ((await isThere()) ? 'yes' : 'no'),
    versionAfterPath: 'key.presentAfter',
    asksForChange: sent => /^(?:PATCH|DELETE|PUT|POST (?!\/v3\/auth\/tokens ))/m.test(sent.toString('latin1')),
    drifts: [{ name: 'deleted by somebody else', apply: remove, revert: restore }],
    driftsAfter: [],
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
      const { id, password } = side === 'read' ? reader : writer;
      const may = (name: string, method: string, path: string, body?: object) => ({
        name: `${side}: ${name}`,
        isAllowed: async () => {
          const ask = server.askWith((await server.logIn(id, password)) ?? '');
          return (await ask(method, path, body)).status < 400;
        },
      });
      const others = `/users/${owner.id}/application_credentials`;
      return [
        may('disable a user', 'PATCH', `/users/${other.id}`, { user: { enabled: false } }),
        may('make a user', 'POST', '/users', { user: { name: `made-by-${side}` } }),
        may('make an application credential for another', 'POST', others, { application_credential: { name: 'x' } }),
        ...(side === 'read'
          ? [may('delete an application credential', 'DELETE', `${others}/${bystander}`)]
          : [may('list users', 'GET', '/users'), may('list application credentials', 'GET', others)]),
      ];
    }),
    lie: {
      name: 'a lie',
      system: proxied,
      async apply() {
        proxy.reset();
        const said = 'HTTP/1.1 204 NO CONTENT\r\ncontent-length: 0\r\n\r\n';
        proxy.answer(piece => (piece.includes('DELETE /v3/users/') ? Buffer.from(said) : undefined));
      },
      revert: async () => proxy.reset(),
    },
    containAlone: remove,
    async hold() {
      const ask = server.askWith((await logIn()) ?? '');
      return { reads: async () => (await ask('GET', '/auth/projects')).status === 200, close: async () => undefined };
    },
    rests: {
      name: 'another one of its user',
      async apply() {
        expiring = await made(owner, 'nightly', { expires_at: '2038-01-01T00:00:00.000000' });
      },
      revert: async () => void (await admin('DELETE', `/users/${owner.id}/application_credentials/${expiring}`)),
      mentions: ['2 others of deploy-bot stay', 'role member', `project ${project}`, 'has no end of its own'],
    },
    untouchable: [{ name: `${reader.id}/${own}`, reason: 'own_identity', isRefusedByTarget: true }],
    hostileNames: [
      '',
      ' ',
      '/',
      key,
      `${key}/${owner.id}`,
      `${other.id}/${key}`,
      `${victim} `,
      ` ${victim}`,
      `${victim}\n`,
      `${victim}\0`,
      `${victim}/`,
      victim.toUpperCase(),
      `${victim}\u200b`,
      `${victim}?x=1`,
      `../users/${victim}`,
      `${owner.id}/${'0'.repeat(32)}`,
      '\ud800',
    ],
    makeHostile: async () => undefined,
    // Whoever is called what, its name is never part of what is sent; ids are hexadecimal.
    hostileAccounts: [],
    async close() {
      await proxy.close();
      await server.stop();
    },
  };
}
