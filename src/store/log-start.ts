import type pg from 'pg';
import { printCheckpoint } from '../audit/checkpoint.ts';
import { checkSignature, type NoteKey, noteKeyId, parseNote, printNote } from '../audit/note.ts';
import { rootFromTiles, TILE_WIDTH } from '../audit/tile.ts';
import { EMPTY_RANGE, leafHash, rootOfRange, verifyConsistency } from '../audit/tree.ts';
import { equalBytes, utf8 } from '../base/bytes.ts';
import { type LogSigner, nativeSha256, verifyEd25519 } from './ed25519.ts';
import { checkpointOfNote, type Head, isWellFormedHead, proveConsistency, readHead, tileReader } from './log.ts';

/** Why a sequencer does not start, or stops for good. A person has to look: what it found does not come from a crash. */
export class LogRefusal extends Error {
  override readonly name = 'LogRefusal';
}

/** The signed note of a log at a size. */
export function signHead(signer: LogSigner, range: Head['range']): string {
  const root = rootOfRange(range, nativeSha256);
  const text = printCheckpoint({ origin: signer.key.name, size: range.size, root });
  const { name } = signer.key;
  return printNote({ text, signatures: [{ name, keyId: noteKeyId(signer.key), signature: signer.sign(utf8(text)) }] });
}

/** Makes the head and the checkpoint of an empty log, where the tenant has no log at all. */
export async function beginLog(pool: Pick<pg.Pool, 'query'>, tenant: string, signer: LogSigner): Promise<void> {
  await pool.query(
    `WITH begun AS (
       INSERT INTO audit_head (tenant_id, size, stack, note)
       SELECT $1, 0, ''::bytea, $2 WHERE NOT EXISTS (SELECT FROM audit_entry WHERE tenant_id = $1)
       ON CONFLICT DO NOTHING RETURNING tenant_id)
     INSERT INTO audit_checkpoint (tenant_id, size, note) SELECT tenant_id, 0, $2 FROM begun`,
    [tenant, signHead(signer, EMPTY_RANGE)],
  );
}

/**
 * Reads the head and refuses one that is not this log's: a note that this key did not sign, a stack with another
 * root, or a log that does not extend `lastKnown`, a signed note that was seen before.
 */
export async function readCheckedHead(
  db: Pick<pg.ClientBase, 'query'>,
  tenant: string,
  key: NoteKey,
  lastKnown: string | undefined,
): Promise<Head> {
  const head = await readHead(db, tenant);
  if (head === undefined) throw new LogRefusal('the log has entries but no head');
  if (!isWellFormedHead(head)) throw new LogRefusal('the head of the log is damaged');
  const root = await signedRoot(head.note, key);
  if (!equalBytes(root, rootOfRange(head.range, nativeSha256))) {
    throw new LogRefusal('the head of the log has another root than its signed checkpoint');
  }
  if (lastKnown !== undefined) await refuseRollback(db, tenant, key, head, lastKnown);
  return head;
}

async function signedRoot(printed: string, key: NoteKey): Promise<Uint8Array> {
  const note = parseNote(printed);
  const checkpoint = checkpointOfNote(printed);
  const verdict = note.ok ? await checkSignature(note.value, key, verifyEd25519) : undefined;
  if (checkpoint?.origin !== key.name || verdict?.kind !== 'valid') {
    throw new LogRefusal('a checkpoint is not signed by the key of this log');
  }
  return checkpoint.root;
}

async function refuseRollback(
  db: Pick<pg.ClientBase, 'query'>,
  tenant: string,
  key: NoteKey,
  head: Head,
  lastKnown: string,
): Promise<void> {
  const oldRoot = await signedRoot(lastKnown, key);
  const oldSize = checkpointOfNote(lastKnown)?.size ?? 0;
  const { size } = head.range;
  if (oldSize > size) {
    throw new LogRefusal(`the log has ${size} entries, but it once had ${oldSize}: the database is older than that`);
  }
  const proof = await proveConsistency(db, tenant, oldSize, size);
  const root = rootOfRange(head.range, nativeSha256);
  const isExtended = proof.ok && verifyConsistency({ oldSize, oldRoot, size, root, proof: proof.value }, nativeSha256);
  if (!isExtended) throw new LogRefusal(`the log does not begin with the ${oldSize} entries that it once had`);
}

/**
 * {@link readCheckedHead}, and the head against what is stored: as many entries as it says, without a gap; the root
 * of their hashes; and the newest entries by their bytes. All of one snapshot, so another sequencer may be at work.
 */
export async function checkLog(
  pool: pg.Pool,
  tenant: string,
  key: NoteKey,
  lastKnown: string | undefined,
): Promise<Head> {
  const client = await pool.connect();
  try {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    const head = await readCheckedHead(client, tenant, key, lastKnown);
    await refuseOtherEntries(client, tenant, head);
    return head;
  } finally {
    await client.query('ROLLBACK').then(
      () => client.release(),
      error => client.release(error),
    );
  }
}

async function refuseOtherEntries(db: Pick<pg.ClientBase, 'query'>, tenant: string, { range }: Head): Promise<void> {
  const { rows: counted } = await db.query<{ count: string; next: string }>(
    'SELECT count(*) AS count, coalesce(max(idx) + 1, 0) AS next FROM audit_entry WHERE tenant_id = $1',
    [tenant],
  );
  const { count, next } = counted[0] ?? { count: '', next: '' };
  if (Number(count) !== range.size || Number(next) !== range.size) {
    throw new LogRefusal(
      `the head says ${range.size} entries, and there are ${count}, the last at ${Number(next) - 1}`,
    );
  }
  const root = await rootFromTiles(range.size, tileReader(db, tenant), nativeSha256);
  if (!root.ok || !equalBytes(root.value, rootOfRange(range, nativeSha256))) {
    throw new LogRefusal('the stored hashes of the entries have another root than the signed checkpoint');
  }
  const { rows } = await db.query<{ idx: string; entry: Buffer; leaf_hash: Buffer }>(
    'SELECT idx, entry, leaf_hash FROM audit_entry WHERE tenant_id = $1 AND idx >= $2',
    [tenant, range.size - TILE_WIDTH],
  );
  const altered = rows.find(row => !equalBytes(row.leaf_hash, leafHash(row.entry, nativeSha256)));
  if (altered !== undefined) throw new LogRefusal(`entry ${altered.idx} is not the one that was logged`);
}
