import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Plan } from '../ports/responder.ts';
import type { Order } from './crash-child.ts';
import type { ConformanceTarget } from './target.ts';

// Beside this file from source, and beside the bundle once it is built.
const SELF = import.meta.url;
const IS_SOURCE = SELF.endsWith('.ts');
const CHILD = fileURLToPath(new URL(IS_SOURCE ? './crash-child.ts' : './connector-crash-child.js', SELF));

/**
 * Starts the responder's `execute` in a process of its own, which {@link ChildProcess.kill} ends like a power cut would:
 * no `finally`, no goodbye. Nothing is waited for; the process ends by itself when the execution has ended.
 */
export function startExecution(
  target: ConformanceTarget,
  plan: Plan,
  key: string,
  system: ConformanceTarget['system'],
  timeoutMs: number,
): { readonly process: ChildProcess; readonly ended: Promise<void> } {
  const isTypeScript = IS_SOURCE || target.program.module.endsWith('.ts');
  const child = spawn(process.execPath, [...(isTypeScript ? ['--import', 'tsx'] : []), CHILD], {
    stdio: ['pipe', 'ignore', 'inherit'],
  });
  const order: Order = { ...target.program, plan, system, key, secrets: target.secrets, timeoutMs };
  child.stdin.on('error', () => undefined);
  child.stdin.end(JSON.stringify(order));
  return { process: child, ended: once(child, 'exit').then(() => undefined) };
}
