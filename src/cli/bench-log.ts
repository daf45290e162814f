import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { IDENTITIES, isRoot } from '../app/identities.ts';
import { startPostgres } from '../app/postgres.ts';
import { printNoteKey } from '../audit/note.ts';
import type { LogReader } from '../audit/reader.ts';
import { encodeBundle, logResources, printPath, TILE_WIDTH } from '../audit/tile.ts';
import { appendLeaves, EMPTY_RANGE, leafHash } from '../audit/tree.ts';
import { rebuild } from '../audit/verify/rebuild.ts';
import { verifyLog } from '../audit/verify/verify.ts';
import { utf8 } from '../base/bytes.ts';
import { canonical } from '../base/canonical.ts';
import { logSigner, nativeSha256, SEED_BYTES, verifyEd25519 } from '../store/ed25519.ts';
import { enqueue } from '../store/log.ts';
import { signHead } from '../store/log-start.ts';
import { migrate } from '../store/migrate.ts';
import { urlForDatabase } from '../store/roles.ts';
import { type Sequencer, startSequencer } from '../store/sequencer.ts';
import { signatureChecks } from './signature-checks.ts';

export interface LogBenchOptions {
  /** Each round measures both sides once, one after the other. */
  readonly rounds: number;
  readonly secondsPerRound: number;
  readonly clients: number;
  /** Of the log that is verified. */
  readonly entries: number;
}

/** Rates are of this machine in this run; only their ratios say something elsewhere. */
export interface LogFigures {
  readonly clients: number;
  /** Commits a second of an action row with its pending entry; nobody sequences. */
  readonly unsequencedPerSecond: number;
  /** The same, each waited for until it is under a signed checkpoint. */
  readonly sequencedPerSecond: number;
  /** Median over the rounds. The bar is .5. */
  readonly sequencedRatio: number;
  readonly entries: number;
  /** Seconds to hash every leaf and every node once, and nothing else. */
  readonly hashSeconds: number;
  readonly rebuildSeconds: number;
  readonly verifySeconds: number;
  /** Hash bound over the rebuilding of root and tiles (check 3). The bar is .6. */
  readonly rebuildRatio: number;
  /** Hash bound over all checks, reading every entry. */
  readonly verifyRatio: number;
  /** In exported tiles and framing. The bar is 35. */
  readonly bytesPerEntryAbove: number;
}

export const LOG_BENCH_DEFAULTS: LogBenchOptions = { rounds: 3, secondsPerRound: 3, clients: 16, entries: 200_000 };

const ORIGIN = 'log.example/bench';

/** `countersign bench log`: on a PostgreSQL of its own with fsync, in a temporary folder that it removes. */
export async function benchLog(options: LogBenchOptions = LOG_BENCH_DEFAULTS): Promise<LogFigures> {
  return { ...(await benchCommits(options)), ...(await benchVerify(options.entries)) };
}

async function benchCommits(options: LogBenchOptions) {
  const home = await mkdtemp(join(tmpdir(), 'countersign-bench-log-'));
  const identity = isRoot() ? IDENTITIES.postgres : undefined;
  const postgres = await startPostgres({ home, identity, fsync: true, superuser: 'allowed' });
  try {
    return await postgres.asSuperuser(async superuser => {
      const admin = new pg.Client({ connectionString: superuser });
      await admin.connect();
      await admin.query('CREATE DATABASE bench');
      await admin.end();
      const url = urlForDatabase(superuser, 'bench');
      const migrated = await migrate({ url, passwords: { server: 'bench', executor: 'bench', own: 'bench' } });
      if (!migrated.ok) throw new Error(migrated.failure.detail);
      return rounds(url, options);
    });
  } finally {
    await postgres.stop();
    await rm(home, { recursive: true, force: true });
  }
}

async function rounds(url: string, { rounds: count, secondsPerRound, clients }: LogBenchOptions) {
  const pool = new pg.Pool({ connectionString: url, max: clients + 4 });
  // What a query meets still rejects; this is a connection that nobody holds.
  pool.on('error', () => undefined);
  try {
    await pool.query(
      'CREATE TABLE bench_action (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, body text NOT NULL)',
    );
    const signer = logSigner(ORIGIN, new Uint8Array(SEED_BYTES).fill(1));
    const rates: { plain: number; sequenced: number }[] = [];
    // One round more, which warms up and does not count.
    for (let round = 0; round <= count; round++) {
      const plain = await rateOf(pool, `plain-${round}`, clients, secondsPerRound, undefined);
      const sequencer = await startSequencer({ pool, tenant: `sequenced-${round}`, signer });
      const sequenced = await rateOf(pool, `sequenced-${round}`, clients, secondsPerRound, sequencer);
      await sequencer.stop();
      if (round > 0) rates.push({ plain, sequenced });
    }
    return {
      clients,
      unsequencedPerSecond: Math.round(median(rates.map(({ plain }) => plain))),
      sequencedPerSecond: Math.round(median(rates.map(({ sequenced }) => sequenced))),
      sequencedRatio: rounded(median(rates.map(({ plain, sequenced }) => sequenced / plain))),
    };
  } finally {
    await pool.end();
  }
}

/** Each client commits an action and its entry, waits for the inclusion where there is a sequencer, and begins again. */
async function rateOf(
  pool: pg.Pool,
  tenant: string,
  clients: number,
  seconds: number,
  sequencer: Sequencer | undefined,
): Promise<number> {
  const [from, until] = [performance.now(), performance.now() + seconds * 1_000];
  let done = 0;
  const client = async (name: number) => {
    const connection = await pool.connect();
    try {
      for (let i = 0; performance.now() < until; i++) {
        await connection.query('BEGIN');
        await connection.query('INSERT INTO bench_action (body) VALUES ($1)', ['x'.repeat(300)]);
        const id = await enqueue(connection, tenant, {
          v: '1',
          at: '2026-01-01T00:00:00.000Z',
          type: 'source.configured',
          source: `${name}/${i} ${'x'.repeat(150)}`,
          by: 'usr_bench',
        });
        await connection.query('COMMIT');
        const inclusion = await sequencer?.included(id, 30_000);
        if (sequencer !== undefined && inclusion === undefined) throw new Error('an entry was not included in 30 s');
        done += 1;
      }
    } finally {
      connection.release();
    }
  };
  await Promise.all(Array.from({ length: clients }, (_, name) => client(name)));
  return done / ((performance.now() - from) / 1_000);
}

async function benchVerify(count: number) {
  const entries = Array.from({ length: count }, (_, i) => utf8(canonical(i === 0 ? FIRST : entryOf(i))));
  const signer = logSigner(ORIGIN, new Uint8Array(SEED_BYTES).fill(1));
  const { files, note, bytes } = layOut(entries, signer);
  const read: LogReader = async path => (path === 'checkpoint' ? utf8(note) : files.get(path));
  const policy = `log ${printNoteKey(signer.key)}\nquorum none\n`;
  const runs: { hash: number; rebuild: number; verify: number }[] = [];
  for (let i = 0; i < 3; i++) {
    const hash = await secondsOf(async () => hashAll(entries));
    const rebuilt = await secondsOf(async () => {
      const done = await rebuild({
        read,
        size: count,
        sha256: nativeSha256,
        since: undefined,
        onEntries: async () => {},
      });
      if (!done.ok) throw new Error(done.failure.detail);
    });
    const verified = await secondsOf(async () => {
      const report = await verifyLog({
        read,
        policy,
        sha256: nativeSha256,
        verifyEd25519,
        signatures: signatureChecks,
      });
      if (report.outcome !== 'verified') throw new Error(report.checks.map(({ detail }) => detail).join('; '));
    });
    runs.push({ hash, rebuild: rebuilt, verify: verified });
  }
  const entryBytes = entries.reduce((sum, entry) => sum + entry.length, 0);
  return {
    entries: count,
    hashSeconds: rounded(median(runs.map(run => run.hash))),
    rebuildSeconds: rounded(median(runs.map(run => run.rebuild))),
    verifySeconds: rounded(median(runs.map(run => run.verify))),
    rebuildRatio: rounded(median(runs.map(run => run.hash / run.rebuild))),
    verifyRatio: rounded(median(runs.map(run => run.hash / run.verify))),
    bytesPerEntryAbove: rounded((bytes - entryBytes) / count),
  };
}

const AT = '2026-01-01T00:00:00.000Z';
const FIRST = {
  v: '1',
  at: AT,
  type: 'installation.made',
  installation: 'ins_bench',
  logOrigin: ORIGIN,
  linkPublicKey: 'x',
  linkExpiresAt: AT,
  rpId: 'localhost',
  origin: 'http://localhost:8080',
  demo: 'no',
  policyDigest: '0'.repeat(64),
  inventoryDigest: '',
};

/** Some 300 bytes, as most entries have. */
function entryOf(i: number) {
  const [records, root] = [String(i), i.toString(16).padStart(64, '0')];
  const counts = { records, kept: records, duplicate: '0', quarantined: '0' };
  return { v: '1', at: AT, type: 'intake.batch', batch: `bat_${i}`, source: 'x'.repeat(100), ...counts, root };
}

function layOut(entries: readonly Uint8Array[], signer: ReturnType<typeof logSigner>) {
  const levels: Uint8Array[][] = [];
  const leaves = entries.map(entry => leafHash(entry, nativeSha256));
  const range = appendLeaves(EMPTY_RANGE, leaves, nativeSha256, (height, _, hash) => {
    if (height % 8 !== 0) return;
    const level = levels[height / 8] ?? [];
    levels[height / 8] = level;
    level.push(hash);
  });
  const files = new Map<string, Uint8Array>();
  let bytes = 0;
  for (const resource of logResources(entries.length)) {
    if (resource.kind === 'checkpoint') continue;
    const [from, to] = [resource.index * TILE_WIDTH, resource.index * TILE_WIDTH + resource.width];
    const content =
      resource.kind === 'entries'
        ? encodeBundle(entries.slice(from, to))
        : Buffer.concat(levels[resource.level]?.slice(from, to) ?? []);
    bytes += content.length;
    files.set(printPath(resource), content);
  }
  return { files, bytes, note: signHead(signer, range) };
}

/** What any verifier has to do at the least: one hash a leaf and one a node. */
function hashAll(entries: readonly Uint8Array[]): void {
  const node = new Uint8Array(65);
  for (const entry of entries) {
    leafHash(entry, nativeSha256);
    nativeSha256(node);
  }
}

async function secondsOf(work: () => Promise<void>): Promise<number> {
  const from = performance.now();
  await work();
  return (performance.now() - from) / 1_000;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

function rounded(value: number): number {
  return Math.round(value * 1_000) / 1_000;
}
