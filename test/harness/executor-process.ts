import { request } from 'node:http';
import { carryOut } from '../../src/executor/carry-out.ts';
import type { ExecutorPorts } from '../../src/executor/ports.ts';
import { runExecutor } from '../../src/executor/process.ts';
import type { Responder } from '../../src/ports/responder.ts';
import type { ExecutorSecrets } from '../../src/ports/secrets.ts';
import { RESPONDERS } from '../../src/responders/index.ts';
import { TARGET_RESPONDER, type TargetApi, targetResponder, Unanswered } from './target.ts';

/*
 * A real executor in a process of its own, for tests that end it. Its secrets come as one line on standard input, as
 * the product's come over a pipe. The target is another process's, behind a socket.
 */

/** What the test asks of this process. */
export interface ExecutorOrder {
  readonly secrets: ExecutorSecrets;
  readonly targetSocket: string;
  /** Calls of ports are counted from the first that reads this proposal. */
  readonly victim: string;
  /** Ends itself with SIGKILL at this call, counted from 1, before it is made; 0 for never. */
  readonly dieAt: number;
  /** In place of the ten seconds that a call to the target may take. */
  readonly timeoutMs: number;
  /** Beside the executor's own loop: so many attempts to carry out this proposal at once. */
  readonly race: { readonly proposal: string; readonly attempts: number } | undefined;
}

const targetOverSocket = (socketPath: string): TargetApi => {
  const call = (body: object): Promise<unknown> =>
    new Promise((resolve, reject) => {
      request({ socketPath, method: 'POST' }, response => {
        let text = '';
        response.setEncoding('utf8').on('data', chunk => {
          text += chunk;
        });
        response.on('end', () =>
          response.statusCode === 200 ? resolve(JSON.parse(text)) : reject(new Unanswered(text)),
        );
      })
        .on('error', reject)
        .end(JSON.stringify(body));
    });
  return {
    read: async (credential, by) => ((await call({ read: by, credential })) ?? undefined) as never,
    write: async (credential, write) => (await call({ write, credential })) as never,
  };
};

async function readOrder(): Promise<ExecutorOrder> {
  let text = '';
  for await (const chunk of process.stdin) text += String(chunk);
  return JSON.parse(text) as ExecutorOrder;
}

/** Says each call of a port, and dies at the one that was asked for. */
function dying(ports: ExecutorPorts, victim: string, dieAt: number): ExecutorPorts {
  let calls = 0;
  const wrapped = { ...ports } as unknown as Record<string, unknown>;
  for (const [name, port] of Object.entries(ports)) {
    // Neither of these can be the last thing that is seen of a process: they touch nothing.
    if (typeof port !== 'function' || name === 'now' || name === 'newId' || name === 'verify') continue;
    wrapped[name] = (...args: never[]) => {
      if (calls > 0 || (name === 'readProposal' && args[0] === victim)) {
        calls++;
        process.stdout.write(`${calls} ${name}\n`);
        if (calls === dieAt) die();
      }
      return (port as (...args: never[]) => unknown)(...args);
    };
  }
  return wrapped as unknown as ExecutorPorts;
}

/** Not one more step: some kernels take a moment to deliver even this signal. */
function die(): never {
  process.kill(process.pid, 'SIGKILL');
  for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
}

const order = await readOrder();
(RESPONDERS as Map<string, Responder>).set(TARGET_RESPONDER, targetResponder(targetOverSocket(order.targetSocket)));
const running = await runExecutor(order.secrets, its => {
  const { race, victim, dieAt, timeoutMs } = order;
  const ports = { ...its, timeoutMs };
  if (race === undefined) return dying(ports, victim, dieAt);
  void raceFor(ports, race.proposal, race.attempts);
  return ports;
});
process.on('SIGTERM', () => void running.stop().then(() => process.exit(0)));

async function raceFor(ports: ExecutorPorts, proposal: string, attempts: number): Promise<void> {
  const outcomes = await Promise.all(Array.from({ length: attempts }, () => carryOut(proposal, ports)));
  const won = outcomes.filter(outcome => outcome.kind === 'concluded').length;
  process.stdout.write(`raced ${attempts} won ${won}\n`);
}
