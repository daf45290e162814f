import { github } from '../../src/responders/github/responder.ts';
import { GITHUB_CONTRACT, type GithubState, githubKeys, githubProduct } from './vendor/github-double.ts';
import { startVendorTarget, timeOf, type VendorSuite, type VendorTarget } from './vendor/vendor-target.ts';

const VICTIM = 'release-bot';
const VICTIM_ID = 42;
const KEY_TEXT = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMadeForThisTestAlone0000000000000000000000';
const KEY_ID = 4_001;
const KEY_NAME = 'payments/build server';
const APPS = { read: '101', write: '202' };

/** The same each time. */
function initial(): GithubState {
  const installation = (id: number, app: number, slug: string) => ({
    id,
    app,
    slug,
    suspendedAt: null,
    permissions: { contents: 'write', metadata: 'read' } as { [name: string]: string },
  });
  const key = (id: number, title: string, text: string) => ({
    id,
    title,
    text,
    isReadOnly: false,
    lastUsed: timeOf(0),
  });
  return {
    tick: 0,
    installations: [
      installation(1, Number(APPS.read), 'countersign-read'),
      installation(VICTIM_ID, Number(APPS.write), VICTIM),
      installation(43, 303, 'somebody-elses'),
    ],
    keys: {
      payments: [key(KEY_ID, 'build server', KEY_TEXT), key(4_002, 'other', `${KEY_TEXT}x`)],
      website: [key(4_003, 'build server', `${KEY_TEXT}y`)],
    },
    tokens: [
      { id: 900, tokenId: 77, name: 'laptop', owner: 'c-victim' },
      { id: 901, tokenId: 78, name: 'ci', owner: 'bystander' },
    ],
    rights: {
      read: {
        organization_administration: 'read',
        organization_personal_access_tokens: 'read',
        administration: 'read',
      },
      write: { organization_personal_access_tokens: 'write', administration: 'write' },
    },
  };
}

type Suite = VendorSuite<GithubState>;
const keys = githubKeys();

const COMMON = {
  contract: GITHUB_CONTRACT,
  responder: github,
  program: { module: new URL('../../src/responders/github/responder.ts', import.meta.url).href, name: 'github' },
  secrets: keys.secrets,
  initial,
  product: (state: () => GithubState) => githubProduct(state, keys, APPS),
  authorization: async (by: 'read' | 'write') => ({ authorization: `Bearer ${keys.issue(initial().rights[by])}` }),
  forbidden: [
    { by: 'read', method: 'DELETE', path: `/repos/acme/payments/keys/${KEY_ID}` },
    { by: 'read', method: 'POST', path: '/orgs/acme/personal-access-tokens/900', body: { action: 'revoke' } },
    { by: 'read', method: 'PUT', path: `/app/installations/${VICTIM_ID}/suspended` },
    { by: 'write', method: 'GET', path: '/orgs/acme/installations' },
  ],
} as const satisfies Partial<Suite>;

const settings = (what: string, writeInstallation: string) => (url: string) => ({
  for: what,
  url,
  organisation: 'acme',
  readApp: APPS.read,
  readInstallation: '1',
  writeApp: APPS.write,
  writeInstallation,
});

const app = (state: GithubState, slug = VICTIM) => state.installations.find(one => one.slug === slug);
const suspend = (state: GithubState, at: number | null) => {
  const found = app(state);
  if (found !== undefined) found.suspendedAt = at === null ? null : timeOf(at);
};
const hostile = (name: string) => [
  '',
  ' ',
  '*',
  `${name} `,
  ` ${name}`,
  name.toUpperCase(),
  `${name}\u200b`,
  `${name}\n`,
  `${name}\0`,
  `${name}?per_page=1`,
  `${name}#`,
  '\ud800',
  'v'.repeat(400),
];

const APPS_SUITE: Suite = {
  ...COMMON,
  settings: settings('apps', ''),
  operations: ['suspend-app', 'unsuspend-app'],
  victim: VICTIM,
  snapshot: ({ installations }) => installations.map(one => ({ ...one, suspendedAt: one.suspendedAt !== null })),
  valueAt: state => (app(state)?.suspendedAt === null ? 'no' : 'yes'),
  isContained: (state, name) => app(state, name)?.suspendedAt !== null,
  version: state => app(state)?.suspendedAt ?? 'never',
  versionAfterPath: 'installation.suspendedAtAfter',
  drifts: [
    { name: 'a suspension by somebody else', apply: state => suspend(state, 50) },
    {
      name: 'an installation that is gone',
      apply: state => {
        state.installations = state.installations.filter(({ id }) => id !== VICTIM_ID);
      },
    },
  ],
  driftsAfter: [
    { name: 'the end of the suspension by somebody else', apply: state => suspend(state, null) },
    { name: 'another suspension', apply: state => suspend(state, 60) },
  ],
  scopes: [
    {
      name: 'organization_administration: read',
      apply: state => {
        delete state.rights.read['organization_administration'];
      },
    },
  ],
  containAlone: state => suspend(state, 70),
  holds: state => app(state)?.suspendedAt === null,
  rests: {
    name: 'what the App may',
    apply: state => {
      const found = app(state);
      if (found !== undefined) found.permissions = { ...found.permissions, deployments: 'write' };
    },
    mentions: ['what needs contents: write', 'what needs deployments: write'],
  },
  untouchable: [
    { name: 'countersign-read', reason: 'own_identity' },
    { name: 'somebody-elses', reason: 'missing_scope' },
  ],
  hostileNames: hostile(VICTIM),
  // GitHub makes the names of Apps itself: letters, digits and dashes.
  hostileAccounts: [],
  makeHostile: () => undefined,
};

const victimKey = (state: GithubState) => state.keys['payments']?.find(({ text }) => text === KEY_TEXT);
const dropKey = (state: GithubState) => {
  state.keys['payments'] = (state.keys['payments'] ?? []).filter(({ text }) => text !== KEY_TEXT);
};
const addKey = (state: GithubState, id: number) => {
  state.keys['payments'] = [
    ...(state.keys['payments'] ?? []),
    { id, title: 'build server', text: KEY_TEXT, isReadOnly: false, lastUsed: null },
  ];
};

const KEYS_SUITE: Suite = {
  ...COMMON,
  settings: settings('deploy-keys', '2'),
  operations: ['remove-deploy-key', 'add-deploy-key'],
  victim: KEY_NAME,
  snapshot: state =>
    Object.entries(state.keys).map(([repository, list]) => [
      repository,
      list
        .map(({ title, text, isReadOnly }) => ({ title, text, isReadOnly }))
        .sort((a, b) => (a.text < b.text ? -1 : 1)),
    ]),
  valueAt: state => (victimKey(state) === undefined ? 'no' : 'yes'),
  isContained: (state, name) => !(state.keys['payments'] ?? []).some(({ title }) => `payments/${title}` === name),
  version: state => String(victimKey(state)?.id ?? 'none'),
  versionAfterPath: 'key.idAfter',
  drifts: [
    { name: 'a removal by somebody else', apply: dropKey },
    {
      name: 'the same key under another id',
      apply: state => {
        dropKey(state);
        addKey(state, 4_100);
      },
    },
    {
      name: 'a repository that is gone',
      apply: state => {
        delete state.keys['payments'];
      },
    },
  ],
  driftsAfter: [{ name: 'the same key, added by somebody else', apply: state => addKey(state, 4_101) }],
  scopes: [
    {
      name: 'administration: read',
      apply: state => {
        delete state.rights.read['administration'];
      },
    },
  ],
  containAlone: dropKey,
  holds: state => victimKey(state)?.id === KEY_ID,
  rests: { name: 'its last use', apply: () => undefined, mentions: ['reads and writes acme/payments', 'last used'] },
  untouchable: [],
  hostileNames: [
    ...hostile(KEY_NAME),
    'payments',
    '../payments/build server',
    './build server',
    '../build server',
    'payments/',
    'nowhere/build server',
    'payments%2fbuild server',
  ],
  hostileAccounts: [
    'payments/../website',
    'payments/a/b',
    'payments/100% "x"',
    'payments/\u202etxet',
    'payments/{"a":1}',
    "payments/o'brien",
  ],
  makeHostile(state, name) {
    const title = name.slice('payments/'.length);
    state.keys['payments']?.push({ id: 4_200, title, text: `${KEY_TEXT}h`, isReadOnly: true, lastUsed: null });
  },
};

export const startGithubApps = (): Promise<VendorTarget> => startVendorTarget(APPS_SUITE);
export const startGithubTokens = (): Promise<VendorTarget> =>
  startVendorTarget({ ...KEYS_SUITE, settings: settings('tokens', '2') });
export const startGithubKeys = (): Promise<VendorTarget> => startVendorTarget(KEYS_SUITE);
