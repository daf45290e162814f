import { leafHash, rootOfLeaves } from '../../audit/tree.ts';
import { ok } from '../../base/result.ts';
import { record, type ServerContext, transact } from '../context.ts';

/** What became of one call of an agent. */
export interface CallNote {
  readonly agent: string;
  readonly upstream: string;
  readonly tool: string;
  readonly argumentsSha256: string;
  readonly outcome: 'read' | 'failed' | 'blocked' | 'quarantined' | 'proposed' | 'denied';
  /** Empty where none was made. */
  readonly proposal: string;
}

const LOG_EVERY_MS = 5_000;
/** Calls of one entry of the log. */
const CALLS_MAX = 10_000;

/** Writes a call down before its answer is handed over. It outlives this process, whatever ends it. */
export async function noteCall(context: ServerContext, note: CallNote): Promise<void> {
  await context.pool.query({
    name: 'gateway-note',
    // Without waiting for the disk: what is committed outlives this process, and only a machine that falls may lose the last moment.
    text: `WITH quick AS (SELECT set_config('synchronous_commit', 'off', true))
           INSERT INTO gateway_call (tenant_id, agent_id, upstream, tool, arguments_sha256, outcome, proposal_id, at)
             SELECT $1, $2, $3, $4, $5, $6, $7, $8 FROM quick`,
    values: [
      context.tenant,
      note.agent,
      note.upstream,
      note.tool,
      note.argumentsSha256,
      note.outcome,
      note.proposal,
      new Date(context.now()),
    ],
  });
}

/** Puts the calls that were noted into the log, many to an entry: their number, and the root over all that they were. */
export class CallLog {
  private readonly context: ServerContext;
  private last: bigint | undefined;
  private timer: NodeJS.Timeout | undefined;
  private working: Promise<void> = Promise.resolve();

  constructor(context: ServerContext) {
    this.context = context;
  }

  run(): void {
    this.timer = setInterval(() => void this.write(), LOG_EVERY_MS);
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.write();
  }

  /** One entry for what was noted since the last one; none where nothing was. One at a time. */
  write(): Promise<void> {
    this.working = this.working
      .then(() => this.writeOnce())
      .catch((error: unknown) =>
        this.context.logger.warn({ err: error }, 'the calls of agents are not in the log yet; it is tried again'),
      );
    return this.working;
  }

  private async writeOnce(): Promise<void> {
    const { context } = this;
    const { tenant } = context;
    const last = this.last ?? (await lastLogged(context));
    const { rows } = await context.pool.query<{ seq: string; line: string }>(
      `SELECT seq, concat_ws(' ', seq, agent_id, upstream, tool, arguments_sha256, outcome, proposal_id) AS line FROM gateway_call
        WHERE tenant_id = $1 AND seq > $2 ORDER BY seq LIMIT $3`,
      [tenant, last.toString(), CALLS_MAX],
    );
    const newest = rows.at(-1);
    if (newest === undefined) {
      this.last = last;
      return;
    }
    const root = rootOfLeaves(rows.map(({ line }) => leafHash(Buffer.from(line, 'utf8'))));
    await transact(context, async client =>
      ok(
        await record(context, client, {
          type: 'gateway.calls',
          calls: String(rows.length),
          last: newest.seq,
          root: Buffer.from(root).toString('hex'),
        }),
      ),
    );
    this.last = BigInt(newest.seq);
  }
}

/** Up to which call the log tells; looked for once a start, and only where there are calls. */
async function lastLogged({ pool, tenant }: ServerContext): Promise<bigint> {
  const { rows: some } = await pool.query('SELECT 1 FROM gateway_call WHERE tenant_id = $1 LIMIT 1', [tenant]);
  if (some.length === 0) return 0n;
  const said = `position('"type":"gateway.calls"'::bytea in entry) > 0`;
  const { rows } = await pool.query<{ entry: Buffer }>(
    `SELECT entry FROM audit_pending WHERE tenant_id = $1 AND ${said} UNION ALL SELECT entry FROM audit_entry WHERE tenant_id = $1 AND ${said}`,
    [tenant],
  );
  return rows
    .map(({ entry }) => BigInt((JSON.parse(entry.toString('utf8')) as { readonly last: string }).last))
    .reduce((a, b) => (b > a ? b : a), 0n);
}
