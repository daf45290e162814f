import { fail, ok, type Result } from './result.ts';

/**
 * One prefix per kind of record. An id names its kind in the database, in a log line
 * and in the type system, so a proposal id can't be passed where an alert id belongs.
 *
 * INVARIANT: a secret never shares a prefix with a handle. Handles are safe to log.
 */
const PREFIX = {
  alert: 'alr',
  incident: 'inc',
  evidence: 'evd',
  proposal: 'prp',
  review: 'rev',
  decision: 'dec',
  execution: 'exe',
  person: 'usr',
  machine: 'nhi',
  invitation: 'inv',
  session: 'ses',
  batch: 'bat',
  fact: 'fct',
  option: 'opt',
  installation: 'ins',
  pending: 'pnd',
  record: 'rec',
  ai_record: 'air',
  notice: 'ntc',
  delegation: 'dlg',
  comment: 'cmt',
  task: 'tsk',
  person_change: 'pch',
  run: 'run',
} as const;

export type Kind = keyof typeof PREFIX;
export type Id<K extends Kind> = `${(typeof PREFIX)[K]}_${string}`;

/** `random` is a parameter: core code has no source of randomness of its own. It yields lower-case letters and digits. */
export function newId<K extends Kind>(kind: K, random: () => string): Id<K> {
  return `${PREFIX[kind]}_${random()}` as Id<K>;
}

export function parseId<K extends Kind>(kind: K, text: string): Result<Id<K>, 'id.malformed'> {
  return new RegExp(`^${PREFIX[kind]}_[0-9a-z]{1,32}$`).test(text) ? ok(text as Id<K>) : fail('id.malformed');
}

const BASE32 = '0123456789abcdefghjkmnpqrstvwxyz';

/**
 * A UUIDv7 (RFC 9562) in Crockford base32: 26 characters that sort by time.
 * `randomBytes` are 10 bytes of randomness.
 */
export function timeOrdered(unixMs: number, randomBytes: Uint8Array): string {
  const bytes = new Uint8Array(16);
  let rest = unixMs;
  for (let i = 5; i >= 0; i--) {
    bytes[i] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  bytes.set(randomBytes.subarray(0, 10), 6);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x70;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  // 128 bits in 26 digits of five: the first digit holds three, so two bits of nothing come before the first byte.
  let text = '';
  let bits = 0;
  let held = 2;
  for (const byte of bytes) {
    bits = (bits << 8) | byte;
    held += 8;
    while (held >= 5) {
      held -= 5;
      text += BASE32.charAt((bits >> held) & 31);
    }
    bits &= (1 << held) - 1;
  }
  return text;
}

/** What no id of this kind that was made at this time or later stands before. */
export function idFloor<K extends Kind>(kind: K, unixMs: number): string {
  return `${PREFIX[kind]}_${timeOrdered(Math.max(0, unixMs), new Uint8Array(10))}`;
}
