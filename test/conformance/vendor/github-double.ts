import { createPublicKey, generateKeyPairSync, randomBytes, verify } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { type ContractOperation, contractOf, documentAt, type Schema } from './contract.ts';
import type { Call, Product, Reply } from './double.ts';
import { GITHUB_DOCUMENT } from './github-document.ts';
import { timeOf } from './vendor-target.ts';

const ORGANISATION = 'acme';

/**
 * GitHub's own document (MIT). It names no rights; these are by hand, from
 * https://docs.github.com/rest/authentication/permissions-required-for-github-apps. `app` is an App's own JWT.
 */
const RIGHTS: { readonly [operation: string]: string } = {
  'GET /orgs/{org}/installations': 'organization_administration: read',
  'PUT /app/installations/{installation_id}/suspended': 'app',
  'DELETE /app/installations/{installation_id}/suspended': 'app',
  'POST /app/installations/{installation_id}/access_tokens': 'app',
  'GET /repos/{owner}/{repo}/keys': 'administration: read',
  'POST /repos/{owner}/{repo}/keys': 'administration: write',
  'DELETE /repos/{owner}/{repo}/keys/{key_id}': 'administration: write',
  'GET /orgs/{org}/personal-access-tokens': 'organization_personal_access_tokens: read',
  'POST /orgs/{org}/personal-access-tokens/{pat_id}': 'organization_personal_access_tokens: write',
};

const NOT_FOUND: Schema = { type: 'object', required: ['message'], properties: { message: { type: 'string' } } };
const read = contractOf('@octokit/openapi 23.0.2, api.github.com', documentAt(GITHUB_DOCUMENT), Object.keys(RIGHTS));
export const GITHUB_CONTRACT = {
  ...read,
  operations: read.operations.map(operation => ({
    ...operation,
    scopes: [RIGHTS[`${operation.method} ${operation.path}`] ?? ''],
    // The document leaves it out for deploy keys; GitHub says it of whatever is not there, or not for us.
    answers: { '404': NOT_FOUND, ...operation.answers },
  })),
};

export interface Installation {
  readonly id: number;
  readonly app: number;
  readonly slug: string;
  suspendedAt: string | null;
  permissions: { readonly [name: string]: string };
}

export interface DeployKey {
  readonly id: number;
  readonly text: string;
  readonly title: string;
  readonly isReadOnly: boolean;
  lastUsed: string | null;
}

export interface GithubState {
  tick: number;
  installations: Installation[];
  keys: { [repository: string]: DeployKey[] };
  tokens: { readonly id: number; readonly tokenId: number; readonly name: string; readonly owner: string }[];
  /** What each of our two Apps may. */
  rights: { read: { [name: string]: string }; write: { [name: string]: string } };
}

const user = (login: string) => {
  const url = `https://api.github.com/users/${login}`;
  const urls = Object.fromEntries(
    [
      'followers',
      'following',
      'gists',
      'starred',
      'subscriptions',
      'organizations',
      'repos',
      'events',
      'received_events',
    ].map(name => [`${name}_url`, `${url}/${name}`]),
  );
  const known = { login, id: 7, node_id: 'U_7', avatar_url: `${url}.png`, gravatar_id: '', url, html_url: url };
  return { ...known, ...urls, type: 'User', site_admin: false };
};

const installation = ({ id, app, slug, suspendedAt, permissions }: Installation) => ({
  id,
  app_id: app,
  app_slug: slug,
  target_id: 1,
  target_type: 'Organization',
  single_file_name: null,
  repository_selection: 'all',
  access_tokens_url: `https://api.github.com/app/installations/${id}/access_tokens`,
  html_url: `https://github.com/organizations/${ORGANISATION}/settings/installations/${id}`,
  repositories_url: 'https://api.github.com/installation/repositories',
  events: [],
  account: user(ORGANISATION),
  permissions,
  created_at: timeOf(0),
  updated_at: timeOf(0),
  suspended_by: suspendedAt === null ? null : user('countersign'),
  suspended_at: suspendedAt,
});

const deployKey = (repository: string, { id, text, title, isReadOnly, lastUsed }: DeployKey) => ({
  id,
  key: text,
  url: `https://api.github.com/repos/${ORGANISATION}/${repository}/keys/${id}`,
  title,
  verified: true,
  created_at: timeOf(0),
  read_only: isReadOnly,
  ...(lastUsed === null ? {} : { last_used: lastUsed }),
});

const grant = ({ id, tokenId, name, owner }: GithubState['tokens'][number]) => ({
  id,
  owner: user(owner),
  repository_selection: 'all',
  repositories_url: 'https://api.github.com/organizations/1/personal-access-tokens/1/repositories',
  permissions: { repository: { contents: 'write' } },
  access_granted_at: timeOf(0),
  token_id: tokenId,
  token_name: name,
  token_expired: false,
  token_expires_at: null,
  token_last_used_at: timeOf(1),
});

/** Two Apps and their keys, and the tokens that were made for them. */
export function githubKeys() {
  const pair = () => generateKeyPairSync('rsa', { modulusLength: 2048 });
  const pairs = { read: pair(), write: pair() };
  const pem = (by: 'read' | 'write') => pairs[by].privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const tokens = new Map<string, { readonly [name: string]: string }>();
  return {
    secrets: { read: pem('read'), write: pem('write') },
    issue(rights: { readonly [name: string]: string }): string {
      const token = `ghs_${randomBytes(18).toString('hex')}`;
      tokens.set(token, rights);
      return token;
    },
    rightsOf: (token: string) => tokens.get(token),
    isSignedBy(by: 'read' | 'write', jwt: string): boolean {
      const [head = '', claims = '', signature = ''] = jwt.split('.');
      return verify(
        'RSA-SHA256',
        Buffer.from(`${head}.${claims}`),
        createPublicKey(pairs[by].privateKey),
        Buffer.from(signature, 'base64url'),
      );
    },
  };
}

function issuerOf(jwt: string): string {
  try {
    const claims: unknown = JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString('utf8'));
    return typeof claims === 'object' && claims !== null && 'iss' in claims ? String(claims.iss) : '';
  } catch {
    return '';
  }
}

const LEVELS = ['read', 'write'];

/** GitHub's rules, as far as they are used: an installation's token may what was asked for it, and an App acts for itself. */
export function githubProduct(
  state: () => GithubState,
  keys: ReturnType<typeof githubKeys>,
  apps: { readonly read: string; readonly write: string },
): Product {
  const authenticate = (request: IncomingMessage, operation: ContractOperation) => {
    const credential = (request.headers.authorization ?? '').replace(/^Bearer /, '');
    if (operation.scopes.includes('app')) {
      const by = issuerOf(credential) === apps.read ? 'read' : 'write';
      const isIt = issuerOf(credential) === apps[by] && keys.isSignedBy(by, credential);
      // Only the App whose installation it is: `by` stands in for that App.
      return isIt ? { may: () => request.method === 'POST' || by === 'write' } : undefined;
    }
    const rights = keys.rightsOf(credential);
    return rights === undefined
      ? undefined
      : {
          may(right: string) {
            const [name = '', level = ''] = right.split(': ');
            return LEVELS.indexOf(rights[name] ?? '') >= LEVELS.indexOf(level);
          },
        };
  };
  return {
    authenticate,
    error: status => ({ message: `error ${status}`, documentation_url: 'https://docs.github.com/rest' }),
    answer: call => answer(state(), call, keys),
  };
}

const GONE: Reply = { status: 404, body: { message: 'Not Found' } };

function answer(state: GithubState, call: Call, keys: ReturnType<typeof githubKeys>): Reply {
  const { path } = call;
  const found = state.installations.find(({ id }) => String(id) === path['installation_id']);
  switch (call.operation) {
    case 'GET /orgs/{org}/installations': {
      const installations = state.installations.map(installation);
      return { status: 200, body: { total_count: installations.length, installations } };
    }
    case 'PUT /app/installations/{installation_id}/suspended':
      if (found === undefined) return GONE;
      found.suspendedAt ??= timeOf(++state.tick);
      return { status: 204 };
    case 'DELETE /app/installations/{installation_id}/suspended':
      if (found === undefined) return GONE;
      found.suspendedAt = null;
      return { status: 204 };
    case 'POST /app/installations/{installation_id}/access_tokens': {
      const wanted = (call.body as { permissions: { [name: string]: string } }).permissions;
      const rights = state.rights[path['installation_id'] === '1' ? 'read' : 'write'];
      const isGranted = Object.entries(wanted).every(
        ([n, level]) => LEVELS.indexOf(rights[n] ?? '') >= LEVELS.indexOf(level),
      );
      return isGranted
        ? { status: 201, body: { token: keys.issue(wanted), expires_at: timeOf(3_600), permissions: wanted } }
        : { status: 422, body: { message: 'The permissions requested are not granted', documentation_url: '' } };
    }
    case 'GET /orgs/{org}/personal-access-tokens':
      return { status: 200, body: state.tokens.map(grant) };
    case 'POST /orgs/{org}/personal-access-tokens/{pat_id}':
      if (!state.tokens.some(({ id }) => String(id) === path['pat_id'])) return GONE;
      state.tokens = state.tokens.filter(({ id }) => String(id) !== path['pat_id']);
      return { status: 204 };
    default:
      return answerKeys(state, call);
  }
}

function answerKeys(state: GithubState, { operation, path, body }: Call): Reply {
  const repository = path['repo'] ?? '';
  const list = state.keys[repository];
  if (list === undefined || path['owner'] !== ORGANISATION) return GONE;
  switch (operation) {
    case 'GET /repos/{owner}/{repo}/keys':
      return { status: 200, body: list.map(one => deployKey(repository, one)) };
    case 'DELETE /repos/{owner}/{repo}/keys/{key_id}':
      if (!list.some(({ id }) => String(id) === path['key_id'])) return GONE;
      state.keys[repository] = list.filter(({ id }) => String(id) !== path['key_id']);
      return { status: 204 };
    default: {
      const { title, key, read_only } = body as { title: string; key: string; read_only: boolean };
      if (list.some(({ text }) => text === key))
        return { status: 422, body: { message: 'key is already in use', documentation_url: '' } };
      const made = { id: 5_000 + ++state.tick, text: key, title, isReadOnly: read_only, lastUsed: null };
      state.keys[repository] = [...list, made];
      return { status: 201, body: deployKey(repository, made) };
    }
  }
}
