import { randomBytes } from 'node:crypto';
import { bytesToHex } from '../base/bytes.ts';
import { fail, ok, type Result } from '../base/result.ts';
import { readInventory, sealed } from '../core/decide/closed.ts';
import { checkPersonSignature } from '../core/decide/signatures.ts';
import { type InventoryFault, parseInventory } from '../core/study/inventory.ts';
import type { PersonSignature } from '../model/audit-entry.ts';
import { type Failure, failureOf } from '../model/failure.ts';
import type { Inventory } from '../model/inventory.ts';
import type { Person } from '../model/review.ts';
import { isTaken, record, type ServerContext, signingRules, transact } from './context.ts';
import { keepPending, takePending } from './pending.ts';
import { signedInventory } from './signed-inventory.ts';

/** What an administrator is about to sign. */
export interface InventoryBegun {
  readonly nonce: string;
  readonly inventory: Inventory;
  readonly digest: string;
  readonly challenge: string;
  readonly credentialIds: readonly string[];
  /** Records that are new, gone or different, against the inventory that stands. */
  readonly changes: {
    readonly added: readonly string[];
    readonly removed: readonly string[];
    readonly changed: readonly string[];
  };
}

const CHANGES_SHOWN_MAX = 200;

/** Reads a file and writes out what would be signed. Nothing stands by this. The faults are for the person who wrote it. */
export async function beginInventory(
  context: ServerContext,
  by: Person,
  text: string,
): Promise<Result<InventoryBegun, { readonly failure: Failure; readonly faults: readonly InventoryFault[] }>> {
  const { rows } = await context.pool.query<{ version: number }>(
    'SELECT coalesce(max(version), 0) + 1 AS version FROM inventory_version WHERE tenant_id = $1',
    [context.tenant],
  );
  const parsed = parseInventory(text, String(rows[0]?.version ?? 1));
  if (!parsed.ok)
    return fail({
      failure: failureOf('inventory.malformed', `${parsed.failure.length} faults`),
      faults: parsed.failure,
    });
  const { text: body, digest } = sealed('countersign/inventory/v1', parsed.value);
  const read = readInventory(body);
  if (!read.ok)
    return fail({
      failure: failureOf('inventory.malformed', read.failure),
      faults: [{ where: 'the file', because: read.failure }],
    });
  const nonce = bytesToHex(randomBytes(16));
  await keepPending(context, context.pool, { nonce, kind: 'inventory', person: by.id, body });
  const standing = await signedInventory(context);
  return ok({
    nonce,
    inventory: parsed.value,
    digest,
    challenge: Buffer.from(digest, 'hex').toString('base64url'),
    credentialIds: by.credentials.map(credential => credential.id),
    changes: changesBetween(standing, parsed.value),
  });
}

function changesBetween(before: Inventory | undefined, after: Inventory): InventoryBegun['changes'] {
  const index = (inventory: Inventory | undefined) =>
    new Map(inventory?.records.map(one => [`${one.kind} ${one.name}`, JSON.stringify(one)]));
  const [old, now] = [index(before), index(after)];
  const added = [...now.keys()].filter(key => !old.has(key));
  const removed = [...old.keys()].filter(key => !now.has(key));
  const changed = [...now].filter(([key, text]) => old.has(key) && old.get(key) !== text).map(([key]) => key);
  const cut = (list: readonly string[]) => list.slice(0, CHANGES_SHOWN_MAX);
  return { added: cut(added), removed: cut(removed), changed: cut(changed) };
}

/** Makes the inventory stand, where the administrator who began it signed its digest. */
export async function finishInventory(
  context: ServerContext,
  by: Person,
  nonce: string,
  signature: PersonSignature,
): Promise<Result<{ readonly version: string; readonly digest: string }, Failure>> {
  try {
    return await transact(context, async client => {
      const taken = await takePending(context, client, 'inventory', nonce, 'review.nonce_used');
      if (!taken.ok) return taken;
      if (taken.value.person !== by.id) return fail(failureOf('access.denied', 'somebody else began this'));
      const inventory: Inventory = JSON.parse(taken.value.body);
      const { text, digest } = sealed('countersign/inventory/v1', inventory);
      const signed = await checkPersonSignature(
        signature,
        digest,
        by.credentials,
        signingRules(context),
        context.verify,
      );
      if (!signed.ok) return fail(failureOf('review.bad_signature', `inventory: ${signed.failure}`));
      await client.query(
        'INSERT INTO inventory_version (tenant_id, version, body, digest, signature, by, at) VALUES ($1, $2, $3, $4, $5, $6, $7)',
        [
          context.tenant,
          Number(inventory.version),
          text,
          digest,
          JSON.stringify(signature),
          by.id,
          new Date(context.now()),
        ],
      );
      await record(context, client, {
        type: 'inventory.signed',
        version: inventory.version,
        inventoryDigest: digest,
        signature,
        by: by.id,
      });
      return ok({ version: inventory.version, digest });
    });
  } catch (error) {
    if (isTaken(error)) return fail(failureOf('review.nonce_used', 'another inventory took this version number'));
    throw error;
  }
}

/** The demo's own inventory, whose digest genesis pins: written once, by the first start. */
export async function installDemoInventory(context: ServerContext, text: string): Promise<void> {
  if (!context.genesis.demo || context.genesis.inventoryDigest === '') return;
  // As it was pinned, byte for byte: read and printed again it could be another text with another digest.
  const standing = readInventory(text);
  if (!standing.ok) throw new Error(`the demo's inventory does not load: ${standing.failure}`);
  const { text: body, digest } = sealed('countersign/inventory/v1', standing.value);
  await context.pool.query(
    `INSERT INTO inventory_version (tenant_id, version, body, digest, signature, by, at) VALUES ($1, 1, $2, $3, NULL, 'genesis', $4) ON CONFLICT DO NOTHING`,
    [context.tenant, body, digest, new Date(context.now())],
  );
}
