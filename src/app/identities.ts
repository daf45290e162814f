import { lchown, readdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** A numeric user and group that a process runs as. */
export interface Identity {
  readonly uid: number;
  readonly gid: number;
}

/**
 * The made-up ids that the processes run under when Countersign is started by root. No accounts are created: the
 * kernel needs numbers only. Each process has its own, so that none can read another's memory, environment or files;
 * 65534 (nobody) is not among them because other programs run as it.
 */
export const IDENTITIES = {
  postgres: { uid: 61234, gid: 61234 },
  server: { uid: 61235, gid: 61235 },
  executor: { uid: 61236, gid: 61236 },
  ai: { uid: 61237, gid: 61237 },
  /** The system that a demo acts on. Not ours: a thing out there, as it were. */
  demoTarget: { uid: 61238, gid: 61238 },
} as const satisfies Record<string, Identity>;

/** The group that may enter the folder of PostgreSQL's socket: the server and the executor, and not the ai process. */
export const SOCKET_GID = 61240;

/** Whether this process may give other processes ids of their own. */
export function isRoot(): boolean {
  return process.getuid?.() === 0;
}

/** The first folder on the way to `path`, itself included, that `identity` may not enter; undefined if it may enter all. */
export async function closedTo(identity: Identity, path: string): Promise<string | undefined> {
  const way: string[] = [];
  for (let at = path; ; at = dirname(at)) {
    way.unshift(at);
    if (dirname(at) === at) break;
  }
  for (const folder of way) {
    const { mode, uid, gid } = await stat(folder);
    const mayEnter = uid === identity.uid ? mode & 0o100 : gid === identity.gid ? mode & 0o010 : mode & 0o001;
    if (mayEnter === 0) return folder;
  }
  return undefined;
}

/** Makes `identity` the owner of a folder and of everything in it. Links are changed themselves and not followed. */
export async function giveTo({ uid, gid }: Identity, folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
    await lchown(join(entry.parentPath, entry.name), uid, gid);
  }
  await lchown(folder, uid, gid);
}
