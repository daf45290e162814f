import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Digest } from '../../base/canonical.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import { compilePrompt, type LockedPrompt, type PromptLock, sha256Hex } from './compile-prompt.ts';
import { PROMPT_LOCK } from './prompt-lock.ts';

/** A prompt whose every byte is the one that was locked. */
export interface Prompt {
  readonly id: string;
  readonly version: string;
  readonly text: string;
  readonly sha256: Digest;
}

/**
 * The prompts of this release, in a folder `<id>/<version>/…`. The lock is part of the program, so whoever changes a file
 * beside it changes nothing that is asked: the prompt does not load any more.
 */
export class PromptShelf {
  readonly lock: PromptLock;
  private readonly folder: string | undefined;

  constructor(folder: string | undefined, lock: PromptLock = PROMPT_LOCK) {
    this.folder = folder;
    this.lock = lock;
  }

  /** The versions of one prompt, oldest first. */
  versionsOf(id: string): readonly LockedPrompt[] {
    return this.lock.prompts.filter(one => one.id === id).sort((a, b) => compareVersions(a.version, b.version));
  }

  /** Read anew each time: a byte that is changed while we run refuses as well. */
  async load(id: string, version: string): Promise<Result<Prompt, 'ai.prompt_changed'>> {
    const locked = this.lock.prompts.find(one => one.id === id && one.version === version);
    if (locked === undefined || this.folder === undefined) return fail('ai.prompt_changed');
    const files = new Map<string, Buffer>();
    try {
      for (const path of Object.keys(locked.files))
        files.set(path, await readFile(join(this.folder, id, version, path)));
    } catch {
      return fail('ai.prompt_changed');
    }
    const isWhole = Object.entries(locked.files).every(([path, sha256]) => sha256Hex(files.get(path) ?? '') === sha256);
    const text = compilePrompt(id, version, files.get('system.md')?.toString('utf8') ?? '');
    return isWhole && sha256Hex(text) === locked.sha256
      ? ok({ id, version, text, sha256: locked.sha256 })
      : fail('ai.prompt_changed');
  }
}

/** By number, part for part: 1.10.0 is later than 1.9.0. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [a, b].map(text => text.split('.').map(Number));
  for (let at = 0; at < 3; at++) {
    const difference = (left?.[at] ?? 0) - (right?.[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
