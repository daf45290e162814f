import { randomUUID } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import { executorDir } from '../app/data-directory.ts';
import { errorText, Refusal } from '../app/refusal.ts';
import { type Running, startSupervisor } from '../app/supervisor.ts';
import type { AlertRow, IncidentDetail, IncidentPage, ProposalView } from '../model/api.ts';
import type { IncidentRow } from '../model/incident.ts';
import { becomeAdministrator, newVisitor, type Visitor } from './smoke-person.ts';
import { PROGRAM_VERSION } from './version.ts';

const WAIT_MS_MAX = 120_000;
const POLL_MS = 500;
/** The login that the demo's story is about. */
const LOGIN = 'c.reyes';

/**
 * `countersign smoke`: does all of it work on this machine? Starts a demo of its own in an empty folder, sends one real
 * alert, and follows it to an incident and to a proposal in review with its plan, over HTTP as a person's browser would.
 * Nothing of it stays, and no other installation is touched.
 */
export function smokeCommand(program: Command): void {
  program
    .command('smoke')
    .description('follow one real alert to a proposal in review and its plan, in a demo of its own')
    .action(async () => {
      await smoke(text => process.stdout.write(`${text}\n`));
    });
}

async function smoke(say: (text: string) => void): Promise<void> {
  const dataDir = await mkdtemp(join(tmpdir(), 'countersign-smoke-'));
  const step = stepsThat(say);
  let starting: Promise<Running> | undefined;
  const cleanUp = async () => {
    await starting?.then(
      running => running.stop(),
      () => undefined,
    );
    await rm(dataDir, { recursive: true, force: true });
    await rm(executorDir(dataDir), { recursive: true, force: true });
  };
  const interrupted = () => void cleanUp().finally(() => process.exit(130));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, interrupted);
  try {
    const port = await freePort();
    const started = await step('a demo of its own starts, with its database, server and executor', () => {
      starting = startSupervisor({
        dataDir,
        databaseUrl: undefined,
        demo: true,
        port,
        origin: undefined,
        programVersion: PROGRAM_VERSION,
        program: realpathSync(process.argv[1] ?? ''),
        logTo: 'file',
      });
      return starting;
    });
    const visitor = newVisitor(started.origin);
    await step('the first person enrols by the link and signs in', () =>
      becomeAdministrator(visitor, started.link?.url ?? '', 'Smoke Test'),
    );
    const title = `Smoke test ${randomUUID()}`;
    await step('one alert is sent and kept', () => sendAlert(started, dataDir, title));
    const incident = await step('it becomes part of an incident', () => incidentWith(visitor, title));
    const detail = await step('the incident has coverage, a summary with evidence and options', () =>
      studied(visitor, incident),
    );
    const proposal = await step('an option becomes a proposal in review, with its plan', () =>
      propose(visitor, detail),
    );
    say('');
    say(printed(proposal));
  } catch (error) {
    const log = await readFile(join(dataDir, 'countersign.log'), 'utf8').catch(() => '');
    throw new Refusal(`${errorText(error)}${lastLines(log)}`);
  } finally {
    await cleanUp();
  }
}

const LOG_LINES_SHOWN = 20;

function lastLines(log: string): string {
  const lines = log.trim().split('\n').slice(-LOG_LINES_SHOWN);
  return log === '' ? '' : `\nThe end of its log:\n${lines.join('\n')}`;
}

function stepsThat(say: (text: string) => void) {
  return async <T>(what: string, work: () => Promise<T>): Promise<T> => {
    const began = performance.now();
    try {
      const done = await work();
      say(`ok    ${what} (${((performance.now() - began) / 1_000).toFixed(1)} s)`);
      return done;
    } catch (error) {
      say(`FAIL  ${what}`);
      throw error;
    }
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  await new Promise(resolve => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port is free');
  return address.port;
}

/** An OCSF Detection Finding as a database monitor would send it. */
function alertOf(title: string, now: number): unknown {
  return {
    class_uid: 2004,
    category_uid: 2,
    activity_id: 1,
    type_uid: 200_401,
    time: now,
    severity_id: 4,
    message: `${LOGIN} read more rows of customers in a minute than in any hour before`,
    metadata: { version: '1.5.0', product: { name: 'Smoke Test', vendor_name: 'Countersign' }, uid: randomUUID() },
    finding_info: { uid: randomUUID(), title, created_time: now },
    evidences: [
      {
        actor: { user: { name: LOGIN, type: 'User' } },
        src_endpoint: { ip: '203.0.113.77' },
        database: { name: 'orders', type: 'Relational' },
        device: { hostname: 'db-orders-01', type_id: 1 },
      },
    ],
    resources: [{ name: 'orders', type: 'database' }],
  };
}

async function sendAlert({ origin }: Running, dataDir: string, title: string): Promise<void> {
  const token = (await readFile(join(dataDir, 'cli-token'), 'utf8')).trim();
  const response = await fetch(`${origin}/api/v1/ingest?source=auto`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/octet-stream' },
    body: `${JSON.stringify(alertOf(title, Date.now()))}\n`,
  });
  const text = await response.text();
  const counts: { kept?: number } = response.ok ? JSON.parse(text) : {};
  if (counts.kept !== 1) throw new Error(`the alert was not kept: ${text.slice(0, 300)}`);
}

async function incidentWith(visitor: Visitor, title: string): Promise<IncidentRow> {
  return untilFound('no incident holds the alert', async () => {
    const { rows } = await visitor.request<IncidentPage>('GET', '/api/v1/incidents?limit=200');
    for (const row of rows.filter(({ entities }) => entities.some(({ label }) => label.startsWith(LOGIN)))) {
      const alerts = await visitor.request<{ rows: readonly AlertRow[] }>(
        'GET',
        `/api/v1/incidents/${row.id}/alerts?limit=200`,
      );
      if (alerts.rows.some(alert => alert.title === title)) return row;
    }
    return undefined;
  });
}

async function studied(visitor: Visitor, { id }: IncidentRow): Promise<IncidentDetail> {
  return untilFound('the incident has no option to act', async () => {
    const detail = await visitor.request<IncidentDetail>('GET', `/api/v1/incidents/${id}`);
    return optionFor(detail) === undefined || detail.options.length < 2 ? undefined : detail;
  });
}

function optionFor(detail: IncidentDetail) {
  return detail.options.find(({ kind, targetName }) => kind === 'act' && targetName === LOGIN);
}

async function propose(visitor: Visitor, detail: IncidentDetail): Promise<ProposalView> {
  const view = await visitor.request<ProposalView>('POST', '/api/v1/proposals', {
    kind: 'option',
    incident: detail.row.id,
    option: optionFor(detail)?.id ?? '',
  });
  if (view.row.state !== 'in_review') throw new Error(`the proposal is ${view.row.state}, not in review`);
  return view;
}

async function untilFound<T>(otherwise: string, look: () => Promise<T | undefined>): Promise<T> {
  for (const giveUpAt = Date.now() + WAIT_MS_MAX; Date.now() < giveUpAt; await sleep(POLL_MS)) {
    const found = await look();
    if (found !== undefined) return found;
  }
  throw new Error(otherwise);
}

function printed({ row, presentation }: ProposalView): string {
  const changes = presentation.changes.map(({ path, from, to }) => `    ${path}: ${from} → ${to}`);
  return [
    `${row.sentence} (${row.tier}, ${row.approvals ?? 'none known'} of ${row.needed} approvals)`,
    '  would change',
    ...changes,
  ].join('\n');
}
