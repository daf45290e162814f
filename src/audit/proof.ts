import { base64, fromBase64 } from '../base/bytes.ts';
import { fail, ok, type Result } from '../base/result.ts';
import { NOTE_CHARS_MAX } from './note.ts';
import { HASH_BYTES } from './tree.ts';

/** A receipt: that one entry stands at one index of a log, under a signed checkpoint (C2SP tlog-proof). */
export interface Receipt {
  /** Data of the application's own, not covered by any signature. Undefined where there is none. */
  readonly extra: Uint8Array | undefined;
  readonly index: number;
  /** Leaf side first. */
  readonly proof: readonly Uint8Array[];
  /** The signed note, verbatim. */
  readonly checkpoint: string;
}

const HEADER = 'c2sp.org/tlog-proof@v1';
/** An inclusion proof has a hash for each level of the tree. */
const PROOF_HASHES_MAX = 63;

/**
 * As a `.tlog-proof` file:
 *
 *     c2sp.org/tlog-proof@v1
 *     index 1
 *     rR6fB763h7Bxl7Pz8gahtQMKLqcRzAVPyp8tLXeCOVI=
 *
 *     countersign.example/audit
 *     2
 *     Cdg3fktfe3eSHe1gMrwO3AE9ffV242oQpVgv0O5W67I=
 *
 *     — countersign.example/audit WFrJ0Dfi…
 */
export function printReceipt(receipt: Receipt): string {
  const extra = receipt.extra === undefined ? '' : `extra ${base64(receipt.extra)}\n`;
  const hashes = receipt.proof.map(hash => `${base64(hash)}\n`).join('');
  return `${HEADER}\n${extra}index ${receipt.index}\n${hashes}\n${receipt.checkpoint}`;
}

/** The inverse of {@link printReceipt}: what would print differently is refused. Whether it proves anything is another question. */
export function parseReceipt(text: string): Result<Receipt, 'receipt.malformed'> {
  const split = text.indexOf('\n\n');
  if (split < 0 || text.length > 2 * NOTE_CHARS_MAX) return fail('receipt.malformed');
  const [header, ...lines] = text.slice(0, split).split('\n');
  const extraText = /^extra (.*)$/.exec(lines[0] ?? '')?.[1];
  const extra = extraText === undefined ? undefined : fromBase64(extraText);
  if (header !== HEADER || (extraText !== undefined && extra === undefined)) return fail('receipt.malformed');
  const [indexLine = '', ...hashLines] = extraText === undefined ? lines : lines.slice(1);
  const index = Number(/^index (0|[1-9]\d{0,15})$/.exec(indexLine)?.[1]);
  const proof = hashLines.flatMap(line => fromBase64(line) ?? []);
  const areHashes = proof.length === hashLines.length && proof.every(hash => hash.length === HASH_BYTES);
  if (!Number.isSafeInteger(index) || !areHashes || proof.length > PROOF_HASHES_MAX) return fail('receipt.malformed');
  return ok({ extra, index, proof, checkpoint: text.slice(split + 2) });
}
