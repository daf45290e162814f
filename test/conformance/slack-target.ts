import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { slack } from '../../src/responders/slack/responder.ts';
import type { Call, Reply } from './vendor/double.ts';
import { SLACK_CONTRACT } from './vendor/slack-contract.ts';
import { startVendorTarget, type VendorSuite, type VendorTarget } from './vendor/vendor-target.ts';

const VICTIM = 'U0VICTIM001';
const READER = 'U0READER001';
const WRITER = 'U0WRITER001';
export const OWNER = 'U0PRIMARY01';
const BOT = 'U0ROBOT0001';
const FIRST_S = 1_767_225_600;

interface User {
  readonly id: string;
  realName: string;
  deleted: boolean;
  rights: 'member' | 'admin' | 'owner' | 'primary';
  readonly isBot: boolean;
  updated: number;
  /** Whether what was open when the check began still is. */
  isIn: boolean;
}

interface State {
  users: User[];
  scopes: { read: string[]; write: string[] };
  /** Whose sessions were reset. */
  reset: string[];
  /** What Slack says to a reset of sessions in place of yes. */
  resetWord: string;
}

const user = (id: string, realName: string, more: Partial<User> = {}): User => ({
  id,
  realName,
  deleted: false,
  rights: 'member',
  isBot: false,
  updated: FIRST_S,
  isIn: true,
  ...more,
});

/** The same each time. */
function initial(): State {
  return {
    users: [
      user(VICTIM, 'Vic Tim'),
      user('U0BYSTAND01', 'By Stander'),
      user(READER, 'Countersign reads', { rights: 'admin' }),
      user(WRITER, 'Countersign writes', { rights: 'owner' }),
      user(OWNER, 'Pri Mary', { rights: 'primary' }),
      user(BOT, 'Deploys', { isBot: true }),
    ],
    scopes: { read: ['users:read'], write: ['admin', 'admin.users:write'] },
    reset: [],
    resetWord: '',
  };
}

const secrets = {
  read: `canary-${randomBytes(12).toString('hex')}`,
  write: `canary-${randomBytes(12).toString('hex')}`,
};

function whoAsks({ headers }: IncomingMessage): 'read' | 'write' | undefined {
  const token = (headers.authorization ?? '').replace(/^Bearer /, '');
  return (['read', 'write'] as const).find(side => secrets[side] === token);
}

const shown = ({ id, realName, deleted, rights, isBot, updated }: User) => ({
  id,
  team_id: 'T0ACME',
  name: id.toLowerCase(),
  deleted,
  is_bot: isBot,
  updated,
  profile: { real_name: realName },
  // Of somebody who is deactivated Slack tells no rights.
  ...(deleted ? {} : { is_admin: rights !== 'member', is_owner: ['owner', 'primary'].includes(rights) }),
  ...(deleted ? {} : { is_primary_owner: rights === 'primary' }),
});

/** Slack's rules, as far as they are used. */
function answer(state: State, { operation, path, query, body }: Call): Reply {
  switch (operation) {
    case 'GET /api/users.info': {
      const found = state.users.find(({ id }) => id === query.get('user'));
      return {
        status: 200,
        body: found === undefined ? { ok: false, error: 'user_not_found' } : { ok: true, user: shown(found) },
      };
    }
    case 'POST /api/admin.users.session.reset': {
      const { user_id: id } = body as { readonly user_id: string };
      if (state.resetWord !== '') return { status: 200, body: { ok: false, error: state.resetWord } };
      state.reset.push(id);
      return { status: 200, body: { ok: true } };
    }
    default: {
      const found = state.users.find(({ id }) => id === path['id']);
      const [change] = (body as { readonly Operations: readonly { readonly value: boolean }[] }).Operations;
      if (found === undefined || change === undefined) return { status: 404, body: scimError(404) };
      if (found.deleted === change.value) {
        Object.assign(found, { deleted: !change.value, updated: found.updated + 1 });
        if (found.deleted) found.isIn = false;
      }
      return { status: 200, body: { id: found.id, userName: found.id.toLowerCase(), active: !found.deleted } };
    }
  }
}

const scimError = (status: number) => ({ Errors: { description: 'no', code: status } });

const victim = (state: State) => state.users.find(({ id }) => id === VICTIM);
const edit = (name: string, to: Partial<User>) => ({
  name,
  apply: (state: State) => void Object.assign(victim(state) ?? {}, to),
});

const COMMON = {
  contract: SLACK_CONTRACT,
  responder: slack,
  program: { module: new URL('../../src/responders/slack/responder.ts', import.meta.url).href, name: 'slack' },
  secrets,
  initial,
  product: (state: () => State, kept: () => State) => ({
    authenticate(request: IncomingMessage) {
      const side = whoAsks(request);
      return side === undefined ? undefined : { may: (right: string) => kept().scopes[side].includes(right) };
    },
    error: scimError,
    answer: (call: Call) => answer(state(), call),
    // Slack's methods say no by a 200.
    outside(request: IncomingMessage, url: URL): Reply | undefined {
      const found = SLACK_CONTRACT.operations.find(({ path }) => path === url.pathname);
      if (found === undefined) return undefined;
      const side = whoAsks(request);
      if (side === undefined) return { status: 200, body: { ok: false, error: 'invalid_auth' } };
      return found.scopes.some(scope => kept().scopes[side].includes(scope))
        ? undefined
        : { status: 200, body: { ok: false, error: 'missing_scope' } };
    },
  }),
  authorization: async (by: 'read' | 'write') => ({ authorization: `Bearer ${secrets[by]}` }),
} as const satisfies Partial<VendorSuite<State>>;

const settings = (what: string) => (url: string) => ({
  url,
  scimUrl: url,
  for: what,
  readUser: READER,
  writeUser: WRITER,
});

const SUITE: VendorSuite<State> = {
  ...COMMON,
  settings: settings('users'),
  operations: ['deactivate', 'reactivate'],
  forbidden: [
    {
      by: 'read',
      method: 'PATCH',
      path: `/scim/v2/Users/${VICTIM}`,
      body: {
        schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'],
        Operations: [{ op: 'replace', path: 'active', value: false }],
      },
    },
  ],
  victim: VICTIM,
  snapshot: ({ users, reset }) => [users.map(({ updated: _updated, isIn: _isIn, ...rest }) => rest), reset],
  valueAt: state => (victim(state)?.deleted === false ? 'yes' : 'no'),
  isContained: (state, name) => state.users.find(({ id }) => id === name)?.deleted === true,
  version: state => String(victim(state)?.updated ?? ''),
  versionAfterPath: 'user.updatedAfter',
  drifts: [
    edit('a deactivation by somebody else', { deleted: true, updated: FIRST_S + 50 }),
    edit('one who administers now', { rights: 'admin' }),
    { name: 'a user who is gone', apply: state => void state.users.shift() },
  ],
  driftsAfter: [
    edit('an activation by somebody else', { deleted: false, updated: FIRST_S + 51 }),
    edit('another change', { updated: FIRST_S + 52 }),
  ],
  scopes: [
    {
      name: 'users:read',
      apply: state => {
        state.scopes.read = [];
      },
    },
  ],
  containAlone: state => void Object.assign(victim(state) ?? {}, { deleted: true, updated: FIRST_S + 60 }),
  holds: state => victim(state)?.isIn === true,
  rests: { ...edit('rights of the user', { rights: 'admin' }), mentions: ['administers Slack as administrator'] },
  untouchable: [
    { name: OWNER, reason: 'last_administrator' },
    { name: READER, reason: 'own_identity' },
    { name: WRITER, reason: 'own_identity' },
    { name: BOT, reason: 'not_expressible' },
  ],
  hostileNames: [
    ...['', ' ', '*', 'Vic Tim', 'vic@example.org', `${VICTIM} `, ` ${VICTIM}`, VICTIM.toLowerCase(), `${VICTIM}\n`],
    ...[`${VICTIM}\0`, `${VICTIM}&x=1`, `${VICTIM}#`, `${VICTIM}/sessions`, `../Users/${VICTIM}`, `${VICTIM}\u200b`],
    ...['U0NOBODY001', '\ud800', 'U'.repeat(400)],
  ],
  hostileAccounts: ['U0HOSTILE01'],
  makeHostile: (state, name) => void state.users.push(user(name, '\u202etxet <img src=x onerror=1>')),
};

export const startSlackUsers = (): Promise<VendorTarget> => startVendorTarget(SUITE);

/** A double whose resets can be counted, and that says this word in place of yes. */
export async function startSlackSessions(
  word = '',
): Promise<{ readonly target: VendorTarget; reset(): readonly string[] }> {
  let last: () => State = initial;
  const target = await startVendorTarget<State>({
    ...SUITE,
    settings: settings('sessions'),
    operations: ['clear-sessions'],
    initial: () => ({ ...initial(), resetWord: word }),
    product(state, kept) {
      last = kept;
      return COMMON.product(state, kept);
    },
  });
  return { target, reset: () => last().reset };
}
