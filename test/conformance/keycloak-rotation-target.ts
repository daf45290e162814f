import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, readdir, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startProxy } from '../../src/connector/proxy.ts';
import type { Change, ConformanceTarget } from '../../src/connector/target.ts';
import type { SystemConfig } from '../../src/ports/responder.ts';
import { ALLOW_OLD, END_OLD, ROTATE, TAKE_BACK } from '../../src/responders/keycloak-rotation/manifest.ts';
import { keycloakRotation } from '../../src/responders/keycloak-rotation/responder.ts';
import { filesIn, later } from './changes.ts';
import {
  A,
  B,
  makeRotationRealm,
  READ,
  ROLE,
  type RotationRealm,
  type ServiceSecret,
} from './keycloak-rotation-realm.ts';
import { type Keycloak, startKeycloak } from './keycloak-server.ts';

/** A request to change something; one for a token, or about one, is none. */
const CHANGE = /(?:PUT|POST|DELETE|PATCH) \/admin\//;

/** What the tests beside the suite do as the administrator of the realm and of the machine. */
export interface KeycloakRotationTarget extends ConformanceTarget {
  readonly world: RotationRealm;
  readonly secretFile: string;
  secret(): Promise<ServiceSecret>;
  writeSecret(secret: ServiceSecret): Promise<void>;
}

/** A service that uses its first client. On a server that goes on afterwards, or else on one of its own. */
export function startKeycloakRotation(server?: Keycloak): Promise<KeycloakRotationTarget> {
  return start(rotationOf, server);
}

/** A service that was moved to its other client and uses it, while the first one is still let in. */
export function startKeycloakEnding(server?: Keycloak): Promise<KeycloakRotationTarget> {
  return start(endingOf, server);
}

async function start(
  stage: (common: Common) => Promise<KeycloakRotationTarget>,
  given: Keycloak | undefined,
): Promise<KeycloakRotationTarget> {
  const server = given ?? (await startKeycloak());
  const stop = async () => (given === undefined ? await server.stop() : undefined);
  try {
    return await stage(await commonOf(await makeRotationRealm(server), stop));
  } catch (error) {
    await stop();
    throw error;
  }
}

type Common = Awaited<ReturnType<typeof commonOf>>;

/** What both stages have in common. */
async function commonOf(world: RotationRealm, stop: () => Promise<void>) {
  const { server, realm, keys, ids } = world;
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'cs-client-')));
  await chmod(folder, 0o700);
  const secretFile = join(folder, 'orders.json');
  const proxy = await startProxy({ host: '127.0.0.1', port: server.port });
  const settings = (port: number) => ({
    url: `http://127.0.0.1:${port}`,
    realm,
    clientA: ids.a,
    clientB: ids.b,
    secretFile,
    consumers: 'orders-api, nightly-export',
  });
  const system: SystemConfig = {
    responder: 'keycloak-rotation',
    system: 'orders-login',
    settings: settings(server.port),
  };
  let secrets = { read: keys.read, write: keys.write, probe: '{}' };
  const put = async (file: string, secret: ServiceSecret) => {
    await rm(file, { force: true });
    await writeFile(file, JSON.stringify({ issuer: `${server.url}/realms/${realm}`, ...secret }), { mode: 0o600 });
  };
  const old: ServiceSecret = { client_id: A, client_secret: keys.victim };
  return {
    world,
    folder,
    old,
    secretFile,
    secret: async () => JSON.parse(await readFile(secretFile, 'utf8')) as ServiceSecret,
    writeSecret: (secret: ServiceSecret) => put(secretFile, secret),
    writeBefore: (secret: ServiceSecret) => put(`${secretFile}.before`, secret),
    clear: async () => {
      proxy.reset();
      for (const file of await readdir(folder)) await rm(join(folder, file), { force: true });
    },
    responder: keycloakRotation,
    program: {
      module: new URL('../../src/responders/keycloak-rotation/responder.ts', import.meta.url).href,
      name: 'keycloakRotation',
    },
    effect: 'unproven',
    system,
    proxied: { ...system, settings: settings(proxy.port) },
    proxy,
    get secrets() {
      return secrets;
    },
    timeoutMs: 4_000,
    victim: A,
    snapshot: async () => JSON.stringify([await world.state(), await filesIn(folder)]),
    asksForChange: (sent: Buffer) => CHANGE.test(sent.toString('latin1')),
    scopes: [
      ...world.rights,
      {
        name: 'the secret of the client that reads',
        apply: async () => {
          secrets = { ...secrets, read: `${keys.read}-gone` };
        },
        revert: async () => {
          secrets = { ...secrets, read: keys.read };
        },
      },
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
    forbidden: forbiddenOf(world),
    async hold() {
      return {
        reads: async () => (await world.logIn(old))['access_token'] !== undefined,
        close: async () => undefined,
      };
    },
    rests: {
      name: 'a consumer',
      apply: async () => void (await world.logIn(old)),
      revert: async () => undefined,
      mentions: ['let in from 127.0.0.1', 'orders-api reads the file of the secret', `role ${ROLE}`],
    },
    hostileNames: [
      '',
      ' ',
      '*',
      `${A} `,
      ` ${A}`,
      A.toUpperCase(),
      `${A}%`,
      `${A}/`,
      `${A}\n`,
      `${A}\0`,
      `../clients/${ids.a}`,
      ids.a,
      ids.bystander,
      'dashboard',
      READ,
      `${A}\u200b`,
      '\ud800',
      'o'.repeat(400),
    ],
    hostileAccounts: [],
    makeHostile: async () => undefined,
    async close() {
      await proxy.close();
      await stop();
      await rm(folder, { recursive: true, force: true });
    },
  } as const;
}

/** What either credential may not do. */
function forbiddenOf({ server, realm, keys, ids, at }: RotationRealm): ConformanceTarget['forbidden'] {
  const may = (side: 'read' | 'write', name: string, method: string, path: string, body?: object) => ({
    name: `${side}: ${name}`,
    async isAllowed() {
      const { access_token } = await server.token(realm, {
        grant_type: 'client_credentials',
        client_id: `countersign-rotation-${side}`,
        client_secret: keys[side],
      });
      const headers = { authorization: `Bearer ${access_token}`, 'content-type': 'application/json' };
      const sent = body === undefined ? {} : { body: JSON.stringify(body) };
      return (await fetch(`${server.url}/admin${at}${path}`, { method, headers, ...sent })).status < 400;
    },
  });
  const both = (['read', 'write'] as const).flatMap(side => [
    may(side, "see another client's secret", 'GET', `/clients/${ids.bystander}/client-secret`),
    may(side, 'see another client', 'GET', `/clients/${ids.bystander}`),
    may(side, 'list all clients', 'GET', '/clients'),
    may(side, 'change another client', 'PUT', `/clients/${ids.bystander}`, { description: 'x' }),
    may(side, 'make a client', 'POST', '/clients', { clientId: `made-by-${side}` }),
    may(side, 'delete another client', 'DELETE', `/clients/${ids.bystander}`),
    may(side, 'change the realm', 'PUT', '', { enabled: true }),
    may(side, 'list users', 'GET', '/users'),
    may(side, 'grant a role', 'POST', `/users/${ids.userA}/role-mappings/clients/${ids.management}`, []),
    may(side, 'change a user', 'PUT', `/users/${ids.userA}`, { enabled: false }),
  ]);
  return [
    ...both,
    may('read', 'change a client of the pair', 'PUT', `/clients/${ids.a}`, { description: 'x' }),
    may('read', 'make a new secret', 'POST', `/clients/${ids.a}/client-secret`),
    may('read', 'forget logins', 'DELETE', '/events'),
    may('write', 'see who logged in', 'GET', '/events'),
    may('write', 'forget logins', 'DELETE', '/events'),
  ];
}

/** Says that it made each change, and lets in whoever shows a secret. */
function lieOf({ proxied, proxy }: Common): ConformanceTarget['lie'] {
  const answered = (status: string, body: string) =>
    Buffer.from(
      `HTTP/1.1 ${status}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    );
  return {
    name: 'a lie',
    system: proxied,
    async apply() {
      proxy.reset();
      proxy.answer(piece => {
        const text = piece.toString('latin1');
        if (CHANGE.test(text)) return Buffer.from('HTTP/1.1 204 No Content\r\n\r\n');
        return text.includes('/token/introspect ') ? answered('200 OK', '{"active":false}') : undefined;
      });
    },
    revert: async () => proxy.reset(),
  };
}

/** Changes of the two clients by somebody else. */
function driftsOfClients({ world }: Common): readonly Change[] {
  const { ids, change, must, at } = world;
  const granted = async (method: string) => {
    const role = await must('GET', `${at}/roles/uma_authorization`);
    await must(method, `${at}/users/${ids.userA}/role-mappings/realm`, [role as object]);
  };
  return [
    later(
      'another name of the client in use',
      () => change(ids.a, { clientId: 'renamed' }),
      () => change(ids.a, { clientId: A }),
    ),
    later(
      'another name of the other client',
      () => change(ids.b, { clientId: 'renamed' }),
      () => change(ids.b, { clientId: B }),
    ),
    later('another address to send people to', () =>
      change(ids.a, { redirectUris: ['https://elsewhere.example.org/'] }),
    ),
    later(
      'a role of its service account',
      () => granted('POST'),
      () => granted('DELETE'),
    ),
  ];
}

async function rotationOf(common: Common): Promise<KeycloakRotationTarget> {
  const { old, secret, secretFile, world } = common;
  const { ids, change, isEnabled } = world;
  const atRest = async () => {
    await common.clear();
    await world.reset({
      a: { enabled: true, secret: old.client_secret },
      b: { enabled: false, secret: randomBytes(12).toString('hex') },
    });
    await world.forget();
    await world.logIn(old);
    await common.writeSecret(old);
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
    valueAt: async path => (path === 'file.login' ? (await secret()).client_id : String(await isEnabled(ids.b))),
    async isContained(victim) {
      const now = await secret();
      return victim === A && now.client_id === B && (await world.logIn(now))['access_token'] !== undefined;
    },
    version: () => world.lastChange(ids.b),
    versionAfterPath: 'standby.changeAfter',
    drifts: [
      ...driftsOfClients(common),
      later('the other client enabled by somebody else', () => change(ids.b, { enabled: true })),
      later('a new secret of the client in use', () => change(ids.a, { secret: 'another' })),
      later('another file', () => common.writeSecret(old)),
      later('a file that names the other client', () => common.writeSecret({ client_id: B, client_secret: 'x' })),
      later('a link in its place', async () => {
        await rm(secretFile);
        await common.writeBefore(old);
        await symlink(`${secretFile}.before`, secretFile);
      }),
    ],
    driftsAfter: [
      later('a new secret of the new client', () => change(ids.b, { secret: 'another' })),
      later('the new client disabled', () => change(ids.b, { enabled: false })),
      later('the old client disabled', () => change(ids.a, { enabled: false })),
      later('another file', async () => common.writeSecret(await secret())),
      later('no file before', () => rm(`${secretFile}.before`)),
    ],
    lie: lieOf(common),
    async containAlone() {
      await change(ids.b, { enabled: true, secret: 'by-hand' });
      await common.writeSecret({ client_id: B, client_secret: 'by-hand' });
    },
    untouchable: [{ name: B, reason: 'already_in_effect', isRefusedByTarget: true }],
  };
}

async function endingOf(common: Common): Promise<KeycloakRotationTarget> {
  const { old, world } = common;
  const { ids, change, isEnabled } = world;
  const next: ServiceSecret = { client_id: B, client_secret: `canary-${randomBytes(12).toString('hex')}` };
  const moved = async () => {
    await common.clear();
    await world.reset({
      a: { enabled: true, secret: old.client_secret },
      b: { enabled: true, secret: next.client_secret },
    });
    await world.forget();
    await world.logIn(next);
    await common.writeBefore(old);
    await common.writeSecret(next);
  };
  await moved();
  const disable = () => change(ids.a, { enabled: false });
  const enable = () => change(ids.a, { enabled: true });
  return {
    ...common,
    get secrets() {
      return common.secrets;
    },
    contain: END_OLD,
    release: ALLOW_OLD,
    restore: moved,
    valueAt: async () => String(await isEnabled(ids.a)),
    isContained: async victim => victim === A && !(await isEnabled(ids.a)),
    version: () => world.lastChange(ids.a),
    versionAfterPath: 'login.changeAfter',
    rests: {
      ...common.rests,
      mentions: [...common.rests.mentions, 'still on the old one, this address is on the new one'],
    },
    drifts: [
      ...driftsOfClients(common),
      later('the same by somebody else', disable, enable),
      later('a new secret of the new client, by which nobody was let in', () => change(ids.b, { secret: 'another' })),
      later('the new client disabled', () => change(ids.b, { enabled: false })),
      later('a service that went back to the old one', () => common.writeSecret(old)),
    ],
    driftsAfter: [
      later('the end of it by somebody else', enable, disable),
      later('a new description', () => change(ids.a, { description: 'on hold' })),
      later('the same by somebody else on top', disable),
      later('a new secret', () => change(ids.a, { secret: 'another' })),
    ],
    lie: lieOf(common),
    containAlone: disable,
    untouchable: [{ name: B, reason: 'not_settled', isRefusedByTarget: true }],
  };
}
