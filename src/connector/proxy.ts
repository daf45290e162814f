import { once } from 'node:events';
import { connect, createServer, type NetConnectOpts, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** What stands between a responder and its target, and may misbehave. */
export interface Between {
  readonly port: number;
  /** Everything that clients sent since the last {@link reset}, in order. */
  sent(): Buffer;
  /** Pieces that clients sent since the last {@link reset}: the boundaries at which a process can die. */
  pieces(): number;
  /** From now on pieces pass again, and nothing is recorded yet. */
  reset(): void;
  /** Cuts both sides at the piece of that number (from 0): before it is passed on, or just after. */
  cutAt(piece: number, when: 'before' | 'after'): void;
  /** Calls `work` when the piece of that number has been passed on whole; no answer to it comes back. */
  afterPiece(piece: number, work: () => void): void;
  /** From the piece of that number on, answers are swallowed, and the connection stays open, also where the target closes it. */
  silenceAt(piece: number): void;
  /** Every piece waits this long. */
  delay(ms: number): void;
  /** Answers a piece itself instead of passing it on; undefined passes it on. */
  answer(with_: (piece: Buffer) => Buffer | undefined): void;
  close(): Promise<void>;
}

/** Listens on loopback and passes everything on to `target` until it is told otherwise. */
export async function startProxy(target: NetConnectOpts): Promise<Between> {
  let sent: Buffer[] = [];
  let cut: { piece: number; when: 'before' | 'after' } | undefined;
  let after: { piece: number; work: () => void } | undefined;
  let silentFrom: number | undefined;
  let delayMs = 0;
  let answerWith: (piece: Buffer) => Buffer | undefined = () => undefined;
  const sockets = new Set<Socket>();
  const server = createServer(client => {
    const upstream = connect(target);
    let isSilent = false;
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => sockets.delete(socket));
    }
    client.on('close', () => upstream.destroy());
    upstream.on('close', () => {
      // A target that closes once it has answered would tell by that what was swallowed: silence would be a cut.
      if (!isSilent) client.destroy();
    });
    let turn = Promise.resolve();
    client.on('data', piece => {
      turn = turn.then(async () => {
        const number = sent.length;
        sent.push(piece);
        if (delayMs > 0) await sleep(delayMs);
        if (silentFrom !== undefined && number >= silentFrom) isSilent = true;
        if (cut?.piece === number && cut.when === 'before') return void client.destroy();
        const answer = answerWith(piece);
        if (answer !== undefined) return void client.write(answer);
        if (after?.piece === number) {
          isSilent = true;
          const { work } = after;
          upstream.write(piece, work);
          return;
        }
        if (cut?.piece === number) {
          // Passed on whole, and cut before any answer: whoever sent it never learns what became of it.
          isSilent = true;
          upstream.write(piece, () => setTimeout(() => client.destroy(), AFTER_MS));
          return;
        }
        upstream.write(piece);
      });
    });
    upstream.on('data', piece => {
      if (!isSilent) client.write(piece);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the proxy listens on a port');
  return {
    port: address.port,
    sent: () => Buffer.concat(sent),
    pieces: () => sent.length,
    reset() {
      sent = [];
      cut = undefined;
      after = undefined;
      silentFrom = undefined;
      delayMs = 0;
      answerWith = () => undefined;
    },
    cutAt(piece, when) {
      cut = { piece, when };
    },
    afterPiece(piece, work) {
      after = { piece, work };
    },
    silenceAt(piece) {
      silentFrom = piece;
    },
    delay(ms) {
      delayMs = ms;
    },
    answer(with_) {
      answerWith = with_;
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Long enough for the target to have carried out what it was passed. */
const AFTER_MS = 60;
