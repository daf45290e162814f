import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, request } from 'node:http';
import { startProxy } from '../../src/connector/proxy.ts';
import type { Change, ConformanceTarget } from '../../src/connector/target.ts';
import type { SystemConfig } from '../../src/ports/responder.ts';
import { stateOf } from '../../src/responders/crowdsec-decision/decision.ts';
import { crowdsecDecisionManifest } from '../../src/responders/crowdsec-decision/manifest.ts';
import { crowdsecDecision } from '../../src/responders/crowdsec-decision/responder.ts';
import { startCrowdsec } from './crowdsec-server.ts';

const VICTIM = '192.0.2.66';
const OWN = '203.0.113.0/24';
const MACHINE = 'countersign';

interface Listed {
  readonly id: number;
  readonly type: string;
  readonly origin: string;
  readonly scenario: string;
  readonly scope: string;
  readonly value: string;
}

/** A decision by somebody else. */
interface Theirs {
  readonly type: string;
  readonly scope: string;
  readonly value: string;
}

/** What the tests beside the suite need, too. */
export interface CrowdsecTarget extends ConformanceTarget {
  /** The same system, whose bans hold this long. */
  readonly lasting: (duration: string) => SystemConfig;
  /** Whether a service behind a bouncer answers to an address. */
  readonly serves: (address: string) => Promise<boolean>;
}

/** Starts a CrowdSec of its own, with the two keys of the README, an administrator, and a service behind a bouncer. */
export async function startCrowdsecTarget(): Promise<CrowdsecTarget> {
  const secret = () => `canary-${randomBytes(12).toString('hex')}`;
  const keys = { read: secret(), write: secret(), admin: secret(), look: secret(), bouncer: secret() };
  const server = await startCrowdsec(
    { [MACHINE]: keys.write, admin: keys.admin },
    { 'countersign-read': keys.read, look: keys.look, bouncer: keys.bouncer },
  );
  const admin = administrator(server.url(), keys);
  const service = await startService(server.url(), keys.bouncer);
  const proxy = await startProxy({ host: '127.0.0.1', port: server.port });
  const settingsAt = (port: number) => ({ url: server.url(port), machine: MACHINE, ownNetworks: OWN });
  const system: SystemConfig = { responder: 'crowdsec-decision', system: 'edge', settings: settingsAt(server.port) };
  const proxied = { ...system, settings: settingsAt(proxy.port) };
  const [contain, release] = crowdsecDecisionManifest.operations;
  if (contain === undefined || release === undefined) throw new Error('the responder contains and releases');
  const theirs = (name: string, decision: Partial<Theirs>): Change => ({
    name,
    apply: () => admin.decide({ type: 'ban', scope: 'Ip', value: VICTIM, ...decision }),
    revert: () => admin.clear(),
  });
  let secrets = { read: keys.read, write: keys.write, probe: '{}' };
  const markNow = async () => stateOf((await admin.about(VICTIM)).map(one => ({ ...one, id: '', left: '' }))).mark;
  return {
    responder: crowdsecDecision,
    program: {
      module: new URL('../../src/responders/crowdsec-decision/responder.ts', import.meta.url).href,
      name: 'crowdsecDecision',
    },
    // Whether a bouncer has asked since, the local API does not tell.
    effect: 'unproven',
    system,
    proxied,
    proxy,
    get secrets() {
      return secrets;
    },
    contain,
    release,
    victim: VICTIM,
    lasting: duration => ({ ...system, settings: { ...system.settings, duration } }),
    serves: service.serves,
    async restore() {
      proxy.reset();
      await admin.clear();
    },
    snapshot: async () => JSON.stringify(await admin.all()),
    valueAt: async () => ((await admin.about(VICTIM)).some(({ type }) => type === 'ban') ? 'yes' : 'no'),
    isContained: async name => (await admin.about(name)).some(({ type }) => type === 'ban'),
    version: markNow,
    versionAfterPath: 'address.versionAfter',
    asksForChange: sent => /^(POST|DELETE|PUT|PATCH) /m.test(sent.toString('latin1')),
    drifts: [
      theirs('a ban by somebody else', {}),
      theirs('another decision by somebody else', { type: 'captcha' }),
      theirs('a ban of the network that holds it', { scope: 'Range', value: '192.0.2.0/24' }),
    ],
    driftsAfter: [
      theirs('a second ban by somebody else', {}),
      theirs('a ban of the network that holds it', { scope: 'Range', value: '192.0.2.0/24' }),
      { name: 'a ban that was taken away', apply: () => admin.clear(), revert: async () => undefined },
    ],
    scopes: [
      {
        name: 'the key of a bouncer',
        apply: async () => {
          secrets = { ...secrets, read: `${keys.read}-gone` };
        },
        revert: async () => {
          secrets = { ...secrets, read: keys.read };
        },
      },
    ],
    forbidden: forbiddenOf(server.url(), keys),
    lie: {
      name: 'a lie',
      system: proxied,
      async apply() {
        proxy.reset();
        const said = 'HTTP/1.1 201 Created\r\ncontent-type: application/json\r\ncontent-length: 5\r\n\r\n["9"]';
        proxy.answer(piece => (piece.includes('POST /v1/alerts ') ? Buffer.from(said) : undefined));
      },
      revert: async () => proxy.reset(),
    },
    containAlone: () => admin.decide({ type: 'ban', scope: 'Ip', value: VICTIM }),
    hold: async () => ({ reads: () => service.serves(VICTIM), close: async () => undefined }),
    rests: {
      ...theirs('what rests on it', { type: 'captcha' }),
      apply: async () => undefined,
      mentions: [`every connection from ${VICTIM}`],
    },
    untouchable: ['203.0.113.7', '127.0.0.1', '169.254.169.254', '::1', '224.0.0.1'].map(name => ({
      name,
      reason: 'not_expressible',
      isRefusedByTarget: true,
    })),
    hostileNames: [
      '',
      ' ',
      '*',
      `${VICTIM} `,
      ` ${VICTIM}`,
      `${VICTIM}\n`,
      `${VICTIM}\0`,
      `${VICTIM}/32`,
      `${VICTIM}&contains=false`,
      `${VICTIM}#`,
      '192.0.2.066',
      '192.0.2',
      '3221226050',
      '0xc0000242',
      `::ffff:${VICTIM}`,
      '::ffff:c000:242',
      '2001:DB8::1',
      '2001:db8:0::1',
      'fe80::1%eth0',
      '192\uff0e0.2.66',
      `\u202e${VICTIM}`,
      '\ud800',
      '0.0.0.0/0',
      'evil.example.com',
    ],
    hostileAccounts: ['2001:db8::1', '192.0.2.67', '2001:db8::c000:242'],
    makeHostile: async name => ({ name, apply: async () => undefined, revert: () => admin.clear() }),
    async close() {
      await proxy.close();
      await service.close();
      await server.stop();
    },
  };
}

/** A machine of somebody else's and a bouncer that sees everything. */
function administrator(url: string, keys: { readonly admin: string; readonly look: string }) {
  const listed = async (query: string) => {
    const answer = await fetch(`${url}/v1/decisions${query}`, { headers: { 'x-api-key': keys.look } });
    if (answer.status !== 200) throw new Error(`the administrator was refused: ${answer.status}`);
    const all = ((await answer.json()) ?? []) as readonly Listed[];
    return all.map(({ id, type, origin, scenario, scope, value }) => ({ id, type, origin, scenario, scope, value }));
  };
  const as = async () => ({ authorization: `Bearer ${await loggedIn(url, 'admin', keys.admin)}` });
  return {
    about: (address: string) => listed(`?ip=${encodeURIComponent(address)}`),
    /** Without the numbers, which only ever rise. */
    all: async () => (await listed('')).map(({ id: _id, ...rest }) => rest),
    async clear() {
      // Without a filter of its own every decision would be ended at once, and logged as one.
      for (const { id } of await listed(''))
        await fetch(`${url}/v1/decisions/${id}`, { method: 'DELETE', headers: await as() });
    },
    async decide(decision: Theirs) {
      const { status } = await postDecision(url, await as(), decision);
      if (status !== 201) throw new Error(`the administrator was refused: ${status}`);
    },
  };
}

async function loggedIn(url: string, machine: string, password: string): Promise<string> {
  const body = JSON.stringify({ machine_id: machine, password });
  const headers = { 'content-type': 'application/json', 'user-agent': 'admin/1' };
  const answer = await fetch(`${url}/v1/watchers/login`, { method: 'POST', headers, body });
  const { token } = (await answer.json()) as { readonly token?: string };
  return token ?? '';
}

async function postDecision(url: string, headers: { readonly [name: string]: string }, theirs: Theirs) {
  const at = new Date().toISOString();
  const { scope, value } = theirs;
  const alert = {
    scenario: 'by hand',
    scenario_hash: '',
    scenario_version: '',
    message: 'by hand',
    events_count: 1,
    start_at: at,
    stop_at: at,
    capacity: 0,
    leakspeed: '0',
    simulated: false,
    events: [],
    source: { scope, value },
    decisions: [{ ...theirs, origin: 'cscli', scenario: 'by hand', duration: '1h' }],
  };
  return await fetch(`${url}/v1/alerts`, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json' },
    body: JSON.stringify([alert]),
  });
}

/** A service behind a bouncer that asks CrowdSec about each request before it is answered. */
async function startService(url: string, key: string) {
  const server = createServer(async (request, response) => {
    const address = encodeURIComponent(String(request.headers['x-from']));
    const told = await fetch(`${url}/v1/decisions?ip=${address}`, { headers: { 'x-api-key': key } });
    response.writeHead(told.status === 200 && (await told.text()) === 'null' ? 200 : 403).end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new Error('the service listens on a port');
  return {
    serves: async (address: string) =>
      (await fetch(`http://127.0.0.1:${bound.port}/`, { headers: { 'x-from': address } })).status === 200,
    async close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** CrowdSec trusts the address of its own machine, whatever is set; the rest of the loopback network is another's. */
const ELSEWHERE = '127.0.0.5';

async function statusFrom(localAddress: string, url: string, headers: { readonly [name: string]: string }) {
  const sent = request(url, { method: 'DELETE', headers, localAddress, agent: false }).end();
  const [answer] = await once(sent, 'response');
  answer.resume();
  return Number(answer.statusCode);
}

function forbiddenOf(
  url: string,
  keys: { readonly read: string; readonly write: string },
): ConformanceTarget['forbidden'] {
  const asked = async (method: string, path: string, headers: { readonly [name: string]: string }) =>
    (await fetch(`${url}${path}`, { method, headers })).status < 400;
  const asMachine = async () => ({ authorization: `Bearer ${await loggedIn(url, MACHINE, keys.write)}` });
  const decision = { type: 'ban', scope: 'Ip', value: '192.0.2.99' };
  return [
    { name: 'read: ban', isAllowed: async () => (await postDecision(url, { 'x-api-key': keys.read }, decision)).ok },
    {
      name: 'read: end a decision',
      isAllowed: () => asked('DELETE', '/v1/decisions/1', { 'x-api-key': keys.read }),
    },
    { name: 'read: list alerts', isAllowed: () => asked('GET', '/v1/alerts', { 'x-api-key': keys.read }) },
    {
      name: 'write: delete alerts, from elsewhere than where CrowdSec runs',
      isAllowed: async () => (await statusFrom(ELSEWHERE, `${url}/v1/alerts`, await asMachine())) < 400,
    },
    { name: 'write: read decisions', isAllowed: async () => asked('GET', '/v1/decisions', await asMachine()) },
  ];
}
