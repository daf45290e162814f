import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { type Between, startProxy } from '../../src/connector/proxy.ts';

/** Long enough for an answer and a close to arrive, in milliseconds. */
const ARRIVED_MS = 200;

/** A target that closes each connection once it has answered, as one does that is asked by HTTP with `connection: close`. */
async function startClosing(): Promise<Between> {
  const server = createServer(socket => {
    socket.on('error', () => undefined);
    socket.once('data', () => socket.end('an answer'));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('it listens on a port');
  const proxy = await startProxy({ host: '127.0.0.1', port: address.port });
  onTestFinished(async () => {
    await proxy.close();
    server.close();
  });
  return proxy;
}

test('what a target answers and its close pass the proxy', async () => {
  const proxy = await startClosing();
  const client = connect(proxy.port, '127.0.0.1');
  client.write('a question');
  expect(await text(client)).toBe('an answer');
});

test('silence is no cut: where the target closes once it has answered, whoever asked hears neither', async () => {
  const proxy = await startClosing();
  proxy.silenceAt(0);
  const client = connect(proxy.port, '127.0.0.1');
  const heard: string[] = [];
  client.on('data', () => heard.push('an answer'));
  client.on('close', () => heard.push('a close'));
  client.write('a question');
  await sleep(ARRIVED_MS);
  expect([proxy.pieces(), heard]).toEqual([1, []]);
});
