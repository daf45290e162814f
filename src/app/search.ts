import { setTimeout as sleep } from 'node:timers/promises';
import { type Id, idFloor } from '../base/id.ts';
import { unixMsFrom } from '../base/time.ts';
import type { SearchResult } from '../model/api.ts';
import type { ServerContext } from './context.ts';

/** Alerts that are indexed in one transaction, while alerts come in and while they do not. */
const INDEX_BATCH_BUSY = 500;
const INDEX_BATCH_IDLE = 2_000;
const IDLE_MS = 2_000;
/** The indexer yields between batches: a moment, and while alerts come in so many times as long as it worked. */
const YIELD_MS = 5;
const YIELD_FACTOR_BUSY = 4;
const BUSY_MS = 1_000;
/** Ids sort by time; those of the last ten minutes are looked through again after a start, in case they came late. */
const LOOK_BACK_MS = 600_000;

/** Fills the search index and counts the entities behind intake, in one statement, and says how far it is behind. */
export interface SearchIndexer {
  /** Alerts that are kept and not yet found by searching. */
  lag(): number;
  /** So many were kept just now. */
  kept(count: number): void;
  stop(): Promise<void>;
}

/** Each text of an alert stands once in what is searched, however many of its fields hold it. */
const FILL = `
  WITH missing AS (
    SELECT a.id, a.activity_at, a.title, a.rule, a.product, a.vendor_id, a.body, e.bytes
      FROM alert a JOIN evidence e ON e.tenant_id = a.tenant_id AND e.id = a.evidence_id
     WHERE a.tenant_id = $1 AND a.id > $2 ORDER BY a.id LIMIT $3
  ), texts AS (
    SELECT id, activity_at,
           left(concat_ws(' ', title, (SELECT string_agg(part, ' ') FROM (
             SELECT rule UNION SELECT product UNION SELECT vendor_id
              UNION SELECT entity ->> 'label' FROM jsonb_array_elements(body -> 'entities') AS entity
              UNION SELECT value FROM jsonb_each_text(body -> 'fields')) AS parts (part) WHERE part <> title)), 2000) AS text,
           left(translate(encode(substring(bytes FROM 1 FOR 4000), 'escape'), '{}[]"\\,:=', '         '), 4000) AS raw
      FROM missing
  ), done AS (
    INSERT INTO alert_search (tenant_id, alert_id, activity_at, words, text)
    SELECT $1, id, activity_at, to_tsvector('simple', text || ' ' || raw), text FROM texts
    ON CONFLICT DO NOTHING RETURNING alert_id
  )
  SELECT (SELECT max(id) FROM missing) AS last, (SELECT count(*) FROM missing) AS seen, count(*) AS added,
         count_entities($1, coalesce(array_agg(alert_id), '{}')) FROM done`;

/** Starts it from where the index ends. */
export async function startSearchIndexer(context: ServerContext): Promise<SearchIndexer> {
  const { rows } = await context.pool.query<{ last: string | null; alerts: string; indexed: string }>(
    `SELECT (SELECT max(alert_id) FROM alert_search WHERE tenant_id = $1 AND activity_at IS NOT NULL) AS last,
            (SELECT count(*) FROM alert WHERE tenant_id = $1) AS alerts, (SELECT count(*) FROM alert_search WHERE tenant_id = $1) AS indexed`,
    [context.tenant],
  );
  let lag = Number(rows[0]?.alerts ?? 0) - Number(rows[0]?.indexed ?? 0);
  let place = await lookBack(context, rows[0]?.last ?? '');
  let isStopped = false;
  let lastKept = Number.NEGATIVE_INFINITY;
  let wake = new AbortController();
  const run = async () => {
    while (!isStopped) {
      let seen = 0;
      const began = performance.now();
      const isBusy = began - lastKept < BUSY_MS;
      try {
        const filled = await context.pool.query<{ last: string | null; seen: string; added: string }>({
          name: 'search-fill',
          text: FILL,
          values: [context.tenant, place, isBusy ? INDEX_BATCH_BUSY : INDEX_BATCH_IDLE],
        });
        seen = Number(filled.rows[0]?.seen ?? 0);
        place = filled.rows[0]?.last ?? place;
        lag = Math.max(0, lag - Number(filled.rows[0]?.added ?? 0));
      } catch (error) {
        if (!isStopped) context.logger.warn({ err: error }, 'the search index could not be filled; it is tried again');
      }
      wake = new AbortController();
      const worked = performance.now() - began;
      const isBusyNow = performance.now() - lastKept < BUSY_MS;
      if (seen > 0) await sleep(isBusyNow ? worked * YIELD_FACTOR_BUSY : YIELD_MS);
      else await sleep(IDLE_MS, undefined, { signal: wake.signal }).catch(() => undefined);
    }
  };
  const running = run();
  return {
    lag: () => lag,
    kept(count) {
      lag += count;
      lastKept = performance.now();
      wake.abort();
    },
    async stop() {
      isStopped = true;
      wake.abort();
      await running;
    },
  };
}

/** The id after which alerts are looked at again after a start. */
async function lookBack(context: ServerContext, last: string): Promise<string> {
  if (last === '') return '';
  const { rows } = await context.pool.query<{ received_at: Date }>(
    'SELECT received_at FROM alert WHERE tenant_id = $1 AND id = $2',
    [context.tenant, last],
  );
  const [row] = rows;
  return row === undefined ? '' : idFloor('alert', row.received_at.getTime() - LOOK_BACK_MS);
}

/** So many of the newest alerts are looked through for each hit that is wanted: what is common is found among them. */
const NEWEST_LOOK_FACTOR = 20;
/** Of what is rarer, so many hits are looked at by an index before the newest are told. */
const HITS_LOOK_MAX = 50_000;
/** An index that does not answer within this is given up, and the answer says that it is partial. */
const INDEX_MS_MAX = 150;

interface Hit {
  readonly alert_id: Id<'alert'>;
  readonly activity_at: Date;
  readonly excerpt: string;
}

/**
 * Finds alerts by words or by a part of a word, newest first.
 *
 * The newest alerts are looked through first: where they hold enough, those are the newest hits. What is rarer is found
 * by the indexes, words and parts at the same time, each within bounds. `isPartial` is true where a bound was met, or
 * where the index is behind intake.
 */
export async function search(
  context: ServerContext,
  indexer: Pick<SearchIndexer, 'lag'>,
  query: string,
  limit: number,
): Promise<SearchResult> {
  const { rows: newest } = await context.pool.query<Hit>('SELECT * FROM search_newest($1, $2, $3)', [
    query,
    limit,
    limit * NEWEST_LOOK_FACTOR,
  ]);
  const isEnough = newest.length >= limit;
  const [words, part] = isEnough
    ? [NOTHING, NOTHING]
    : await Promise.all([
        byIndex(context, 'search_words', query, limit),
        byIndex(context, 'search_part', query, limit),
      ]);
  const found = new Map([...newest, ...words.hits, ...part.hits].map(hit => [hit.alert_id, hit]));
  const hits = [...found.values()].sort(
    (a, b) => b.activity_at.getTime() - a.activity_at.getTime() || (a.alert_id < b.alert_id ? 1 : -1),
  );
  return {
    hits: await told(context, hits.slice(0, limit)),
    indexLag: indexer.lag(),
    isPartial: words.isCut || part.isCut || indexer.lag() > 0,
  };
}

interface Looked {
  readonly hits: readonly Hit[];
  readonly isCut: boolean;
}
const NOTHING: Looked = { hits: [], isCut: false };

/** PostgreSQL's code for a statement that was stopped, here by its time limit. */
const QUERY_CANCELED = '57014';

async function byIndex(
  context: ServerContext,
  by: 'search_words' | 'search_part',
  query: string,
  limit: number,
): Promise<Looked> {
  const client = await context.pool.connect();
  let broken: Error | undefined;
  try {
    await client.query(`BEGIN READ ONLY; SET LOCAL statement_timeout = ${INDEX_MS_MAX}`);
    const { rows } = await client.query<Hit & { readonly is_cut: boolean }>(`SELECT * FROM ${by}($1, $2, $3)`, [
      query,
      limit,
      HITS_LOOK_MAX,
    ]);
    return { hits: rows, isCut: rows[0]?.is_cut ?? false };
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === QUERY_CANCELED) return { hits: [], isCut: true };
    throw error;
  } finally {
    await client.query('ROLLBACK').catch((failure: unknown) => {
      broken = failure instanceof Error ? failure : new Error(String(failure));
    });
    client.release(broken);
  }
}

async function told(context: ServerContext, hits: readonly Hit[]): Promise<SearchResult['hits']> {
  const { rows } = await context.pool.query<{
    id: Id<'alert'>;
    evidence_id: Id<'evidence'>;
    incident_id: Id<'incident'>;
    title: string;
  }>('SELECT id, evidence_id, incident_id, title FROM alert WHERE tenant_id = $1 AND id = ANY($2)', [
    context.tenant,
    hits.map(hit => hit.alert_id),
  ]);
  const alerts = new Map(rows.map(row => [row.id, row]));
  return hits.flatMap(hit => {
    const alert = alerts.get(hit.alert_id);
    if (alert === undefined) return [];
    return {
      alert: alert.id,
      evidence: alert.evidence_id,
      incident: alert.incident_id,
      title: alert.title,
      excerpt: hit.excerpt,
      at: unixMsFrom(hit.activity_at.getTime()),
    };
  });
}
