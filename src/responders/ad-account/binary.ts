/** A GUID as its own bytes (MS-DTYP 2.3.4.2): the first three parts are little-endian. */
const GUID_ORDER = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15] as const;
const GUID_TEXT = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
export const GUID_BYTES = 16;

/** Whether a text can be an account's immutable id. */
export function isGuid(text: string): boolean {
  return GUID_TEXT.test(text);
}

/** The bytes by which a directory finds a GUID; the text must be one. */
export function guidBytes(text: string): Buffer {
  const plain = Buffer.from(text.replaceAll('-', ''), 'hex');
  return Buffer.from(GUID_ORDER.map(at => plain[at] ?? 0));
}

/** The text of a GUID; undefined for bytes that are none. */
export function guidText(bytes: Buffer): string | undefined {
  if (bytes.length !== GUID_BYTES) return undefined;
  const hex = Buffer.from(GUID_ORDER.map(at => bytes[at] ?? 0)).toString('hex');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

const SID_HEAD = 8;
const SUB_AUTHORITIES_MAX = 15;

/** How many bytes the SID at the front of these is (MS-DTYP 2.4.2.2); undefined where there is none. */
export function sidLength(bytes: Buffer): number | undefined {
  const count = bytes[1] ?? SUB_AUTHORITIES_MAX + 1;
  const length = SID_HEAD + 4 * count;
  return bytes[0] === 1 && count <= SUB_AUTHORITIES_MAX && bytes.length >= length ? length : undefined;
}

/** `S-1-5-21-…`; undefined for bytes that are no SID. */
export function sidText(bytes: Buffer): string | undefined {
  const length = sidLength(bytes);
  if (length === undefined) return undefined;
  const parts = Array.from({ length: (length - SID_HEAD) / 4 }, (_, at) => bytes.readUInt32LE(SID_HEAD + 4 * at));
  return ['S-1', bytes.readUIntBE(2, 6), ...parts].join('-');
}

/** The last part of a SID, by which Windows knows its built-in accounts and groups; undefined for a text that has none. */
export function ridOf(sid: string): number | undefined {
  const rid = /-(\d{1,10})$/.exec(sid)?.[1];
  return rid === undefined ? undefined : Number(rid);
}
