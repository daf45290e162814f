import { base64, fromBase64 } from '../base/bytes.ts';
import { fail, ok, type Result } from '../base/result.ts';
import { isKeyName } from './note.ts';
import { HASH_BYTES } from './tree.ts';

/** The head of a log at one moment: enough to prove that any earlier entry is still there. */
export interface Checkpoint {
  /** Which log this is: a URL without a scheme, and the name of the key that signs it. */
  readonly origin: string;
  readonly size: number;
  readonly root: Uint8Array;
}

/**
 * The text that is signed, three lines and nothing else (C2SP tlog-checkpoint, without extension lines):
 *
 *     countersign.example/audit
 *     4096
 *     gymrjhKf+peVLkwz/XrhzVQgH4NL92YXc6AZIegf4P0=
 */
export function printCheckpoint(checkpoint: Checkpoint): string {
  return `${checkpoint.origin}\n${checkpoint.size}\n${base64(checkpoint.root)}\n`;
}

const FORM = /^([^\s+]{1,255})\n(0|[1-9][0-9]{0,15})\n([A-Za-z0-9+/]{43}=)\n$/;

/**
 * The inverse of {@link printCheckpoint}. It takes exactly what that makes: a text that would print
 * differently is refused, so two texts never mean the same checkpoint.
 */
export function parseCheckpoint(text: string): Result<Checkpoint, 'checkpoint.malformed'> {
  const [, origin, sizeText, rootText] = FORM.exec(text) ?? [];
  const root = fromBase64(rootText ?? '');
  const size = Number(sizeText);
  if (origin === undefined || !isKeyName(origin)) return fail('checkpoint.malformed');
  if (root?.length !== HASH_BYTES || !Number.isSafeInteger(size)) return fail('checkpoint.malformed');
  return ok({ origin, size, root });
}
