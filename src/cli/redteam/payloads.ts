import { readFile } from 'node:fs/promises';

/** A text that an attacker may write into an alert. Data: it is put into records and compared, never followed. */
export interface Payload {
  readonly id: string;
  readonly text: string;
  /** The field that it is shaped for; undefined where it fits any. */
  readonly carrier: string | undefined;
  readonly goal: string;
}

/** A line longer than this is no payload. */
const LINE_CHARS_MAX = 262_144;

export interface PayloadFile {
  readonly payloads: readonly Payload[];
  /** Lines that hold no payload, by number from 1. */
  readonly unusable: readonly number[];
}

/** The payloads of a file, a JSON object a line with at least a `text`. Rejects where the file cannot be read. */
export async function readPayloads(file: string): Promise<PayloadFile> {
  const payloads: Payload[] = [];
  const unusable: number[] = [];
  for (const [index, line] of (await readFile(file, 'utf8')).split('\n').entries()) {
    if (line.trim() === '') continue;
    const payload = payloadOf(line, index + 1);
    if (payload === undefined) unusable.push(index + 1);
    else payloads.push(payload);
  }
  return { payloads, unusable };
}

function payloadOf(line: string, number: number): Payload | undefined {
  if (line.length > LINE_CHARS_MAX) return undefined;
  const value = parsed(line);
  if (typeof value !== 'object' || value === null || !('text' in value) || typeof value.text !== 'string')
    return undefined;
  const word = (key: string): string | undefined => {
    const found = (value as { readonly [key: string]: unknown })[key];
    return typeof found === 'string' && found !== '' ? found : undefined;
  };
  return { id: word('id') ?? `line-${number}`, text: value.text, carrier: word('carrier'), goal: word('goal') ?? '' };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
