import { bytesToHex } from '../../base/bytes.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import { type Checkpoint, parseCheckpoint } from '../checkpoint.ts';
import { checkSignature, noteKeyId, parseNote, type SignedNote, type VerifyEd25519 } from '../note.ts';
import { isQuorumMet, type LogPolicy, parsePolicy } from '../policy.ts';
import { type Check, type Finding, failed, passed } from './report.ts';

/** Check 1: the policy is one, and which keys it trusts. */
export function checkPolicy(text: string): { readonly policy: LogPolicy | undefined; readonly check: Check } {
  const parsed = parsePolicy(text);
  if (!parsed.ok) {
    const { line, detail } = parsed.failure;
    const finding: Finding = { code: 'policy.malformed', detail: line === 0 ? detail : `line ${line}: ${detail}` };
    return { policy: undefined, check: failed('policy', [finding]) };
  }
  const keys = parsed.value.logs.map(key => `${key.name} with key id ${bytesToHex(noteKeyId(key))}`);
  return { policy: parsed.value, check: passed('policy', `trusts ${keys.join(', ')}`) };
}

/** A checkpoint that the log itself signed, and whether the quorum of witnesses did, too. */
export interface CheckedNote {
  readonly checkpoint: Checkpoint;
  readonly isQuorumMet: boolean;
  readonly check: Check;
}

/**
 * Check 2. The log's own signature for its origin must be there and be valid, and no signature of a known key may be
 * invalid. A note is never accepted on a witness's word alone.
 */
export async function checkNote(
  printed: string,
  policy: LogPolicy,
  verify: VerifyEd25519,
): Promise<Result<CheckedNote, Finding>> {
  const note = parseNote(printed);
  const checkpoint = note.ok ? parseCheckpoint(note.value.text) : note;
  if (!note.ok || !checkpoint.ok) {
    return fail({ code: 'note.malformed', detail: 'the checkpoint is not a signed note of three lines' });
  }
  const { origin } = checkpoint.value;
  const keys = policy.logs.filter(key => key.name === origin);
  if (keys.length === 0)
    return fail({ code: 'note.unknown_log', detail: `the policy has no key for the log ${origin}` });
  const verdicts = await Promise.all(keys.map(key => checkSignature(note.value, key, verify)));
  if (!verdicts.some(({ kind }) => kind === 'valid') || verdicts.some(({ kind }) => kind === 'invalid')) {
    return fail({ code: 'note.not_signed', detail: `no valid signature of the log ${origin} on its checkpoint` });
  }
  const witnessed = await witnessTimes(note.value, policy, verify);
  if (!witnessed.ok) return witnessed;
  const known = keys.length + witnessed.value.size;
  const unknown = Math.max(0, note.value.signatures.length - known);
  return ok({
    checkpoint: checkpoint.value,
    isQuorumMet: isQuorumMet(policy, new Set(witnessed.value.keys())),
    check: passed(
      'note',
      `signed by ${origin}; ${describe(policy, witnessed.value)}; ${unknown} signatures of unknown keys`,
    ),
  });
}

async function witnessTimes(
  note: SignedNote,
  policy: LogPolicy,
  verify: VerifyEd25519,
): Promise<Result<Map<string, number>, Finding>> {
  const times = new Map<string, number>();
  for (const [name, key] of policy.witnesses) {
    const verdict = await checkSignature(note, key, verify);
    if (verdict.kind === 'invalid') {
      return fail({ code: 'note.bad_cosignature', detail: `the cosignature of the witness ${name} is not valid` });
    }
    if (verdict.kind === 'valid') times.set(name, verdict.unixSeconds ?? 0);
  }
  return ok(times);
}

function describe(policy: LogPolicy, times: ReadonlyMap<string, number>): string {
  if (policy.quorum === undefined) return 'unwitnessed: the operator could have rewritten this log';
  const seconds = [...times.values()];
  const span =
    seconds.length === 0 ? '' : `, oldest at ${iso(Math.min(...seconds))}, newest at ${iso(Math.max(...seconds))}`;
  return `${times.size} of ${policy.witnesses.size} witnesses${span}`;
}

const SECONDS_MAX = 253_402_300_799;

function iso(unixSeconds: number): string {
  return unixSeconds <= SECONDS_MAX ? new Date(unixSeconds * 1_000).toISOString() : `second ${unixSeconds}`;
}
