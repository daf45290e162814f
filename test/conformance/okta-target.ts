import type { IncomingMessage } from 'node:http';
import { okta } from '../../src/responders/okta/responder.ts';
import { clientTokens, keyPairs } from './vendor/client-tokens.ts';
import type { Call, Reply } from './vendor/double.ts';
import { OKTA_CONTRACT } from './vendor/okta-contract.ts';
import { startVendorTarget, timeOf, type VendorSuite, type VendorTarget } from './vendor/vendor-target.ts';

const CLIENTS = { read: '0oaReader00000000001', write: '0oaWriter00000000001' };
const VICTIM = 'c.victim@example.org';
const VICTIM_ID = '00uVictim00000000001';
export const BOSS = 'boss@example.org';
const APP = '0oaPayments000000001';
const SECRET = 'ocsFirst000000000001';
const OWN_SECRET = `${CLIENTS.write}/ocsOwnOne00000000001`;
const LONE_SECRET = '0oaLonely00000000001/ocsOnlyOne0000000001';
/** Okta tells secrets in the clear. Nobody repeats them. */
export const TOLD_SECRET = 'canary-told-by-okta';

interface User {
  readonly id: string;
  login: string;
  status: string;
  statusChanged: string;
  roles: { readonly type: string; readonly label: string }[];
}

interface Secret {
  readonly id: string;
  status: string;
  lastUpdated: string;
}

/** An event of the System Log. */
export interface OktaEvent {
  readonly uuid: string;
  readonly published: string;
  readonly eventType: string;
  readonly displayMessage: string;
  readonly actor: { readonly id: string; readonly type: string };
  readonly client: { readonly ipAddress: string };
  readonly outcome: { readonly result: string };
  readonly target: readonly { readonly id: string; readonly type: string; readonly alternateId: string }[];
}

export interface State {
  tick: number;
  users: User[];
  apps: { [id: string]: { label: string; secrets: Secret[] } };
  grants: { [client: string]: string[] };
  /** The queries by which sessions were cleared. */
  cleared: string[];
  log: OktaEvent[];
  /** Links that were given out before no longer mean anything. */
  isForgetful: boolean;
}

const user = (id: string, login: string, roles: User['roles'] = []): User => ({
  id,
  login,
  status: 'ACTIVE',
  statusChanged: timeOf(0),
  roles,
});
const SUPER = { type: 'SUPER_ADMIN', label: 'Super Administrator' };
const app = (label: string, ...ids: string[]) => ({
  label,
  secrets: ids.map(id => ({ id, status: 'ACTIVE', lastUpdated: timeOf(0) })),
});

/** The same each time. */
function initial(): State {
  return {
    tick: 0,
    users: [
      user(VICTIM_ID, VICTIM, [{ type: 'HELP_DESK_ADMIN', label: 'Help Desk Administrator' }]),
      user('00uBystand0000000001', 'bystander@example.org'),
      user('00uBoss0000000000001', BOSS, [SUPER]),
      { ...user('00uLeft0000000000001', 'left@example.org', [SUPER]), status: 'DEPROVISIONED' },
      { ...user('00uLocked00000000001', 'locked@example.org'), status: 'LOCKED_OUT' },
    ],
    apps: {
      [APP]: app('Payments', SECRET, 'ocsOther000000000001'),
      [CLIENTS.write]: app('Countersign', 'ocsOwnOne00000000001', 'ocsOwnTwo00000000001'),
      '0oaLonely00000000001': app('Lonely', 'ocsOnlyOne0000000001'),
    },
    grants: {
      [CLIENTS.read]: ['okta.users.read', 'okta.roles.read', 'okta.apps.read', 'okta.logs.read'],
      [CLIENTS.write]: ['okta.users.manage', 'okta.apps.manage'],
    },
    cleared: [],
    log: [],
    isForgetful: false,
  };
}

const keys = keyPairs(CLIENTS);
const tokens = clientTokens(form => keys.clientOf(form.get('client_assertion') ?? ''));

const shown = ({ id, login, status, statusChanged }: User) => ({
  id,
  status,
  statusChanged,
  lastUpdated: statusChanged,
  lastLogin: null,
  profile: { login, email: login },
});
const shownSecret = ({ id, status, lastUpdated }: Secret) => ({
  id,
  status,
  lastUpdated,
  created: timeOf(0),
  client_secret: TOLD_SECRET,
  secret_hash: 'hash',
});

let events = 0;
/** What Okta writes down of a request of that app. */
export function eventOf(eventType: string, id: string, more: Partial<OktaEvent> = {}): OktaEvent {
  events += 1;
  return {
    uuid: `event-${events}`,
    published: new Date().toISOString(),
    eventType,
    displayMessage: 'What was done',
    actor: { id: CLIENTS.write, type: 'PublicClientApp' },
    client: { ipAddress: '192.0.2.9' },
    outcome: { result: 'SUCCESS' },
    target: [{ id, type: 'User', alternateId: 'somebody@example.org' }],
    ...more,
  };
}

const numberOf = (uuid: string): number => Number(uuid.slice('event-'.length));

/** A poll of the log: so many at most, and always a link to what comes next. Links stay below the address that was asked. */
function answerLog({ log, isForgetful }: State, query: URLSearchParams, base: string): Reply {
  const [, actor = ''] = /^actor\.id eq "([^"]+)"$/.exec(query.get('filter') ?? '') ?? [];
  const after = query.get('after');
  if (actor === '' || (after !== null && isForgetful)) return no(400);
  const since = query.get('since') ?? '';
  const isLater = ({ uuid, published }: OktaEvent) =>
    after === null ? published >= since : numberOf(uuid) > Number(after);
  const own = log.filter(event => event.actor.id === actor && isLater(event)).slice(0, Number(query.get('limit')));
  const next = new URLSearchParams(query);
  const last = own.at(-1);
  // Numbers go on whatever becomes of the log, so a place in it means the same afterwards.
  next.set('after', last === undefined ? (after ?? String(events)) : String(numberOf(last.uuid)));
  const link = `<${base}/api/v1/logs?${next}>; rel="next"`;
  return { status: 200, body: own, headers: { link } };
}

const error = (status: number) => ({ errorCode: 'E0000000', errorSummary: `error ${status}`, errorCauses: [] });
const no = (status: number): Reply => ({ status, body: error(status) });

/** Okta's rules, as far as they are used. It takes a login where it takes an id, and compares logins without case. */
function answer(state: State, { operation, path, query }: Call, base: string): Reply {
  if (operation === 'GET /api/v1/logs') return answerLog(state, query, base);
  const wanted = (path['id'] ?? path['userId'] ?? '').toLowerCase();
  const found = state.users.find(one => one.id.toLowerCase() === wanted || one.login.toLowerCase() === wanted);
  switch (operation) {
    case 'GET /api/v1/users': {
      const [, text] = /^profile\.login eq ("(?:[^"\\]|\\.)*")$/.exec(query.get('filter') ?? '') ?? [];
      if (text === undefined) return no(403);
      const login = String(JSON.parse(text)).toLowerCase();
      return { status: 200, body: state.users.filter(one => one.login.toLowerCase() === login).map(shown) };
    }
    case 'GET /api/v1/users/{id}':
      return found === undefined ? no(404) : { status: 200, body: shown(found) };
    case 'GET /api/v1/users/{userId}/roles':
      return found === undefined
        ? no(404)
        : {
            status: 200,
            body: found.roles.map(one => ({ ...one, id: 'ra1', status: 'ACTIVE', assignmentType: 'USER' })),
          };
    case 'GET /api/v1/iam/assignees/users': {
      const value = state.users.filter(({ roles }) => roles.length > 0).map(({ id }) => ({ id }));
      return { status: 200, body: { value, _links: {} } };
    }
    case 'DELETE /api/v1/users/{userId}/sessions':
      if (found === undefined) return no(404);
      state.cleared.push(`${found.id}?${query}`);
      state.log.push(eventOf('user.session.clear', found.id));
      return { status: 204 };
    case 'POST /api/v1/users/{id}/lifecycle/suspend':
      return found === undefined ? no(404) : moved(state, found, 'ACTIVE', 'SUSPENDED', 400);
    case 'POST /api/v1/users/{id}/lifecycle/unsuspend':
      return found === undefined ? no(404) : moved(state, found, 'SUSPENDED', 'ACTIVE', 403);
    default:
      return answerApps(state, operation, path);
  }
}

function moved(state: State, found: User, from: string, to: string, otherwise: number): Reply {
  if (found.status !== from) return no(otherwise);
  state.log.push(eventOf(`user.lifecycle.${to === 'SUSPENDED' ? 'suspend' : 'unsuspend'}`, found.id));
  Object.assign(found, { status: to, statusChanged: timeOf(++state.tick) });
  return { status: 200 };
}

function answerApps(state: State, operation: string, path: Call['path']): Reply {
  const found = state.apps[path['appId'] ?? ''];
  if (found === undefined) return no(404);
  if (operation === 'GET /api/v1/apps/{appId}')
    return { status: 200, body: { id: path['appId'], label: found.label, status: 'ACTIVE' } };
  if (operation.startsWith('GET ')) return { status: 200, body: found.secrets.map(shownSecret) };
  const secret = found.secrets.find(({ id }) => id === path['secretId']);
  if (secret === undefined) return no(404);
  if (operation.endsWith('/deactivate') && found.secrets.length === 1) return no(400);
  secret.status = operation.endsWith('/deactivate') ? 'INACTIVE' : 'ACTIVE';
  secret.lastUpdated = timeOf(++state.tick);
  return { status: 200, body: shownSecret(secret) };
}

type Suite = VendorSuite<State>;

const settings = (what: string) => (url: string) => ({
  url,
  for: what,
  readClient: CLIENTS.read,
  writeClient: CLIENTS.write,
});

const COMMON = {
  contract: OKTA_CONTRACT,
  responder: okta,
  program: { module: new URL('../../src/responders/okta/responder.ts', import.meta.url).href, name: 'okta' },
  secrets: keys.secrets,
  initial,
  product(state: () => State, kept: () => State) {
    let base = '';
    return {
      authenticate: tokens.who,
      error,
      answer: (call: Call) => answer(state(), call, base),
      outside(request: IncomingMessage, url: URL, body: string) {
        base = `http://${request.headers.host}`;
        return url.pathname === '/oauth2/v1/token' ? tokens.answer(body, kept().grants) : undefined;
      },
    };
  },
  authorization: async (by: 'read' | 'write') => ({
    authorization: `Bearer ${tokens.issue(initial().grants[CLIENTS[by]] ?? [])}`,
  }),
  forbidden: [
    { by: 'read', method: 'POST', path: `/api/v1/users/${VICTIM_ID}/lifecycle/suspend` },
    { by: 'read', method: 'DELETE', path: `/api/v1/users/${VICTIM_ID}/sessions` },
    { by: 'read', method: 'POST', path: `/api/v1/apps/${APP}/credentials/secrets/${SECRET}/lifecycle/deactivate` },
    { by: 'write', method: 'GET', path: `/api/v1/users/${VICTIM_ID}/roles` },
  ],
} as const satisfies Partial<Suite>;

const without = (scope: string) => ({
  name: scope,
  apply: (state: State) => {
    state.grants[CLIENTS.read] = (state.grants[CLIENTS.read] ?? []).filter(one => one !== scope);
  },
});
const edit = (name: string, to: Partial<User>) => ({
  name,
  apply: (state: State) => void Object.assign(state.users[0] ?? {}, to),
});

const USERS_SUITE: Suite = {
  ...COMMON,
  settings: settings('users'),
  operations: ['suspend', 'unsuspend'],
  victim: VICTIM,
  snapshot: ({ users }) => users.map(({ id, login, status, roles }) => ({ id, login, status, roles })),
  valueAt: state => state.users[0]?.status ?? '',
  isContained: (state, name) => state.users.find(({ login }) => login === name)?.status === 'SUSPENDED',
  version: state => state.users[0]?.statusChanged ?? '',
  versionAfterPath: 'user.statusChangedAfter',
  drifts: [
    edit('a suspension by somebody else', { status: 'SUSPENDED', statusChanged: timeOf(50) }),
    edit('another login', { login: 'renamed@example.org' }),
    { name: 'a user who is gone', apply: state => void state.users.shift() },
  ],
  driftsAfter: [
    edit('the end of the suspension by somebody else', { status: 'ACTIVE', statusChanged: timeOf(51) }),
    edit('another suspension', { statusChanged: timeOf(52) }),
  ],
  scopes: [without('okta.users.read'), without('okta.roles.read')],
  containAlone: state => void Object.assign(state.users[0] ?? {}, { status: 'SUSPENDED', statusChanged: timeOf(60) }),
  holds: state => state.users[0]?.status === 'ACTIVE',
  byHand: {
    name: 'a suspension in the console of somebody who has the key',
    apply(state) {
      Object.assign(state.users[0] ?? {}, { status: 'SUSPENDED', statusChanged: timeOf(70) });
      state.log.push(eventOf('user.lifecycle.suspend', VICTIM_ID));
    },
  },
  rests: {
    ...edit('roles of the user', { roles: [{ type: 'APP_ADMIN', label: 'Application Administrator' }] }),
    mentions: ['administers as Application Administrator'],
  },
  untouchable: [
    { name: BOSS, reason: 'last_administrator' },
    { name: 'locked@example.org', reason: 'not_settled' },
  ],
  hostileNames: [
    ...['', ' ', '*', 'me', 'c.victim', VICTIM_ID, `${VICTIM} `, ` ${VICTIM}`, VICTIM.toUpperCase(), `"${VICTIM}"`],
    ...[
      `${VICTIM}" or status eq "ACTIVE`,
      `${VICTIM}"`,
      `${VICTIM}\\`,
      `${VICTIM}\u200b`,
      `${VICTIM}\n`,
      `${VICTIM}\0`,
    ],
    ...[`${VICTIM}&limit=9`, `${VICTIM}#`, '../users/me', '\ud800', 'v'.repeat(400)],
  ],
  hostileAccounts: [
    'x" or status pr or "',
    'back\\slash',
    "o'brien",
    'a&b=c',
    '100% sure',
    '\u202etxet',
    '{"a":1}',
    'a/../b',
  ],
  makeHostile: (state, login) => void state.users.push(user('00uHostile0000000001', login)),
};

const secretOf = (state: State) => state.apps[APP]?.secrets[0];
const editSecret = (name: string, to: Partial<Secret>) => ({
  name,
  apply: (state: State) => void Object.assign(secretOf(state) ?? {}, to),
});
const NAME = `${APP}/${SECRET}`;

const SECRETS_SUITE: Suite = {
  ...COMMON,
  settings: settings('client-secrets'),
  operations: ['deactivate-secret', 'activate-secret'],
  victim: NAME,
  snapshot: ({ apps }) =>
    Object.entries(apps).map(([id, { secrets }]) => [id, secrets.map(one => [one.id, one.status])]),
  valueAt: state => secretOf(state)?.status ?? '',
  isContained: state => secretOf(state)?.status === 'INACTIVE',
  version: state => secretOf(state)?.lastUpdated ?? '',
  versionAfterPath: 'secret.lastUpdatedAfter',
  drifts: [
    editSecret('a deactivation by somebody else', { status: 'INACTIVE', lastUpdated: timeOf(50) }),
    { name: 'a secret that is gone', apply: state => void state.apps[APP]?.secrets.shift() },
  ],
  driftsAfter: [
    editSecret('an activation by somebody else', { status: 'ACTIVE', lastUpdated: timeOf(51) }),
    editSecret('another deactivation', { lastUpdated: timeOf(52) }),
  ],
  scopes: [without('okta.apps.read')],
  containAlone: state => void Object.assign(secretOf(state) ?? {}, { status: 'INACTIVE', lastUpdated: timeOf(60) }),
  holds: state => secretOf(state)?.status === 'ACTIVE',
  rests: {
    name: 'another name of the client',
    apply: state => void Object.assign(state.apps[APP] ?? {}, { label: 'Payments EU' }),
    mentions: ['the client Payments EU', '1 other active secrets'],
  },
  untouchable: [
    { name: OWN_SECRET, reason: 'own_identity' },
    { name: LONE_SECRET, reason: 'not_settled' },
  ],
  hostileNames: [
    ...['', ' ', APP, SECRET, `${NAME} `, ` ${NAME}`, NAME.toUpperCase(), `${NAME}/`, `${NAME}?x=1`, `${NAME}#`],
    ...[`${APP}/../${SECRET}`, `${NAME}\n`, `${NAME}\0`, `${APP}%2f${SECRET}`, '\ud800', 'v'.repeat(400)],
  ],
  // A secret has no name but its id.
  hostileAccounts: [],
  makeHostile: () => undefined,
};

export const startOktaUsers = (): Promise<VendorTarget> => startVendorTarget(USERS_SUITE);

/** Where whoever had left is a super administrator again, and active. */
export const startOktaTwoBosses = (): Promise<VendorTarget> =>
  startVendorTarget({
    ...USERS_SUITE,
    initial: () => {
      const state = initial();
      return {
        ...state,
        users: state.users.map(one => (one.login === 'left@example.org' ? { ...one, status: 'ACTIVE' } : one)),
      };
    },
  });
export const startOktaSecrets = (): Promise<VendorTarget> => startVendorTarget(SECRETS_SUITE);

/** A double whose sessions can be counted: what was asked of them stands in `cleared`. */
export async function startOktaSessions(): Promise<{ readonly target: VendorTarget; cleared(): readonly string[] }> {
  let last: () => State = initial;
  const target = await startVendorTarget<State>({
    ...USERS_SUITE,
    product(state, kept) {
      last = kept;
      return COMMON.product(state, kept);
    },
  });
  return { target, cleared: () => last().cleared };
}

/** A double whose log can be written to by hand, and whose rights can be taken. */
export async function startOktaLog(): Promise<{ readonly target: VendorTarget; readonly state: () => State }> {
  let last: () => State = initial;
  const target = await startVendorTarget<State>({
    ...USERS_SUITE,
    product(state, kept) {
      last = kept;
      return COMMON.product(state, kept);
    },
  });
  return { target, state: () => last() };
}
