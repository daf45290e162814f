import { openDoors } from '../../src/api/serve.ts';
import type { Assistance, AssistTuning } from '../../src/app/assist/assistance.ts';
import { createLogger } from '../../src/app/logger.ts';
import { type ServerParts, startServer } from '../../src/app/server-process.ts';
import type { Id } from '../../src/base/id.ts';
import type { ModelCall, ProviderConfig } from '../../src/ports/model.ts';
import type { ServerSecrets } from '../../src/ports/secrets.ts';
import { type Browser, firstAdministrator, lines, send, startTestServer, type TestServer } from '../server/harness.ts';
import { type Answering, honest, LOCAL, pipeTo } from './models.ts';

const MAP = encodeURIComponent('id=id,time=time,title=rule,host=host,user=user,severity=severity,product=product');

/** A real server on a real database, at whose pipe a scripted model answers. */
export interface AssistWorld {
  readonly server: TestServer;
  readonly admin: Browser;
  /** Of the server that runs now. */
  assist(): Assistance;
  parts(): ServerParts;
  /** Who answers from now on. */
  answer(as: Answering): void;
  /** Everything that left since the last look. */
  calls(): readonly ModelCall[];
  /** So many new incidents. */
  incidents(count: number, severity?: string): Promise<readonly Id<'incident'>[]>;
  settle(change: object): Promise<void>;
  rows<T extends object>(sql: string): Promise<readonly T[]>;
}

export async function startAssistWorld(
  options: {
    readonly providers?: readonly ProviderConfig[];
    readonly tuning?: AssistTuning;
    readonly wellKnown?: Partial<ServerSecrets>;
  } = {},
): Promise<AssistWorld> {
  let answering: Answering = honest;
  let left: ModelCall[] = [];
  let parts: ServerParts | undefined;
  const providers = options.providers ?? [LOCAL];
  const pipe = pipeTo(async call => {
    left.push(call);
    return answering(call);
  }, providers);
  const logger = createLogger('server');
  logger.level = 'silent';
  const server = await startTestServer({
    ...(options.wellKnown === undefined ? {} : { wellKnown: options.wellKnown }),
    run: secrets =>
      startServer(
        secrets,
        opened => {
          parts = opened;
          return openDoors(opened);
        },
        logger,
        pipe,
        options.tuning,
      ),
  });
  const admin = await firstAdministrator(server);
  let made = 0;
  const current = (): ServerParts => {
    if (parts === undefined) throw new Error('no server runs');
    return parts;
  };
  return {
    server,
    admin,
    assist: () => current().assist,
    parts: current,
    answer: as => {
      answering = as;
    },
    calls() {
      const some = left;
      left = [];
      return some;
    },
    async incidents(count, severity = 'high') {
      const first = made;
      made += count;
      const records = Array.from({ length: count }, (_, n) => alertsOf(first + n, severity)).flat();
      const auth = { authorization: `Bearer ${server.cliToken}` };
      const sent = await send(server, 'POST', `/api/v1/ingest?map=${MAP}`, auth, lines(records));
      if (sent.status !== 200) throw new Error(`not taken in: ${sent.text}`);
      const { rows } = await server.db.ownerPool.query<{ id: Id<'incident'> }>(
        `SELECT DISTINCT incident_id AS id FROM alert WHERE vendor_id = ANY($1)`,
        [Array.from({ length: count }, (_, n) => `w${first + n}-1`)],
      );
      if (rows.length !== count) throw new Error(`${count} incidents became ${rows.length}`);
      return rows.map(row => row.id);
    },
    async settle(change) {
      const { settings } = (await admin.get('/api/v1/ai')).body;
      const answer = await admin.put('/api/v1/ai/settings', { ...settings, ...change });
      if (answer.status !== 200) throw new Error(`not settled: ${answer.text}`);
    },
    rows: async <T extends object>(sql: string) => (await server.db.ownerPool.query<T>(sql)).rows,
  };
}

/** Two alerts of one person and host that nobody else has. */
function alertsOf(n: number, severity: string): readonly object[] {
  const at = (minute: number) => new Date(Date.UTC(2026, 2, 1, 0, n * 7 + minute)).toISOString();
  const common = { host: `${name(n)}-pc`, user: name(n), severity, product: 'Examplar' };
  return [
    { id: `w${n}-1`, time: at(1), rule: `Unusual sign-in ${name(n)}`, ...common },
    { id: `w${n}-2`, time: at(3), rule: `Script started ${name(n)}`, ...common },
  ];
}

const LETTERS = 'bcdfghjklmnpqrstvwxz';
/** Of four syllables, another one for each number. */
const name = (n: number): string =>
  [n, n / 20, n / 400, n / 8_000].map(k => `${LETTERS.charAt(Math.floor(k) % LETTERS.length)}o`).join('');
