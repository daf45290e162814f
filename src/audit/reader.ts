import { type LogResource, printPath, TILE_WIDTH } from './tile.ts';

/**
 * Brings one resource of a log by its path (`checkpoint`, `tile/0/000.p/3`, …): out of a directory, over HTTP or
 * from a database. Undefined where there is none. Throws where it cannot tell: verifying then ends without a verdict.
 */
export type LogReader = (path: string) => Promise<Uint8Array | undefined>;

/**
 * A tile or bundle of a width, or the full one where the log has grown since and keeps no partial one: that one
 * begins with what was asked for. `isCut` says that more may follow.
 */
export async function readResource(
  read: LogReader,
  resource: Exclude<LogResource, { kind: 'checkpoint' }>,
): Promise<{ readonly path: string; readonly bytes: Uint8Array; readonly isCut: boolean } | undefined> {
  const path = printPath(resource);
  const bytes = await read(path);
  if (bytes !== undefined) return { path, bytes, isCut: false };
  if (resource.width === TILE_WIDTH) return undefined;
  const fullPath = printPath({ ...resource, width: TILE_WIDTH });
  const full = await read(fullPath);
  return full && { path: fullPath, bytes: full, isCut: true };
}
