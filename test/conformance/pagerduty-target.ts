import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { pagerduty } from '../../src/responders/pagerduty/responder.ts';
import { clientTokens } from './vendor/client-tokens.ts';
import type { Call, Reply } from './vendor/double.ts';
import { PAGERDUTY_CONTRACT } from './vendor/pagerduty-contract.ts';
import { startVendorTarget, timeOf, type VendorSuite, type VendorTarget } from './vendor/vendor-target.ts';

const CLIENTS = { read: 'reader-1', write: 'writer-1' };
const ACCOUNT = 'as_account-us.acme';
const FROM = 'soc@example.org';
const VICTIM = 'PVICTIM1';
const ELSEWHERE = 'PELSEWH1';
const SERVICE = 'PSERVIC1';

interface Incident {
  readonly id: string;
  readonly number: number;
  title: string;
  status: 'triggered' | 'acknowledged' | 'resolved';
  service: string;
  changed: string;
  alerts: number;
  assignee: string;
  teams: string[];
}

interface State {
  tick: number;
  incidents: Incident[];
  grants: { [client: string]: string[] };
}

const incident = (id: string, number: number, title: string, service = SERVICE): Incident => ({
  id,
  number,
  title,
  status: 'triggered',
  service,
  changed: timeOf(0),
  alerts: 2,
  assignee: 'Earl E. Riser',
  teams: [],
});

/** The same each time. */
function initial(): State {
  return {
    tick: 0,
    incidents: [
      incident(VICTIM, 1234, 'A password was guessed'),
      incident('POTHER01', 1235, 'A disk is full'),
      incident(ELSEWHERE, 1236, 'Of another service', 'PSERVIC2'),
    ],
    grants: { [CLIENTS.read]: [ACCOUNT, 'incidents.read'], [CLIENTS.write]: [ACCOUNT, 'incidents.write'] },
  };
}

const secrets = {
  read: `canary-${randomBytes(12).toString('hex')}`,
  write: `canary-${randomBytes(12).toString('hex')}`,
};
const tokens = clientTokens(form => {
  const by = form.get('client_id') === CLIENTS.read ? 'read' : 'write';
  return form.get('client_id') === CLIENTS[by] && form.get('client_secret') === secrets[by] ? CLIENTS[by] : undefined;
});

const reference = (id: string, type: string, summary: string) => ({ id, type: `${type}_reference`, summary });
const shown = (one: Incident) => ({
  id: one.id,
  type: 'incident',
  incident_number: one.number,
  title: one.title,
  status: one.status,
  urgency: 'high',
  service: reference(one.service, 'service', 'Mail'),
  last_status_change_at: one.changed,
  alert_counts: {
    all: one.alerts,
    triggered: one.status === 'resolved' ? 0 : one.alerts,
    resolved: one.status === 'resolved' ? one.alerts : 0,
  },
  assignments:
    one.status === 'resolved' ? [] : [{ at: timeOf(0), assignee: reference('PUSER001', 'user', one.assignee) }],
  acknowledgements: [],
  teams: one.teams.map((name, index) => reference(`PTEAM00${index}`, 'team', name)),
});
const error = (status: number) => ({ error: { code: status, message: 'no', errors: [] } });

/** PagerDuty's rules, as far as they are used. It takes a number where it takes an id. */
function answer(state: State, { operation, path, body }: Call): Reply {
  const found = state.incidents.find(one => one.id === path['id'] || String(one.number) === path['id']);
  if (found === undefined) return { status: 404, body: error(404) };
  const { status } = (body as { incident?: { status?: Incident['status'] } } | undefined)?.incident ?? {};
  if (operation.startsWith('PUT ') && status !== undefined && found.status !== 'resolved') {
    found.status = status;
    found.changed = timeOf(++state.tick);
  }
  return { status: 200, body: { incident: shown(found) } };
}

const victim = (state: State) => state.incidents.find(({ id }) => id === VICTIM);
const edit = (name: string, to: Partial<Incident>) => ({
  name,
  apply: (state: State) => void Object.assign(victim(state) ?? {}, to),
});

const SUITE: VendorSuite<State> = {
  contract: PAGERDUTY_CONTRACT,
  responder: pagerduty,
  program: { module: new URL('../../src/responders/pagerduty/responder.ts', import.meta.url).href, name: 'pagerduty' },
  operations: ['resolve'],
  secrets,
  settings: url => ({
    url,
    login: `${url}/oauth/token`,
    account: 'us.acme',
    services: `${SERVICE}, PSERVIC9`,
    from: FROM,
    readClient: CLIENTS.read,
    writeClient: CLIENTS.write,
  }),
  initial,
  product: (state, kept) => ({
    // What the document asks of the headers: without one of them PagerDuty answers otherwise.
    authenticate(request: IncomingMessage) {
      const { accept, from } = request.headers;
      return accept === 'application/vnd.pagerduty+json;version=2' && from === FROM ? tokens.who(request) : undefined;
    },
    error,
    answer: call => answer(state(), call),
    outside: (_request, url, body) =>
      url.pathname === '/oauth/token' ? tokens.answer(body, kept().grants) : undefined,
  }),
  authorization: async by => ({
    authorization: `Bearer ${tokens.issue(initial().grants[CLIENTS[by]] ?? [])}`,
    accept: 'application/vnd.pagerduty+json;version=2',
    from: FROM,
  }),
  forbidden: [
    {
      by: 'read',
      method: 'PUT',
      path: `/incidents/${VICTIM}`,
      body: { incident: { type: 'incident_reference', status: 'resolved' } },
    },
    { by: 'write', method: 'GET', path: `/incidents/${VICTIM}` },
  ],
  victim: VICTIM,
  snapshot: ({ incidents }) => incidents.map(({ changed: _changed, ...rest }) => rest),
  valueAt: state => victim(state)?.status ?? '',
  isContained: (state, name) => state.incidents.find(({ id }) => id === name)?.status === 'resolved',
  version: state => victim(state)?.changed ?? '',
  versionAfterPath: 'incident.statusChangedAfter',
  drifts: [
    edit('a resolution by somebody else', { status: 'resolved', changed: timeOf(50) }),
    edit('somebody who has taken it on', { status: 'acknowledged', changed: timeOf(51) }),
    edit('one alert more', { alerts: 3 }),
    edit('another title', { title: 'A password was guessed, and used' }),
    edit('another service', { service: 'PSERVIC9' }),
    {
      name: 'an incident that is gone',
      apply: state => {
        state.incidents = state.incidents.filter(({ id }) => id !== VICTIM);
      },
    },
  ],
  driftsAfter: [],
  scopes: [
    {
      name: 'incidents.read',
      apply: state => {
        state.grants[CLIENTS.read] = [ACCOUNT];
      },
    },
  ],
  containAlone: state => void Object.assign(victim(state) ?? {}, { status: 'resolved', changed: timeOf(52) }),
  holds: state => victim(state)?.status !== 'resolved',
  rests: {
    ...edit('who works on it', { assignee: 'Ann Other', teams: ['Engineering'] }),
    mentions: ['assigned to Ann Other', 'team Engineering', 'alerts that are open: 2', 'service Mail'],
  },
  untouchable: [{ name: ELSEWHERE, reason: 'not_expressible' }],
  hostileNames: [
    ...['', ' ', '*', '1234', `${VICTIM} `, ` ${VICTIM}`, VICTIM.toLowerCase(), `${VICTIM}\n`, `${VICTIM}\0`],
    ...[`${VICTIM}/merge`, `${VICTIM}?include[]=x`, `${VICTIM}#`, `${VICTIM}%2e`, `../incidents/${VICTIM}`],
    ...[`${VICTIM}\u200b`, 'A password was guessed', 'PNOBODY1', '\ud800', 'P'.repeat(400)],
  ],
  hostileAccounts: ['PHOSTILE1'],
  makeHostile: (state, name) => void state.incidents.push(incident(name, 9_999, '\u202etxet <img src=x onerror=1>')),
};

export const startPagerdutyTarget = (): Promise<VendorTarget> => startVendorTarget(SUITE);
