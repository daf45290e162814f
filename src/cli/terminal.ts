import type { Writable } from 'node:stream';
import { inertText } from '../base/inert.ts';

const CLEAR_LINE = '\r\u001b[K';

type Write = (chunk: string) => boolean;
const unguarded = new WeakMap<Writable, Write>();

/**
 * From here on no text that is written to the stream holds a control character but the line break, or any other that is
 * not seen: a name out of a record can neither move the cursor nor reorder or hide what stands beside it. Bytes are passed
 * on as they are. Every command of the program goes through it.
 */
export function guardTerminal(stream: Writable): void {
  if (unguarded.has(stream)) return;
  const write = stream.write.bind(stream) as (chunk: unknown, ...rest: unknown[]) => boolean;
  unguarded.set(stream, chunk => write(chunk));
  const guarded = (chunk: unknown, ...rest: unknown[]): boolean =>
    write(typeof chunk === 'string' ? inertText(chunk) : chunk, ...rest);
  stream.write = guarded as typeof stream.write;
}

/** Takes back the line that is being written: the one control sequence of ours. */
export function clearLine(stream: Writable): void {
  const write = unguarded.get(stream) ?? ((chunk: string) => stream.write(chunk));
  write(CLEAR_LINE);
}
