import { once } from 'node:events';
import { connect } from 'node:net';

/** What a test says to a Redis server as somebody who is not the responder. */
export interface Client {
  ask(...words: readonly string[]): Promise<unknown>;
  close(): Promise<void>;
}

/** Reads one answer: a text, a number, null, a list, or an Error. `undefined` while it is not whole. */
function parse(text: string, start: number): { value: unknown; end: number } | undefined {
  const stop = text.indexOf('\r\n', start);
  if (stop < 0) return undefined;
  const body = text.slice(start + 1, stop);
  const end = stop + 2;
  switch (text[start]) {
    case '$':
      if (body === '-1') return { value: null, end };
      return text.length < end + Number(body) + 2
        ? undefined
        : { value: Buffer.from(text.slice(end, end + Number(body)), 'latin1').toString(), end: end + Number(body) + 2 };
    case '*': {
      const items: unknown[] = [];
      let at = end;
      if (body === '-1') return { value: null, end };
      for (let i = 0; i < Number(body); i++) {
        const item = parse(text, at);
        if (item === undefined) return undefined;
        items.push(item.value);
        at = item.end;
      }
      return { value: items, end: at };
    }
    case ':':
      return { value: Number(body), end };
    case '-':
      return { value: new Error(body), end };
    default:
      return { value: body, end };
  }
}

export async function connectRedis(port: number, user?: string, password?: string): Promise<Client> {
  const socket = connect({ host: '127.0.0.1', port });
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  let text = '';
  let waiting: { resolve(value: unknown): void; reject(error: Error): void } | undefined;
  socket.on('data', piece => {
    text += piece.toString('latin1');
    const found = parse(text, 0);
    if (found === undefined) return;
    text = text.slice(found.end);
    if (found.value instanceof Error) waiting?.reject(found.value);
    else waiting?.resolve(found.value);
  });
  socket.on('close', () => waiting?.reject(new Error('closed')));
  const client: Client = {
    ask(...words) {
      return new Promise((resolve, reject) => {
        if (socket.destroyed) return reject(new Error('closed'));
        waiting = { resolve, reject };
        socket.write(`*${words.length}\r\n${words.map(word => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('')}`);
      });
    },
    async close() {
      socket.destroy();
    },
  };
  if (user !== undefined) await client.ask('AUTH', user, password ?? '');
  return client;
}
