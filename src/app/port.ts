import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { errorCode, Refusal } from './refusal.ts';

/** A server that was killed a moment ago may still hold its port. */
const TAKEN_WAIT_MS_MAX = 2_000;
const POLL_MS = 100;

/** Refuses where another program listens on `port` of the loopback addresses, or where we may not. */
export async function requireFreePort(port: number): Promise<void> {
  for (const giveUpAt = Date.now() + TAKEN_WAIT_MS_MAX; ; await sleep(POLL_MS)) {
    const trouble = (await tryPort(port, '127.0.0.1')) ?? (await tryPort(port, '::1'));
    if (trouble === undefined) return;
    if (trouble === 'EACCES') {
      throw new Refusal(`this user may not listen on port ${port}; choose one above 1023 with --port.`);
    }
    if (Date.now() > giveUpAt) {
      throw new Refusal(`port ${port} is taken by another program; stop that one, or choose another port with --port.`);
    }
  }
}

async function tryPort(port: number, host: string): Promise<'EADDRINUSE' | 'EACCES' | undefined> {
  const server = createServer();
  return new Promise(resolve => {
    server.once('error', error => {
      const code = errorCode(error);
      // A machine without IPv6 has nothing there that could be taken.
      resolve(code === 'EADDRINUSE' || code === 'EACCES' ? code : undefined);
    });
    server.listen({ port, host }, () => server.close(() => resolve(undefined)));
  });
}
