import { createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { createServer as createTlsServer } from 'node:tls';
import type { SyslogListen } from '../ports/syslog.ts';
import type { Piece } from '../sources/read/record.ts';
import { createSyslogFrames, type SyslogFrames } from '../sources/read/syslog-frames.ts';
import type { ServerContext } from './context.ts';
import type { Intake } from './intake.ts';
import { errorCode, errorText, Refusal } from './refusal.ts';

/** What is heard and not yet durable, on one port: the most that killing this process can lose there. */
const WINDOW_RECORDS = 1_000;
const WINDOW_BYTES = 1024 * 1024;
/** A trickle is written after so long at the latest. */
const FLUSH_MS = 200;
const RETRY_MS_FIRST = 200;
const RETRY_MS_MAX = 5_000;
const CONNECTIONS_MAX = 256;
const HANDSHAKE_MS_MAX = 10_000;
/** The rest of a message has to come within this. */
const PARTIAL_MS_MAX = 30_000;
/** A sender that is silent for longer has gone, or opens a new connection: one that did not notice would lose a line to a closed one. */
const IDLE_MS_MAX = 3_600_000;
const KEEPALIVE_MS = 60_000;
/** A stop waits so long for the database to take what is held. */
const STOP_MS_MAX = 5_000;

/** How one port is doing. */
export interface SyslogStatus {
  readonly source: string;
  readonly transport: SyslogListen['transport'];
  readonly address: string;
  readonly connections: number;
  /** Heard and not yet durable. */
  readonly waiting: number;
  readonly lastHeard: number | undefined;
  /** Why it is not written just now; senders wait meanwhile. */
  readonly trouble: string | undefined;
}

export interface Syslog {
  readonly status: () => readonly SyslogStatus[];
  stop(): Promise<void>;
}

/** Listens for syslog over TCP (RFC 6587) and TLS (RFC 5425). Throws a {@link Refusal} where a port cannot be had. */
export async function startSyslog(
  context: ServerContext,
  intake: Intake,
  listens: readonly SyslogListen[],
): Promise<Syslog> {
  const ports: SyslogPort[] = [];
  const stop = async () => {
    await Promise.all(ports.map(port => port.stop()));
  };
  try {
    for (const listen of listens) {
      const port = new SyslogPort(context, intake, listen);
      await port.open();
      ports.push(port);
    }
  } catch (error) {
    await stop();
    throw error;
  }
  return { status: () => ports.map(port => port.status()), stop };
}

/**
 * One port. What is heard is gathered for a moment and written; while more than the window is not durable, or the
 * database does not take it, no connection is read, so that TCP makes the senders wait. Nothing is ever dropped to
 * keep up.
 */
class SyslogPort {
  private readonly sockets = new Map<Socket, { readonly frames: SyslogFrames; heardAt: number }>();
  private gathered: Piece[] = [];
  private held = { records: 0, bytes: 0 };
  private timer: NodeJS.Timeout | undefined;
  private writing: Promise<void> | undefined;
  private isPaused = false;
  private isStopping = false;
  private lastHeard: number | undefined;
  private trouble: string | undefined;
  private readonly server: Server;
  private readonly context: ServerContext;
  private readonly intake: Intake;
  private readonly listen: SyslogListen;

  constructor(context: ServerContext, intake: Intake, listen: SyslogListen) {
    this.context = context;
    this.intake = intake;
    this.listen = listen;
    this.server = this.createServer();
    this.server.maxConnections = CONNECTIONS_MAX;
    this.server.on('drop', () =>
      context.logger.warn({ source: listen.source }, 'a syslog connection above the bound was refused'),
    );
  }

  private createServer(): Server {
    const { tls } = this.listen;
    if (tls === undefined) return createServer(socket => this.hear(socket));
    const server = createTlsServer(
      {
        cert: tls.cert,
        key: tls.key,
        minVersion: 'TLSv1.2',
        handshakeTimeout: HANDSHAKE_MS_MAX,
        ...(tls.clientCa === undefined ? {} : { ca: tls.clientCa, requestCert: true, rejectUnauthorized: true }),
      },
      socket => this.hear(socket),
    );
    server.on('tlsClientError', error =>
      this.context.logger.warn({ source: this.listen.source, detail: error.message }, 'a syslog sender was refused'),
    );
    return server;
  }

  open(): Promise<void> {
    const { host, port } = this.listen;
    return new Promise((resolve, reject) => {
      this.server.once('error', error =>
        reject(
          new Refusal(
            `cannot listen for syslog on ${host} port ${port} (${errorCode(error) ?? errorText(error)}); choose another port, above 1023.`,
          ),
        ),
      );
      this.server.listen({ host, port }, resolve);
    });
  }

  status(): SyslogStatus {
    const { source, transport, host, port } = this.listen;
    return {
      source,
      transport,
      address: `${host}:${port}`,
      connections: this.sockets.size,
      waiting: this.held.records,
      lastHeard: this.lastHeard,
      trouble: this.trouble,
    };
  }

  private hear(socket: Socket): void {
    const connection = { frames: createSyslogFrames(), heardAt: Date.now() };
    this.sockets.set(socket, connection);
    socket.setKeepAlive(true, KEEPALIVE_MS);
    socket.setTimeout(PARTIAL_MS_MAX);
    socket.on('data', (chunk: Buffer) => {
      connection.heardAt = Date.now();
      this.gather(connection.frames.push(chunk));
      if (connection.frames.isBroken()) socket.destroy();
    });
    socket.on('timeout', () => {
      // While we do not read, it is not the sender that is slow.
      if (this.isPaused || socket.isPaused()) return;
      const silentMs = Date.now() - connection.heardAt;
      if (connection.frames.isPartial() || silentMs > IDLE_MS_MAX) socket.destroy();
    });
    socket.on('error', () => undefined);
    socket.on('close', () => this.leave(socket));
    if (this.isPaused) socket.pause();
  }

  /** Takes what is left of a connection's last message, once. */
  private leave(socket: Socket): void {
    const connection = this.sockets.get(socket);
    if (!this.sockets.delete(socket) || connection === undefined) return;
    this.gather(connection.frames.end());
  }

  private gather(pieces: readonly Piece[]): void {
    if (pieces.length === 0) return;
    this.lastHeard = this.context.now();
    for (const piece of pieces) {
      this.gathered.push(piece);
      this.held.records += 1;
      this.held.bytes += (piece.ok ? piece.record.bytes : piece.bytes).length;
    }
    if (this.held.records >= WINDOW_RECORDS || this.held.bytes >= WINDOW_BYTES) {
      this.pause();
      this.flush();
    } else this.timer ??= setTimeout(() => this.flush(), FLUSH_MS);
  }

  private pause(): void {
    if (this.isPaused) return;
    this.isPaused = true;
    for (const socket of this.sockets.keys()) socket.pause();
  }

  private resume(): void {
    if (!this.isPaused || this.isStopping) return;
    this.isPaused = false;
    for (const socket of this.sockets.keys()) socket.resume();
  }

  private flush(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.writing ??= this.writeAll().finally(() => {
      this.writing = undefined;
      if (this.gathered.length > 0) this.flush();
    });
  }

  private async writeAll(): Promise<void> {
    while (this.gathered.length > 0) {
      const batch = this.gathered;
      this.gathered = [];
      await this.writeUntilDurable(batch);
      this.held.records -= batch.length;
      for (const piece of batch) this.held.bytes -= (piece.ok ? piece.record.bytes : piece.bytes).length;
      this.resume();
    }
  }

  /** Until the database has it, however long that takes; the senders wait. */
  private async writeUntilDurable(batch: readonly Piece[]): Promise<void> {
    const { source } = this.listen;
    for (let waitMs = RETRY_MS_FIRST; ; waitMs = Math.min(waitMs * 2, RETRY_MS_MAX)) {
      try {
        await this.intake.take(once(batch), {
          from: source,
          sourceId: 'auto',
          fieldMap: new Map(),
          deliveryId: undefined,
        });
        this.trouble = undefined;
        return;
      } catch (error) {
        if (this.trouble === undefined)
          this.context.logger.warn({ err: error, source }, 'syslog cannot be written; its senders wait');
        this.trouble = errorText(error);
        this.pause();
        await sleep(waitMs, undefined, { ref: false });
      }
    }
  }

  /** Reads no more, writes what is held, then closes. */
  async stop(): Promise<void> {
    this.isStopping = true;
    this.pause();
    const closed = new Promise<void>(resolve => this.server.close(() => resolve()));
    for (const socket of [...this.sockets.keys()]) {
      this.leave(socket);
      socket.destroy();
    }
    this.flush();
    const written = (async () => {
      while (this.writing !== undefined) await this.writing;
    })();
    await Promise.race([written, sleep(STOP_MS_MAX, undefined, { ref: false })]);
    if (this.held.records > 0)
      this.context.logger.error(
        { source: this.listen.source, records: this.held.records },
        'stopped while the database did not take these syslog records: they are lost unless their senders repeat them',
      );
    await closed;
  }
}

async function* once(batch: readonly Piece[]): AsyncGenerator<readonly Piece[]> {
  yield batch;
}
