import pg from 'pg';
import type { Logger } from 'pino';
import { ok } from '../base/result.ts';
import { authorise } from '../core/decide/authorise.ts';
import { verifyKey } from '../keys/verify-key.ts';
import type { RunningProcess, ServerSecrets } from '../ports/secrets.ts';
import { SOURCES } from '../sources/index.ts';
import { logSigner } from '../store/ed25519.ts';
import { type Sequencer, startSequencer } from '../store/sequencer.ts';
import { type Assistance, type AssistTuning, startAssistance } from './assist/assistance.ts';
import { startBindingIndexer } from './bindings.ts';
import { nodeIds, nodeNow, record, type ServerContext, transact } from './context.ts';
import { type CorrelatingPlacer, createPlacer } from './correlating.ts';
import { playDemo } from './demo/play.ts';
import { startDrills } from './drills/rounds.ts';
import { Enrichment } from './enrich.ts';
import { OfflineData } from './enrichment-data.ts';
import { Gateway } from './gateway/gateway.ts';
import { Intake } from './intake.ts';
import { installDemoInventory } from './inventory.ts';
import { startLeaseUpkeep } from './leases/upkeep.ts';
import { postgresLive } from './live.ts';
import { createLogger } from './logger.ts';
import { rangesIn } from './look-up-store.ts';
import { LookUps } from './look-ups.ts';
import { type ModelPipe, noModelPipe } from './model-pipe.ts';
import { Notices } from './notices/notices.ts';
import { Overview } from './overview.ts';
import { startPlaybookUpkeep } from './playbooks/upkeep.ts';
import { PolicyInForce } from './policy/in-force.ts';
import { startPolling } from './polling.ts';
import { startProposalUpkeep } from './proposals/project.ts';
import { beginRules } from './rules.ts';
import { type SearchIndexer, startSearchIndexer } from './search.ts';
import { type Study, startStudy } from './study.ts';
import { type Syslog, startSyslog } from './syslog.ts';

/** Everything that the doors of the server need. */
export interface ServerParts {
  readonly context: ServerContext;
  readonly secrets: ServerSecrets;
  readonly intake: Intake;
  readonly placer: CorrelatingPlacer;
  readonly study: Study;
  readonly overview: Overview;
  readonly indexer: SearchIndexer;
  readonly sequencer: Sequencer;
  readonly enrichment: Enrichment;
  readonly lookUps: LookUps;
  readonly notices: Notices;
  readonly policy: PolicyInForce;
  readonly syslog: Syslog;
  /** The gate in front of other people's MCP servers. */
  readonly gateway: Gateway;
  /** The way to the ai process. It answers also where none runs. */
  readonly models: ModelPipe;
  /** What models add to incidents, where one may be asked. */
  readonly assist: Assistance;
  /** Why it is not ready; undefined while it is. */
  readonly notReady: () => string | undefined;
}

/** Listens, and stops listening once every answer in hand is given. */
export type OpenDoors = (parts: ServerParts) => Promise<RunningProcess>;

const POOL_CONNECTIONS_MAX = 12;
const CONNECT_MS_MAX = 10_000;
/** A statement of a page that takes longer is given up; intake and start-up have none. */
const STATEMENT_MS_MAX = 60_000;

/** The server refuses to start for a reason that stands in its message. */
export class ServerRefusal extends Error {
  override readonly name = 'ServerRefusal';
}

/**
 * The server: intake, study, people, the log's sequencer and the doors over which they are reached.
 *
 * Everything that it knows is in the database; what it holds in memory is read again at its start. It listens last, so
 * that whoever reaches it finds all of it.
 */
export async function startServer(
  secrets: ServerSecrets,
  openDoors: OpenDoors,
  logger: Logger = createLogger('server'),
  models: ModelPipe = noModelPipe(),
  tuning: AssistTuning = {},
): Promise<RunningProcess> {
  const stops: (() => Promise<void>)[] = [];
  const stop = async () => {
    for (const each of stops.splice(0).reverse())
      await each().catch((error: unknown) => logger.error({ err: error }, 'could not stop in order'));
  };
  try {
    await start(secrets, openDoors, logger, models, tuning, stops);
  } catch (error) {
    await stop();
    throw error;
  }
  return { stop };
}

async function start(
  secrets: ServerSecrets,
  openDoors: OpenDoors,
  logger: Logger,
  models: ModelPipe,
  tuning: AssistTuning,
  stops: (() => Promise<void>)[],
): Promise<void> {
  const connection: pg.PoolConfig = {
    connectionString: withTenant(secrets.databaseUrl, secrets.tenant),
    application_name: 'countersign-server',
    connectionTimeoutMillis: CONNECT_MS_MAX,
  };
  const pool = new pg.Pool({ ...connection, max: POOL_CONNECTIONS_MAX, statement_timeout: STATEMENT_MS_MAX });
  pool.on('error', error => logger.warn({ err: error }, 'an idle connection was lost'));
  // A connection that is lost while a transaction holds it fails the transaction; without this it would end the process.
  pool.on('connect', client =>
    client.on('error', error => logger.debug({ err: error }, 'a connection was lost in use')),
  );
  stops.push(() => pool.end());
  const live = postgresLive(connection, pool, error => logger.warn({ err: error }, 'live news are interrupted'));
  stops.push(() => live.close());
  const policy = new PolicyInForce();
  await policy.follow({ pool, tenant: secrets.tenant, logger }, live);
  stops.push(async () => policy.stop());
  const sequencer = await startSequencer({
    pool,
    tenant: secrets.tenant,
    signer: logSigner(secrets.genesis.logOrigin, Buffer.from(secrets.logSeed, 'base64url')),
    onCheckpoint: (_note, size) => live.publish({ kind: 'log', size }),
    onTrouble: error => logger.warn({ err: error }, 'the log could not be written; it is tried again'),
  });
  stops.push(() => sequencer.stop());
  const context: ServerContext = {
    pool,
    tenant: secrets.tenant,
    genesis: secrets.genesis,
    origin: secrets.origin,
    policy: () => policy.current().set,
    verify: verifyKey,
    now: nodeNow,
    newId: nodeIds(nodeNow),
    live,
    nudgeLog: () => sequencer.nudge(),
    logger,
  };
  // The first decision compiles the policies; nobody should wait for it.
  authorise(context.policy(), { kind: 'machine', id: 'start', purpose: 'executor' }, 'read');
  await beginLog(context);
  await beginRules(context);
  await installDemoInventory(context, secrets.demoScenario?.inventory ?? '');
  stops.push(startProposalUpkeep(context));
  const placer = await createPlacer(context);
  const study = await startStudy(context, secrets);
  stops.push(() => study.stop());
  stops.push(
    startPlaybookUpkeep(context, async incident => {
      const studied = await study.studyOf(incident as `inc_${string}`);
      return studied.ok ? studied.value : undefined;
    }),
  );
  stops.push(
    startLeaseUpkeep(context, async incident => {
      const studied = await study.studyOf(incident as `inc_${string}`);
      return studied.ok ? studied.value : undefined;
    }),
  );
  const indexer = await startSearchIndexer(context);
  stops.push(() => indexer.stop());
  const bindings = await startBindingIndexer(context);
  stops.push(() => bindings.stop());
  const lookUps = new LookUps(context, secrets.folder);
  lookUps.run();
  stops.push(() => lookUps.stop());
  const notices = new Notices(context, secrets.folder, study.streams);
  notices.run();
  stops.push(() => notices.stop());
  stops.push(
    startDrills({
      context,
      readStudy: async incident => {
        const studied = await study.studyOf(incident as `inc_${string}`);
        return studied.ok ? studied.value : undefined;
      },
      systems: () => study.systems(),
      tellsOthers: () => notices.tellsOthersOfReviews(),
    }),
  );
  const data = new OfflineData(rangesIn(secrets.folder));
  const enrichment = new Enrichment(context, study, data, lookUps, () => indexer.lag());
  const overview = new Overview(context);
  const intake = new Intake(context, SOURCES, placer, (placed, incidents) => {
    study.kept(placed, incidents);
    overview.changed();
    bindings.kept(placed);
    indexer.kept(placed.length);
    live.publish(
      { kind: 'incidents', changed: incidents.length },
      ...incidents.slice(0, NEWS_MAX).map(id => ({ kind: 'incident', id }) as const),
    );
  });
  const polling = startPolling(context, intake, secrets.folder, connection);
  stops.push(() => polling.stop());
  const gateway = new Gateway(context, secrets.folder);
  gateway.run();
  stops.push(() => gateway.stop());
  const syslog = await startSyslog(context, intake, secrets.syslog ?? []);
  stops.push(() => syslog.stop());
  let ended: string | undefined;
  sequencer.ended.then(refusal => {
    ended = refusal?.message ?? 'the sequencer of the log has stopped';
    if (refusal !== undefined) logger.fatal({ err: refusal }, 'the log is not written any more');
  });
  const assist = startAssistance(context, study, secrets, models, { ...tuning, notReady: () => ended });
  stops.push(() => assist.stop());
  const doors = await openDoors({
    context,
    secrets,
    intake,
    placer,
    study,
    overview,
    indexer,
    sequencer,
    enrichment,
    lookUps,
    notices,
    policy,
    syslog,
    gateway,
    models,
    assist,
    notReady: () => ended,
  });
  stops.push(() => doors.stop());
  if (secrets.demoScenario !== undefined) {
    const played = playDemo({ context, intake }).then(
      counts => counts !== undefined && logger.info({ counts }, 'the demo was played'),
      (error: unknown) => logger.error({ err: error }, 'the demo could not be played'),
    );
    stops.push(async () => void (await played));
  }
}

/** Incidents that are named one by one in the news of one batch; a page looks at the queue for the others. */
const NEWS_MAX = 20;

/** The same address with the setting that row-level security asks for. */
export function withTenant(databaseUrl: string, tenant: string): string {
  const url = new URL(databaseUrl);
  url.searchParams.set('options', `-c countersign.tenant=${tenant}`);
  return url.toString().replaceAll('+', '%20');
}

/**
 * The first entry of a log says whose it is, and what the first enrolment link's key is. While nobody is enrolled each
 * start has a link of its own, so it is said again when it changed.
 */
async function beginLog(context: ServerContext): Promise<void> {
  const { genesis, tenant } = context;
  await transact(context, async client => {
    await client.query('SELECT pg_advisory_xact_lock(hashtext($1))', [`countersign.begin.${tenant}`]);
    const made = `position(convert_to('"linkPublicKey":' || to_json($2::text)::text, 'UTF8') in entry) > 0 AND position('"type":"installation.made"'::bytea in entry) > 0`;
    const { rows } = await client.query<{ is_said: boolean; is_enrolled: boolean }>(
      `SELECT EXISTS (SELECT 1 FROM audit_entry WHERE tenant_id = $1 AND ${made}) OR EXISTS (SELECT 1 FROM audit_pending WHERE tenant_id = $1 AND ${made}) AS is_said,
              EXISTS (SELECT 1 FROM enrolment WHERE tenant_id = $1) AS is_enrolled`,
      [tenant, genesis.linkPublicKey],
    );
    if (rows[0]?.is_said === true || rows[0]?.is_enrolled === true) return ok(undefined);
    await record(context, client, {
      type: 'installation.made',
      installation: genesis.installation,
      logOrigin: genesis.logOrigin,
      linkPublicKey: genesis.linkPublicKey,
      linkExpiresAt: genesis.linkExpiresAt,
      rpId: genesis.rpId,
      origin: genesis.origin,
      demo: genesis.demo ? 'yes' : 'no',
      policyDigest: genesis.policyDigest,
      inventoryDigest: genesis.inventoryDigest,
    });
    return ok(undefined);
  });
}
