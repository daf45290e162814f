import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  emptyFolder,
  freePort,
  launch,
  launchCommand,
  type StartedProgram,
  stop,
  until,
  untilRunning,
} from '../start/program.ts';

/** What `npm ci` built: the program and its pages. */
export const BUILT_PROGRAM = fileURLToPath(new URL('../../dist/countersign.js', import.meta.url));

export const isBuilt = () =>
  existsSync(BUILT_PROGRAM) && existsSync(fileURLToPath(new URL('../../dist/web/index.html', import.meta.url)));

/** A running demo of the built product, in a folder of its own. */
export interface Demo {
  readonly origin: string;
  readonly folder: string;
  enrolmentLink(): Promise<string>;
  /** What the attacker who holds that role says of itself, oldest first; the supervisor logs each change. */
  attackerPhases(role: string): readonly string[];
  countersign(...args: string[]): Promise<{ readonly code: number | null; readonly out: string; readonly err: string }>;
  stop(): Promise<void>;
}

/** Starts `countersign start --demo` and waits until it is ready and the scenario has been played. */
export async function startDemo(): Promise<Demo> {
  const folder = await emptyFolder();
  const data = join(folder.path, 'data');
  const port = await freePort();
  const origin = `http://localhost:${port}`;
  const started = launch(BUILT_PROGRAM, ['--demo', '--data', data, '--port', String(port)]);
  try {
    await untilRunning(started);
    await until(async () => (await fetch(`${origin}/readyz`).catch(() => undefined))?.ok === true);
  } catch (error) {
    await stop(started);
    await folder.remove();
    throw error;
  }
  return {
    origin,
    folder: folder.path,
    enrolmentLink: async () => (await readFile(join(data, 'enrolment-link'), 'utf8')).trim(),
    attackerPhases: role => phasesOf(started, role),
    async countersign(command, ...args) {
      const one = launchCommand(BUILT_PROGRAM, [command ?? '', ...args], undefined, folder.path);
      const { code } = await one.ended;
      return { code, out: one.out(), err: one.err() };
    },
    async stop() {
      await stop(started);
      await folder.remove();
    },
  };
}

function phasesOf(started: StartedProgram, role: string): readonly string[] {
  const phases: string[] = [];
  for (const line of started.err().split('\n')) {
    const match = /"attacker":(\{[^}]*\})/.exec(line)?.[1];
    if (match === undefined) continue;
    const status: unknown = JSON.parse(match);
    if (typeof status !== 'object' || status === null || !('role' in status) || !('phase' in status)) continue;
    if (status.role === role) phases.push(String(status.phase));
  }
  return phases;
}
