import pg from 'pg';
import { correlationInput } from '../app/offline-correlate.ts';
import { utf8 } from '../base/bytes.ts';
import { createCorrelator } from '../core/intake/correlate.ts';
import { normaliseRecord } from '../core/intake/normalise.ts';
import type { NormalisedAlert } from '../model/alert.ts';
import { SOURCES } from '../sources/index.ts';
import { recordOf } from '../sources/read/record.ts';
import { benchAlert } from './bench-records.ts';
import { type BenchServer, sendRecords, withBenchServer } from './bench-server.ts';

export interface IntakeBenchOptions {
  /** Alerts that are sent. */
  readonly alerts: number;
  readonly port: number;
}

/** What intake does when so many alerts are stored. */
export interface IntakeAt {
  readonly stored: number;
  /** Over HTTP, durable, whole way: the alerts just before this number was reached. */
  readonly perSecond: number;
  /** The same evidence and alert rows in batches of 1,000, with no index but the primary keys, written just after. */
  readonly rawPerSecond: number;
  /** The bar is .20. */
  readonly ratio: number;
}

/** Rates are of this machine in this run; only their ratios say something elsewhere. */
export interface IntakeFigures {
  readonly alerts: number;
  /** Bytes to alert, by one core. */
  readonly normalisePerSecond: number;
  /** Alert to incident, by one core. */
  readonly correlatePerSecond: number;
  /** Over HTTP, durable, whole way, from the first alert to the last. */
  readonly perSecond: number;
  /** Whole way against normalising alone. */
  readonly againstNormalise: number;
  readonly at: readonly IntakeAt[];
  /** What an alert costs at the last of `at` against the first: the bar is 1.3. */
  readonly costGrowth: number;
}

/** Where intake is looked at, for as many as are sent. */
const MARKS: readonly number[] = [10_000, 100_000, 1_000_000];
/** The rate at a mark is over so many alerts before it. */
const WINDOW = 10_000;
const BATCH = 1_000;
const ALONE = 50_000;
const MAP = 'rule_name=rule_name,id=id';

/**
 * Sends made-up alerts of eight hosts through a whole server; at each mark writes the same rows with nothing around
 * them. Normalising and correlating alone are measured on the same records.
 */
export async function benchIntake(
  options: IntakeBenchOptions = { alerts: 100_000, port: 18_080 },
): Promise<IntakeFigures> {
  const { normalisePerSecond, correlatePerSecond } = alone(Math.min(ALONE, options.alerts));
  const marks = MARKS.filter(mark => mark < options.alerts).concat(options.alerts);
  return withBenchServer(options.port, async server => {
    const at: IntakeAt[] = [];
    let seconds = 0;
    let sent = 0;
    for (const mark of marks) {
      const window = Math.min(WINDOW, mark - sent);
      seconds += await timed(server, sent, mark - window - sent);
      const inWindow = await timed(server, mark - window, window);
      seconds += inWindow;
      sent = mark;
      const perSecond = Math.round(window / inWindow);
      const rawPerSecond = await raw(server.superuserUrl);
      at.push({ stored: mark, perSecond, rawPerSecond, ratio: rounded(perSecond / rawPerSecond) });
    }
    const perSecond = Math.round(options.alerts / seconds);
    return {
      alerts: options.alerts,
      normalisePerSecond,
      correlatePerSecond,
      perSecond,
      againstNormalise: rounded(perSecond / normalisePerSecond),
      at,
      costGrowth: rounded((at[0]?.perSecond ?? 0) / (at.at(-1)?.perSecond ?? 1)),
    };
  });
}

/** Sends alerts and resolves to the seconds that it took until all of them were durable. */
async function timed(server: BenchServer, first: number, count: number): Promise<number> {
  if (count === 0) return 0;
  const began = performance.now();
  const counts = await sendRecords(server, MAP, first, count, benchAlert);
  if (counts.kept !== count) throw new Error(`${count} were sent and ${counts.kept} kept`);
  return (performance.now() - began) / 1_000;
}

/** The two stages that compute, without a server, by processor time. */
function alone(count: number): { readonly normalisePerSecond: number; readonly correlatePerSecond: number } {
  const bytes = Array.from({ length: count }, (_, n) => utf8(JSON.stringify(benchAlert(n))));
  const map = new Map([
    ['rule_name', 'rule_name'],
    ['id', 'id'],
  ]);
  const alerts: NormalisedAlert[] = [];
  const normalise = processorSeconds(() => {
    for (const one of bytes) {
      const piece = recordOf(one);
      const result = piece.ok ? normaliseRecord(piece.record, SOURCES, 'auto', map) : undefined;
      if (result?.ok !== true) throw new Error('a record of the bench cannot be read');
      alerts.push(result.value);
    }
  });
  const inputs = alerts.map(correlationInput);
  const correlator = createCorrelator();
  const correlate = processorSeconds(() => {
    for (const input of inputs) correlator.add(input);
  });
  return { normalisePerSecond: Math.round(count / normalise), correlatePerSecond: Math.round(count / correlate) };
}

function processorSeconds(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000_000;
}

/** The rows that the server has just written, once more, into tables that have nothing but a primary key. */
async function raw(url: string): Promise<number> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query('DROP TABLE IF EXISTS raw_evidence, raw_alert');
    await client.query('CREATE TABLE raw_evidence AS SELECT * FROM evidence WHERE false');
    await client.query('CREATE TABLE raw_alert AS SELECT * FROM alert WHERE false');
    await client.query('ALTER TABLE raw_evidence ADD PRIMARY KEY (tenant_id, id)');
    await client.query('ALTER TABLE raw_alert ADD PRIMARY KEY (tenant_id, id)');
    const batches = await rowBatches(client);
    const began = performance.now();
    for (const { evidence, alerts } of batches) {
      await client.query('BEGIN');
      await client.query(
        'INSERT INTO raw_evidence SELECT * FROM jsonb_populate_recordset(NULL::raw_evidence, $1::jsonb)',
        [evidence],
      );
      await client.query('INSERT INTO raw_alert SELECT * FROM jsonb_populate_recordset(NULL::raw_alert, $1::jsonb)', [
        alerts,
      ]);
      await client.query('COMMIT');
    }
    return Math.round((batches.length * BATCH) / ((performance.now() - began) / 1_000));
  } finally {
    await client.end();
  }
}

const RAW_BATCHES_MAX = 20;

async function rowBatches(
  client: pg.Client,
): Promise<readonly { readonly evidence: string; readonly alerts: string }[]> {
  const batches: { evidence: string; alerts: string }[] = [];
  let before = '~';
  while (batches.length < RAW_BATCHES_MAX) {
    const { rows } = await client.query<{ count: string; last: string; evidence: string; alerts: string }>(
      `WITH part AS (SELECT * FROM alert WHERE id < $1 ORDER BY id DESC LIMIT ${BATCH})
       SELECT (SELECT count(*) FROM part) AS count, (SELECT min(id) FROM part) AS last,
              (SELECT jsonb_agg(to_jsonb(e))::text FROM evidence e WHERE e.id IN (SELECT evidence_id FROM part)) AS evidence,
              (SELECT jsonb_agg(to_jsonb(part))::text FROM part) AS alerts`,
      [before],
    );
    const [row] = rows;
    if (row === undefined || Number(row.count) < BATCH) break;
    batches.push({ evidence: row.evidence, alerts: row.alerts });
    before = row.last;
  }
  return batches;
}

function rounded(value: number): number {
  return Math.round(value * 1_000) / 1_000;
}
