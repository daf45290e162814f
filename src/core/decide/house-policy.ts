import { bytesToHex, sha256, utf8 } from '../../base/bytes.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import { BUILT_IN, type ToldPolicy } from '../../model/policy.ts';
import { loadPolicies, type PolicySet } from './authorise.ts';
import { makeSeen } from './closed.ts';
import { setOf } from './policy-check.ts';
import { readPolicyFile } from './policy-file.ts';
import { ruleLines } from './policy-words.ts';

/** The policy of this installation: its file, byte for byte, and the rules that it makes together with the built-in ones. */
export interface HousePolicy extends ToldPolicy {
  /** The file; empty where none was adopted. */
  readonly text: string;
  /** SHA-256 of the file in hex; empty where none was adopted. */
  readonly sha256: string;
  readonly set: PolicySet;
}

/**
 * Loads an adopted policy, or says why it does not load. Its tests are not run again: they held when it was adopted, and a
 * newer program that asks for more must not lose the rules of an installation over it.
 */
export function housePolicyOf(text: string): Result<HousePolicy, string> {
  if (text === '') {
    const set = loadPolicies({});
    return set.ok ? ok({ ...BUILT_IN, text, sha256: '', set: set.value }) : set;
  }
  const read = readPolicyFile(text);
  if (!read.ok) return fail(read.failure.map(({ at, text: what }) => `${at}: ${what}`).join('; '));
  const set = setOf(read.value);
  if (!set.ok) return set;
  const digest = fileDigest(text);
  const title = makeSeen(`${read.value.name} ${read.value.version} (${digest.slice(0, 8)})`);
  return ok({ title, lines: ruleLines(read.value), text, sha256: digest, set: set.value });
}

/** What `sha256sum` says of the file. */
export function fileDigest(text: string): string {
  return bytesToHex(sha256(utf8(text)));
}
