import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { Webhook } from 'standardwebhooks';
import { startProxy } from '../../src/connector/proxy.ts';
import type { Change, ConformanceTarget } from '../../src/connector/target.ts';
import type { SystemConfig } from '../../src/ports/responder.ts';
import { signedWebhookManifest } from '../../src/responders/signed-webhook/manifest.ts';
import { signedWebhook } from '../../src/responders/signed-webhook/responder.ts';

const VICTIM = 'ws-12.example.org';
const OURS = 'countersign.example.org';

interface Host {
  readonly name: string;
  isolated: boolean;
  version: number;
  /** How often its connections were cut. */
  cuts: number;
}

/** A product that keeps hosts apart when its webhook is called, and verifies signatures with somebody else's library. */
export interface WebhookDouble {
  readonly port: number;
  readonly secrets: { readonly read: string; readonly write: string };
  readonly hosts: Map<string, Host>;
  /** Every request that was answered, in order: method, path and what its body was. */
  readonly asked: { readonly line: string; readonly body: string; readonly id: string }[];
  /** Says that it is done, and does nothing. */
  lies: boolean;
  /** Answers every call with this status and, where it leads elsewhere, this location; undefined: as usual. */
  answers: { readonly status: number; readonly location?: string } | undefined;
  /** Read tokens that it knows. */
  readonly known: Set<string>;
  close(): Promise<void>;
}

const host = (name: string): Host => ({ name, isolated: false, version: 1, cuts: 0 });

export async function startWebhookDouble(): Promise<WebhookDouble> {
  const secrets = {
    read: `canary-${randomBytes(12).toString('hex')}`,
    write: `whsec_${randomBytes(32).toString('base64')}`,
  };
  const taken = new Set<string>();
  const double: Omit<WebhookDouble, 'port' | 'close'> = {
    secrets,
    hosts: new Map([VICTIM, OURS, 'db-1.example.org'].map(name => [name, host(name)])),
    asked: [],
    lies: false,
    answers: undefined,
    known: new Set([secrets.read]),
  };
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const say = (status: number, body?: object, headers: object = {}) =>
      response
        .writeHead(status, { 'content-type': 'application/json', ...headers })
        .end(body === undefined ? '' : JSON.stringify(body));
    const body = await text(request);
    const url = new URL(request.url ?? '/', 'http://double');
    const id = String(request.headers['webhook-id'] ?? '');
    double.asked.push({ line: `${request.method} ${request.url}`, body, id });
    if (request.method === 'GET' && url.pathname === '/api/hosts') {
      if (!double.known.has((request.headers.authorization ?? '').replace(/^Bearer /, ''))) return say(401);
      const name = (url.searchParams.get('name') ?? '').toLowerCase();
      const found = [...double.hosts.values()].find(one => one.name.toLowerCase() === name);
      return found === undefined
        ? say(404)
        : say(200, { host: { name: found.name }, isolated: found.isolated, version: found.version });
    }
    if (request.method !== 'POST' || !/^\/hooks\/(?:isolate|release)$/.test(url.pathname)) return say(404);
    try {
      new Webhook(secrets.write).verify(body, request.headers as Record<string, string>);
    } catch {
      return say(401);
    }
    const { answers } = double;
    if (answers !== undefined) return say(answers.status, undefined, answers.location === undefined ? {} : answers);
    const found = double.hosts.get(String((JSON.parse(body) as { readonly host?: unknown }).host));
    if (found === undefined) return say(404);
    // Delivered before: the answer is the same, and nothing is done again.
    if (double.lies || taken.has(id)) return say(202);
    taken.add(id);
    found.isolated = url.pathname === '/hooks/isolate';
    found.cuts += found.isolated ? 1 : 0;
    found.version++;
    return say(202);
  };
  const server = createServer((request, response) => void answer(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the double listens on a port');
  return Object.assign(double, {
    port: address.port,
    async close() {
      server.closeAllConnections();
      await new Promise<void>(resolve => server.close(() => resolve()));
    },
  });
}

/** As an operator would connect the double. */
export const webhookSettings = (port: number) => ({
  url: `http://127.0.0.1:${port}`,
  operation: 'isolate-host',
  path: '/hooks/isolate',
  body: '{"host":"{target}","reason":"signed"}',
  undo_path: '/hooks/release',
  undo_body: '{"host":"{target}"}',
  status_path: '/api/hosts?name={target}',
  status_field: '/isolated',
  status_done: 'true',
  status_undone: 'false',
  status_name: '/host/name',
  status_version: '/version',
  never: OURS,
});

/** A double of our own, as there is no product in a package: it proves the request, its signature and the state. */
export async function startWebhookTarget(): Promise<ConformanceTarget> {
  const double = await startWebhookDouble();
  const proxy = await startProxy({ host: '127.0.0.1', port: double.port });
  const system: SystemConfig = { responder: 'signed-webhook', system: 'nac', settings: webhookSettings(double.port) };
  const named = (name: string) => signedWebhookManifest.operations.find(operation => operation.name === name);
  const [contain, release] = [named('isolate-host'), named('release-host')];
  const victim = double.hosts.get(VICTIM);
  if (contain === undefined || release === undefined || victim === undefined)
    throw new Error('the responder contains and releases');
  const all = [...double.hosts.values()];
  const edit = (name: string, to: Partial<Host>, back: Partial<Host>): Change => ({
    name,
    apply: async () => void Object.assign(victim, to, { version: victim.version + 1 }),
    revert: async () => void Object.assign(victim, back, { version: victim.version + 1 }),
  });
  const flip = (name: string, apply: () => unknown, revert: () => unknown): Change => ({
    name,
    apply: async () => void apply(),
    revert: async () => void revert(),
  });
  return {
    responder: signedWebhook,
    program: {
      module: new URL('../../src/responders/signed-webhook/responder.ts', import.meta.url).href,
      name: 'signedWebhook',
    },
    effect: 'unproven',
    system,
    proxied: { ...system, settings: webhookSettings(proxy.port) },
    proxy,
    secrets: { ...double.secrets, probe: '{}' },
    contain,
    release,
    victim: VICTIM,
    async restore() {
      proxy.reset();
      double.lies = false;
      victim.isolated = false;
    },
    snapshot: async () => JSON.stringify([...double.hosts.values()].map(({ name, isolated }) => ({ name, isolated }))),
    valueAt: async () => String(victim.isolated),
    isContained: async name => double.hosts.get(name)?.isolated === true,
    version: async () => String(victim.version),
    versionAfterPath: 'status.versionAfter',
    asksForChange: sent => /^POST /m.test(sent.toString('latin1')),
    drifts: [
      edit('an isolation by somebody else', { isolated: true }, { isolated: false }),
      flip(
        'a host that is gone',
        () => double.hosts.delete(VICTIM),
        () => {
          double.hosts.clear();
          for (const one of all) double.hosts.set(one.name, one);
        },
      ),
    ],
    driftsAfter: [
      edit('a release by somebody else', { isolated: false }, { isolated: true }),
      edit('a change that leaves it isolated', {}, {}),
    ],
    scopes: [
      flip(
        'the read token',
        () => double.known.clear(),
        () => double.known.add(double.secrets.read),
      ),
    ],
    forbidden: [
      {
        name: 'read: POST',
        async isAllowed() {
          const headers = { authorization: `Bearer ${double.secrets.read}`, connection: 'close' };
          const body = JSON.stringify({ host: VICTIM });
          const at = `http://127.0.0.1:${double.port}/hooks/isolate`;
          return (await fetch(at, { method: 'POST', headers, body })).ok;
        },
      },
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
      victim.isolated = true;
    },
    async hold() {
      const { cuts } = victim;
      return { reads: async () => victim.cuts === cuts, close: async () => undefined };
    },
    rests: { ...edit('what rests on it', {}, {}), mentions: ['/hooks/isolate', `{"host":"${VICTIM}"`] },
    untouchable: [{ name: OURS, reason: 'own_identity', isRefusedByTarget: false }],
    hostileNames: [
      '',
      ' ',
      '*',
      `${VICTIM} `,
      ` ${VICTIM}`,
      VICTIM.toUpperCase(),
      `${VICTIM}&name=db-1.example.org`,
      `${VICTIM}#`,
      `${VICTIM}","host":"db-1.example.org`,
      `${VICTIM}\r\nwebhook-id: 1`,
      `${VICTIM}\0`,
      `${VICTIM}\u200b`,
      '{target}',
      '../hosts',
      '%2e%2e',
      '\ud800',
      'v'.repeat(400),
    ],
    hostileAccounts: [
      'x","host":"db-1.example.org',
      'back\\slash',
      "o'brien",
      'a&name=db-1.example.org',
      '100%',
      '{target}{target}',
      '$&$1',
      '\u202etxet',
      'a/../b',
      '{"a":1}',
    ],
    async makeHostile(name) {
      return flip(
        name,
        () => double.hosts.set(name, host(name)),
        () => double.hosts.delete(name),
      );
    },
    async close() {
      await proxy.close();
      await double.close();
    },
  };
}
