import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { NoAnswer } from './wire-text.ts';

/** Where a server is, and whether what is said to it is encrypted. */
export interface Address {
  readonly host: string;
  readonly port: number;
  /** `verify-full`: the certificate must be good for the host. */
  readonly tls: 'verify-full' | 'off';
  /** PEM of the authority that signed it; empty for those that the system trusts. */
  readonly tlsCa: string;
}

/** The server was not reached: nothing was sent that could have changed anything. */
export class NotReached extends Error {
  override readonly name = 'NotReached';
}

/** One answer at the front of the bytes that have come, and how many bytes it is; undefined while it is not whole. */
export type Parse<T> = (bytes: Buffer) => { readonly value: T; readonly length: number } | undefined;

/** A connection on which one side asks and the other answers. */
export interface Channel {
  send(bytes: Uint8Array): void;
  /** The next answer. Rejects with {@link NoAnswer} when none comes in time or the connection ends first. */
  read<T>(parse: Parse<T>): Promise<T>;
}

/** More than any answer that is waited for here, in bytes: whoever sends more is cut off. */
const ANSWER_BYTES_MAX = 4_194_304;

/** Connects, does `work`, and hangs up whatever happens. Rejects with {@link NotReached} where there was no connection. */
export async function withChannel<T>(
  address: Address,
  timeoutMs: number,
  work: (channel: Channel) => Promise<T>,
): Promise<T> {
  const socket = await open(address, timeoutMs);
  let bytes = Buffer.alloc(0);
  let ended: string | undefined;
  let wake: () => void = () => undefined;
  socket.on('data', (piece: Buffer) => {
    bytes = Buffer.concat([bytes, piece]);
    if (bytes.length > ANSWER_BYTES_MAX) socket.destroy(new Error('the answer is too large'));
    wake();
  });
  socket.on('error', error => {
    ended = error.message;
    wake();
  });
  socket.on('close', () => {
    ended ??= 'the connection was closed';
    wake();
  });
  const read = async <V>(parse: Parse<V>): Promise<V> => {
    const until = Date.now() + timeoutMs;
    for (;;) {
      const found = parse(bytes);
      if (found !== undefined) {
        bytes = bytes.subarray(found.length);
        return found.value;
      }
      if (ended !== undefined) throw new NoAnswer(ended);
      const leftMs = until - Date.now();
      if (leftMs <= 0) throw new NoAnswer(`no answer within ${timeoutMs} ms`);
      await new Promise<void>(resolve => {
        const timer = setTimeout(resolve, leftMs);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  };
  try {
    return await work({ send: piece => void socket.write(piece), read });
  } finally {
    socket.destroy();
  }
}

function open(address: Address, timeoutMs: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const { host, port } = address;
    const socket: Socket =
      address.tls === 'off'
        ? connectTcp({ host, port, noDelay: true })
        : connectTls({ host, port, servername: host, ...(address.tlsCa === '' ? {} : { ca: address.tlsCa }) });
    const timer = setTimeout(() => {
      socket.destroy();
      reject(new NotReached(`connect: no answer within ${timeoutMs} ms`));
    }, timeoutMs);
    const failed = (error: Error) => {
      clearTimeout(timer);
      reject(new NotReached(error.message));
    };
    socket.once('error', failed);
    socket.once(address.tls === 'off' ? 'connect' : 'secureConnect', () => {
      clearTimeout(timer);
      socket.off('error', failed);
      resolve(socket);
    });
  });
}
