import { utf8 } from '../../base/bytes.ts';
import { ok } from '../../base/result.ts';
import type { Piece } from '../../sources/read/record.ts';
import { record, type ServerContext, transact } from '../context.ts';
import type { Intake, IntakeCounts } from '../intake.ts';
import { SCENARIO, scenario } from './scenario.ts';

/** What playing needs of the server. */
export interface Player {
  readonly context: ServerContext;
  readonly intake: Intake;
}

/** Records that go into intake together, as a product would send them. */
const PIECES_PER_GROUP = 100;

/**
 * Plays the built-in scenario through the real intake, once per installation. Undefined where it was played before, or
 * where this is no demo.
 */
export async function playDemo({ context, intake }: Player): Promise<IntakeCounts | undefined> {
  if (!context.genesis.demo || (await wasPlayed(context))) return undefined;
  const records = scenario(context.now());
  const pieces: Piece[] = records.map(({ record: value }) => {
    const text = JSON.stringify(value);
    return { ok: true, record: { bytes: utf8(text), text, value } };
  });
  const counts = await intake.take(groups(pieces), {
    from: 'demo',
    sourceId: 'auto',
    fieldMap: new Map(),
    deliveryId: SCENARIO,
  });
  await transact(context, async client =>
    ok(await record(context, client, { type: 'demo.played', scenario: SCENARIO })),
  );
  return counts;
}

async function wasPlayed(context: ServerContext): Promise<boolean> {
  const { rowCount } = await context.pool.query(
    'SELECT 1 FROM intake_batch WHERE tenant_id = $1 AND source = $2 LIMIT 1',
    [context.tenant, 'demo'],
  );
  return (rowCount ?? 0) > 0;
}

async function* groups(pieces: readonly Piece[]): AsyncGenerator<readonly Piece[]> {
  for (let from = 0; from < pieces.length; from += PIECES_PER_GROUP) yield pieces.slice(from, from + PIECES_PER_GROUP);
}
