import { base64, bytesToHex, concatBytes, equalBytes, fromBase64, hexToBytes, sha256, utf8 } from '../base/bytes.ts';
import { fail, ok, type Result } from '../base/result.ts';

/** RFC 8032 Ed25519. False for anything that is not a valid signature; it never throws. */
export type VerifyEd25519 = (publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array) => Promise<boolean>;

/** One line of a signed note. Whose it is, only a key that has the same name and id can tell. */
export interface NoteSignature {
  readonly name: string;
  /** Four bytes. */
  readonly keyId: Uint8Array;
  readonly signature: Uint8Array;
}

/** C2SP signed-note v1.0.0. `text` ends with a newline and is what an Ed25519 note signature covers. */
export interface SignedNote {
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
}

/** As Go's sumdb/note does. The specification asks for at least 16. */
export const NOTE_SIGNATURES_MAX = 100;
export const NOTE_CHARS_MAX = 1_000_000;

const ED25519_KEY_BYTES = 32;
const ED25519_SIGNATURE_BYTES = 64;
const KEY_ID_BYTES = 4;

/** 1: Ed25519 over the text (a log). 4: timestamped Ed25519 cosignature (a witness). */
export type NoteKeyType = 1 | 4;

/** Prints a note as it is stored and sent. The inverse of {@link parseNote}. */
export function printNote(note: SignedNote): string {
  const lines = note.signatures.map(
    ({ name, keyId, signature }) => `— ${name} ${base64(concatBytes(keyId, signature))}\n`,
  );
  return `${note.text}\n${lines.join('')}`;
}

/**
 * Takes exactly what {@link printNote} makes of at least one signature. The text ends at the *last* blank line,
 * so no signature line can be smuggled into it or out of it.
 */
export function parseNote(printed: string): Result<SignedNote, 'note.malformed'> {
  if (printed.length > NOTE_CHARS_MAX || !isNoteText(printed) || !printed.endsWith('\n')) return fail('note.malformed');
  const split = printed.lastIndexOf('\n\n');
  if (split < 0) return fail('note.malformed');
  const lines = printed.slice(split + 2, -1).split('\n');
  if (lines.length > NOTE_SIGNATURES_MAX) return fail('note.malformed');
  const signatures: NoteSignature[] = [];
  for (const line of lines) {
    const parsed = parseSignatureLine(line);
    if (parsed === undefined) return fail('note.malformed');
    signatures.push(parsed);
  }
  return ok({ text: printed.slice(0, split + 1), signatures });
}

function parseSignatureLine(line: string): NoteSignature | undefined {
  const [, name, encoded] = /^— (\S+) (\S+)$/u.exec(line) ?? [];
  const bytes = fromBase64(encoded ?? '');
  if (name === undefined || !isKeyName(name) || bytes === undefined || bytes.length <= KEY_ID_BYTES) return undefined;
  return { name, keyId: bytes.slice(0, KEY_ID_BYTES), signature: bytes.slice(KEY_ID_BYTES) };
}

/** Well-formed, and without any control character but newline. */
function isNoteText(text: string): boolean {
  if (!text.isWellFormed()) return false;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x20 && unit !== 0x0a) return false;
  }
  return true;
}

/** Not empty, no white space of any script, no plus sign. */
export function isKeyName(name: string): boolean {
  return /^[^\s+\p{White_Space}]+$/u.test(name) && isNoteText(name);
}

/** A public key with the name and the type that it signs under. */
export interface NoteKey {
  readonly name: string;
  readonly type: NoteKeyType;
  readonly publicKey: Uint8Array;
}

/** The first four bytes of SHA-256(name ‖ newline ‖ type ‖ public key). A label, not a proof of anything. */
export function noteKeyId(key: NoteKey): Uint8Array {
  return sha256(concatBytes(utf8(`${key.name}\n`), Uint8Array.of(key.type), key.publicKey)).slice(0, KEY_ID_BYTES);
}

/** `name+hex of the key id+base64 of type ‖ key`: how a key is written in a policy. */
export function printNoteKey(key: NoteKey): string {
  return `${key.name}+${bytesToHex(noteKeyId(key))}+${base64(concatBytes(Uint8Array.of(key.type), key.publicKey))}`;
}

/** The inverse of {@link printNoteKey}. The key id is computed again: a text with another one is refused. */
export function parseNoteKey(text: string): Result<NoteKey, 'note_key.malformed'> {
  const [, name, id, encoded] = /^([^+]+)\+([0-9a-f]{8})\+(.+)$/su.exec(text) ?? [];
  const bytes = fromBase64(encoded ?? '');
  if (name === undefined || !isKeyName(name) || bytes?.length !== 1 + ED25519_KEY_BYTES) {
    return fail('note_key.malformed');
  }
  const type = bytes[0];
  if (type !== 1 && type !== 4) return fail('note_key.malformed');
  const key: NoteKey = { name, type, publicKey: bytes.slice(1) };
  return equalBytes(noteKeyId(key), hexToBytes(id ?? '') ?? new Uint8Array()) ? ok(key) : fail('note_key.malformed');
}

/** What a key has signed in a note. A cosignature says when; a log's signature has no time of its own. */
export type NoteVerdict =
  | { readonly kind: 'absent' }
  | { readonly kind: 'invalid' }
  | { readonly kind: 'valid'; readonly unixSeconds: number | undefined };

/**
 * Looks for a key's signature among those of a note.
 *
 * One invalid signature under the key's own name and id spoils the note, also where a valid one stands beside it:
 * a reader that takes any line that verifies lets an attacker change the others unseen.
 */
export async function checkSignature(note: SignedNote, key: NoteKey, verify: VerifyEd25519): Promise<NoteVerdict> {
  const keyId = noteKeyId(key);
  const own = note.signatures.filter(line => line.name === key.name && equalBytes(line.keyId, keyId));
  let verdict: NoteVerdict = { kind: 'absent' };
  for (const { signature } of own) {
    const signed = whatWasSigned(note.text, key.type, signature);
    if (signed === undefined || !(await verify(key.publicKey, signed.message, signed.signature))) {
      return { kind: 'invalid' };
    }
    verdict = { kind: 'valid', unixSeconds: signed.unixSeconds };
  }
  return verdict;
}

function whatWasSigned(text: string, type: NoteKeyType, signature: Uint8Array) {
  if (type === 1) {
    if (signature.length !== ED25519_SIGNATURE_BYTES) return undefined;
    return { message: utf8(text), signature, unixSeconds: undefined };
  }
  const timestamp = signature.subarray(0, 8);
  if (signature.length !== 8 + ED25519_SIGNATURE_BYTES) return undefined;
  const unixSeconds = Number(BigInt(`0x${bytesToHex(timestamp)}`));
  if (!Number.isSafeInteger(unixSeconds)) return undefined;
  return { message: cosignatureMessage(text, unixSeconds), signature: signature.slice(8), unixSeconds };
}

/** What a witness signs at a time (C2SP tlog-cosignature v1). The signature line holds time ‖ signature. */
export function cosignatureMessage(text: string, unixSeconds: number): Uint8Array {
  return utf8(`cosignature/v1\ntime ${unixSeconds}\n${text}`);
}

/** The bytes of a cosignature in its line, before the key id is put in front. */
export function cosignatureBytes(unixSeconds: number, signature: Uint8Array): Uint8Array {
  const time = hexToBytes(unixSeconds.toString(16).padStart(16, '0'));
  return concatBytes(time ?? new Uint8Array(8), signature);
}
