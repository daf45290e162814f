import { fileURLToPath } from 'node:url';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AGENT_TOOLS } from '../../src/api/mcp/tools.ts';
import type { AgentAdmitted } from '../../src/model/agent.ts';
import { agentDoors, agentOfPerson, connect, dataOf } from '../harness/agents.ts';
import { invite, startInstallation, startTeam } from '../harness/installation.ts';
import { INCIDENT, know, studyFor, withPlanner } from '../harness/proposals.ts';
import { type Browser, firstAdministrator, lines, send, startTestServer, type TestServer } from '../server/harness.ts';

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));
const HIDDEN = 'mail from \u202ekcatta\u200b';

describe('an agent with a token', () => {
  let server: TestServer;
  let admin: Browser;
  let admitted: AgentAdmitted;
  let client: Client;
  const call = (name: string, args: Record<string, unknown> = {}) => client.callTool({ name, arguments: args });
  const logged = async (type: string) => {
    const { rows } = await server.db.ownerPool.query<{ entry: Buffer }>('SELECT entry FROM audit_entry ');
    return rows.map(({ entry }) => JSON.parse(entry.toString('utf8'))).filter(entry => entry.type === type);
  };

  beforeAll(async () => {
    server = await startTestServer();
    admin = await firstAdministrator(server);
    const records = [1, 2, 3].map(i => ({
      id: `r${i}`,
      title: i === 1 ? HIDDEN : `alert ${i}`,
      user: 'jo',
      host: 'web-1',
      severity: 'high',
      time: `2026-03-02T01:0${i}:00Z`,
    }));
    await send(server, 'POST', '/api/v1/ingest', { authorization: `Bearer ${server.cliToken}` }, lines(records));
    admitted = (await admin.post('/api/v1/agents', { name: 'Triage helper', days: 30 })).body;
    client = await connect(`${server.origin}/mcp`, admitted.token);
  });
  afterAll(() => server.close());

  test('finds incidents, alerts and records, and gets them as data in which nothing is hidden', async () => {
    const incidents = dataOf(await call('list_incidents'));
    const incident = incidents.rows[0].id;
    const alerts = dataOf(await call('list_alerts', { incident }));
    expect(alerts.rows.length).toBeGreaterThan(0);
    const answer = await call('read_evidence', { evidence: alerts.rows[0].evidence });
    expect(dataOf(answer).sha256).toMatch(/^[0-9a-f]{64}$/);
    const whole = JSON.stringify([
      await call('list_incidents'),
      await call('list_alerts', { incident }),
      await call('search_alerts', { text: 'kcatta' }),
    ]);
    expect(whole).toContain('kcatta');
    expect(whole).not.toMatch(/[\u202e\u200b]/);
    const read = dataOf(await call('read_incident', { incident }));
    expect(read.coverage).toBeDefined();
    expect(Array.isArray(read.options)).toBe(true);
    expect(
      dataOf(await call('ask_incident', { incident, question: 'Which hosts are involved?' })).answers,
    ).toBeDefined();
  });

  test('has no tool that reviews, decides or carries out', async () => {
    const { tools } = await client.listTools();
    expect(tools.map(tool => tool.name)).toEqual(AGENT_TOOLS.map(tool => tool.name));
    expect(tools.filter(tool => tool.annotations?.readOnlyHint !== true).map(tool => tool.name)).toEqual(['propose']);
    expect(AGENT_TOOLS.every(({ action }) => action === 'read' || action === 'propose')).toBe(true);
    await expect(call('approve', { proposal: 'prp_1' })).rejects.toThrow('no such tool');
    await expect
      .poll(() => logged('access.denied'))
      .toContainEqual(expect.objectContaining({ by: admitted.agent.id, action: 'tool approve', code: 'not_found' }));
  });

  test('is told of a bad request and of what is not there, and what it could not propose is in the log', async () => {
    expect(dataOf(await call('read_incident', { incident: 'no id' }))).toMatchObject({ code: 'request.malformed' });
    expect(dataOf(await call('propose', { incident: 'inc_0', option: 'opt_1' }))).toMatchObject({ code: 'not_found' });
    await expect
      .poll(() => logged('proposal.denied'))
      .toContainEqual(expect.objectContaining({ by: admitted.agent.id, incident: 'inc_0', codes: ['not_found'] }));
  });

  test('is served over standard input and output as well, and told of a token that counts for nothing', async () => {
    const started = async (token: string) => {
      const local = new Client({ name: 'a client of a test', version: '1' });
      const args = ['--import', 'tsx', MAIN, 'mcp', '--server', server.origin];
      const env = { ...process.env, COUNTERSIGN_AGENT_TOKEN: token } as Record<string, string>;
      await local.connect(new StdioClientTransport({ command: process.execPath, args, env, stderr: 'ignore' }));
      return local;
    };
    const local = await started(admitted.token);
    expect(dataOf(await local.callTool({ name: 'list_incidents', arguments: {} })).rows.length).toBe(1);
    await local.close();
    await expect(started(`${admitted.token}x`)).rejects.toThrow('session.missing');
  });

  test('gets in by no other door, and by none once its token is ended', async () => {
    const bearer = { authorization: `Bearer ${admitted.token}`, 'content-type': 'application/json' };
    for (const path of ['/api/v1/incidents', '/api/v1/proposals', '/metrics', '/api/v1/agents'])
      expect((await send(server, 'GET', path, bearer)).status, path).toBe(401);
    expect((await send(server, 'POST', '/api/v1/kill-switch/stop', bearer, '{}')).status).toBe(401);
    const cli = { authorization: `Bearer ${server.cliToken}`, 'content-type': 'application/json' };
    expect((await send(server, 'POST', '/mcp', cli, '{}')).status).toBe(401);
    const second: AgentAdmitted = (await admin.post('/api/v1/agents', { name: 'Second', days: 1 })).body;
    const other = await connect(`${server.origin}/mcp`, second.token);
    await other.listTools();
    await admin.post(`/api/v1/agents/${second.agent.id}/end`, {});
    await expect(other.listTools()).rejects.toThrow();
    await expect.poll(async () => (await logged('agent.ended')).map(entry => entry.agent)).toEqual([second.agent.id]);
    const { rows } = await server.db.ownerPool.query(
      'SELECT count(*)::int AS n FROM agent WHERE position($1 in token_sha256::text) > 0',
      [admitted.token],
    );
    expect(rows[0].n).toBe(0);
  });
});

test('an agent’s choice of an option is in review like any other, with its owner as contributor and its name beside it', async () => {
  const world = await startInstallation();
  try {
    const { rosa } = await startTeam(world);
    const app = agentDoors(world, await studyFor(world));
    const { client, agent } = await agentOfPerson(world, app, rosa);
    const option = 'opt_suspend';
    const propose = () =>
      withPlanner(world, client.callTool({ name: 'propose', arguments: { incident: INCIDENT, option } }));
    const { proposal } = dataOf(await propose());
    const known = await know(world, proposal);
    expect(known.state).toBe('in_review');
    expect(known.current.contributors).toEqual([rosa.person.id]);
    expect(known.stored.origin).toEqual({ kind: 'agent', agent: agent.id, option, askedBy: rosa.person.id });
    expect(dataOf(await client.callTool({ name: 'read_proposal', arguments: { proposal } }))).toMatchObject({
      agent: 'Helper',
      row: { state: 'in_review' },
    });
    expect(dataOf(await propose())).toMatchObject({ code: 'proposal.duplicate', because: proposal });
    await world.settleLog();
    const entries = await world.database.ownerPool.query<{ entry: Buffer }>('SELECT entry FROM audit_entry');
    const log = entries.rows.map(({ entry }) => JSON.parse(entry.toString('utf8')));
    expect(log).toContainEqual(expect.objectContaining({ type: 'proposal.revised', origin: `agent ${agent.id}` }));
    expect(log).toContainEqual(
      expect.objectContaining({ type: 'proposal.denied', by: agent.id, codes: ['proposal.duplicate'] }),
    );
  } finally {
    await world.stop();
  }
});

test('an agent may no more than the person who answers for it may at that moment', async () => {
  const world = await startInstallation();
  try {
    const { admin } = await startTeam(world);
    const auditor = await invite(world, admin, 'Olga Auditor', ['auditor']);
    const { client } = await agentOfPerson(world, agentDoors(world, await studyFor(world)), auditor);
    const answer = await client.callTool({ name: 'propose', arguments: { incident: INCIDENT, option: 'opt_suspend' } });
    expect(dataOf(answer)).toMatchObject({ code: 'access.machine' });
    const { rows } = await world.database.ownerPool.query('SELECT count(*)::int AS n FROM proposal');
    expect(rows[0].n).toBe(0);
  } finally {
    await world.stop();
  }
});
