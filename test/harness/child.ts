import { type ChildProcess, spawn } from 'node:child_process';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import type { TestTarget } from './target.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Builds a program of this folder into dist/test, from where its packages are found. Undefined names are a mistake. */
export async function buildChild(name: 'executor-process' | 'sequencer-process' | 'server-process'): Promise<string> {
  const outfile = join(ROOT, 'dist', 'test', `${name}-${process.pid}.js`);
  await build({
    entryPoints: [join(ROOT, 'test', 'harness', `${name}.ts`)],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    packages: 'external',
    logLevel: 'warning',
  });
  return outfile;
}

/** A process of ours, with what it has said so far. */
export interface Child {
  readonly process: ChildProcess;
  readonly lines: () => readonly string[];
  readonly errors: () => string;
  /** Settles when it has ended: the signal that ended it, or its code. */
  readonly ended: Promise<string>;
  kill(): Promise<void>;
}

/** Starts it and hands it its order, as one JSON text on standard input. */
export function startChild(program: string, order: object): Child {
  const child = spawn(process.execPath, [program], { stdio: ['pipe', 'pipe', 'pipe'] });
  let out = '';
  let err = '';
  child.stdout.setEncoding('utf8').on('data', chunk => {
    out += chunk;
  });
  child.stderr.setEncoding('utf8').on('data', chunk => {
    err += chunk;
  });
  const ended = new Promise<string>(resolve => child.on('close', (code, signal) => resolve(signal ?? String(code))));
  child.stdin.on('error', () => undefined);
  child.stdin.end(JSON.stringify(order));
  return {
    process: child,
    lines: () => out.split('\n').filter(line => line !== ''),
    errors: () => err,
    ended,
    async kill() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

/** Answers for the target on a Unix socket, so that what it has done outlives the executor. */
export function serveTarget(
  target: TestTarget,
  socket: string,
  /** Runs after a write took effect and before its answer goes out. */
  beforeAnswer: () => void | Promise<void> = () => undefined,
): Promise<Server> {
  const server = createServer((request, response) => {
    let text = '';
    request.setEncoding('utf8').on('data', chunk => {
      text += chunk;
    });
    request.on('error', () => undefined);
    request.on('end', () => {
      const call = JSON.parse(text);
      const answered = async () => {
        if (call.read !== undefined) return (await target.read(call.credential, call.read)) ?? null;
        const answer = await target.write(call.credential, call.write);
        await beforeAnswer();
        return answer;
      };
      answered().then(
        answer => response.end(JSON.stringify(answer)),
        (error: unknown) => response.writeHead(503).end(String(error)),
      );
    });
  });
  return new Promise(resolve => server.listen(socket, () => resolve(server)));
}
