import { utf8 } from '../../base/bytes.ts';
import { ok } from '../../base/result.ts';
import { readInventory, sealed } from '../../core/decide/closed.ts';
import type { Piece } from '../../sources/read/record.ts';
import { record, type ServerContext, transact } from '../context.ts';
import type { Intake, IntakeCounts } from '../intake.ts';
import { SCENARIO, scenario } from './scenario.ts';

/** What playing needs of the server. */
export interface Player {
  readonly context: ServerContext;
  readonly intake: Intake;
  /** The demo's inventory as canonical text; its digest is pinned in genesis. */
  readonly inventory: string;
}

/** Records that go into intake together, as a product would send them. */
const PIECES_PER_GROUP = 100;

/**
 * Plays the built-in scenario through the real intake, once per installation. Undefined where it was played before, or
 * where this is no demo.
 */
export async function playDemo({ context, intake, inventory }: Player): Promise<IntakeCounts | undefined> {
  if (!context.genesis.demo || (await wasPlayed(context))) return undefined;
  await loadInventory(context, inventory);
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

/** The demo's inventory counts without a signature, because genesis pins its digest. Any other one needs one. */
async function loadInventory(context: ServerContext, text: string): Promise<void> {
  const inventory = readInventory(text);
  if (!inventory.ok) throw new Error(`the demo's inventory cannot be read: ${inventory.failure}`);
  const { digest } = sealed('countersign/inventory/v1', inventory.value);
  await context.pool.query(
    'INSERT INTO inventory_version (tenant_id, version, body, digest, signature, by, at) VALUES ($1, $2, $3, $4, NULL, $5, now()) ON CONFLICT DO NOTHING',
    [context.tenant, Number(inventory.value.version), text, digest, 'demo'],
  );
}

async function* groups(pieces: readonly Piece[]): AsyncGenerator<readonly Piece[]> {
  for (let from = 0; from < pieces.length; from += PIECES_PER_GROUP) yield pieces.slice(from, from + PIECES_PER_GROUP);
}
