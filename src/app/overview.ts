import type { IncidentPage } from '../model/api.ts';
import type { ServerContext } from './context.ts';
import { QUEUED } from './incidents.ts';

/** How much is open and by whom it is owned; the sources are those that alerts were kept from. */
export type Counted = Pick<IncidentPage, 'openTotal' | 'unownedHigh' | 'sources' | 'owners'>;

/** What another node changed is counted within this. */
const AGE_MS_MAX = 2_000;

/**
 * The counts above the queue. Counting 165,000 open incidents takes some 40 ms of both cores, and every page asks: so
 * they are counted again where this process changed something, and otherwise every {@link AGE_MS_MAX}.
 */
export class Overview {
  private readonly context: ServerContext;
  private version = 0;
  private known: { readonly version: number; readonly at: number; readonly counted: Promise<Counted> } | undefined;

  constructor(context: ServerContext) {
    this.context = context;
  }

  /** Incidents were changed, and the change is committed. */
  changed(): void {
    this.version += 1;
  }

  /** Counted after every change that was committed before the call. */
  async read(): Promise<Counted> {
    const { known, version } = this;
    if (known?.version === version && performance.now() - known.at < AGE_MS_MAX) return known.counted;
    const counted = count(this.context);
    const next = { version, at: performance.now(), counted };
    this.known = next;
    // What failed is asked again, by whoever comes next.
    counted.catch(() => {
      if (this.known === next) this.known = undefined;
    });
    return counted;
  }
}

async function count(context: ServerContext): Promise<Counted> {
  const { rows } = await context.pool.query<{
    open: string;
    unowned: string;
    owners: string[] | null;
    sources: string[] | null;
  }>(
    `SELECT count(*) AS open, count(*) FILTER (WHERE i.owner = '' AND i.severity_rank >= 4) AS unowned,
            (SELECT array_agg(DISTINCT i.owner) FROM incident i WHERE ${QUEUED} AND i.owner <> '') AS owners,
            (SELECT array_agg(DISTINCT source) FROM source_heard WHERE tenant_id = $1) AS sources
       FROM incident i WHERE ${QUEUED}`,
    [context.tenant],
  );
  const [row] = rows;
  return {
    openTotal: Number(row?.open ?? 0),
    unownedHigh: Number(row?.unowned ?? 0),
    owners: row?.owners ?? [],
    sources: row?.sources ?? [],
  };
}
