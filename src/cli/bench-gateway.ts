import { type ChildProcess, spawn } from 'node:child_process';
import { createHash, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import pg from 'pg';
import { keepUpstream } from '../app/gateway/upstreams.ts';
import { secretOf } from '../executor/capability.ts';
import type { AgentAdmitted } from '../model/agent.ts';
import { printManifest, toolsByName } from '../model/tool.ts';
import { openRoutes } from '../responders/http-call/session.ts';
import { openTools } from '../responders/mcp-tool/session.ts';
import type { ToolSession } from '../responders/shared/calls/call-session.ts';
import { withBenchServer } from './bench-server.ts';
import { becomeAdministrator, newVisitor } from './smoke-person.ts';

const UPSTREAM = 'bench';
const INTERFACE = 'bench-http';
const DOCUMENT = '/openapi.json';
/** Of each kind. Both together stay below what the door lets one address ask in a minute. */
const CALLS = 500;
const WARM_UP = 50;
const TIMEOUT_MS = 10_000;
const TENANT = 'default';

/** Figures of a read, in milliseconds: asked of its server, and through the gate. */
interface Measured {
  readonly p50: number;
  readonly p95: number;
}

/**
 * What the gate adds to a read: the same call, with the official client, of the same server, directly and through the gate, in
 * turns. The gate looks at the tool, notes the call and asks the server, over HTTP each time.
 */
export async function benchGateway({ port }: { readonly port: number }): Promise<object> {
  const folder = await mkdtemp(join(tmpdir(), 'countersign-bench-gateway-'));
  const upstream = await startUpstream();
  const link = generateKeyPairSync('ed25519').privateKey;
  try {
    const plain = `http://127.0.0.1:${upstream.port}`;
    const url = `${plain}/mcp`;
    await keepUpstream(folder, { name: UPSTREAM, url, readCredential: 'none' });
    await keepUpstream(folder, { name: INTERFACE, url: plain, readCredential: 'none', document: DOCUMENT });
    return await withBenchServer(
      port,
      async ({ superuserUrl }) => {
        const origin = `http://localhost:${port}`;
        const visitor = newVisitor(origin);
        await becomeAdministrator(visitor, `${origin}/enrol#${seedOf(link)}`, 'Bench');
        const { token } = await visitor.request<AgentAdmitted>('POST', '/api/v1/agents', { name: 'bench', days: 1 });
        const at = { secret: secretOf('none'), timeoutMs: TIMEOUT_MS };
        await adopt(superuserUrl, UPSTREAM, await openTools({ ...at, url }));
        await adopt(superuserUrl, INTERFACE, openRoutes({ ...at, url: plain, document: DOCUMENT }));
        const direct = await connect(url, 'none');
        const gated = await connect(`${origin}/gateway/${UPSTREAM}`, token);
        const path = '/things/1/part-3';
        const [tools, http] = await measure([
          [() => callTool(direct), () => callTool(gated)],
          [() => get(`${plain}${path}`, 'none'), () => get(`${origin}/gateway/${INTERFACE}/api${path}`, token)],
        ]);
        await Promise.all([direct.close(), gated.close()]);
        return { calls: CALLS, ...tools, http };
      },
      { folder, linkPublicKey: publicOf(link) },
    );
  } finally {
    upstream.child.kill();
    await rm(folder, { recursive: true, force: true });
  }
}

type Ask = () => Promise<void>;

/** Each pair (directly, and through the gate) in turns with the others, so that whatever else the machine does hits all alike. */
async function measure(pairs: readonly (readonly [Ask, Ask])[]): Promise<readonly object[]> {
  const taken = pairs.map(() => ({ without: [] as number[], through: [] as number[] }));
  for (let i = -WARM_UP; i < CALLS; i++) {
    for (const [at, [direct, gated]] of pairs.entries()) {
      const [a, b] = [await timed(direct), await timed(gated)];
      if (i < 0) continue;
      taken[at]?.without.push(a);
      taken[at]?.through.push(b);
    }
  }
  return taken.map(({ without, through }) => {
    const [a, b] = [summary(without), summary(through)];
    return { direct: a, gateway: b, addsP50: round(b.p50 - a.p50), addsP95: round(b.p95 - a.p95) };
  });
}

async function timed(ask: Ask): Promise<number> {
  const began = performance.now();
  await ask();
  return performance.now() - began;
}

async function callTool(client: Client): Promise<void> {
  await client.callTool({ name: 'read_3', arguments: { id: '1' } });
}

async function get(url: string, token: string): Promise<void> {
  const answer = await fetch(url, { headers: { authorization: `Bearer ${token}` } });
  const told = (await answer.json()) as { readonly text?: unknown };
  if (answer.status !== 200 || typeof told.text !== 'string') throw new Error(`a read was answered ${answer.status}`);
}

function summary(all: readonly number[]): Measured {
  const sorted = [...all].sort((a, b) => a - b);
  const at = (part: number) => round(sorted[Math.floor(sorted.length * part)] ?? 0);
  return { p50: at(0.5), p95: at(0.95) };
}

const round = (ms: number) => Math.round(ms * 100) / 100;

async function connect(url: string, token: string): Promise<Client> {
  const client = new Client({ name: 'bench', version: '1' });
  const requestInit = { headers: { authorization: `Bearer ${token}` } };
  await client.connect(new StreamableHTTPClientTransport(new URL(url), { requestInit }));
  return client;
}

/** What people would adopt, written down as the executor writes it. */
async function adopt(superuserUrl: string, upstream: string, session: ToolSession): Promise<void> {
  const { tools } = toolsByName(await session.list());
  await session.close();
  const text = printManifest({
    v: '1',
    upstream,
    broughtAt: '',
    tools: [...tools.values()].map(tool => ({ ...tool, class: 'read' as const })),
  });
  const sha256 = createHash('sha256').update(text).digest('hex');
  const client = new pg.Client({ connectionString: superuserUrl });
  await client.connect();
  await client.query(
    `INSERT INTO gateway_manifest (tenant_id, sha256, upstream, text, brought_by, brought_at) VALUES ($1, $2, $3, $4, '', now())`,
    [TENANT, sha256, upstream, text],
  );
  await client.query(
    `INSERT INTO own_effect (tenant_id, object, operation, value, idempotency_key, at) VALUES ($1, $2, 'adopt-tools', $3, $2, now())`,
    [TENANT, `upstream/${upstream}`, JSON.stringify({ sha256 })],
  );
  await client.end();
}

async function startUpstream(): Promise<{ readonly child: ChildProcess; readonly port: number }> {
  const program = process.argv[1] ?? '';
  const child = spawn(process.execPath, [...process.execArgv, program, 'run-bench-upstream'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  for await (const line of createInterface({ input: child.stdout })) return { child, port: Number(line) };
  throw new Error('the server that is measured with did not start');
}

function publicOf(key: KeyObject): string {
  return createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(-32).toString('base64url');
}

function seedOf(key: KeyObject): string {
  return key.export({ format: 'der', type: 'pkcs8' }).subarray(-32).toString('base64url');
}
