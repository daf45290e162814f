import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { jira } from '../../src/responders/jira/responder.ts';
import type { Call, Reply } from './vendor/double.ts';
import { JIRA_CONTRACT } from './vendor/jira-contract.ts';
import { startVendorTarget, timeOf, type VendorSuite, type VendorTarget } from './vendor/vendor-target.ts';

const USERS = { read: 'reader@example.org', write: 'writer@example.org' };
const VICTIM = 'SOC-1';
const VICTIM_ID = '10001';
const ELSEWHERE = 'PAY-1';
const REJECTED = 'SOC-3';
const ISSUES = '/rest/api/3/issue';
/** Statuses by the category that Jira files them under. */
const STATUSES: { readonly [name: string]: string } = {
  'To Do': 'new',
  'In Progress': 'indeterminate',
  Done: 'done',
  Rejected: 'done',
};

interface Issue {
  readonly id: string;
  key: string;
  /** Keys that it had before it was moved. */
  readonly oldKeys: readonly string[];
  summary: string;
  status: string;
  updated: string;
  assignee: string;
  links: { readonly word: string; readonly key: string }[];
  subtasks: string[];
  moves: number;
}

interface State {
  tick: number;
  issues: Issue[];
  scopes: { [by in 'read' | 'write']: string[] };
  /** Statuses that the workflow leads to, as often as it has a way there. */
  ways: string[];
  mayMove: boolean;
}

const issue = (id: string, key: string, summary: string, more: Partial<Issue> = {}): Issue => ({
  id,
  key,
  oldKeys: [],
  summary,
  status: 'In Progress',
  updated: timeOf(0),
  assignee: 'Mia Krystof',
  links: [],
  subtasks: [],
  moves: 0,
  ...more,
});

/** The same each time. */
export function initial(): State {
  return {
    tick: 0,
    issues: [
      issue(VICTIM_ID, VICTIM, 'A password was guessed', { oldKeys: ['OLD-7'] }),
      issue('10002', 'SOC-2', 'Something else'),
      issue('10003', REJECTED, 'Nobody wants it', { status: 'Rejected' }),
      issue('10004', ELSEWHERE, 'Of another project'),
    ],
    scopes: { read: ['read:jira-work'], write: ['read:jira-work', 'write:jira-work'] },
    ways: ['To Do', 'In Progress', 'Done', 'Rejected'],
    mayMove: true,
  };
}

const secrets = {
  read: `canary-${randomBytes(12).toString('hex')}`,
  write: `canary-${randomBytes(12).toString('hex')}`,
};
const basic = (by: 'read' | 'write') => `Basic ${Buffer.from(`${USERS[by]}:${secrets[by]}`).toString('base64')}`;

const status = (name: string) => ({
  id: String(Object.keys(STATUSES).indexOf(name) + 1),
  name,
  statusCategory: { key: STATUSES[name] ?? 'undefined' },
});
const shown = (one: Issue) => ({
  id: one.id,
  key: one.key,
  fields: {
    summary: one.summary,
    status: status(one.status),
    project: { id: '1', key: one.key.split('-')[0] ?? '' },
    updated: one.updated,
    assignee: { accountId: '5b10', displayName: one.assignee },
    reporter: null,
    issuelinks: one.links.map(({ word, key }) => ({
      type: { inward: `is ${word} by`, outward: word },
      outwardIssue: { id: '1', key },
    })),
    subtasks: one.subtasks.map(key => ({ id: '1', key })),
  },
});
const error = (code: number) => ({ errorMessages: [`error ${code}`], errors: {} });
const no = (code: number): Reply => ({ status: code, body: error(code) });

/** Jira's rules, as far as they are used. It takes old keys, and any case, and tells moves to whoever may make them. */
function answer(state: State, { operation, path, body }: Call): Reply {
  const wanted = (path['issueIdOrKey'] ?? '').toUpperCase();
  const found = state.issues.find(one => [one.id, one.key, ...one.oldKeys].includes(wanted));
  if (found === undefined) return no(404);
  if (operation === `GET ${ISSUES}/{issueIdOrKey}`) return { status: 200, body: shown(found) };
  const moves = state.mayMove
    ? state.ways.flatMap((name, index) =>
        name === found.status ? [] : [{ id: String(index + 11), name: `To ${name}`, to: status(name) }],
      )
    : [];
  if (operation.startsWith('GET ')) return { status: 200, body: { transitions: moves } };
  const { transition } = body as { transition: { id: string } };
  const move = moves.find(({ id }) => id === transition.id);
  if (move === undefined) return no(400);
  found.status = move.to.name;
  found.updated = timeOf(++state.tick);
  found.moves += 1;
  return { status: 204 };
}

const victim = (state: State) => state.issues.find(({ id }) => id === VICTIM_ID);
const edit = (name: string, tick: number, to: Partial<Issue>) => ({
  name,
  apply: (state: State) => void Object.assign(victim(state) ?? {}, { updated: timeOf(tick) }, to),
});

export const JIRA_SUITE: VendorSuite<State> = {
  contract: JIRA_CONTRACT,
  responder: jira,
  program: { module: new URL('../../src/responders/jira/responder.ts', import.meta.url).href, name: 'jira' },
  operations: ['close', 'reopen'],
  secrets,
  settings: url => ({ url, project: 'SOC', readUser: USERS.read, writeUser: USERS.write }),
  initial,
  product: (state, kept) => ({
    authenticate(request: IncomingMessage) {
      const { authorization } = request.headers;
      const by = authorization === basic('read') ? 'read' : authorization === basic('write') ? 'write' : undefined;
      return by === undefined ? undefined : { may: right => kept().scopes[by].includes(right) };
    },
    error,
    answer: call => answer(state(), call),
  }),
  authorization: async by => ({ authorization: basic(by) }),
  forbidden: [
    { by: 'read', method: 'POST', path: `${ISSUES}/${VICTIM_ID}/transitions`, body: { transition: { id: '13' } } },
  ],
  victim: VICTIM,
  snapshot: ({ issues }) => issues.map(({ updated: _updated, moves: _moves, ...rest }) => rest),
  valueAt: state => victim(state)?.status ?? '',
  isContained: (state, name) => state.issues.find(({ key }) => key === name)?.status === 'Done',
  version: state => victim(state)?.updated ?? '',
  versionAfterPath: 'issue.updatedAfter',
  drifts: [
    edit('a move to done by somebody else', 50, { status: 'Done' }),
    edit('another move by somebody else', 51, { status: 'To Do' }),
    edit('a comment', 52, {}),
    edit('another summary', 53, { summary: 'A password was guessed, and used' }),
    edit('another project', 54, { key: 'PAY-9' }),
    {
      name: 'an issue that is gone',
      apply: state => {
        state.issues = state.issues.filter(({ id }) => id !== VICTIM_ID);
      },
    },
  ],
  driftsAfter: [edit('a move by somebody else', 60, { status: 'To Do' }), edit('a comment', 61, {})],
  scopes: [
    {
      name: 'read:jira-work',
      apply: state => {
        state.scopes.read = [];
      },
    },
  ],
  containAlone: state => void Object.assign(victim(state) ?? {}, { status: 'Done', updated: timeOf(70) }),
  // What an undo does not take back: that it stands in the history.
  holds: state => victim(state)?.moves === 0,
  rests: {
    ...edit('what rests on it', 80, { links: [{ word: 'blocks', key: 'SOC-2' }], subtasks: ['SOC-9'] }),
    mentions: ['blocks SOC-2', 'sub-task SOC-9', 'assignee Mia Krystof'],
  },
  untouchable: [
    { name: ELSEWHERE, reason: 'not_expressible' },
    { name: REJECTED, reason: 'not_settled' },
  ],
  hostileNames: [
    ...[
      '',
      ' ',
      '*',
      'OLD-7',
      VICTIM_ID,
      VICTIM.toLowerCase(),
      `${VICTIM} `,
      ` ${VICTIM}`,
      `${VICTIM}\n`,
      `${VICTIM}\0`,
    ],
    ...[`${VICTIM}/transitions`, `${VICTIM}?fields=x`, `${VICTIM}#`, `${VICTIM}%2e`, `../issue/${VICTIM}`, 'SOC-01'],
    ...[`${VICTIM}\u200b`, 'SOC\u20101', 'A password was guessed', 'SOC-404', '\ud800', `SOC-${'1'.repeat(400)}`],
  ],
  hostileAccounts: ['SOC-77'],
  makeHostile: (state, name) => void state.issues.push(issue('10077', name, '\u202etxet <img src=x onerror=1>')),
};

export const startJiraTarget = (): Promise<VendorTarget> => startVendorTarget(JIRA_SUITE);
