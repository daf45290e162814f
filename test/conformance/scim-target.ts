import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { startProxy } from '../../src/connector/proxy.ts';
import type { Change, ConformanceTarget } from '../../src/connector/target.ts';
import type { SystemConfig } from '../../src/ports/responder.ts';
import { scimUserManifest } from '../../src/responders/scim-user/manifest.ts';
import { scimUser } from '../../src/responders/scim-user/responder.ts';

const VICTIM = 'c.victim@example.org';

interface Account {
  readonly id: string;
  userName: string;
  active: boolean;
  version: number;
  groups: readonly string[];
}

/** What the double may do of, and what it has come to. */
interface Double {
  readonly accounts: Map<string, Account>;
  readonly tokens: { readonly read: string; readonly write: string };
  /** Tokens that it knows. */
  readonly known: Set<string>;
  takesPatch: boolean;
  /** Says that it is done, and does nothing. */
  lies: boolean;
}

const shown = ({ id, userName, active, version, groups }: Account) => ({
  schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'],
  id,
  userName,
  active,
  groups: groups.map(display => ({ value: display, display })),
  meta: { resourceType: 'User', version: `W/"${version}"` },
});

/** RFC 7644: only what is used of it, and that strictly. Names are compared without case, as most products do. */
async function answer(double: Double, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const say = (status: number, body?: object) => {
    response.writeHead(status, { 'content-type': 'application/scim+json' });
    response.end(body === undefined ? '' : JSON.stringify(body));
  };
  const body = await text(request);
  const token = (request.headers.authorization ?? '').replace(/^Bearer /, '');
  if (!double.known.has(token)) return say(401);
  const url = new URL(request.url ?? '/', 'http://double');
  if (url.pathname === '/ServiceProviderConfig') return say(200, { patch: { supported: double.takesPatch } });
  const isRead = request.method === 'GET';
  if (!isRead && (request.method !== 'PATCH' || token !== double.tokens.write)) return say(403);
  const id = /^\/Users\/([^/]+)$/.exec(url.pathname)?.[1];
  if (id === undefined) {
    if (url.pathname !== '/Users' || !isRead) return say(403);
    const filter = /^userName eq ("(?:[^"\\]|\\.)*")$/.exec(url.searchParams.get('filter') ?? '')?.[1];
    if (filter === undefined) return say(400);
    const name = String(JSON.parse(filter)).toLowerCase();
    const found = [...double.accounts.values()].filter(({ userName }) => userName.toLowerCase() === name);
    return say(200, { totalResults: found.length, Resources: found.map(shown) });
  }
  const account = double.accounts.get(decodeURIComponent(id));
  if (account === undefined) return say(404);
  if (isRead) return say(200, shown(account));
  if (request.headers['if-match'] !== `W/"${account.version}"`) return say(412);
  const { schemas, Operations } = JSON.parse(body) as {
    schemas: string[];
    Operations: { path: string; value: unknown }[];
  };
  const [operation] = Operations;
  const isSound =
    schemas[0] === 'urn:ietf:params:scim:api:messages:2.0:PatchOp' &&
    Operations.length === 1 &&
    operation?.path === 'active' &&
    typeof operation.value === 'boolean';
  if (!isSound) return say(400);
  if (double.lies)
    return say(200, shown({ ...account, active: operation.value === true, version: account.version + 1 }));
  account.active = operation.value === true;
  account.version++;
  say(200, shown(account));
}

/** A server of our own that keeps to the RFCs. It proves the request and the state, and nothing about a product. */
export async function startScimTarget(): Promise<ConformanceTarget> {
  const token = () => `canary-${randomBytes(12).toString('hex')}`;
  const tokens = { read: token(), write: token() };
  const account = (userName: string): Account => ({
    id: randomUUID(),
    userName,
    active: true,
    version: 1,
    groups: ['sales'],
  });
  const victim = account(VICTIM);
  const other = account('bystander@example.org');
  const double: Double = {
    accounts: new Map([victim, other].map(one => [one.id, one])),
    tokens,
    known: new Set(Object.values(tokens)),
    takesPatch: true,
    lies: false,
  };
  const server = createServer((request, response) => void answer(double, request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the double listens on a port');
  const proxy = await startProxy({ host: '127.0.0.1', port: address.port });
  const url = (port: number) => ({ url: `http://127.0.0.1:${port}` });
  const system: SystemConfig = { responder: 'scim-user', system: 'crm', settings: url(address.port) };
  const [contain, release] = scimUserManifest.operations;
  if (contain === undefined || release === undefined) throw new Error('the responder contains and releases');
  const usual = { userName: VICTIM, active: true, groups: ['sales'] };
  const edit = (name: string, to: Partial<Account>, back: Partial<Account> | undefined): Change => ({
    name,
    apply: async () => void Object.assign(victim, to, { version: victim.version + 1 }),
    revert: async () =>
      void (back === undefined ? undefined : Object.assign(victim, back, { version: victim.version + 1 })),
  });
  const flip = (name: string, apply: () => unknown, revert: () => unknown): Change => ({
    name,
    apply: async () => void apply(),
    revert: async () => void revert(),
  });
  const isAllowed = async (secret: string, method: string, path: string) => {
    const headers = { authorization: `Bearer ${secret}`, connection: 'close', 'if-match': `W/"${victim.version}"` };
    const { status } = await fetch(`http://127.0.0.1:${address.port}${path}`, { method, headers, body: '{}' });
    return status < 400;
  };
  return {
    responder: scimUser,
    program: { module: new URL('../../src/responders/scim-user/responder.ts', import.meta.url).href, name: 'scimUser' },
    // Sessions of the product go on: that is what SCIM cannot see.
    effect: 'unproven',
    system,
    proxied: { ...system, settings: url(proxy.port) },
    proxy,
    secrets: { ...tokens, probe: '{}' },
    contain,
    release,
    victim: VICTIM,
    async restore() {
      proxy.reset();
      double.lies = false;
      Object.assign(victim, usual);
    },
    snapshot: async () =>
      JSON.stringify(
        [...double.accounts.values()].map(({ id, userName, active, groups }) => ({ id, userName, active, groups })),
      ),
    valueAt: async () => String(victim.active),
    isContained: async name =>
      [...double.accounts.values()].find(({ userName }) => userName === name)?.active === false,
    version: async () => `W/"${victim.version}"`,
    versionAfterPath: 'user.versionAfter',
    asksForChange: sent => /^(PATCH|POST|PUT|DELETE) /m.test(sent.toString('latin1')),
    drifts: [
      edit('a deactivation by somebody else', { active: false }, { active: true }),
      edit('a rename', { userName: 'renamed@example.org' }, usual),
      flip(
        'an account that is gone',
        () => double.accounts.delete(victim.id),
        () => {
          double.accounts.clear();
          for (const one of [victim, other]) double.accounts.set(one.id, one);
        },
      ),
    ],
    driftsAfter: [
      edit('an activation by somebody else', { active: true }, { active: false }),
      edit('a new group', { groups: ['sales', 'finance'] }, { groups: ['sales'] }),
    ],
    scopes: [
      flip(
        'the read token',
        () => double.known.delete(tokens.read),
        () => double.known.add(tokens.read),
      ),
      flip(
        'changes by PATCH',
        () => {
          double.takesPatch = false;
        },
        () => {
          double.takesPatch = true;
        },
      ),
    ],
    forbidden: [
      ...['PATCH', 'DELETE'].map(method => ({
        name: `read: ${method}`,
        isAllowed: () => isAllowed(tokens.read, method, `/Users/${victim.id}`),
      })),
      { name: 'write: DELETE', isAllowed: () => isAllowed(tokens.write, 'DELETE', `/Users/${victim.id}`) },
      { name: 'write: POST', isAllowed: () => isAllowed(tokens.write, 'POST', '/Users') },
    ],
    lie: {
      ...flip(
        'a lie',
        () => {
          double.lies = true;
        },
        () => {
          double.lies = false;
        },
      ),
      system,
    },
    async containAlone() {
      victim.active = false;
    },
    hold: async () => ({ reads: async () => true, close: async () => undefined }),
    rests: {
      ...edit('what rests on it', { groups: ['sales', 'payroll'] }, usual),
      mentions: ['member of sales', 'member of payroll'],
    },
    untouchable: [],
    hostileNames: [
      '',
      ' ',
      '*',
      `${VICTIM} `,
      ` ${VICTIM}`,
      VICTIM.toUpperCase(),
      `${VICTIM}" or active eq true or userName eq "x`,
      `${VICTIM}"`,
      `"${VICTIM}"`,
      `${VICTIM}\\`,
      `${VICTIM}\u200b`,
      `${VICTIM}\n`,
      `${VICTIM}\0`,
      `${VICTIM}&count=9`,
      `${VICTIM}#`,
      '../Users',
      '\ud800',
      'v'.repeat(400),
    ],
    hostileAccounts: [
      'x" or userName pr or "',
      'back\\slash',
      "o'brien",
      'a&b=c',
      '100%',
      '\u202etxet',
      '{"a":1}',
      'a/../b',
    ],
    async makeHostile(name) {
      const made = account(name);
      return flip(
        name,
        () => double.accounts.set(made.id, made),
        () => double.accounts.delete(made.id),
      );
    },
    async close() {
      await proxy.close();
      server.closeAllConnections();
      server.close();
    },
  };
}
