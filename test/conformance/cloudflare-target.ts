import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { cloudflare } from '../../src/responders/cloudflare/responder.ts';
import { CLOUDFLARE_CONTRACT } from './vendor/cloudflare-contract.ts';
import type { Call, Reply } from './vendor/double.ts';
import { startVendorTarget, timeOf, type VendorSuite, type VendorTarget } from './vendor/vendor-target.ts';

const ACCOUNT = 'a'.repeat(32);
const VICTIM = '203.0.113.7';
const RULES = `/accounts/${ACCOUNT}/firewall/access_rules/rules`;

interface Rule {
  readonly id: string;
  readonly value: string;
  mode: string;
}

interface State {
  tick: number;
  rules: Rule[];
  rights: { [by in 'read' | 'write']: string[] };
}

const idOf = (n: number) => n.toString(16).padStart(32, '0');

/** The same each time. */
function initial(): State {
  return {
    tick: 100,
    rules: [
      { id: idOf(1), value: '198.51.100.1', mode: 'block' },
      { id: idOf(2), value: '203.0.113.8', mode: 'whitelist' },
    ],
    rights: { read: ['Account Firewall Access Rules Read'], write: ['Account Firewall Access Rules Write'] },
  };
}

const shown = ({ id, value, mode }: Rule) => ({
  id,
  mode,
  configuration: { target: value.includes(':') ? 'ip6' : 'ip', value },
  notes: '',
  created_on: timeOf(0),
});
const yes = (result: unknown): Reply => ({ status: 200, body: { result, success: true, errors: [], messages: [] } });
const error = (status: number) => ({
  result: null,
  success: false,
  errors: [{ code: status, message: 'no' }],
  messages: [],
});
const no = (status: number): Reply => ({ status, body: error(status) });

/** Cloudflare's rules, as far as they are used: one rule for an address. */
function answer(state: State, { operation, path, query, body }: Call): Reply {
  if (path['account_id'] !== ACCOUNT) return no(404);
  if (operation.startsWith('GET '))
    return yes(state.rules.filter(({ value }) => value === query.get('configuration.value')).map(shown));
  if (operation.startsWith('DELETE ')) {
    if (!state.rules.some(({ id }) => id === path['rule_id'])) return no(404);
    state.rules = state.rules.filter(({ id }) => id !== path['rule_id']);
    return yes({ id: path['rule_id'] });
  }
  const { mode, configuration } = body as { mode: string; configuration: { target: string; value: string } };
  if (configuration.target !== (configuration.value.includes(':') ? 'ip6' : 'ip')) return no(400);
  if (state.rules.some(({ value }) => value === configuration.value)) return no(400);
  const made = { id: idOf(++state.tick), value: configuration.value, mode };
  state.rules.push(made);
  return yes(shown(made));
}

const secrets = {
  read: `canary-${randomBytes(12).toString('hex')}`,
  write: `canary-${randomBytes(12).toString('hex')}`,
};
const ruleFor = (state: State, address = VICTIM) => state.rules.find(({ value }) => value === address);
const add = (mode: string, id: number) => (state: State) =>
  void state.rules.push({ id: idOf(id), value: VICTIM, mode });
const drop = (state: State) => {
  state.rules = state.rules.filter(({ value }) => value !== VICTIM);
};

const SUITE: VendorSuite<State> = {
  contract: CLOUDFLARE_CONTRACT,
  responder: cloudflare,
  program: {
    module: new URL('../../src/responders/cloudflare/responder.ts', import.meta.url).href,
    name: 'cloudflare',
  },
  operations: ['block', 'unblock'],
  secrets,
  settings: url => ({ url, account: ACCOUNT, ownNetworks: '192.0.2.0/24, 2001:db8:1::/48' }),
  initial,
  product: (state, kept) => ({
    authenticate(request: IncomingMessage) {
      const token = (request.headers.authorization ?? '').replace(/^Bearer /, '');
      const by = token === secrets.read ? 'read' : token === secrets.write ? 'write' : undefined;
      return by === undefined ? undefined : { may: right => kept().rights[by].includes(right) };
    },
    error,
    answer: call => answer(state(), call),
  }),
  authorization: async by => ({ authorization: `Bearer ${secrets[by]}` }),
  forbidden: [
    { by: 'read', method: 'DELETE', path: `${RULES}/${idOf(1)}` },
    {
      by: 'read',
      method: 'POST',
      path: RULES,
      body: { mode: 'block', configuration: { target: 'ip', value: '203.0.113.9' } },
    },
  ],
  victim: VICTIM,
  snapshot: ({ rules }) => rules.map(({ value, mode }) => ({ value, mode })),
  valueAt: state => (ruleFor(state)?.mode === 'block' ? 'yes' : 'no'),
  isContained: (state, name) => ruleFor(state, name)?.mode === 'block',
  version: state => ruleFor(state)?.id ?? 'none',
  versionAfterPath: 'rule.idAfter',
  drifts: [
    { name: 'a block by somebody else', apply: add('block', 50) },
    { name: 'another rule by somebody else', apply: add('whitelist', 51) },
  ],
  driftsAfter: [
    { name: 'the end of the block by somebody else', apply: drop },
    {
      name: 'another block by somebody else',
      apply: state => {
        drop(state);
        add('block', 52)(state);
      },
    },
    {
      name: 'another mode',
      apply: state => {
        const rule = ruleFor(state);
        if (rule !== undefined) rule.mode = 'challenge';
      },
    },
  ],
  scopes: [
    {
      name: 'Account Firewall Access Rules Read',
      apply: state => {
        state.rights.read = [];
      },
    },
  ],
  containAlone: add('block', 53),
  holds: state => ruleFor(state) === undefined,
  rests: { name: 'all zones', apply: () => undefined, mentions: ['every zone of the account'] },
  untouchable: [
    { name: '192.0.2.9', reason: 'own_identity' },
    { name: '2001:db8:1::9', reason: 'own_identity' },
    { name: '10.1.2.3', reason: 'own_identity' },
    { name: '127.0.0.1', reason: 'own_identity' },
    { name: '203.0.113.8', reason: 'not_settled' },
  ],
  hostileNames: [
    ...[
      '',
      ' ',
      '*',
      `${VICTIM} `,
      ` ${VICTIM}`,
      `${VICTIM}/32`,
      `${VICTIM}/0`,
      '0/0',
      '0.0.0.0/0',
      '203.0.113.007',
      '203.0.113',
    ],
    ...['0xcb.0.113.7', '3405803783', `${VICTIM}\u200b`, `${VICTIM}\n`, `${VICTIM}&match=any`, '::ffff:203.0.113.7'],
    ...['2001:DB8::7', '2001:db8:0::7', 'fe80::1%eth0', '[2001:db8::7]', 'T1', 'AS64496', '\ud800', 'v'.repeat(400)],
  ],
  hostileAccounts: ['2001:db8:2::7'],
  // Nothing has to be there for an address to be blocked.
  makeHostile: () => undefined,
};

export const startCloudflareTarget = (): Promise<VendorTarget> => startVendorTarget(SUITE);
