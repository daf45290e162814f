import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { BIG_ALERTS, type Filled, fillForQueries, newsOfBig } from './bench-queries-fill.ts';
import { type BenchServer, withBenchServer } from './bench-server.ts';

export interface QueriesBenchOptions {
  /** Alerts that are stored when it is asked. */
  readonly alerts: number;
  readonly port: number;
}

/** How long one kind of question took, over HTTP. */
export interface QueryFigures {
  readonly n: number;
  readonly p50: number;
  readonly p95: number;
  /** What may be taken, in milliseconds at the 95th of a hundred; undefined where there is no bar. */
  readonly bar: number | undefined;
  /** Of an answer, on average. */
  readonly bytes: number;
  /** The median against that of GET /healthz, asked in turn: what is left when the machine is busy. */
  readonly againstTrivial: number;
}

export interface QueriesFigures extends Filled {
  /** GET /healthz, milliseconds. */
  readonly trivial: { readonly p50: number; readonly p95: number };
  /** The search index was filled with nothing else to do. */
  readonly indexedPerSecond: number;
  readonly kinds: { readonly [kind: string]: QueryFigures };
}

/** Each kind is asked at least so often. */
const TIMES_MIN = 60;
const INDEX_WAIT_MS = 1_000;
const BARS: { readonly [kind: string]: number } = {
  queue: 150,
  'queue filtered': 150,
  'queue text': 150,
  'incident cold': 300,
  'incident warm': 300,
  'incident alerts': 300,
  'incident timeline': 300,
  'incident ask': 300,
  'search words': 300,
  'search part': 300,
  'search none': 300,
  'reviews 50': 100,
  'reviews 200': 100,
  'reviews all': 100,
  'review page': 100,
};

/** Fills a server of its own (see {@link fillForQueries}), lets it index all of it, and asks it as the pages do. */
export async function benchQueries(options: QueriesBenchOptions): Promise<QueriesFigures> {
  return withBenchServer(options.port, async server => {
    const filled = await fillForQueries(server, options.alerts);
    say(`${filled.alerts} alerts in ${filled.incidents} incidents; the server started in ${filled.startMs} ms`);
    const asker = new Asker(server);
    const indexedPerSecond = await indexAll(asker);
    say(`indexed ${indexedPerSecond} alerts/s`);
    await askQueue(asker);
    await askIncident(asker, server, filled.bigIncident);
    await askSearch(asker, filled);
    await askReviews(asker);
    await asker.repeat('me', () => '/api/v1/me');
    await asker.repeat('sources', () => '/api/v1/sources');
    // Without an executor the server is not ready, so that is not asked.
    const health = ['/metrics', '/api/v1/coverage', '/api/v1/quarantine', '/api/v1/log', '/api/v1/joining'];
    await asker.repeat('health', n => health[n % health.length] ?? '');
    return { ...filled, indexedPerSecond, ...asker.figures() };
  });
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

interface Told {
  readonly ms: number;
  readonly trivialMs: number;
  readonly bytes: number;
}

/** Asks one question at a time over one connection, with a trivial one after each. */
class Asker {
  private readonly agent = new Agent({ keepAlive: true, maxSockets: 1 });
  private readonly told = new Map<string, Told[]>();
  private readonly server: BenchServer;

  constructor(server: BenchServer) {
    this.server = server;
  }

  /** The answer's text; throws where it is no success. With a body it is a POST. */
  get(path: string, body?: object): Promise<string> {
    const { port, token } = this.server;
    const json = body === undefined ? {} : { 'content-type': 'application/json' };
    const headers = { authorization: `Bearer ${token}`, host: `localhost:${port}`, ...json };
    const method = body === undefined ? 'GET' : 'POST';
    return new Promise((resolve, reject) => {
      const asked = request({ host: '127.0.0.1', port, path, method, agent: this.agent, headers }, response => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk;
        });
        response.on('end', () =>
          response.statusCode === 200 ? resolve(text) : reject(new Error(`${path}: ${response.statusCode} ${text}`)),
        );
      });
      asked.on('error', reject);
      asked.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }

  /** Asks several paths as one question. Resolves to the last answer. */
  async ask(kind: string, paths: readonly string[], body?: object): Promise<string> {
    let text = '';
    let bytes = 0;
    const began = performance.now();
    for (const path of paths) {
      text = await this.get(path, body);
      bytes += text.length;
    }
    const asked = performance.now();
    await this.get('/healthz');
    const told = this.told.get(kind) ?? [];
    told.push({ ms: asked - began, trivialMs: performance.now() - asked, bytes });
    this.told.set(kind, told);
    // Outside of what is measured: faster than the door lets anybody, the bench would measure its refusals.
    await sleep((paths.length + 1) * PAUSE_MS);
    return text;
  }

  async repeat(kind: string, path: (n: number) => string): Promise<void> {
    for (let n = 0; n < TIMES_MIN; n++) await this.ask(kind, [path(n)]);
    this.print(kind);
  }

  print(kind: string): void {
    const { p50, p95, n, bytes, againstTrivial, bar } = this.figuresOf(kind);
    const against = bar === undefined ? '' : `  bar ${bar}`;
    say(
      `${kind.padEnd(18)} n ${n}  p50 ${p50} ms  p95 ${p95} ms  ${bytes} bytes  ${againstTrivial} × trivial${against}`,
    );
  }

  private figuresOf(kind: string): QueryFigures {
    const told = this.told.get(kind) ?? [];
    const ms = told.map(one => one.ms);
    const p50 = quantile(ms, 0.5);
    return {
      n: told.length,
      p50,
      p95: quantile(ms, 0.95),
      bar: BARS[kind],
      bytes: Math.round(told.reduce((sum, one) => sum + one.bytes, 0) / Math.max(1, told.length)),
      againstTrivial: Math.round(
        p50 /
          quantile(
            told.map(one => one.trivialMs),
            0.5,
          ),
      ),
    };
  }

  figures(): Pick<QueriesFigures, 'trivial' | 'kinds'> {
    const trivial = [...this.told.values()].flat().map(one => one.trivialMs);
    return {
      trivial: { p50: quantile(trivial, 0.5), p95: quantile(trivial, 0.95) },
      kinds: Object.fromEntries([...this.told.keys()].map(kind => [kind, this.figuresOf(kind)])),
    };
  }
}

/** The door takes 1,200 questions a minute from one caller. */
const PAUSE_MS = 50;

/** Milliseconds, to a tenth. */
function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return Math.round((sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0) * 10) / 10;
}

async function lagOf(asker: Asker): Promise<number> {
  return JSON.parse(await asker.get('/api/v1/search?q=nothinglikeit')).indexLag;
}

/** Waits until everything can be found. */
async function indexAll(asker: Asker): Promise<number> {
  const first = await lagOf(asker);
  const began = performance.now();
  for (let lag = first; lag > 0; lag = await lagOf(asker)) await sleep(INDEX_WAIT_MS);
  return Math.round(first / ((performance.now() - began) / 1_000));
}

const SORTS = ['severity', 'last_seen', 'first_seen', 'alerts'];
const FILTERS = [
  'severity=critical',
  'severity=high,medium',
  'source=generic',
  'source=nothing',
  'owner=none',
  'owner=usr_nobody',
  'coverage=gaps',
  'coverage=unknown',
  'severity=critical&owner=none&coverage=unknown',
];

async function askQueue(asker: Asker): Promise<void> {
  for (let n = 0; n < TIMES_MIN; n++) {
    const path = `/api/v1/incidents?limit=200&sort=${SORTS[n % SORTS.length]}`;
    const { next } = JSON.parse(await asker.ask('queue', [path]));
    await asker.ask('queue', [`${path}&cursor=${next}`]);
  }
  asker.print('queue');
  await asker.repeat(
    'queue filtered',
    n => `/api/v1/incidents?limit=200&sort=${SORTS[n % SORTS.length]}&${FILTERS[n % FILTERS.length]}`,
  );
  const texts = [
    'powershell',
    'user-k00-17',
    'sign-in',
    'nowhere to be found',
    'pc-k',
    'BEACON',
    '10.200.1.3',
    'carla',
  ];
  await asker.repeat(
    'queue text',
    n =>
      `/api/v1/incidents?limit=200&sort=${SORTS[n % SORTS.length]}&q=${encodeURIComponent(texts[n % texts.length] ?? '')}`,
  );
}

/** News arrive, somebody opens the incident, and opens it again. */
async function askIncident(asker: Asker, server: BenchServer, big: string): Promise<void> {
  const path = `/api/v1/incidents/${big}`;
  for (let n = 0; n < TIMES_MIN; n++) {
    await newsOfBig(server, n);
    await asker.ask('incident cold', [path]);
    await asker.ask('incident warm', [path]);
  }
  const { row } = JSON.parse(await asker.get(path));
  if (row.alertCount < BIG_ALERTS + TIMES_MIN) throw new Error(`the big incident has ${row.alertCount} alerts`);
  asker.print('incident cold');
  asker.print('incident warm');
  let cursor: string | undefined;
  for (let n = 0; n < TIMES_MIN; n++) {
    const page = await asker.ask('incident alerts', [
      `${path}/alerts?limit=200${cursor === undefined ? '' : `&cursor=${cursor}`}`,
    ]);
    cursor = JSON.parse(page).next;
  }
  asker.print('incident alerts');
  await asker.repeat('incident timeline', () => `${path}/timeline`);
  for (let n = 0; n < TIMES_MIN; n++)
    await asker.ask('incident ask', [`${path}/ask`], { question: QUESTIONS[n % QUESTIONS.length] });
  asker.print('incident ask');
}

/** Of every form that reads alerts, with and without a time, which of a large incident reads more of them. */
const QUESTIONS = [
  'How many failed logins?',
  'Which hosts?',
  'Which accounts in high severity alerts between 10 and 11?',
  'What happened before the last critical alert?',
  'powershell commands',
  'Was anything blocked?',
  'What is missing?',
  'Who was involved in which role?',
];

/** Words are in every alert, in some, in six and in one; an address and a hash; parts of words; and what is nowhere. */
async function askSearch(asker: Asker, { copies }: Filled): Promise<void> {
  const two = (n: number) => String(copies === 0 ? 0 : n % copies).padStart(2, '0');
  const part = (n: number): string => ['owershel', 'r-k01-17', 'ser-k', '10.250', 'c0ffee01', 'ownloa'][n % 6] ?? '';
  const word = (n: number): string =>
    [
      'powershell.exe',
      'sentence product',
      'beacon',
      `user-k${two(n)}-${n * 13}`,
      `s-k${two(n)}-${n * 101}`,
      `10.${1 + (n % Math.max(1, copies))}.3.${n}`,
      'carla.big',
      `task${n * 7}`,
    ][n % 8] ?? '';
  const nothing = (n: number): string =>
    ['zzyzx', 'no-such-host-anywhere', '203.0.113.99', 'deadbeefdeadbeef'][n % 4] ?? '';
  for (const [kind, query] of [
    ['search words', word],
    ['search part', part],
    ['search none', nothing],
  ] as const)
    await asker.repeat(kind, n => `/api/v1/search?limit=50&q=${encodeURIComponent(query(n))}`);
}

/** Pages of fifty and of two hundred, all that wait, and the page of each of them. */
async function askReviews(asker: Asker): Promise<void> {
  const path = '/api/v1/proposals?state=in_review';
  for (const limit of [50, 200]) {
    let cursor: string | undefined;
    for (let n = 0; n < TIMES_MIN; n++) {
      const page = await asker.ask(`reviews ${limit}`, [
        `${path}&limit=${limit}${cursor === undefined ? '' : `&cursor=${cursor}`}`,
      ]);
      cursor = JSON.parse(page).next;
    }
    asker.print(`reviews ${limit}`);
  }
  const pages: string[] = [];
  const ids: string[] = [];
  let next: string | undefined = '';
  while (next !== undefined) {
    const page = `${path}&limit=200${next === '' ? '' : `&cursor=${next}`}`;
    pages.push(page);
    const told: { readonly rows: readonly { readonly id: string }[]; readonly next?: string } = JSON.parse(
      await asker.get(page),
    );
    ids.push(...told.rows.map(({ id }) => id));
    next = told.next;
  }
  for (let n = 0; n < TIMES_MIN; n++) await asker.ask('reviews all', pages);
  asker.print('reviews all');
  await asker.repeat('review page', n => `/api/v1/proposals/${ids[(n * 37) % ids.length]}`);
}
