import { randomBytes } from 'node:crypto';
import { commitmentOf, opens, SALT_BYTES } from '../audit/commit.ts';
import type { Db, ServerContext } from './context.ts';

/** Keeps a text beside the log and returns the salted commitment that stands in the leaf in its place. */
export async function keepBlob(context: ServerContext, db: Db, text: string, media: string): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  const bytes = Buffer.from(text, 'utf8');
  const commit = commitmentOf(salt, bytes);
  await db.query(
    'INSERT INTO audit_blob (tenant_id, commit_hex, salt, media, bytes, at) VALUES ($1, $2, $3, $4, $5, $6)',
    [context.tenant, commit, salt, media, bytes, new Date(context.now())],
  );
  return commit;
}

/** The words behind a commitment; undefined where they are gone, or are others. */
export function openBlob(kept: {
  readonly commit: string;
  readonly salt: Buffer | null;
  readonly bytes: Buffer | null;
}): string | undefined {
  const { commit, salt, bytes } = kept;
  return salt !== null && bytes !== null && opens(commit, salt, bytes) ? bytes.toString('utf8') : undefined;
}
