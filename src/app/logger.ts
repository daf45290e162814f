import { closeSync, openSync, renameSync, statSync } from 'node:fs';
import { type Logger, pino } from 'pino';
import { inertText } from '../base/inert.ts';

const STDERR = 2;
const LOG_BYTES_MAX = 32 * 1024 * 1024;

/** JSON lines to `fd`: standard error, which in our processes is wherever the supervisor's log goes. */
export function createLogger(name: string, fd: number = STDERR): Logger {
  return pino(
    {
      name,
      base: { name, pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      // What must never be in a log, should somebody pass it by mistake.
      redact: {
        paths: ['*.password', '*.secret', '*.token', '*.databaseUrl', '*.connectionString'],
        censor: '(removed)',
      },
      // A log is read on a terminal, and quotes what others sent.
      hooks: { streamWrite: inertText },
    },
    pino.destination({ fd, sync: true }),
  );
}

/** Where a log goes that people don't want between the lines of a terminal. */
export interface LogFile {
  readonly fd: number;
  close(): void;
}

/** Opens a log for appending. A large one is set aside first; the one before that is given up. */
export function openLogFile(path: string): LogFile {
  const { size } = statSync(path, { throwIfNoEntry: false }) ?? { size: 0 };
  if (size > LOG_BYTES_MAX) renameSync(path, `${path}.1`);
  const fd = openSync(path, 'a', 0o600);
  return { fd, close: () => closeSync(fd) };
}
