import type { Server } from 'node:http';
import { createAdaptorServer } from '@hono/node-server';
import type { AssistTuning } from '../app/assist/assistance.ts';
import type { ModelPipe } from '../app/model-pipe.ts';
import { type OpenDoors, ServerRefusal, startServer } from '../app/server-process.ts';
import type { RunningProcess, ServerSecrets } from '../ports/secrets.ts';
import { createApp } from './app.ts';

/** Answers in hand get this long when the server is asked to stop; then their connections are cut. */
const DRAIN_MS = 3_000;
const HEADERS_MS_MAX = 15_000;

/** The server process, doors and all. Settles when it listens; on loopback only. */
export function runServer(secrets: ServerSecrets, models?: ModelPipe, tuning?: AssistTuning): Promise<RunningProcess> {
  return startServer(secrets, openDoors, undefined, models, tuning);
}

/** Both, so that no other program of this machine can answer for `localhost` on the one that we left. */
const LOOPBACK = ['127.0.0.1', '::1'] as const;

/** Opens every door of the server. */
export const openDoors: OpenDoors = async parts => {
  const app = createApp(parts);
  const servers: Server[] = [];
  const stop = async () => {
    await Promise.all(servers.map(close));
  };
  try {
    for (const host of LOOPBACK) {
      const server = createAdaptorServer({ fetch: app.fetch }) as Server;
      server.headersTimeout = HEADERS_MS_MAX;
      // Files are streamed for as long as they take; what is idle is closed by the drain.
      server.requestTimeout = 0;
      if (await listen(server, host, parts.secrets.port)) servers.push(server);
    }
  } catch (error) {
    await stop();
    throw error;
  }
  return { stop };
};

/** False where the machine has no such address, as where IPv6 is switched off. */
function listen(server: Server, host: string, port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    server.once('error', error => {
      const code = 'code' in error ? error.code : undefined;
      if (host === '::1' && (code === 'EADDRNOTAVAIL' || code === 'EAFNOSUPPORT')) resolve(false);
      else if (code !== 'EADDRINUSE') reject(error);
      else reject(new ServerRefusal(`port ${port} is taken by another program; choose one with --port.`));
    });
    server.listen({ port, host, ipv6Only: host === '::1' }, () => resolve(true));
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
