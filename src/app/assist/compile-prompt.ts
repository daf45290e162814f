import { createHash } from 'node:crypto';
import type { Digest } from '../../base/canonical.ts';

/** One version of one prompt as it was locked: the digest of every file of it, and of what a model is sent. */
export interface LockedPrompt {
  readonly id: string;
  readonly version: string;
  /** Of the compiled bytes. */
  readonly sha256: Digest;
  readonly files: { readonly [path: string]: Digest };
}

export interface PromptLock {
  readonly v: 1;
  readonly prompts: readonly LockedPrompt[];
}

/** What a model is sent of `system.md`: its name in front, so that no two prompts have one digest. */
export function compilePrompt(id: string, version: string, system: string): string {
  return `[${id} ${version}]\n\n${system.replaceAll('\r\n', '\n').trim()}\n`;
}

export function sha256Hex(bytes: string | Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
