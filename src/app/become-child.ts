import { Socket } from 'node:net';
import { invariant } from '../base/invariant.ts';
import type { RunningProcess } from '../ports/secrets.ts';
import { type ChildOrder, type ChildReport, SECRETS_FD } from './child.ts';
import { dropPrivileges } from './drop-privileges.ts';

const ORDER_BYTES_MAX = 4 * 1024 * 1024;

/**
 * The life of a process that the supervisor forked: load everything, take the order from its pipe, give up root, run.
 *
 * It ends at once when the supervisor is gone, however that went: nobody else would restart, stop or replace it.
 */
export async function becomeChild<S>(load: () => Promise<(secrets: S) => Promise<RunningProcess>>): Promise<void> {
  process.on('disconnect', () => process.exit(1));
  // It may have gone while this program was still being loaded.
  if (!process.connected) process.exit(1);
  let running: RunningProcess | undefined;
  process.once('SIGTERM', () => {
    (running?.stop() ?? Promise.resolve()).finally(() => process.exit(0));
  });
  try {
    const run = await load();
    const order = await readOrder();
    if (order.identity !== null) dropPrivileges(order.identity, order.identity.groups);
    running = await run(order.secrets as S);
    await report({ kind: 'ready' });
  } catch (error) {
    // One of our own sentences, of whichever layer: the supervisor shows it. Anything else is a fault, with its stack.
    if (error instanceof Error && error.name.endsWith('Refusal')) {
      await report({ kind: 'refused', sentence: error.message });
    } else
      process.stderr.write(
        `${JSON.stringify({ level: 60, msg: error instanceof Error ? error.stack : String(error) })}\n`,
      );
    process.exit(1);
  }
}

/** Resolves when it was handed over: a process that ends earlier would take it along. */
function report(message: ChildReport): Promise<void> {
  return new Promise(resolve => {
    invariant(process.send !== undefined, 'only the supervisor starts this command');
    process.send(message, undefined, undefined, () => resolve());
  });
}

async function readOrder(): Promise<ChildOrder> {
  const pipe = new Socket({ fd: SECRETS_FD, readable: true, writable: false });
  let text = '';
  for await (const chunk of pipe.setEncoding('utf8')) {
    text += chunk;
    invariant(text.length <= ORDER_BYTES_MAX, 'an order is small');
  }
  pipe.destroy();
  return JSON.parse(text);
}
