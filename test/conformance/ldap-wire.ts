/** Modify, add, delete and rename: protocolOp tags of RFC 4511. */
const CHANGE_TAGS = new Set([0x66, 0x68, 0x4a, 0x6c]);

export interface LdapMessage {
  readonly id: number;
  readonly tag: number;
  readonly bytes: Buffer;
}

/** Splits what a client sent into its messages. Message ids of one byte are all that a test's connection needs. */
export function messagesIn(sent: Buffer): readonly LdapMessage[] {
  const messages: LdapMessage[] = [];
  for (let at = 0; at + 2 < sent.length; ) {
    const first = sent[at + 1] ?? 0;
    const lengthBytes = first < 0x80 ? 0 : first & 0x7f;
    const length = lengthBytes === 0 ? first : sent.readUIntBE(at + 2, lengthBytes);
    const body = at + 2 + lengthBytes;
    messages.push({ id: sent[body + 2] ?? 0, tag: sent[body + 3] ?? 0, bytes: sent.subarray(at, body + length) });
    at = body + length;
  }
  return messages;
}

/** Whether a request to change something is among what a client sent. */
export function asksForChange(sent: Buffer): boolean {
  return messagesIn(sent).some(({ tag }) => CHANGE_TAGS.has(tag));
}

/** Success for a modify that was never passed on. A dry run is let through: the lie is about the change. */
export function lyingAnswer(piece: Buffer): Buffer | undefined {
  const [message] = messagesIn(piece);
  if (message?.tag !== 0x66 || message.bytes.includes('1.3.6.1.4.1.4203.666.5.2')) return undefined;
  return Buffer.from([0x30, 0x0c, 0x02, 0x01, message.id, 0x67, 0x07, 0x0a, 0x01, 0x00, 0x04, 0x00, 0x04, 0x00]);
}
