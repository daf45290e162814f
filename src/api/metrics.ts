import { Hono } from 'hono';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { ServerParts } from '../app/server-process.ts';
import { readTrailHealth } from '../app/trails.ts';
import { allow, type Frame } from './door.ts';
import { readHealth } from './me.ts';

const SECONDS = [0.005, 0.02, 0.1, 0.3, 1, 3, 10];

/** Counts what the doors do. Labels hold routes and never paths, ids or names. */
export class Metrics {
  readonly registry = new Registry();
  private readonly answers = new Histogram({
    name: 'countersign_http_seconds',
    help: 'Answers by route and status',
    labelNames: ['method', 'route', 'status'] as const,
    buckets: SECONDS,
    registers: [this.registry],
  });
  readonly records = new Counter({
    name: 'countersign_intake_records_total',
    help: 'Records by what became of them',
    labelNames: ['outcome'] as const,
    registers: [this.registry],
  });

  constructor() {
    collectDefaultMetrics({ register: this.registry, prefix: 'countersign_' });
  }

  answered(method: string, route: string, status: number, seconds: number): void {
    this.answers.observe({ method, route, status: String(status) }, seconds);
  }

  /** Gauges that are read when somebody asks. */
  watch(parts: ServerParts): void {
    const gauge = (name: string, help: string, read: () => number) =>
      new Gauge({
        name,
        help,
        registers: [this.registry],
        collect() {
          this.set(read());
        },
      });
    gauge('countersign_search_lag', 'Alerts that searching does not find yet', () => parts.indexer.lag());
    gauge('countersign_intake_backlog', 'Batches that wait for their turn', () => parts.intake.backlog);
    gauge(
      'countersign_silent_streams',
      'Streams that are silent or degraded now',
      () => parts.study.streams.out().length,
    );
    gauge('countersign_ai_waiting', 'Questions that wait to be asked', () => parts.assist.gateway.line.state().waiting);
    gauge(
      'countersign_ai_shed',
      'Questions that found the line full since the start',
      () => parts.assist.gateway.line.state().shed,
    );
    gauge('countersign_log_size', 'Entries in the log', () => parts.sequencer.head().range.size);
    new Counter({
      name: 'countersign_look_ups_total',
      help: 'Values that look-ups were asked about, by what came of it',
      labelNames: ['look_up', 'outcome'] as const,
      registers: [this.registry],
      collect() {
        this.reset();
        for (const { lookUp, outcome, count } of parts.lookUps.outcomes())
          this.inc({ look_up: lookUp, outcome }, count);
      },
    });
    const trails = new Gauge({
      name: 'countersign_trails',
      help: 'Connected systems by how the log is that they keep of our write credential',
      labelNames: ['state'] as const,
      registers: [this.registry],
      async collect() {
        const systems = await readTrailHealth(parts.context);
        for (const state of ['none', 'awaited', 'read', 'silent'] as const)
          trails.set({ state }, systems.filter(one => one.state === state).length);
      },
    });
    const unsigned = new Gauge({
      name: 'countersign_unsigned_changes',
      help: 'Changes of the last thirty days that such a log has and that nobody signed',
      registers: [this.registry],
      async collect() {
        const systems = await readTrailHealth(parts.context);
        unsigned.set(systems.reduce((sum, one) => sum + one.unknownChanges, 0));
      },
    });
    const health = new Gauge({
      name: 'countersign_health',
      help: '1 where the part is ok',
      labelNames: ['part'] as const,
      registers: [this.registry],
      async collect() {
        for (const item of await readHealth(parts)) health.set({ part: item.name }, item.status === 'ok' ? 1 : 0);
      },
    });
  }
}

/** Mounted at /metrics; for an auditor, an administrator or this machine's own token. */
export function metricsRoutes({ context }: ServerParts, metrics: Metrics): Hono<Frame> {
  return new Hono<Frame>().get('/', async c => {
    await allow(c, context, 'read_metrics');
    c.header('content-type', metrics.registry.contentType);
    return c.body(await metrics.registry.metrics());
  });
}
