import { Attribute, BerWriter, type Client, Control, Change as LdapChange } from 'ldapts';
import { guidBytes } from '../../src/responders/ad-account/binary.ts';

/** The discretionary access list alone. */
class DaclControl extends Control {
  constructor() {
    super('1.2.840.113556.1.4.801', { critical: true });
  }
  override writeControl(writer: BerWriter): void {
    const inner = new BerWriter();
    inner.startSequence();
    inner.writeInt(4);
    inner.endSequence();
    writer.writeBuffer(inner.buffer, 0x04);
  }
}

export const RIGHT = { readProperty: 0x10, writeProperty: 0x20, control: 0x100, listObjects: 0x84 } as const;
const USER_CLASS = 'bf967aba-0de6-11d0-a285-00aa003049e2';

/** An entry of an access list: on an attribute (or everything, where `on` is empty) of every user object below. */
export interface Grant {
  readonly isAllow: boolean;
  readonly mask: number;
  readonly on: string;
  readonly sid: Buffer;
  /** On the object itself, and not on user objects below it. */
  readonly isOwn?: true;
}

function aceOf({ isAllow, mask, on, sid, isOwn }: Grant): Buffer {
  const body = Buffer.concat([
    Buffer.from(Uint32Array.of((on === '' ? 0 : 1) | (isOwn ? 0 : 2)).buffer),
    on === '' ? Buffer.alloc(0) : guidBytes(on),
    isOwn ? Buffer.alloc(0) : guidBytes(USER_CLASS),
    sid,
  ]);
  const head = Buffer.alloc(8);
  // Inherited by what is below, and by that only.
  head.set([isAllow ? 5 : 6, isOwn ? 0 : 0x0a]);
  head.writeUInt16LE(8 + body.length, 2);
  head.writeUInt32LE(mask, 4);
  return Buffer.concat([head, body]);
}

export async function readDacl(admin: Client, dn: string): Promise<Buffer> {
  const options = { scope: 'base' as const, attributes: ['nTSecurityDescriptor'] };
  const { searchEntries } = await admin.search(
    dn,
    { ...options, explicitBufferAttributes: ['nTSecurityDescriptor'] },
    new DaclControl(),
  );
  const value = searchEntries[0]?.['nTSecurityDescriptor'];
  const first = Array.isArray(value) ? value[0] : value;
  if (!Buffer.isBuffer(first)) throw new Error(`${dn} shows no access list`);
  return first;
}

/** The same list with these entries in front. */
export function withGrants(descriptor: Buffer, grants: readonly Grant[]): Buffer {
  const start = descriptor.readUInt32LE(16);
  const size = descriptor.readUInt16LE(start + 2);
  const aces = Buffer.concat(grants.map(aceOf));
  const head = Buffer.from(descriptor.subarray(start, start + 8));
  head.writeUInt16LE(size + aces.length, 2);
  head.writeUInt16LE(descriptor.readUInt16LE(start + 4) + grants.length, 4);
  const front = Buffer.alloc(20);
  front.set(descriptor.subarray(0, 4));
  front.writeUInt32LE(20, 16);
  return Buffer.concat([front, head, aces, descriptor.subarray(start + 8, start + size)]);
}

export async function writeDacl(admin: Client, dn: string, descriptor: Buffer): Promise<void> {
  const modification = new Attribute({ type: 'nTSecurityDescriptor', values: [descriptor] });
  await admin.modify(dn, new LdapChange({ operation: 'replace', modification }), new DaclControl());
}
