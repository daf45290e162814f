import type { Server } from 'node:http';
import { createAdaptorServer } from '@hono/node-server';
import { type OpenDoors, ServerRefusal, startServer } from '../app/server-process.ts';
import type { RunningProcess, ServerSecrets } from '../ports/secrets.ts';
import { createApp } from './app.ts';

/** Answers in hand get this long when the server is asked to stop; then their connections are cut. */
const DRAIN_MS = 3_000;
const HEADERS_MS_MAX = 15_000;

/** The server process, doors and all. Settles when it listens; on loopback only. */
export function runServer(secrets: ServerSecrets): Promise<RunningProcess> {
  return startServer(secrets, openDoors);
}

const openDoors: OpenDoors = async parts => {
  const app = createApp(parts);
  const server = createAdaptorServer({ fetch: app.fetch }) as Server;
  server.headersTimeout = HEADERS_MS_MAX;
  // Files are streamed for as long as they take; what is idle is closed by the drain.
  server.requestTimeout = 0;
  await listen(server, parts.secrets.port);
  return { stop: () => close(server) };
};

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', error =>
      reject(
        'code' in error && error.code === 'EADDRINUSE'
          ? new ServerRefusal(`port ${port} is taken by another program; choose one with --port.`)
          : error,
      ),
    );
    server.listen(port, '127.0.0.1', resolve);
  });
}

function close(server: Server): Promise<void> {
  return new Promise(resolve => {
    const cut = setTimeout(() => server.closeAllConnections(), DRAIN_MS);
    server.close(() => {
      clearTimeout(cut);
      resolve();
    });
    server.closeIdleConnections();
  });
}
