import { randomBytes } from 'node:crypto';
import { entra } from '../../src/responders/entra/responder.ts';
import { clientTokens } from './vendor/client-tokens.ts';
import type { Call, Reply } from './vendor/double.ts';
import { GRAPH_CONTRACT } from './vendor/graph-contract.ts';
import { startVendorTarget, timeOf, type VendorSuite, type VendorTarget } from './vendor/vendor-target.ts';

const id = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;
const CLIENTS = { read: id(1), write: id(2) };
const DIRECTORY = id(3);
const VICTIM = 'c.victim@example.org';
const [VICTIM_ID, APP, APP_OBJECT, KEY] = [id(10), id(20), id(21), id(22)];
const GRAPH = { appId: '00000003-0000-0000-c000-000000000000', id: id(70) };
/** Application permissions of Graph, those that no app of ours should have among them. */
const ROLES = [
  'Directory.Read.All',
  'User.EnableDisableAccount.All',
  'User.RevokeSessions.All',
  'Application.ReadWrite.All',
  'RoleManagement.ReadWrite.Directory',
  'User.Read',
];
const roleId = (role: string) => id(100 + ROLES.indexOf(role));
const READER_OBJECT = id(71);
const GLOBAL = '62e90394-69f5-4237-9190-012177145e10';
export const BOSS = 'boss@example.org';

interface User {
  readonly id: string;
  name: string;
  enabled: boolean;
  validFrom: string;
  roles: { readonly name: string; readonly template: string }[];
}

interface App {
  readonly id: string;
  readonly appId: string;
  name: string;
  enabled: boolean;
  grants: string[];
  secrets: { readonly keyId: string; readonly name: string }[];
}

interface State {
  tick: number;
  users: User[];
  apps: App[];
  grants: { [client: string]: string[] };
}

const user = (n: number, name: string, roles: User['roles'] = []): User => ({
  id: id(n),
  name,
  enabled: true,
  validFrom: timeOf(0),
  roles,
});
const app = (n: number, appId: string, name: string): App => ({
  id: id(n),
  appId,
  name,
  enabled: true,
  grants: ['Microsoft Graph'],
  secrets: [
    { keyId: id(n + 1), name: 'first' },
    { keyId: id(n + 2), name: 'second' },
  ],
});
const GLOBAL_ROLE = { name: 'Global Administrator', template: GLOBAL };

/** The same each time. */
function initial(): State {
  return {
    tick: 0,
    users: [
      user(10, VICTIM, [{ name: 'Helpdesk Administrator', template: id(99) }]),
      user(11, 'bystander@example.org'),
      user(12, BOSS, [GLOBAL_ROLE]),
      { ...user(13, 'left@example.org', [GLOBAL_ROLE]), enabled: false },
    ],
    apps: [app(21, APP, 'Payments'), app(41, CLIENTS.write, 'Countersign')],
    grants: {
      [CLIENTS.read]: ['Directory.Read.All'],
      [CLIENTS.write]: ['User.EnableDisableAccount.All', 'User.RevokeSessions.All', 'Application.ReadWrite.All'],
    },
  };
}

const secrets = {
  read: `canary-${randomBytes(12).toString('hex')}`,
  write: `canary-${randomBytes(12).toString('hex')}`,
};
/** A client is whoever knows its secret. Graph's tokens hold everything that was granted, whatever was asked for. */
const tokens = clientTokens(form => {
  const by = form.get('client_id') === CLIENTS.read ? 'read' : 'write';
  return form.get('client_id') === CLIENTS[by] && form.get('client_secret') === secrets[by] ? CLIENTS[by] : undefined;
});

const shown = ({ id: own, name, enabled, validFrom }: User) => ({
  id: own,
  userPrincipalName: name,
  accountEnabled: enabled,
  signInSessionsValidFromDateTime: validFrom,
  onPremisesSyncEnabled: null,
});
const shownApp = ({ id: own, appId, name, enabled }: App) => ({
  id: own,
  appId,
  displayName: name,
  accountEnabled: enabled,
});
const registration = ({ id: own, appId, name, secrets: held }: App) => ({
  id: own,
  appId,
  displayName: name,
  passwordCredentials: held.map(one => ({
    keyId: one.keyId,
    displayName: one.name,
    endDateTime: timeOf(9),
    hint: 'abc',
  })),
});

const error = (status: number) => ({ error: { code: `E${status}`, message: `error ${status}` } });
const no = (status: number): Reply => ({ status, body: error(status) });
const page = (value: readonly unknown[]): Reply => ({ status: 200, body: { value } });

/** Graph's rules, as far as they are used. It takes a name where it takes a user's id, and compares names without case. */
function answer(state: State, { operation, path, query, body }: Call): Reply {
  if (!operation.includes('/users') || operation.includes('/directoryRoles'))
    return answerApps(state, operation, path, body);
  if (operation === 'GET /users') {
    const [, text] = /^userPrincipalName eq '((?:[^']|'')*)'$/.exec(query.get('$filter') ?? '') ?? [];
    const wanted = text?.replaceAll("''", "'").toLowerCase();
    return wanted === undefined
      ? no(400)
      : page(state.users.filter(one => one.name.toLowerCase() === wanted).map(shown));
  }
  const found = state.users.find(one => [one.id, one.name.toLowerCase()].includes((path['id'] ?? '').toLowerCase()));
  if (found === undefined) return no(404);
  if (operation === 'GET /users/{id}') return { status: 200, body: shown(found) };
  if (operation.startsWith('GET '))
    return page(found.roles.map(({ name, template }) => ({ id: id(98), displayName: name, roleTemplateId: template })));
  if (operation.startsWith('POST ')) {
    found.validFrom = timeOf(++state.tick);
    return { status: 200, body: { value: true } };
  }
  found.enabled = (body as { accountEnabled: boolean }).accountEnabled;
  return { status: 204 };
}

const grantsOf = (state: State, app: string) =>
  (state.grants[app] ?? []).map(role => ({
    id: 'g',
    resourceDisplayName: 'Microsoft Graph',
    appRoleId: roleId(role),
    resourceId: GRAPH.id,
  }));

function answerApps(state: State, operation: string, path: Call['path'], body: unknown): Reply {
  if (operation.includes('/directoryRoles'))
    return page(
      state.users.filter(({ roles }) => roles.some(({ template }) => template === path['roleTemplateId'])).map(shown),
    );
  if (path['appId'] === GRAPH.appId)
    return { status: 200, body: { id: GRAPH.id, appRoles: ROLES.map(value => ({ id: roleId(value), value })) } };
  if (path['appId'] === CLIENTS.read) return { status: 200, body: { id: READER_OBJECT } };
  if (path['id'] === READER_OBJECT) return page(grantsOf(state, CLIENTS.read));
  const found = state.apps.find(one => one.id === path['id'] || one.appId === path['appId']);
  if (found === undefined) return no(404);
  if (operation.includes('/applications')) {
    if (operation.startsWith('GET ')) return { status: 200, body: registration(found) };
    const { keyId } = body as { keyId: string };
    if (!found.secrets.some(one => one.keyId === keyId)) return no(400);
    found.secrets = found.secrets.filter(one => one.keyId !== keyId);
    return { status: 204 };
  }
  if (operation.endsWith('/appRoleAssignments'))
    return page([
      ...found.grants.map(resourceDisplayName => ({
        id: 'g',
        resourceDisplayName,
        appRoleId: id(97),
        resourceId: id(96),
      })),
      ...grantsOf(state, found.appId),
    ]);
  if (operation.startsWith('GET ')) return { status: 200, body: shownApp(found) };
  found.enabled = (body as { accountEnabled: boolean }).accountEnabled;
  return { status: 204 };
}

type Suite = VendorSuite<State>;

const COMMON = {
  contract: GRAPH_CONTRACT,
  responder: entra,
  program: { module: new URL('../../src/responders/entra/responder.ts', import.meta.url).href, name: 'entra' },
  secrets,
  initial,
  product: (state: () => State, kept: () => State) => ({
    authenticate: tokens.who,
    error,
    answer: (call: Call) => answer(state(), call),
    outside: (_request: unknown, url: URL, body: string) => {
      if (url.pathname !== `/${DIRECTORY}/oauth2/v2.0/token`) return undefined;
      const form = new URLSearchParams(body);
      if (!/^http:\/\/127\.0\.0\.1:\d+\/\.default$/.test(form.get('scope') ?? '')) return no(400);
      form.set('scope', (kept().grants[form.get('client_id') ?? ''] ?? []).join(' '));
      return tokens.answer(form.toString(), kept().grants);
    },
  }),
  authorization: async (by: 'read' | 'write') => ({
    authorization: `Bearer ${tokens.issue(initial().grants[CLIENTS[by]] ?? [])}`,
  }),
  forbidden: [
    { by: 'read', method: 'PATCH', path: `/users/${VICTIM_ID}`, body: { accountEnabled: false } },
    { by: 'read', method: 'POST', path: `/users/${VICTIM_ID}/revokeSignInSessions` },
    { by: 'read', method: 'PATCH', path: `/servicePrincipals/${APP_OBJECT}`, body: { accountEnabled: false } },
    { by: 'write', method: 'GET', path: `/users/${VICTIM_ID}/transitiveMemberOf/microsoft.graph.directoryRole` },
  ],
  scopes: [
    {
      name: 'Directory.Read.All',
      apply: (state: State) => {
        // A client may log in with nothing granted that is of use here.
        state.grants[CLIENTS.read] = ['User.Read'];
      },
    },
  ],
  tooMuch: (['read', 'write'] as const).map(by => ({
    name: `a role that rules, to the app that ${by}s`,
    apply: (state: State) => {
      state.grants[CLIENTS[by]] = [...(state.grants[CLIENTS[by]] ?? []), 'RoleManagement.ReadWrite.Directory'];
    },
  })),
} as const satisfies Partial<Suite>;

const settings = (what: string) => (url: string) => ({
  url,
  login: url,
  for: what,
  directory: DIRECTORY,
  readClient: CLIENTS.read,
  writeClient: CLIENTS.write,
});
const edit = (name: string, to: Partial<User>) => ({
  name,
  apply: (state: State) => void Object.assign(state.users[0] ?? {}, to),
});
const around = (name: string) => [
  ...['', ' ', '*', `${name} `, ` ${name}`, `'${name}'`, `${name}' or accountEnabled eq true or 'x' eq '`, `${name}'`],
  ...[
    `${name}\\`,
    `${name}\u200b`,
    `${name}\n`,
    `${name}\0`,
    `${name}&$top=9`,
    `${name}#`,
    '../me',
    '\ud800',
    'v'.repeat(400),
  ],
];

const USERS: Suite = {
  ...COMMON,
  settings: settings('users'),
  operations: ['disable-user', 'enable-user'],
  victim: VICTIM,
  snapshot: ({ users }) => users.map(one => [one.id, one.name, one.enabled, one.roles]),
  valueAt: state => String(state.users[0]?.enabled),
  isContained: (state, name) => state.users.find(one => one.name === name)?.enabled === false,
  version: state => String(state.users[0]?.enabled),
  versionAfterPath: 'user.enabledAfter',
  drifts: [
    edit('a deactivation by somebody else', { enabled: false }),
    edit('another name', { name: 'renamed@example.org' }),
    { name: 'a user who is gone', apply: state => void state.users.shift() },
  ],
  driftsAfter: [edit('an activation by somebody else', { enabled: true })],
  containAlone: state => void Object.assign(state.users[0] ?? {}, { enabled: false }),
  holds: state => state.users[0]?.enabled === true,
  rests: {
    ...edit('another role', { roles: [{ name: 'User Administrator', template: id(96) }] }),
    mentions: ['administers as User Administrator'],
  },
  untouchable: [{ name: BOSS, reason: 'last_administrator' }],
  hostileNames: [...around(VICTIM), 'me', VICTIM_ID, VICTIM.toUpperCase()],
  hostileAccounts: ["o'brien@example.org", "x' or true or '", 'a&b=c', '100% sure', '\u202etxet', '{"a":1}', 'a/../b'],
  makeHostile: (state, name) => void state.users.push(user(30, name)),
};

const theApp = (state: State) => state.apps[0];
const editApp = (name: string, to: Partial<App>) => ({
  name,
  apply: (state: State) => void Object.assign(theApp(state) ?? {}, to),
});

const APPS: Suite = {
  ...COMMON,
  settings: settings('apps'),
  operations: ['disable-app', 'enable-app'],
  victim: APP,
  snapshot: ({ apps }) => apps,
  valueAt: state => String(theApp(state)?.enabled),
  isContained: (state, name) => state.apps.find(one => one.appId === name)?.enabled === false,
  version: state => String(theApp(state)?.enabled),
  versionAfterPath: 'app.enabledAfter',
  drifts: [
    editApp('a deactivation by somebody else', { enabled: false }),
    { name: 'an app that is gone', apply: state => void state.apps.shift() },
  ],
  driftsAfter: [editApp('an activation by somebody else', { enabled: true })],
  containAlone: state => void Object.assign(theApp(state) ?? {}, { enabled: false }),
  holds: state => theApp(state)?.enabled === true,
  rests: {
    ...editApp('another grant', { grants: ['Office 365 Exchange Online'] }),
    mentions: ['a role of Office 365 Exchange Online'],
  },
  untouchable: [{ name: CLIENTS.write, reason: 'own_identity' }],
  hostileNames: [...around(APP), 'Payments', APP_OBJECT, `${APP}')/owners('x`],
  // An app has no name here but its id.
  hostileAccounts: [],
  makeHostile: () => undefined,
};

const present = (state: State) => theApp(state)?.secrets.some(({ keyId }) => keyId === KEY) === true;
const dropSecret = (state: State) => void theApp(state)?.secrets.shift();

const SECRETS: Suite = {
  ...COMMON,
  settings: settings('app-secrets'),
  operations: ['remove-app-secret'],
  victim: `${APP}/${KEY}`,
  snapshot: ({ apps }) => apps,
  valueAt: state => (present(state) ? 'yes' : 'no'),
  isContained: state => !present(state),
  version: state => (present(state) ? 'yes' : 'no'),
  versionAfterPath: 'secret.presentAfter',
  drifts: [
    { name: 'a removal by somebody else', apply: dropSecret },
    { name: 'an app that is gone', apply: state => void state.apps.shift() },
  ],
  driftsAfter: [],
  containAlone: dropSecret,
  holds: present,
  rests: { name: 'its end', apply: () => undefined, mentions: ['1 other secrets', 'good until'] },
  untouchable: [{ name: `${CLIENTS.write}/${id(42)}`, reason: 'own_identity' }],
  hostileNames: [
    ...around(`${APP}/${KEY}`),
    APP,
    KEY,
    `${APP_OBJECT}/${KEY}`,
    `${APP}/${id(23).slice(0, -1)}`,
    `${APP}/../${KEY}`,
  ],
  hostileAccounts: [],
  makeHostile: () => undefined,
};

const SESSIONS: Suite = {
  ...USERS,
  operations: ['revoke-sessions'],
  snapshot: ({ users }) => users.map(one => [one.id, one.name, one.enabled, one.validFrom]),
  valueAt: state => (state.users[0]?.validFrom === timeOf(0) ? 'no' : 'yes'),
  isContained: (state, name) => state.users.find(one => one.name === name)?.validFrom !== timeOf(0),
  version: state => (state.users[0]?.validFrom === timeOf(0) ? 'no' : 'yes'),
  versionAfterPath: 'user.sessionsRevokedAfter',
  drifts: [
    edit('a revocation by somebody else', { validFrom: timeOf(60) }),
    { name: 'a user who is gone', apply: state => void state.users.shift() },
  ],
  driftsAfter: [],
  containAlone: state => void Object.assign(state.users[0] ?? {}, { validFrom: timeOf(61) }),
  holds: state => state.users[0]?.validFrom === timeOf(0),
};

export const startEntraUsers = (): Promise<VendorTarget> => startVendorTarget(USERS);
export const startEntraApps = (): Promise<VendorTarget> => startVendorTarget(APPS);
export const startEntraSecrets = (): Promise<VendorTarget> => startVendorTarget(SECRETS);
export const startEntraSessions = (): Promise<VendorTarget> => startVendorTarget(SESSIONS);
