import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { cp, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Logger } from 'pino';
import { unixMsFrom } from '../base/time.ts';
import type { Genesis } from '../ports/genesis.ts';
import type { AiSecrets, CommonSecrets, ExecutorSecrets, ServerSecrets } from '../ports/secrets.ts';
import type { SyslogListen } from '../ports/syslog.ts';
import { type ChildOrder, type ChildSpec, superviseChild } from './child.ts';
import { aiDir, executorDir, openDataDirectory, writeWhole } from './data-directory.ts';
import { type Database, openDatabase } from './database.ts';
import { type DemoTarget, startDemoTarget } from './demo/target.ts';
import { closedTo, giveTo, IDENTITIES, isRoot, SOCKET_GID } from './identities.ts';
import {
  type EnrolmentLink,
  type Installation,
  type InstallationKeys,
  openCliToken,
  openGenesis,
  openInstallation,
  openKeys,
  ownFolder,
  TENANT,
} from './installation.ts';
import { ProcessList } from './leftover-processes.ts';
import type { DirectoryLock } from './lock.ts';
import { createLogger, openLogFile } from './logger.ts';
import { modelsLine, providersIn, superviseModels } from './models.ts';
import { POLICY_FLAGS, SERVER_FLAGS } from './node-flags.ts';
import { ownSystem } from './own-system.ts';
import { requireFreePort } from './port.ts';

export interface StartOptions {
  readonly dataDir: string;
  readonly databaseUrl: string | undefined;
  readonly demo: boolean;
  readonly port: number | undefined;
  readonly origin: string | undefined;
  readonly programVersion: string;
  /** The program whose `run-server`, `run-executor` and `run-ai` are forked. */
  readonly program: string;
  /** `file`: into the data directory, where a terminal would be cluttered. */
  readonly logTo: 'stderr' | 'file';
  /** Ports on which syslog is listened for. */
  readonly syslog?: readonly SyslogListen[];
}

/** Countersign, started. */
export interface Running {
  readonly origin: string;
  readonly dataDir: string;
  readonly database: string;
  readonly isIsolated: boolean;
  readonly demo: boolean;
  /** Undefined: standard error. */
  readonly logFile: string | undefined;
  /** The log's key as a policy for `countersign verify`: a copy kept elsewhere is what makes checking mean something. */
  readonly logPolicy: string;
  /** Which models are set, in one line. None is a full mode. */
  readonly models: string;
  /** `tls 127.0.0.1:6514` for each port on which syslog is listened for. */
  readonly syslog: readonly string[];
  /** While nobody is enrolled. */
  readonly link: EnrolmentLink | undefined;
  /** Ends every process, the database last. Safe to call twice. */
  stop(): Promise<void>;
}

/**
 * Starts everything, in the order in which one thing needs another, and keeps it running.
 *
 * Whatever was started is stopped again when a later step fails, so a refused start leaves no process behind. Killing
 * this process at any point leaves at most processes that end by themselves and a PostgreSQL that the next start stops.
 */
export async function startSupervisor(options: StartOptions): Promise<Running> {
  const stops: (() => Promise<void>)[] = [];
  let stopping: Promise<void> | undefined;
  const stop = () => {
    stopping ??= stopAll(stops);
    return stopping;
  };
  try {
    return await startAll(options, stops, stop);
  } catch (error) {
    await stop();
    throw error;
  }
}

/** What was started last is stopped first. A step that fails doesn't keep the others from being tried. */
async function stopAll(stops: (() => Promise<void>)[]): Promise<void> {
  const failed: unknown[] = [];
  for (const stop of stops.reverse()) await stop().catch((error: unknown) => failed.push(error));
  if (failed.length > 0) throw new AggregateError(failed, 'not everything could be stopped in order');
}

async function startAll(
  options: StartOptions,
  stops: (() => Promise<void>)[],
  stop: () => Promise<void>,
): Promise<Running> {
  const { dataDir } = options;
  const lock: DirectoryLock = await openDataDirectory(dataDir);
  stops.push(() => lock.release());
  const { logFile, logFd } = openLog(options, stops);
  const logger = createLogger('supervisor', logFd);
  const processes = new ProcessList(dataDir);
  await processes.endLeftovers();
  const installation = await openInstallation(dataDir, options);
  await requireFreePort(installation.port);
  const isIsolated = isRoot();
  const keys = await openKeys(dataDir, installation.logOrigin, isIsolated ? IDENTITIES.server : undefined);
  const database = await openDatabase(dataDir, options.databaseUrl, logger);
  stops.push(() => database.stop());
  const demo = installation.demo ? await startDemo(dataDir, logger) : undefined;
  if (demo !== undefined) stops.push(() => demo.stop());
  const { genesis, link } = await openGenesis({
    installation,
    keys,
    executorFolder: executorDir(dataDir),
    identity: isIsolated ? IDENTITIES.executor : undefined,
    enrolled: database.enrolled,
    inventoryDigest: demo?.inventoryDigest ?? '',
    now: unixMsFrom(Date.now()),
  });
  const orders = await makeOrders(options, { installation, keys, database, genesis, demo, isIsolated });
  await startProcesses(options, orders, { logger, logFd, processes }, stops);
  const logPolicy = join(dataDir, 'log-policy');
  await writeWhole(logPolicy, `log ${genesis.logVkey}\nquorum none\n`, 0o644);
  return {
    origin: installation.origin,
    dataDir,
    database: database.description,
    isIsolated,
    demo: installation.demo,
    logFile,
    logPolicy,
    models: modelsLine((await providersIn(dataDir)).providers),
    syslog: (options.syslog ?? []).map(({ transport, host, port }) => `${transport} ${host}:${port}`),
    link,
    stop,
  };
}

interface Surroundings {
  readonly logger: Logger;
  readonly logFd: number;
  readonly processes: ProcessList;
}

/** Server and executor, and the ai process where a provider is set. Settles when the first two are ready. */
async function startProcesses(
  options: StartOptions,
  orders: Orders,
  { logger, logFd, processes }: Surroundings,
  stops: (() => Promise<void>)[],
): Promise<void> {
  const { dataDir, program } = options;
  await ownFolder(aiDir(dataDir), isRoot() ? IDENTITIES.ai : undefined);
  const spec = (name: ChildName) => childSpec(name, program, orders, logFd, processes);
  const models = superviseModels(dataDir, events => superviseChild({ ...spec('ai'), ...events }, logger), logger);
  stops.push(() => models.stop());
  const server = superviseChild(
    {
      ...spec('server'),
      flags: SERVER_FLAGS,
      ...models.forServer,
      order: () => withAi(orders.server, models.isStarted()),
    },
    logger,
  );
  models.connect(server);
  const children = [server, superviseChild({ ...spec('executor'), flags: POLICY_FLAGS }, logger)];
  stops.push(async () => {
    await Promise.all(children.map(child => child.stop()));
  });
  await Promise.all(children.map(child => child.ready));
}

function openLog(
  options: StartOptions,
  stops: (() => Promise<void>)[],
): { readonly logFile: string | undefined; readonly logFd: number } {
  if (options.logTo === 'stderr') return { logFile: undefined, logFd: process.stderr.fd };
  const logFile = join(options.dataDir, 'countersign.log');
  const log = openLogFile(logFile);
  stops.push(async () => log.close());
  return { logFile, logFd: log.fd };
}

type ChildName = 'server' | 'executor' | 'ai';

function childSpec(name: ChildName, program: string, orders: Orders, logFd: number, processes: ProcessList): ChildSpec {
  return { name, program, args: [`run-${name}`], order: () => orders[name], logFd, started: pid => processes.add(pid) };
}

function startDemo(dataDir: string, logger: Logger): Promise<DemoTarget> {
  const identity = isRoot() ? IDENTITIES.demoTarget : undefined;
  return startDemoTarget({ folder: join(dataDir, 'demo'), identity, logger });
}

interface Parts {
  readonly installation: Installation;
  readonly keys: InstallationKeys;
  readonly database: Database;
  readonly genesis: Genesis;
  readonly demo: DemoTarget | undefined;
  readonly isIsolated: boolean;
}

interface ServerOrder extends ChildOrder {
  readonly secrets: ServerSecrets;
}

interface Orders {
  readonly server: ServerOrder;
  readonly executor: ChildOrder;
  readonly ai: ChildOrder;
}

function withAi(order: ServerOrder, hasAi: boolean): ServerOrder {
  return { ...order, secrets: { ...order.secrets, hasAi } };
}

async function makeOrders(options: StartOptions, parts: Parts): Promise<Orders> {
  const { installation, keys, database, genesis, demo, isIsolated } = parts;
  const common: Omit<CommonSecrets, 'databaseUrl'> = {
    v: 1,
    installation: installation.id,
    tenant: TENANT,
    demo: installation.demo,
    isIsolated,
    programVersion: options.programVersion,
  };
  const token = await openCliToken(options.dataDir);
  const server: ServerSecrets = {
    ...common,
    process: 'server',
    databaseUrl: database.serverUrl,
    port: installation.port,
    origin: installation.origin,
    rpId: genesis.rpId,
    logSeed: keys.logSeed.toString('base64url'),
    sessionKey: keys.sessionKey.toString('base64url'),
    cliTokenSha256: createHash('sha256').update(token).digest('hex'),
    genesis,
    folder: join(options.dataDir, 'server'),
    webFolder: await stage(options, isIsolated, 'web'),
    promptsFolder: await stage(options, isIsolated, 'prompts'),
    hasAi: false,
    demoScenario:
      demo === undefined ? undefined : { inventory: demo.inventory, systems: demo.systems.map(({ config }) => config) },
    ...(options.syslog === undefined ? {} : { syslog: options.syslog }),
  };
  const executor: ExecutorSecrets = {
    ...common,
    process: 'executor',
    databaseUrl: database.executorUrl,
    folder: executorDir(options.dataDir),
    startedSystems: [ownSystem(database, TENANT), ...(demo?.systems ?? [])],
  };
  const ai: AiSecrets = { v: 1, process: 'ai', folder: aiDir(options.dataDir) };
  const as = (name: ChildName, groups: readonly number[]) => (isIsolated ? { ...IDENTITIES[name], groups } : null);
  return {
    server: { identity: as('server', [SOCKET_GID]), secrets: server },
    executor: { identity: as('executor', [SOCKET_GID]), secrets: executor },
    // In no group: the folder of the database's socket is closed to it.
    ai: { identity: as('ai', []), secrets: ai },
  };
}

/** What was built, where the server may read it: a copy, if the checkout lies below a folder that is closed to it. */
async function stage(options: StartOptions, isIsolated: boolean, name: 'web' | 'prompts'): Promise<string> {
  const built = join(dirname(options.program), name);
  if (!isIsolated || !existsSync(built) || (await closedTo(IDENTITIES.server, built)) === undefined) return built;
  const staged = join(options.dataDir, 'server', name);
  await rm(staged, { recursive: true, force: true });
  await cp(built, staged, { recursive: true });
  await giveTo(IDENTITIES.server, staged);
  return staged;
}
