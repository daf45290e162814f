import { GUID_BYTES, guidText, sidLength, sidText } from './binary.ts';

/** A right on one thing of an object: an attribute with the set of attributes that it belongs to, or an extended right. */
export interface ObjectRight {
  readonly mask: number;
  /** GUIDs, any of which an entry may name. */
  readonly on: readonly string[];
}

const WRITE_PROPERTY = 0x20;

/** Attribute `userAccountControl`, in the set *Account Restrictions*. */
export const WRITE_ACCOUNT_CONTROL: ObjectRight = {
  mask: WRITE_PROPERTY,
  on: ['bf967a68-0de6-11d0-a285-00aa003049e2', '4c164200-20c0-11d0-a768-00aa006e0529'],
};

/** Attribute `member`, in the set *Membership*. */
export const WRITE_MEMBER: ObjectRight = {
  mask: WRITE_PROPERTY,
  on: ['bf9679c0-0de6-11d0-a285-00aa003049e2', 'bc0ac240-79a9-11d0-9020-00c04fc2d4cf'],
};

const CONTROL_ACCESS = 0x100;

/** The extended right *Reset Password*. */
export const RESET_PASSWORD: ObjectRight = { mask: CONTROL_ACCESS, on: ['00299570-246d-11d0-a768-00aa006e0529'] };

interface Entry {
  readonly isAllow: boolean;
  readonly mask: number;
  /** Empty: it holds for everything of the object. */
  readonly on: string;
  readonly sid: string;
}

const ALLOW = 0;
const DENY = 1;
const ALLOW_OBJECT = 5;
const DENY_OBJECT = 6;
const INHERIT_ONLY = 0x08;
const HAS_TYPE = 1;
const HAS_INHERITED_TYPE = 2;
const DACL_OFFSET_AT = 16;
const ACL_HEAD = 8;
const ACE_HEAD = 8;

/** Entries of a discretionary access list that hold for the object itself, in their order; undefined for bytes that are none. */
function entriesOf(descriptor: Buffer): readonly Entry[] | undefined {
  if (descriptor.length < DACL_OFFSET_AT + 4) return undefined;
  const start = descriptor.readUInt32LE(DACL_OFFSET_AT);
  if (start === 0 || start + ACL_HEAD > descriptor.length) return undefined;
  const count = descriptor.readUInt16LE(start + 4);
  const entries: Entry[] = [];
  let at = start + ACL_HEAD;
  for (let index = 0; index < count; index++) {
    if (at + ACE_HEAD > descriptor.length) return undefined;
    const size = descriptor.readUInt16LE(at + 2);
    if (size < ACE_HEAD || at + size > descriptor.length) return undefined;
    const entry = entryOf(descriptor.subarray(at, at + size));
    if (entry !== undefined) entries.push(entry);
    at += size;
  }
  return entries;
}

/** Undefined for one that only what is below inherits, or of a sort that grants and denies no plain right. */
function entryOf(ace: Buffer): Entry | undefined {
  const [type = 0, flags = 0] = ace;
  if ((flags & INHERIT_ONLY) !== 0) return undefined;
  const isObject = type === ALLOW_OBJECT || type === DENY_OBJECT;
  if (!isObject && type !== ALLOW && type !== DENY) return undefined;
  let at = ACE_HEAD;
  let on = '';
  if (isObject) {
    if (ace.length < ACE_HEAD + 4) return undefined;
    const present = ace.readUInt32LE(at);
    at += 4;
    if ((present & HAS_TYPE) !== 0) {
      on = guidText(ace.subarray(at, at + GUID_BYTES)) ?? 'none';
      at += GUID_BYTES;
    }
    if ((present & HAS_INHERITED_TYPE) !== 0) at += GUID_BYTES;
  }
  const rest = ace.subarray(at);
  const sid = sidLength(rest) === undefined ? undefined : sidText(rest);
  if (sid === undefined) return undefined;
  return { isAllow: type === ALLOW || type === ALLOW_OBJECT, mask: ace.readUInt32LE(4), on, sid };
}

/** Everyone, and Authenticated Users: every login is both. */
const EVERY_LOGIN = ['S-1-1-0', 'S-1-5-11'] as const;

/**
 * Whether a login with these SIDs has the right, as the server would judge (MS-ADTS 5.1.3.3): the first entry that speaks of it
 * decides, and without one it is denied. Undefined where the list cannot be read.
 */
export function mayDo(descriptor: Buffer, sids: readonly string[], right: ObjectRight): boolean | undefined {
  const entries = entriesOf(descriptor);
  const its = new Set([...sids, ...EVERY_LOGIN]);
  const first = entries?.find(
    ({ sid, mask, on }) => its.has(sid) && (mask & right.mask) !== 0 && (on === '' || right.on.includes(on)),
  );
  return entries && (first?.isAllow ?? false);
}
