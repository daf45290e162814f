import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { chmod, chown, mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fail, ok, type Result } from '../base/result.ts';
import type { ProviderConfig } from '../ports/model.ts';
import { PROVIDERS_MAX } from '../ports/model-pipe.ts';
import { parseKey, parseProvider, type StoredProvider } from './provider.ts';

const STORE_BYTES_MAX = 512 * 1024;

/** Whose the files are, where whoever writes them is somebody else (root, by command). */
export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

export type StoreFailure = { readonly code: 'too_many' | 'unknown' | 'not_written'; readonly detail: string };

/** What stands in the store, or why it cannot be read. No text of the file is in that. */
export type Stored =
  | { readonly ok: true; readonly providers: readonly StoredProvider[] }
  | { readonly ok: false; readonly trouble: string };

/**
 * The providers and their keys: `providers.json` in the ai process's own folder, 0600. The process itself writes it, and
 * so may a command of whoever started Countersign; each replaces it as a whole, and the last one counts.
 */
export class ProviderStore {
  readonly #folder: string;
  readonly #file: string;
  readonly #owner: Owner | undefined;
  #known: { readonly stamp: string; readonly stored: Stored } | undefined;

  constructor(folder: string, owner?: Owner) {
    this.#folder = folder;
    this.#file = join(folder, 'providers.json');
    this.#owner = owner;
  }

  /** Reads the file again whenever it was replaced. One that cannot be read leaves no provider, never the old ones. */
  async read(): Promise<Stored> {
    const stamp = await this.stamp();
    if (this.#known?.stamp !== stamp)
      this.#known = { stamp, stored: stamp === 'none' ? { ok: true, providers: [] } : await readStore(this.#file) };
    return this.#known.stored;
  }

  /** Changes whenever the file was replaced. */
  async stamp(): Promise<string> {
    const stats = await stat(this.#file, { bigint: true }).catch(() => undefined);
    return stats === undefined ? 'none' : `${stats.ino}/${stats.mtimeNs}/${stats.size}`;
  }

  /** Adds a provider, or replaces the one of its name. */
  async set(provider: StoredProvider): Promise<Result<undefined, StoreFailure>> {
    return this.#change(providers => {
      const others = providers.filter(({ config }) => config.name !== provider.config.name);
      if (others.length >= PROVIDERS_MAX)
        return fail({ code: 'too_many', detail: `there are ${PROVIDERS_MAX} providers already` });
      const at = providers.findIndex(({ config }) => config.name === provider.config.name);
      return ok(at < 0 ? [...providers, provider] : providers.with(at, provider));
    });
  }

  async update(
    name: string,
    change: (config: ProviderConfig) => ProviderConfig,
  ): Promise<Result<undefined, StoreFailure>> {
    return this.#change(providers => {
      const at = providers.findIndex(({ config }) => config.name === name);
      const known = providers[at];
      if (known === undefined) return fail(unknown(name));
      return ok(providers.with(at, { ...known, config: change(known.config) }));
    });
  }

  async remove(name: string): Promise<Result<undefined, StoreFailure>> {
    return this.#change(providers => {
      const left = providers.filter(({ config }) => config.name !== name);
      return left.length === providers.length ? fail(unknown(name)) : ok(left);
    });
  }

  async #change(
    change: (providers: readonly StoredProvider[]) => Result<readonly StoredProvider[], StoreFailure>,
  ): Promise<Result<undefined, StoreFailure>> {
    const stored = await this.read();
    if (!stored.ok) return fail({ code: 'not_written', detail: stored.trouble });
    const changed = change(stored.providers);
    if (!changed.ok) return changed;
    try {
      await this.#write(changed.value);
      return ok(undefined);
    } catch (error) {
      return fail({ code: 'not_written', detail: `cannot write ${this.#file}: ${codeOf(error)}` });
    }
  }

  /** A crash leaves the old file or the new one, whole. The new one is made by us and is no link that somebody left. */
  async #write(providers: readonly StoredProvider[]): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    if (this.#owner !== undefined) {
      await chmod(this.#folder, 0o700);
      await chown(this.#folder, this.#owner.uid, this.#owner.gid);
    }
    const next = `${this.#file}.${randomBytes(8).toString('hex')}`;
    const file = await open(next, 'wx', 0o600);
    try {
      await file.writeFile(`${JSON.stringify({ v: 1, providers }, null, 1)}\n`);
      if (this.#owner !== undefined) await file.chown(this.#owner.uid, this.#owner.gid);
      await file.sync();
    } catch (error) {
      await rm(next, { force: true });
      throw error;
    } finally {
      await file.close();
    }
    await rename(next, this.#file);
  }
}

function unknown(name: string): StoreFailure {
  return { code: 'unknown', detail: `no provider is called ${name}` };
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'it failed';
}

async function readStore(path: string): Promise<Stored> {
  const damaged: Stored = { ok: false, trouble: `${path} is damaged; remove it and enter the providers again` };
  let text: string;
  try {
    // Whoever reads may be root, and the folder is somebody else's: no link is followed, no pipe waited for.
    const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      const stats = await file.stat();
      if (!stats.isFile() || stats.size > STORE_BYTES_MAX) return damaged;
      text = await file.readFile('utf8');
    } finally {
      await file.close();
    }
  } catch (error) {
    return { ok: false, trouble: `cannot read ${path}: ${codeOf(error)}` };
  }
  try {
    return { ok: true, providers: parseStore(JSON.parse(text)) };
  } catch {
    return damaged;
  }
}

function parseStore(value: unknown): readonly StoredProvider[] {
  const { v, providers }: { v?: unknown; providers?: unknown } = Object(value);
  if (v !== 1 || !Array.isArray(providers) || providers.length > PROVIDERS_MAX) throw new Error('not a store');
  return providers.map((entry: unknown) => {
    const { config, key }: { config?: unknown; key?: unknown } = Object(entry);
    const parsed = parseProvider(config);
    if (!parsed.ok || typeof key !== 'string') throw new Error('not a provider');
    const parsedKey = parseKey(parsed.value.kind, key);
    if (!parsedKey.ok) throw new Error('not a key');
    return { config: parsed.value, key: parsedKey.value };
  });
}
