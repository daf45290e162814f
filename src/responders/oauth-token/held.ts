import { createHash } from 'node:crypto';
import { chown, open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Secret } from '../../ports/responder.ts';

/** A token that an operator put into the folder. Its name everywhere is its SHA-256. */
export interface HeldToken {
  readonly sha256: string;
  readonly secret: Secret;
}

/** Tokens of one system that are looked through. */
export const HELD_MAX = 50;
const TOKEN_BYTES_MAX = 16_384;
/** RFC 6750, 2.1: nothing else can be sent as one. */
const TOKEN = /^[\x21-\x7e]+$/;
const SHA256 = /^[0-9a-f]{64}$/;

/** The SHA-256 of a token's own characters, in hex. */
export function fingerprint(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

export function isFingerprint(text: string): boolean {
  return SHA256.test(text);
}

/** The token of that SHA-256, from the file that bears it as its name; undefined where none is held, or the file holds another. */
export async function heldToken(folder: string, sha256: string): Promise<HeldToken | undefined> {
  if (!isFingerprint(sha256)) return undefined;
  const token = await contentOf(join(folder, sha256));
  return token !== undefined && fingerprint(token) === sha256 ? { sha256, secret: { reveal: () => token } } : undefined;
}

/** All that are held, in order of their SHA-256; no more than {@link HELD_MAX}. */
export async function heldTokens(folder: string): Promise<readonly HeldToken[]> {
  const names = await readdir(folder).catch(() => []);
  const held = await Promise.all(
    names
      .filter(isFingerprint)
      .sort()
      .slice(0, HELD_MAX)
      .map(name => heldToken(folder, name)),
  );
  return held.flatMap(token => token ?? []);
}

/** Puts a token among those that are held, for whoever the folder belongs to and nobody else. Gives its SHA-256; throws for what is none. */
export async function holdToken(folder: string, text: string): Promise<string> {
  const token = text.replace(/\r?\n$/, '');
  if (!TOKEN.test(token) || Buffer.byteLength(token) > TOKEN_BYTES_MAX) throw new Error('this is no token');
  const sha256 = fingerprint(token);
  const [file, owner] = [join(folder, sha256), await stat(folder)];
  const opened = await open(file, 'w', 0o600);
  try {
    await opened.writeFile(token);
    await opened.sync();
  } finally {
    await opened.close();
  }
  if (process.getuid?.() === 0) await chown(file, owner.uid, owner.gid);
  return sha256;
}

async function contentOf(file: string): Promise<string | undefined> {
  try {
    const opened = await open(file, 'r');
    try {
      const { size } = await opened.stat();
      if (size > TOKEN_BYTES_MAX) return undefined;
      const text = (await opened.readFile('utf8')).replace(/\r?\n$/, '');
      return TOKEN.test(text) ? text : undefined;
    } finally {
      await opened.close();
    }
  } catch {
    return undefined;
  }
}

/** What a token says of itself where it is a signed JWT: then whoever checks the signature alone needs nobody to believe it. */
export function selfContained(token: string): { readonly expiresAt: number } | undefined {
  const [head = '', body = '', ...rest] = token.split('.');
  if (rest.length !== 1) return undefined;
  const [header, claims] = [membersOf(head), membersOf(body)];
  if (typeof header?.['alg'] !== 'string' || claims === undefined) return undefined;
  return { expiresAt: typeof claims['exp'] === 'number' ? claims['exp'] * 1_000 : Number.POSITIVE_INFINITY };
}

function membersOf(part: string): { readonly [name: string]: unknown } | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
    return typeof value === 'object' && value !== null ? (value as { readonly [name: string]: unknown }) : undefined;
  } catch {
    return undefined;
  }
}
