import { sha256 } from '@noble/hashes/sha2.js';
import canonicalize from 'canonicalize';
import { bytesToHex, utf8 } from './bytes.ts';
import { invariant } from './invariant.ts';

/** What may be signed or hashed: no numbers (they are decimal strings), no null, nothing undefined. */
export type Closed = boolean | string | readonly Closed[] | { readonly [key: string]: Closed };

/**
 * The one byte sequence for a closed value, by RFC 8785 (JCS).
 *
 * Numbers are refused because JSON readers disagree on them: 9007199254740992 and …993 are one number to
 * JavaScript, so they would share a digest. Lone surrogates are refused because UTF-8 cannot carry them.
 */
export function canonical(value: Closed): string {
  assertClosed(value, '$', 0);
  const text = canonicalize(value);
  invariant(text !== undefined, 'a closed value has a canonical form');
  return text;
}

/**
 * RFC 8785 of JSON that somebody else wrote, numbers and all: to tell whether it is what it was. Undefined for what is no JSON.
 * What is ours to sign is {@link Closed}, and this text may stand in it.
 */
export function canonicalJson(value: unknown): string | undefined {
  return canonicalize(value);
}

const DEPTH_MAX = 16;

function assertClosed(value: unknown, path: string, depth: number): void {
  invariant(depth <= DEPTH_MAX, `${path} is at most ${DEPTH_MAX} levels deep`);
  if (typeof value === 'boolean') return;
  if (typeof value === 'string') {
    invariant(value.isWellFormed(), `${path} is well-formed Unicode`);
    return;
  }
  if (Array.isArray(value)) {
    value.forEach((item, index) => {
      assertClosed(item, `${path}[${index}]`, depth + 1);
    });
    return;
  }
  invariant(typeof value === 'object' && value !== null, `${path} is a string, boolean, list or object`);
  for (const [key, member] of Object.entries(value)) {
    invariant(key.isWellFormed(), `${path} has well-formed keys`);
    assertClosed(member, `${path}.${key}`, depth + 1);
  }
}

/** What is hashed. One name and version per kind of object, so that no digest of one kind is ever one of another. */
export type DigestDomain =
  | 'countersign/act/v1'
  | 'countersign/presentation/v1'
  | 'countersign/intent/v1'
  | 'countersign/plan/v1'
  | 'countersign/inventory/v1'
  | 'countersign/policy/v1'
  | 'countersign/invitation/v1'
  | 'countersign/enrolment/v1'
  | 'countersign/person-change/v1'
  | 'countersign/custody/v1'
  | 'countersign/session/v1'
  | 'countersign/finding/v1'
  | 'countersign/delegation/v1'
  | 'countersign/evidence-set/v1'
  | 'countersign/contributors/v1'
  | 'countersign/summary/v1'
  | 'countersign/coverage/v1'
  | 'countersign/query/v1'
  | 'countersign/history/v1'
  | 'countersign/blob/v1'
  | 'countersign/batch/v1'
  | 'countersign/batch-intent/v1'
  | 'countersign/batch-choice/v1'
  | 'countersign/genesis/v1'
  | 'countersign/reason/v1'
  | 'countersign/kill-switch/v1'
  | 'countersign/packet/v1'
  | 'countersign/assist/v1'
  | 'countersign/ai-form/v1'
  | 'countersign/ai-settings/v1'
  | 'countersign/ai-provider/v1'
  | 'countersign/ai-cache/v1'
  | 'countersign/tool/v1'
  | 'countersign/notice/v1'
  | 'countersign/seal/v1'
  | 'countersign/act-salt/v1';

/** Lower-case hex of SHA-256(`domain` ‖ newline ‖ JCS(value)). */
export type Digest = string;

export function digestOf(domain: DigestDomain, value: Closed): Digest {
  return digestOfCanonical(domain, canonical(value));
}

/** The same over a text that is already canonical, as it was stored. Never re-serialise what somebody signed. */
export function digestOfCanonical(domain: DigestDomain, text: string): Digest {
  return bytesToHex(sha256(utf8(`${domain}\n${text}`)));
}
