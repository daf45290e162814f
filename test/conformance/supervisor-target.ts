import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startProxy } from '../../src/connector/proxy.ts';
import type { Change, ConformanceTarget } from '../../src/connector/target.ts';
import type { SystemConfig } from '../../src/ports/responder.ts';
import { supervisorJobManifest } from '../../src/responders/supervisor-job/manifest.ts';
import { supervisorJob } from '../../src/responders/supervisor-job/responder.ts';
import { callText, membersOf, type RpcValue, readAnswer } from '../../src/responders/supervisor-job/xml-rpc.ts';
import { freePort } from './free-port.ts';
import { NOT_IN_THIS_LANE, notHere, startServer } from './server-process.ts';

export const NO_SUPERVISORD = NOT_IN_THIS_LANE ?? notHere('supervisord', 'supervisor');

const VICTIM = 'miner';
const OWN = 'countersign:executor';
const USER = 'countersign';
const LOOK_EVERY_MS = 20;
/** What supervisord keeps time in. */
const TICK_MS = 1_100;

/** A section of its settings for one job that sleeps. */
export const program = (name: string, seconds: number) => `[program:${name}]
command=/bin/sleep ${seconds}
startsecs=0
autorestart=unexpected
stdout_logfile=NONE
stderr_logfile=NONE
`;

const jobs = (
  victimSleeps: number,
) => `${program(VICTIM, victimSleeps)}${program('report', 900_002)}${program('executor', 900_003)}
[group:countersign]
programs=executor
[group:nightly]
programs=report,mail
${program('mail', 900_004)}`;

const config = (home: string, port: number, password: string) => `[supervisord]
nodaemon=true
logfile=${home}/log
pidfile=${home}/pid
childlogdir=${home}
[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
[inet_http_server]
port=127.0.0.1:${port}
username=${USER}
password=${password}
[include]
files=${home}/jobs/*.conf
`;

type Call = (method: string, ...params: readonly (string | boolean)[]) => Promise<RpcValue>;

/** What the tests beside the suite do as the administrator of a supervisord. */
export interface SupervisorTarget extends ConformanceTarget {
  /** What supervisord tells of one job, by its group and its name. */
  told(group: string, name: string): Promise<{ readonly [member: string]: RpcValue }>;
  /** Adds a group, of which the sections of its settings are given. */
  addGroup(group: string, sections: string): Promise<void>;
}

/** Starts a supervisord of its own with four jobs, and is its administrator. */
export async function startSupervisorTarget(): Promise<SupervisorTarget> {
  const home = await mkdtemp(join(tmpdir(), 'cs-supervisor-'));
  const password = `canary-${randomBytes(12).toString('hex')}`;
  const port = await freePort();
  await mkdir(join(home, 'jobs'));
  const jobsFile = join(home, 'jobs', 'jobs.conf');
  await writeFile(jobsFile, jobs(900_001));
  await writeFile(join(home, 'supervisord.conf'), config(home, port, password), { mode: 0o600 });
  const server = await startServer('supervisord', ['-n', '-c', join(home, 'supervisord.conf')], port);
  const proxy = await startProxy({ host: '127.0.0.1', port });
  const call = administrator(port, password);
  const told = async (id: string) => membersOf(await call('getProcessInfo', id));
  const hasStopped = async (id: string) => (await told(id))['statename'] === 'STOPPED';
  const run = async (id: string) => {
    for (;;) {
      const { statename } = await told(id);
      if (statename === 'RUNNING') return;
      // It may be starting it by itself just now, or be stopping it yet.
      if (statename === 'STOPPED') await call('startProcess', id, true).catch(() => undefined);
      else await sleep(LOOK_EVERY_MS);
    }
  };
  const systemAt = (at: number): SystemConfig => ({
    responder: 'supervisor-job',
    system: 'batch-1',
    settings: { url: `http://127.0.0.1:${at}/RPC2`, user: USER, ownJobs: OWN },
  });
  const [contain, release] = supervisorJobManifest.operations;
  if (contain === undefined || release === undefined) throw new Error('the responder contains and releases');
  let secrets = { read: password, write: password, probe: '{}' };
  const reread = async (text: string) => {
    await call('stopProcess', VICTIM, true).catch(() => undefined);
    await call('removeProcessGroup', VICTIM);
    await writeFile(jobsFile, text);
    await call('reloadConfig');
    await call('addProcessGroup', VICTIM);
    await run(VICTIM);
  };
  return {
    responder: supervisorJob,
    program: {
      module: new URL('../../src/responders/supervisor-job/responder.ts', import.meta.url).href,
      name: 'supervisorJob',
    },
    // It knows the end of what it started, and nothing of what that started.
    effect: 'unproven',
    system: systemAt(port),
    proxied: systemAt(proxy.port),
    proxy,
    get secrets() {
      return secrets;
    },
    contain,
    release,
    timeoutMs: 4_000,
    victim: VICTIM,
    async restore() {
      proxy.reset();
      for (const id of [`${VICTIM}:${VICTIM}`, 'nightly:report', 'nightly:mail', OWN]) await run(id);
    },
    async snapshot() {
      const all = await call('getAllProcessInfo');
      if (!Array.isArray(all)) throw new Error('the administrator was told nothing');
      return JSON.stringify(all.map(membersOf).map(({ group, name, statename }) => [group, name, statename]));
    },
    valueAt: async () => ((await hasStopped(VICTIM)) ? 'no' : 'yes'),
    isContained: hasStopped,
    async version() {
      const { start, stop } = await told(VICTIM);
      return `${String(start)}/${String(stop)}`;
    },
    versionAfterPath: 'job.markAfter',
    asksForChange: sent => /<methodName>supervisor\.(?!getAll)/.test(sent.toString('latin1')),
    drifts: [
      {
        name: 'a stop by somebody else',
        apply: async () => void (await call('stopProcess', VICTIM, true)),
        revert: () => run(VICTIM),
      },
      {
        name: 'another program under the same name',
        apply: () => reread(jobs(900_009)),
        revert: () => reread(jobs(900_001)),
      },
    ],
    driftsAfter: [
      { name: 'a start by somebody else', apply: () => run(VICTIM), revert: async () => undefined },
      {
        name: 'a start and a stop by somebody else',
        async apply() {
          await sleep(TICK_MS);
          await run(VICTIM);
          await call('stopProcess', VICTIM, true);
        },
        revert: async () => undefined,
      },
      {
        name: 'another program under the same name',
        async apply() {
          await reread(jobs(900_009));
          await call('stopProcess', VICTIM, true);
        },
        revert: () => reread(jobs(900_001)),
      },
    ],
    scopes: [
      {
        name: 'the login',
        apply: async () => {
          secrets = { ...secrets, read: `${password}-gone` };
        },
        revert: async () => {
          secrets = { ...secrets, read: password };
        },
      },
    ],
    forbidden: [
      {
        name: 'read: a look without a login',
        async isAllowed() {
          const body = callText('supervisor.getAllProcessInfo', []);
          return (await fetch(`http://127.0.0.1:${port}/RPC2`, { method: 'POST', body })).status === 200;
        },
      },
    ],
    lie: {
      name: 'a lie',
      system: systemAt(proxy.port),
      async apply() {
        proxy.reset();
        const text =
          '<?xml version="1.0"?><methodResponse><params><param><value><boolean>1</boolean></value></param></params></methodResponse>';
        const said = `HTTP/1.1 200 OK\r\ncontent-type: text/xml\r\ncontent-length: ${text.length}\r\n\r\n${text}`;
        proxy.answer(piece => (piece.includes('supervisor.stopProcess') ? Buffer.from(said) : undefined));
      },
      revert: async () => proxy.reset(),
    },
    containAlone: async () => void (await call('stopProcess', VICTIM, true)),
    async hold() {
      // Whoever is in is the job itself.
      const pid = String((await told(VICTIM))['pid']);
      return { reads: async () => existsSync(`/proc/${pid}`), close: async () => undefined };
    },
    rests: {
      name: 'what it runs',
      apply: async () => undefined,
      revert: async () => undefined,
      mentions: ['runs: /bin/sleep 900001'],
    },
    untouchable: [{ name: OWN, reason: 'own_identity', isRefusedByTarget: true }],
    hostileNames: [
      '',
      ' ',
      '*',
      ':',
      'all',
      'nightly',
      'nightly:*',
      'nightly:',
      `${VICTIM}:*`,
      `${VICTIM}:${VICTIM}`,
      `${VICTIM} `,
      ` ${VICTIM}`,
      `${VICTIM}\n`,
      `${VICTIM}\0`,
      VICTIM.toUpperCase(),
      `${VICTIM}</string></value></param>`,
      `&${VICTIM};`,
      'report',
      `${VICTIM}\u200b`,
      '\ud800',
      'm'.repeat(400),
    ],
    hostileAccounts: ['a&b', 'x<y>z', '"q"', "o'brien", '&amp;', 'ünïcode', '--help', '../miner'],
    async told(group, name) {
      const all = await call('getAllProcessInfo');
      const found = Array.isArray(all) ? all.map(membersOf) : [];
      return found.find(one => one['group'] === group && one['name'] === name) ?? {};
    },
    async addGroup(group, sections) {
      await writeFile(join(home, 'jobs', `${group}.conf`), sections);
      await call('reloadConfig');
      await call('addProcessGroup', group);
    },
    makeHostile: async name => hostileJob(call, join(home, 'jobs', 'hostile.conf'), name),
    async close() {
      await proxy.close();
      await server.stop();
      await rm(home, { recursive: true, force: true });
    },
  };
}

function administrator(port: number, password: string): Call {
  const authorization = `Basic ${Buffer.from(`${USER}:${password}`).toString('base64')}`;
  return async (method, ...params) => {
    const body = callText(`supervisor.${method}`, params);
    const answer = await fetch(`http://127.0.0.1:${port}/RPC2`, { method: 'POST', headers: { authorization }, body });
    return readAnswer(await answer.text());
  };
}

/** A job of that name; undefined where supervisord takes none of it. */
async function hostileJob(call: Call, file: string, name: string): Promise<Change | undefined> {
  await writeFile(file, program(name, 900_010));
  try {
    await call('reloadConfig');
    await call('addProcessGroup', name);
  } catch {
    await rm(file);
    return undefined;
  }
  return {
    name,
    apply: async () => undefined,
    async revert() {
      await call('stopProcess', `${name}:${name}`, true).catch(() => undefined);
      await call('removeProcessGroup', name);
      await rm(file);
      await call('reloadConfig');
    },
  };
}
