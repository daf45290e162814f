import { type ChildProcess, fork } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Identity } from './identities.ts';
import { Refusal } from './refusal.ts';

/** What the supervisor writes to a process before anything else, as one line on descriptor {@link SECRETS_FD}. */
export interface ChildOrder {
  /** Whom to become once everything is loaded; null: stay as you are. */
  readonly identity: (Identity & { readonly groups: readonly number[] }) | null;
  readonly secrets: unknown;
}

/** What a process tells the supervisor. */
export type ChildReport =
  | { readonly kind: 'ready' }
  /** It cannot run for a reason that a person can mend; one sentence. */
  | { readonly kind: 'refused'; readonly sentence: string };

export const SECRETS_FD = 3;

export interface ChildSpec {
  readonly name: 'server' | 'executor' | 'ai';
  /** The program that is forked: its path and arguments. No secret may stand here. */
  readonly program: string;
  readonly args: readonly string[];
  /** Of Node. */
  readonly flags?: readonly string[];
  /** Asked anew at each start. */
  readonly order: () => ChildOrder;
  /** Where its standard output and error go. */
  readonly logFd: number;
  /** Called with each new process, so that a later start can find it. */
  readonly started: (pid: number) => Promise<void>;
  /** Whatever else it says than how its start went. It is not believed. */
  readonly heard?: (message: unknown) => void;
  /** It became ready, or it ended after it was. */
  readonly changed?: (isUp: boolean) => void;
}

/** A process that is started again whenever it ends. */
export interface SupervisedChild {
  readonly name: ChildSpec['name'];
  /** Settles when it first is ready. Rejects with a {@link Refusal} where it does not get there. */
  readonly ready: Promise<void>;
  readonly pid: () => number | undefined;
  /** False where it is not there to hear it. A message that it dies before reading is lost. */
  send(message: object): boolean;
  stop(): Promise<void>;
}

const BACKOFF_MS_FIRST = 200;
const BACKOFF_MS_MAX = 30_000;
/** A process that lived this long is taken for healthy: its next end starts with the shortest wait again. */
const HEALTHY_MS = 60_000;
/** Without having been ready once: then it is the start that fails, and not a process that crashed. */
const FIRST_ATTEMPTS_MAX = 3;
const STOP_WAIT_MS_MAX = 10_000;
/** Replaying a long log or a cold disk takes its time; a process that says nothing for longer hangs. */
const READY_WAIT_MS_MAX = 120_000;

/** What a process of ours sees of our environment. */
function childEnvironment(): NodeJS.ProcessEnv {
  return { PATH: process.env['PATH'] ?? '/usr/bin:/bin', TZ: 'UTC', NODE_ENV: 'production', LANG: 'C.UTF-8' };
}

/**
 * Keeps one process running: it is started again after it ends, after a wait that doubles up to
 * {@link BACKOFF_MS_MAX}. Killing it at any instant loses nothing, because what it was doing is in the database.
 */
export function superviseChild(spec: ChildSpec, logger: Logger): SupervisedChild {
  let child: ChildProcess | undefined;
  let isStopping = false;
  let isUp = false;
  const stopped = new AbortController();
  let settle: { resolve: () => void; reject: (reason: Refusal) => void } | undefined;
  const ready = new Promise<void>((resolve, reject) => {
    settle = { resolve, reject };
  });
  // Whoever waits for it sees the rejection; where nobody does yet, it must not end the supervisor.
  ready.catch(() => undefined);
  const patience = setTimeout(() => {
    settle?.reject(new Refusal(`the ${spec.name} process does not become ready; its log says why.`));
  }, READY_WAIT_MS_MAX);
  patience.unref();

  const loop = (async () => {
    let backoffMs = BACKOFF_MS_FIRST;
    let wasReady = false;
    for (let attempt = 1; !isStopping; attempt++) {
      const startedAt = Date.now();
      const life = startOne(spec);
      child = life.child;
      if (child.pid !== undefined) {
        // Without that note it still runs; a later start could only not find it by number.
        await spec.started(child.pid).catch((error: unknown) => logger.error({ error }, 'could not note a process'));
      }
      logger.info({ child: spec.name, pid: child.pid }, 'process started');
      let hasEnded = false;
      life.ready.then(() => {
        wasReady = true;
        clearTimeout(patience);
        settle?.resolve();
        if (hasEnded) return;
        isUp = true;
        spec.changed?.(true);
      });
      const end = await life.ended;
      hasEnded = true;
      if (isUp) {
        isUp = false;
        spec.changed?.(false);
      }
      if (isStopping) break;
      logger.error({ child: spec.name, end: end.how, sentence: end.sentence }, 'process ended');
      if (!wasReady && (end.sentence !== undefined || attempt >= FIRST_ATTEMPTS_MAX)) {
        settle?.reject(
          new Refusal(end.sentence ?? `the ${spec.name} process does not start (${end.how}); its log says why.`),
        );
        return;
      }
      if (Date.now() - startedAt > HEALTHY_MS) backoffMs = BACKOFF_MS_FIRST;
      await sleep(backoffMs, undefined, { signal: stopped.signal }).catch(() => undefined);
      backoffMs = Math.min(backoffMs * 2, BACKOFF_MS_MAX);
    }
  })();

  return {
    name: spec.name,
    ready,
    pid: () => child?.pid,
    send(message) {
      if (!isUp || child?.connected !== true) return false;
      child.send(message, () => undefined);
      return true;
    },
    async stop() {
      isStopping = true;
      stopped.abort();
      child?.kill('SIGTERM');
      const inTime = await Promise.race([loop.then(() => true), sleep(STOP_WAIT_MS_MAX, false, { ref: false })]);
      if (!inTime) {
        child?.kill('SIGKILL');
        await loop;
      }
    },
  };
}

interface OneLife {
  readonly child: ChildProcess;
  /** Never settles for a process that ends before. */
  readonly ready: Promise<void>;
  readonly ended: Promise<{ readonly how: string; readonly sentence: string | undefined }>;
}

function startOne(spec: ChildSpec): OneLife {
  const child = fork(spec.program, [...spec.args], {
    env: childEnvironment(),
    execArgv: [...(spec.flags ?? [])],
    // A session of its own: Ctrl-C reaches the supervisor alone, which ends the others in order.
    detached: true,
    stdio: ['ignore', spec.logFd, spec.logFd, 'pipe', 'ipc'],
  });
  let sentence: string | undefined;
  const ready = new Promise<void>(resolve => {
    child.on('message', message => {
      const report = (message ?? {}) as Partial<ChildReport>;
      if (report.kind === 'ready') resolve();
      else if (report.kind === 'refused') sentence = String(report.sentence);
      else spec.heard?.(message);
    });
  });
  const ended = new Promise<{ how: string; sentence: string | undefined }>(resolve => {
    child.once('error', error => resolve({ how: error.message, sentence }));
    child.once('exit', (code, signal) => resolve({ how: signal ?? `code ${code}`, sentence }));
  });
  const pipe = child.stdio[SECRETS_FD];
  if (pipe !== null && pipe !== undefined && 'end' in pipe) {
    // It may have died before it read: then `ended` tells.
    pipe.on('error', () => undefined);
    pipe.end(`${JSON.stringify(spec.order())}\n`);
  }
  return { child, ready, ended };
}
