import { parseCheckpoint } from '../audit/checkpoint.ts';
import { checkSignature, parseNote, parseNoteKey } from '../audit/note.ts';
import { leafHash, verifyConsistency, verifyInclusion } from '../audit/tree.ts';
import { textFromUtf8 } from '../base/bytes.ts';
import { fail, ok, type Result } from '../base/result.ts';
import type { AuditEntry } from '../model/audit-entry.ts';
import { type Failure, failureOf } from '../model/failure.ts';
import { nativeSha256, verifyEd25519 } from '../store/ed25519.ts';
import { proveConsistency, proveInclusion, type Queryable, readCheckpoint } from '../store/log.ts';
import type { Storage } from './storage.ts';

/** A signed size and root that extend everything that this executor saw before. */
export interface SeenCheckpoint {
  readonly size: number;
  readonly root: Uint8Array;
  readonly note: string;
}

/**
 * Looks at the newest checkpoint: signed by the key that genesis pins, and consistent with the last one that was kept.
 * A database that is older than that, or another history, is `execution.log_rolled_back`, and nothing is done.
 */
export async function seeLog(db: Queryable, storage: Storage): Promise<Result<SeenCheckpoint, Failure>> {
  const { genesis } = storage;
  const note = await readCheckpoint(db, genesis.tenant);
  if (note === undefined) return fail(failureOf('execution.not_in_log', 'the log has no checkpoint'));
  const newest = await checked(note, storage);
  if (newest === undefined)
    return fail(failureOf('execution.not_in_log', 'the checkpoint is not signed by the key of this installation'));
  const keptNote = storage.lastCheckpoint();
  if (keptNote === note) return ok(newest);
  if (keptNote !== undefined) {
    const kept = await checked(keptNote, storage);
    if (kept === undefined) return fail(failureOf('execution.log_rolled_back', 'the kept checkpoint cannot be read'));
    if (kept.size > newest.size)
      return fail(
        failureOf('execution.log_rolled_back', `the log has ${newest.size} entries and once had ${kept.size}`),
      );
    const proof = await proveConsistency(db, genesis.tenant, kept.size, newest.size);
    const extends_ =
      proof.ok &&
      verifyConsistency(
        { oldSize: kept.size, oldRoot: kept.root, size: newest.size, root: newest.root, proof: proof.value },
        nativeSha256,
      );
    if (!extends_)
      return fail(
        failureOf('execution.log_rolled_back', `the log does not begin with the ${kept.size} entries that it once had`),
      );
  }
  storage.keepCheckpoint(note);
  return ok(newest);
}

async function checked(note: string, storage: Storage): Promise<SeenCheckpoint | undefined> {
  const key = parseNoteKey(storage.genesis.logVkey);
  const parsed = parseNote(note);
  if (!key.ok || !parsed.ok) return undefined;
  const verdict = await checkSignature(parsed.value, key.value, verifyEd25519);
  const checkpoint = parseCheckpoint(parsed.value.text);
  if (verdict.kind !== 'valid' || !checkpoint.ok || checkpoint.value.origin !== storage.genesis.logOrigin)
    return undefined;
  return { size: checkpoint.value.size, root: checkpoint.value.root, note };
}

/** An entry that is proved to be in the log under a checkpoint. */
export interface IncludedEntry {
  readonly index: number;
  readonly entry: AuditEntry;
}

/** The entry that once was pending under this id, with its inclusion proved. What it says is for the caller to compare. */
export async function includedEntry(
  db: Queryable,
  storage: Storage,
  seen: SeenCheckpoint,
  pendingId: string,
): Promise<Result<IncludedEntry, Failure>> {
  const { tenant } = storage.genesis;
  const { rows } = await db.query<{ idx: string; entry: Buffer }>(
    'SELECT idx, entry FROM audit_entry WHERE tenant_id = $1 AND pending_id = $2',
    [tenant, pendingId],
  );
  const [row] = rows;
  if (row === undefined) return fail(failureOf('execution.not_in_log', `${pendingId} is not in the log`));
  const index = Number(row.idx);
  const proof = index < seen.size ? await proveInclusion(db, tenant, index, seen.size) : undefined;
  const isIncluded =
    proof?.ok === true &&
    verifyInclusion(
      { index, size: seen.size, leafHash: leafHash(row.entry, nativeSha256), root: seen.root, proof: proof.value },
      nativeSha256,
    );
  if (!isIncluded) return fail(failureOf('execution.not_in_log', `entry ${index} is not under the signed root`));
  const text = textFromUtf8(row.entry);
  return text === undefined
    ? fail(failureOf('execution.not_in_log', `entry ${index} is not text`))
    : ok({ index, entry: JSON.parse(text) as AuditEntry });
}
