import { randomBytes } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readdir, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startProxy } from '../../src/connector/proxy.ts';
import type { Change, ConformanceTarget } from '../../src/connector/target.ts';
import type { SystemConfig } from '../../src/ports/responder.ts';
import { END_OLD, ROTATE, TAKE_BACK } from '../../src/responders/keystone-rotation/manifest.ts';
import { keystoneRotation } from '../../src/responders/keystone-rotation/responder.ts';
import { filesIn, later } from './changes.ts';
import { idOf, type Keystone, startKeystone } from './keystone-server.ts';
import { furnish } from './keystone-target.ts';

/** Keystone keeps whole seconds, and a role that was just granted is one of them. */
const SECOND_MS = 1_100;

/** What the service logs in with. */
export interface ServiceKey {
  readonly id: string;
  readonly secret: string;
}

/** What Keystone tells of an application credential, as far as the tests ask. */
export interface ToldKey {
  readonly id: string;
  readonly name: string;
  readonly [member: string]: unknown;
}

/** What the tests beside the suite do as the administrator of Keystone and of the machine. */
export interface KeystoneRotationTarget extends ConformanceTarget {
  readonly server: Keystone;
  readonly secretFile: string;
  readonly tokenFile: string;
  /** The service's first one. */
  readonly old: ServiceKey;
  keys(): Promise<readonly ToldKey[]>;
  /** Makes one as the service's user. */
  make(name: string, more?: object): Promise<ServiceKey>;
  remove(id: string): Promise<void>;
  secret(): Promise<ServiceKey>;
  writeSecret(key: ServiceKey): Promise<void>;
  /** A consumer logs in with it and leaves its token. */
  show(key: ServiceKey): Promise<void>;
}

/** A service that uses its first application credential. */
export function startKeystoneRotation(): Promise<KeystoneRotationTarget> {
  return start(rotationOf);
}

/** A service that was moved to another one and uses it, while the first one still works. */
export function startKeystoneEnding(): Promise<KeystoneRotationTarget> {
  return start(endingOf);
}

async function start(stage: (common: Common) => Promise<KeystoneRotationTarget>): Promise<KeystoneRotationTarget> {
  const server = await startKeystone();
  try {
    return await stage(await commonOf(server));
  } catch (error) {
    await server.stop();
    throw error;
  }
}

type Common = Awaited<ReturnType<typeof commonOf>>;

/** What both stages have in common. */
async function commonOf(server: Keystone) {
  const { admin, project } = server;
  const users = await furnish(server);
  const { grant, revoke, reader, victim: owner, other } = users;
  const home = await realpath(await mkdtemp(join(tmpdir(), 'cs-cloud-')));
  const [folder, tokens] = [join(home, 'secrets'), join(home, 'tokens')];
  for (const one of [folder, tokens]) await mkdir(one, { mode: 0o700 });
  const [secretFile, tokenFile, nightlyFile] = [
    join(folder, 'clouds.yaml'),
    join(tokens, 'orders-api'),
    join(tokens, 'nightly'),
  ];
  const path = (id = '') => `/users/${owner.id}/application_credentials${id === '' ? '' : `/${id}`}`;
  const asOwner = server.askWith((await server.logIn(owner.id, owner.password)) ?? '');
  const make = async (name: string, more: object = {}): Promise<ServiceKey> => {
    const secret = `canary-${randomBytes(12).toString('hex')}`;
    const { body } = await asOwner('POST', path(), { application_credential: { name, secret, ...more } });
    return { id: idOf(body, 'application_credential'), secret };
  };
  const keysOf = async (user: string) => {
    const { body } = await admin('GET', `/users/${user}/application_credentials`);
    return (body as { readonly application_credentials: readonly ToldKey[] }).application_credentials;
  };
  const identity = (method: string, at: string) => ({ method, path: `/v3${at}`, service: 'identity' });
  const maker = await make('countersign', {
    unrestricted: true,
    access_rules: [identity('POST', path()), identity('DELETE', path('*'))],
  });
  const [old, bystander] = [await make('orders'), await make('dashboard')];
  const putBack = new Map<string, () => Promise<void>>();
  for (const { id } of [maker, old, bystander]) putBack.set(id, await server.keepKey(id));
  const remove = async (id: string) => void (await admin('DELETE', path(id)));
  const restoreKey = async (id: string) => await putBack.get(id)?.();
  const secret = async (): Promise<ServiceKey> => {
    const { clouds } = JSON.parse(await readFile(secretFile, 'utf8')) as Clouds;
    const { application_credential_id, application_credential_secret } = clouds.orders.auth;
    return { id: application_credential_id, secret: application_credential_secret };
  };
  const textOf = (key: ServiceKey) =>
    JSON.stringify({
      clouds: {
        orders: {
          auth_type: 'v3applicationcredential',
          auth: {
            auth_url: server.url(),
            application_credential_id: key.id,
            application_credential_secret: key.secret,
          },
        },
      },
    } satisfies Clouds);
  const put = async (file: string, text: string) => {
    await rm(file, { force: true });
    await writeFile(file, text, { mode: 0o600 });
  };
  const showIn = async (file: string, key: ServiceKey) =>
    await put(file, `${await server.logInByKey(key.id, key.secret)}\n`);
  const proxy = await startProxy({ host: '127.0.0.1', port: server.port });
  const settings = (port: number) => ({
    url: server.url(port),
    user: owner.id,
    project,
    readUser: reader.id,
    writeKey: maker.id,
    secretFile,
    tokenFiles: `${tokenFile}, ${nightlyFile}`,
    consumers: 'orders-api, nightly-export',
  });
  const system: SystemConfig = {
    responder: 'keystone-rotation',
    system: 'orders-cloud',
    settings: settings(server.port),
  };
  let secrets = { read: reader.password, write: maker.secret, probe: '{}' };
  const asEither = async (side: 'read' | 'write') =>
    server.askWith(
      (await (side === 'read'
        ? server.logIn(reader.id, reader.password)
        : server.logInByKey(maker.id, maker.secret))) ?? '',
    );
  const others = await (async () => {
    const ask = server.askWith((await server.logIn(other.id, other.password)) ?? '');
    const { body } = await ask('POST', `/users/${other.id}/application_credentials`, {
      application_credential: { name: 'of-another' },
    });
    return idOf(body, 'application_credential');
  })();
  return {
    folder,
    home,
    server,
    secretFile,
    tokenFile,
    nightlyFile,
    maker,
    old,
    bystander,
    make,
    remove,
    restoreKey,
    keys: () => keysOf(owner.id),
    secret,
    writeSecret: (key: ServiceKey) => put(secretFile, textOf(key)),
    writeBefore: (key: ServiceKey) => put(`${secretFile}.before`, textOf(key)),
    show: (key: ServiceKey) => showIn(tokenFile, key),
    responder: keystoneRotation,
    program: {
      module: new URL('../../src/responders/keystone-rotation/responder.ts', import.meta.url).href,
      name: 'keystoneRotation',
    },
    effect: 'unproven',
    system,
    proxied: { ...system, settings: settings(proxy.port) },
    proxy,
    get secrets() {
      return secrets;
    },
    timeoutMs: 2_000,
    victim: `${owner.id}/${old.id}`,
    name: (id: string) => `${owner.id}/${id}`,
    async snapshot() {
      const keys = [];
      for (const user of [owner, other, reader])
        keys.push((await keysOf(user.id)).map(key => JSON.stringify(key)).sort());
      return JSON.stringify([keys, await filesIn(folder)]);
    },
    /** Everything but what the stage itself puts there. */
    async clear() {
      proxy.reset();
      await server.letLookAtTokens(true);
      for (const { id } of await keysOf(owner.id)) if (!putBack.has(id)) await remove(id);
      for (const id of putBack.keys()) await restoreKey(id);
      for (const file of await readdir(folder)) await rm(join(folder, file), { force: true });
      for (const file of await readdir(tokens)) await rm(join(tokens, file), { force: true });
    },
    asksForChange: (sent: Buffer) =>
      /^(?:PATCH|DELETE|PUT|POST (?!\/v3\/auth\/tokens ))/m.test(sent.toString('latin1')),
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
      {
        name: 'looking at tokens',
        apply: () => server.letLookAtTokens(false),
        revert: () => server.letLookAtTokens(true),
      },
      { name: 'the one that makes others', apply: () => remove(maker.id), revert: () => restoreKey(maker.id) },
      {
        name: 'a folder that only the executor writes into',
        apply: () => chmod(folder, 0o777),
        revert: () => chmod(folder, 0o700),
      },
      {
        name: 'a file that only its owner writes',
        apply: () => chmod(secretFile, 0o660),
        revert: () => chmod(secretFile, 0o600),
      },
    ] as readonly Change[],
    forbidden: (['read', 'write'] as const).flatMap(side => {
      const may = (name: string, method: string, at: string, body?: object) => ({
        name: `${side}: ${name}`,
        isAllowed: async () => (await (await asEither(side))(method, at, body)).status < 400,
      });
      return [
        may('disable a user', 'PATCH', `/users/${other.id}`, { user: { enabled: false } }),
        may('make a user', 'POST', '/users', { user: { name: `made-by-${side}` } }),
        may('grant a role', 'PUT', `/projects/${project}/users/${owner.id}/roles/${users.memberRole}`),
        may('make one for another user', 'POST', `/users/${other.id}/application_credentials`, {
          application_credential: { name: 'x' },
        }),
        may("delete another user's", 'DELETE', `/users/${other.id}/application_credentials/${others}`),
        may("delete another user's by the path of its own", 'DELETE', path(others)),
        ...(side === 'read'
          ? [
              may('make one for the service', 'POST', path(), { application_credential: { name: 'x' } }),
              may('delete one of the service', 'DELETE', path(bystander.id)),
            ]
          : [
              may('list users', 'GET', '/users'),
              may("list another user's", 'GET', `/users/${other.id}/application_credentials`),
            ]),
      ];
    }),
    async hold() {
      const ask = server.askWith((await server.logInByKey(old.id, old.secret)) ?? '');
      return { reads: async () => (await ask('GET', '/auth/projects')).status === 200, close: async () => undefined };
    },
    rests: {
      name: 'another consumer',
      apply: () => showIn(nightlyFile, old),
      revert: () => rm(nightlyFile, { force: true }),
      mentions: [
        'orders-api reads the file of the secret',
        `${nightlyFile} shows a token that was got with it, at `,
        'role member',
        `project ${project}`,
        'has no end of its own',
      ],
    },
    hostileNames: [
      '',
      ' ',
      '/',
      old.id,
      'orders',
      `${old.id}/${owner.id}`,
      `${other.id}/${old.id}`,
      `${other.id}/${others}`,
      `${owner.id}/${others}`,
      ...[' ', '\n', '\0', '/', '\u200b', '?x=1'].map(more => `${owner.id}/${old.id}${more}`),
      `../users/${owner.id}/${old.id}`,
      `${owner.id}/${old.id}`.toUpperCase(),
      `${owner.id}/${'0'.repeat(32)}`,
      '\ud800',
    ],
    makeHostile: async () => undefined,
    hostileAccounts: [],
    async close() {
      await proxy.close();
      await server.stop();
      await rm(home, { recursive: true, force: true });
    },
  } as const;
}

interface Clouds {
  readonly clouds: {
    readonly orders: {
      readonly auth_type: string;
      readonly auth: {
        readonly auth_url: string;
        readonly application_credential_id: string;
        readonly application_credential_secret: string;
      };
    };
  };
}

const answered = (status: string, body: string, headers = '') =>
  Buffer.from(
    `HTTP/1.1 ${status}\r\ncontent-type: application/json\r\n${headers}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );

async function rotationOf(common: Common): Promise<KeystoneRotationTarget> {
  const { bystander, maker, name, old, proxy, remove, restoreKey, secret, secretFile } = common;
  const atRest = async () => {
    await common.clear();
    await common.writeSecret(old);
    await common.show(old);
  };
  const successor = async () => {
    const { id } = await secret();
    return id !== old.id && (await common.keys()).some(key => key.id === id) ? id : '';
  };
  await atRest();
  return {
    ...common,
    get secrets() {
      return common.secrets;
    },
    contain: ROTATE,
    release: TAKE_BACK,
    leavesSessions: true,
    restore: atRest,
    async valueAt(path) {
      const isSo = path === 'file.namesIt' ? (await secret()).id === old.id : (await successor()) !== '';
      return isSo ? 'yes' : 'no';
    },
    async isContained(victim) {
      const { id, secret: kept } = await secret();
      return victim === name(old.id) && id !== old.id && (await common.server.logInByKey(id, kept)) !== undefined;
    },
    version: successor,
    versionAfterPath: 'made.id',
    drifts: [
      later(
        'deleted by somebody else',
        () => remove(old.id),
        () => restoreKey(old.id),
      ),
      later(
        'the one that makes others is gone',
        () => remove(maker.id),
        () => restoreKey(maker.id),
      ),
      later('another file', () => common.writeSecret(old)),
      later('a file that names another one', () => common.writeSecret(bystander)),
      later('a link in its place', async () => {
        await rm(secretFile);
        await common.writeBefore(old);
        await symlink(`${secretFile}.before`, secretFile);
      }),
    ],
    driftsAfter: [
      later('the new one deleted', async () => remove(await successor())),
      later(
        'the old one deleted',
        () => remove(old.id),
        () => restoreKey(old.id),
      ),
      later('another file', async () => common.writeSecret(await secret())),
      later('no file before', () => rm(`${secretFile}.before`)),
    ],
    lie: {
      name: 'a lie',
      system: common.proxied,
      async apply() {
        proxy.reset();
        const id = 'f'.repeat(32);
        proxy.answer(piece => {
          if (/^POST \/v3\/users\//.test(piece.toString('latin1')))
            return answered('201 CREATED', JSON.stringify({ application_credential: { id } }));
          return piece.includes(id) && piece.includes('POST /v3/auth/tokens')
            ? answered('201 CREATED', '{}', 'x-subject-token: gAAAAlie\r\n')
            : undefined;
        });
      },
      revert: async () => proxy.reset(),
    },
    containAlone: async () => common.writeSecret(await common.make('by-hand')),
    untouchable: [
      { name: name(maker.id), reason: 'own_identity', isRefusedByTarget: true },
      { name: name(bystander.id), reason: 'already_in_effect', isRefusedByTarget: true },
    ],
  };
}

async function endingOf(common: Common): Promise<KeystoneRotationTarget> {
  const { bystander, maker, name, old, proxy, remove, restoreKey } = common;
  let next = old;
  const moved = async () => {
    await common.clear();
    next = await common.make('orders.0123456789abcdef');
    await common.writeBefore(old);
    await common.writeSecret(next);
    await common.show(next);
  };
  const isThere = async () => (await common.keys()).some(({ id }) => id === old.id);
  await moved();
  return {
    ...common,
    get secrets() {
      return common.secrets;
    },
    contain: END_OLD,
    release: undefined,
    restore: moved,
    valueAt: async () => ((await isThere()) ? 'yes' : 'no'),
    isContained: async victim => victim === name(old.id) && !(await isThere()),
    version: async () => ((await isThere()) ? 'yes' : 'no'),
    versionAfterPath: 'key.presentAfter',
    rests: { ...common.rests, mentions: [...common.rests.mentions, 'still on the old one: the consumer of '] },
    drifts: [
      later(
        'deleted by somebody else',
        () => remove(old.id),
        () => restoreKey(old.id),
      ),
      later('the new one deleted', () => remove(next.id)),
      later('a consumer that went back to the old one', () => common.show(old)),
      later('a file that names the old one again', () => common.writeSecret(old)),
      later('another file before', () => common.writeBefore(bystander)),
    ],
    driftsAfter: [],
    lie: {
      name: 'a lie',
      system: common.proxied,
      async apply() {
        proxy.reset();
        proxy.answer(piece => (piece.includes('DELETE /v3/users/') ? answered('204 NO CONTENT', '') : undefined));
      },
      revert: async () => proxy.reset(),
    },
    containAlone: () => remove(old.id),
    get untouchable(): ConformanceTarget['untouchable'] {
      return [
        { name: name(maker.id), reason: 'own_identity', isRefusedByTarget: true },
        { name: name(next.id), reason: 'not_settled', isRefusedByTarget: true },
        { name: name(bystander.id), reason: 'not_expressible', isRefusedByTarget: true },
      ];
    },
  };
}
