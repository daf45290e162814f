import { createHash, randomBytes } from 'node:crypto';
import { constants, type Stats } from 'node:fs';
import { open, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join } from 'node:path';
import type { Secret } from '../../ports/responder.ts';
import { checkFolder, openAt, openOwn, UnfitFile } from './own-file.ts';

/** Where a login and its secret stand in a file that is a JSON object. All else in it stays. */
export interface SecretForm {
  /** Rejects with {@link UnfitFile} where they do not stand there. */
  read(members: JsonObject): { readonly login: string; readonly secret: string };
  /** The same object with others in their place. */
  naming(members: JsonObject, login: string, secret: string): JsonObject;
}

export interface JsonObject {
  readonly [member: string]: unknown;
}

/** A login by its name: the members `user` and `password`. */
const BY_NAME: SecretForm = {
  read({ user, password }) {
    if (typeof user !== 'string' || user === '') throw new UnfitFile('its `user` is no login');
    if (typeof password !== 'string' || password === '') throw new UnfitFile('its `password` is none');
    return { login: user, secret: password };
  },
  naming: (members, user, password) => ({ ...members, user, password }),
};

/**
 * The file from which whoever uses a login reads it: a JSON object in which the login and its secret are replaced
 * together. Beside it lie, for us alone: `.before`, the one that was replaced last, and `.next-…`, one that was made
 * and is not in force yet.
 */
export interface SecretFile {
  /** The login that it names. */
  readonly login: string;
  readonly secret: Secret;
  /** Which file this is, and since when. Nothing of its content: a digest of that could be guessed at. */
  readonly mark: string;
  /** The whole text of it. */
  readonly whole: Secret;
  /** Which act wrote it, where that is kept in it: {@link actMark}. Empty where it is not. */
  readonly act: string;
  /** The same file with another login and its password, and the act that writes it where that is to be kept. */
  naming(login: string, password: string, act?: string): string;
  readonly form: SecretForm;
  readonly stats: Stats;
}

/** A new secret that is on the disk, and that nobody else reads yet. */
export interface NextSecret {
  readonly secret: Secret;
  /**
   * Puts it in the place of the file that was read, and keeps that as `.before`. Rejects with {@link UnfitFile} where
   * there is another one by now. `login` is what the target calls whoever has that secret, where it alone says so.
   */
  place(login?: string): Promise<{ readonly mark: string; readonly markBefore: string }>;
  /** Takes it away again. */
  drop(): Promise<void>;
}

const FILE_BYTES_MAX = 16_384;
const LOGIN_CHARS_MAX = 512;
/** 256 bits: nobody guesses it, from whatever is kept of it. */
const SECRET_BYTES = 32;
const { O_RDONLY, O_WRONLY, O_CREAT, O_EXCL, O_DIRECTORY } = constants;

/** What a file bears of the key of the act that wrote it. */
export function actMark(key: string): string {
  return createHash('sha256').update(key).digest('hex').slice(0, 16);
}

/** Why a setting can be no such file's path; undefined where it can. */
export function secretPathFault(path: string): string | undefined {
  if (!isAbsolute(path) || path.includes('\0') || join(path) !== path) return 'it is no absolute path';
  return path.endsWith('/') ? 'it names no file' : undefined;
}

/** Reads it. Rejects with {@link UnfitFile} where somebody else could have put it there or could put another in its place. */
export async function readSecretFile(path: string, form = BY_NAME): Promise<SecretFile> {
  await checkFolder(dirname(path));
  return await readFileAt(path, form);
}

/** The one that was replaced last; undefined where there is none. */
export async function readSecretBefore(path: string, form = BY_NAME): Promise<SecretFile | undefined> {
  await checkFolder(dirname(path));
  return await readOptional(`${path}.before`, form);
}

/**
 * Makes a secret for a login and keeps it on the disk before anybody hears of it, so that a crash afterwards loses
 * nothing: under the same key it is the same secret. Where the target keeps no keys, the file bears this one's mark.
 * Without a login, the target says what it is called once it has the secret.
 */
export async function prepareNext(
  path: string,
  key: string,
  login: string | undefined,
  current: SecretFile,
  { isMarked }: { readonly isMarked: boolean } = { isMarked: false },
): Promise<NextSecret> {
  await checkFolder(dirname(path));
  const file = `${path}.next-${actMark(key)}`;
  const mark = isMarked ? actMark(key) : undefined;
  const known = await readOptional(file, current.form);
  if (known !== undefined && login !== undefined && known.login !== login)
    throw new UnfitFile('what was prepared is for another login');
  const password = known?.secret.reveal() ?? randomBytes(SECRET_BYTES).toString('base64url');
  if (known === undefined) await writeWhole(file, current.naming(login ?? current.login, password, mark), {});
  return {
    secret: { reveal: () => password },
    async place(named) {
      await sameAs(path, current);
      if (named !== undefined) await writeWhole(file, current.naming(named, password, mark), {});
      // Of two who come this far only one had its secret taken by the target: the other's is worth nothing.
      await dropOthers(path, file);
      await writeWhole(`${path}.before`, current.whole.reveal(), {});
      const markBefore = (await readFileAt(`${path}.before`, current.form)).mark;
      await asReadable(file, current.stats);
      await rename(file, path);
      await syncFolder(path);
      return { mark: (await readFileAt(path, current.form)).mark, markBefore };
    },
    drop: () => rm(file, { force: true }),
  };
}

/** Puts the one that was replaced last back in the place of `current`. Done twice it is the same. */
export async function placeBefore(path: string, current: SecretFile, before: SecretFile): Promise<void> {
  await checkFolder(dirname(path));
  await sameAs(path, current);
  await writeWhole(path, before.whole.reveal(), { like: current.stats });
  await dropBefore(path);
}

/** Takes away the one that was replaced. */
export async function dropBefore(path: string): Promise<void> {
  await rm(`${path}.before`, { force: true });
  await syncFolder(path);
}

async function sameAs(path: string, current: SecretFile): Promise<void> {
  if ((await readFileAt(path, current.form)).mark !== current.mark)
    throw new UnfitFile('the file was replaced meanwhile');
}

async function readOptional(path: string, form: SecretForm): Promise<SecretFile | undefined> {
  try {
    return await readFileAt(path, form);
  } catch (error) {
    if (error instanceof UnfitFile && error.cause === 'ENOENT') return undefined;
    throw error;
  }
}

async function readFileAt(path: string, form: SecretForm): Promise<SecretFile> {
  const { handle, stats } = await openOwn(path);
  try {
    if (stats.size > FILE_BYTES_MAX) throw new UnfitFile(`it has over ${FILE_BYTES_MAX} bytes`);
    return { ...parsed(await handle.readFile('utf8'), form), mark: markOf(stats), stats };
  } finally {
    await handle.close();
  }
}

function parsed(
  text: string,
  form: SecretForm,
): Pick<SecretFile, 'login' | 'secret' | 'whole' | 'act' | 'naming' | 'form'> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new UnfitFile('it is not JSON');
  }
  const members = membersOf(value) ?? {};
  const { login, secret } = form.read(members);
  if (login.length > LOGIN_CHARS_MAX) throw new UnfitFile(`its login has over ${LOGIN_CHARS_MAX} characters`);
  const { rotation } = members as { readonly rotation?: unknown };
  return {
    login,
    secret: { reveal: () => secret },
    whole: { reveal: () => text },
    act: typeof rotation === 'string' ? rotation : '',
    form,
    naming(next, password, act) {
      const changed = form.naming(members, next, password);
      return `${JSON.stringify(act === undefined ? changed : { ...changed, rotation: act }, undefined, 2)}\n`;
    },
  };
}

/** The value as an object; undefined where it is none. */
export function membersOf(value: unknown): JsonObject | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined;
}

function markOf({ dev, ino, size, mode, uid, gid, mtimeMs, ctimeMs }: Stats): string {
  return createHash('sha256').update([dev, ino, size, mode, uid, gid, mtimeMs, ctimeMs].join(':')).digest('hex');
}

/** Whole or not at all: written beside, made durable, and moved into place. */
async function writeWhole(path: string, text: string, { like }: { readonly like?: Stats }): Promise<void> {
  const part = `${path}.part`;
  // What a killed process left half done.
  await rm(part, { force: true });
  const handle = await openAt(part, O_WRONLY | O_CREAT | O_EXCL);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  if (like !== undefined) await asReadable(part, like);
  await rename(part, path);
  await syncFolder(path);
}

/** Readable by those who could read the other one, and by nobody else. */
async function asReadable(path: string, like: Stats): Promise<void> {
  const handle = await openAt(path, O_RDONLY);
  try {
    const now = await handle.stat();
    if (now.uid !== like.uid || now.gid !== like.gid) {
      await handle.chown(like.uid, like.gid).catch(() => {
        throw new UnfitFile('the executor cannot give the new file to whoever owns the old one');
      });
    }
    await handle.chmod(like.mode & 0o7777);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function dropOthers(path: string, own: string): Promise<void> {
  const folder = dirname(path);
  const left = (await readdir(folder)).filter(name => name.startsWith(`${basename(path)}.next-`));
  for (const name of left) if (join(folder, name) !== own) await rm(join(folder, name), { force: true });
}

async function syncFolder(path: string): Promise<void> {
  const handle = await open(dirname(path), O_RDONLY | O_DIRECTORY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
