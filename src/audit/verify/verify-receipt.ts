import { bytesToHex, textFromUtf8 } from '../../base/bytes.ts';
import type { VerifyEd25519 } from '../note.ts';
import { parseReceipt } from '../proof.ts';
import { leafHash, type Sha256, verifyInclusion } from '../tree.ts';
import { readLeaf } from './leaf.ts';
import { checkNote, checkPolicy } from './note-checks.ts';
import { type Check, failed, notChecked, passed, type VerifyReport } from './report.ts';

export interface VerifyReceiptOptions {
  /** The text of a `.tlog-proof` file. */
  readonly receipt: string;
  /** What is claimed to be in the log. Undefined: the entry that the receipt carries as its extra data. */
  readonly entry?: Uint8Array;
  readonly policy: string;
  readonly sha256: Sha256;
  readonly verifyEd25519: VerifyEd25519;
}

/** Checks one receipt offline: that this entry stands at its index in a log of the policy, under a signed checkpoint. */
export async function verifyReceipt(options: VerifyReceiptOptions): Promise<VerifyReport> {
  const { policy, check: policyCheck } = checkPolicy(options.policy);
  const receipt = parseReceipt(options.receipt);
  if (policy === undefined) return report('unusable', [policyCheck]);
  if (!receipt.ok) {
    const finding = { code: receipt.failure, detail: 'this is no tlog-proof file of version 1' };
    return report('unusable', [policyCheck, failed('receipt', [finding])]);
  }
  const { index, proof, extra, checkpoint: printed } = receipt.value;
  const note = await checkNote(printed, policy, options.verifyEd25519);
  if (!note.ok) return report('failed', [policyCheck, failed('note', [note.failure])]);
  const checks = [policyCheck, note.value.check];
  const entry = options.entry ?? extra;
  if (entry === undefined) {
    const detail = 'the receipt does not carry its entry, and none was given';
    return report('unusable', [...checks, failed('receipt', [{ code: 'receipt.no_entry', detail }])]);
  }
  const { size, root } = note.value.checkpoint;
  const hash = leafHash(entry, options.sha256);
  if (!verifyInclusion({ leafHash: hash, index, size, root, proof }, options.sha256)) {
    const detail = `this entry is not proved to stand at index ${index} of ${size}`;
    const finding = {
      code: 'receipt.not_included',
      detail,
      entry: index,
      expected: bytesToHex(root),
      found: bytesToHex(hash),
    };
    return report('failed', [...checks, failed('receipt', [finding])]);
  }
  const leaf = readLeaf(entry);
  const form = leaf.ok
    ? passed('entries', `a \`${leaf.value.type}\` of ${leaf.value.at}`)
    : failed('entries', [{ ...leaf.failure, detail: `the entry ${leaf.failure.detail}`, entry: index }]);
  const outcome = !leaf.ok ? 'failed' : note.value.isQuorumMet ? 'verified' : 'policy_not_met';
  const included = passed('receipt', `entry ${index} of ${size}: ${(textFromUtf8(entry) ?? '').slice(0, 200)}`);
  return report(outcome, [...checks, included, form]);
}

function report(outcome: VerifyReport['outcome'], made: readonly Check[]): VerifyReport {
  const names = ['policy', 'note', 'root', 'append_only', 'receipt', 'entries', 'blobs', 'process', 'summary'] as const;
  const checks = names.map(
    name => made.find(check => check.name === name) ?? notChecked(name, 'one receipt does not show the whole log'),
  );
  return { outcome, checks, summary: undefined };
}
