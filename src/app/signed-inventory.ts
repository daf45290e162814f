import { readInventory, sealed } from '../core/decide/closed.ts';
import { checkPersonSignature } from '../core/decide/signatures.ts';
import type { Inventory } from '../model/inventory.ts';
import { readInventories, readInventoryText, type StoredInventory } from '../store/standing-facts.ts';
import { type Db, type ServerContext, signingRules } from './context.ts';
import { readPeople } from './people.ts';

/** Versions that are looked at, newest first; as many as the executor looks at. */
const INVENTORIES_LOOKED_AT = 20;

interface Known {
  /** Everything that the answer follows from: which versions there are, and who may sign one with what. */
  readonly of: string;
  readonly inventory: Promise<Inventory | undefined>;
}

const known = new WeakMap<ServerContext, Known>();

/**
 * The newest inventory that an administrator signed, or the demo's own; as the executor sees it too. It is asked for with
 * each view of a proposal and may be of 100,000 records, so it is read and verified anew only when there is another version
 * or another administrator. The rows are append-only, so a version never becomes another one.
 */
export async function signedInventory(context: ServerContext, db: Db = context.pool): Promise<Inventory | undefined> {
  const versions = await readInventories(db, context.tenant, INVENTORIES_LOOKED_AT);
  // Whoever ever was one: what they signed stands when they leave. The executor holds that they were when it looked.
  const administrators = (await readPeople(context, db)).filter(
    ({ roles, former }) => roles.includes('administrator') || former?.roles.includes('administrator') === true,
  );
  const credentials = administrators.flatMap(person => [...person.credentials, ...(person.former?.credentials ?? [])]);
  const of = JSON.stringify([
    versions.map(({ version, digest }) => [version, digest]),
    credentials.map(({ id }) => id),
  ]);
  const last = known.get(context);
  if (last?.of === of) return last.inventory;
  const inventory = readSigned(context, versions, credentials, db);
  known.set(context, { of, inventory });
  // A failed read is not kept: the next one who asks reads again.
  inventory.catch(() => known.delete(context));
  return inventory;
}

async function readSigned(
  context: ServerContext,
  versions: readonly StoredInventory[],
  credentials: Parameters<typeof checkPersonSignature>[2],
  db: Db,
): Promise<Inventory | undefined> {
  for (const stored of versions) {
    const read = readInventory((await readInventoryText(db, context.tenant, stored.version)) ?? '');
    if (!read.ok) continue;
    const { digest } = sealed('countersign/inventory/v1', read.value);
    if (digest === context.genesis.inventoryDigest) return read.value;
    if (stored.signature === null) continue;
    const rules = signingRules(context);
    const signed = await checkPersonSignature(stored.signature, digest, credentials, rules, context.verify);
    if (signed.ok) return read.value;
  }
  return undefined;
}
