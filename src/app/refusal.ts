/**
 * Start-up cannot go on for a reason outside this program. The message is one sentence that says what to do about it;
 * it is shown as it is, without a stack, and the program ends with code 1.
 */
export class Refusal extends Error {
  override readonly name = 'Refusal';
}

/** Node's error code (`ENOENT`, `EACCES`, …), or undefined for an error that has none. */
export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

/** What an unknown thrown value says. */
export function errorText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Turns the errors of a file system that a person can mend into a {@link Refusal}; any other is returned as it is. */
export function fileRefusal(error: unknown, path: string): unknown {
  switch (errorCode(error)) {
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new Refusal(
        `cannot write to ${path}: permission denied; choose a directory of your own with --data, or mend its permissions.`,
      );
    case 'ENOTDIR':
    case 'EEXIST':
      return new Refusal(
        `cannot use ${path}: something on that path is a file, not a directory; choose another with --data.`,
      );
    case 'ENOSPC':
    case 'EDQUOT':
      return new Refusal(
        `cannot write to ${path}: the disk is full; free some space, or choose another disk with --data.`,
      );
    default:
      return error;
  }
}

/** Shows a {@link Refusal} as its sentence and ends with code 1; anything else is a fault and keeps its stack. */
export function endWith(error: unknown): void {
  if (!(error instanceof Refusal)) throw error;
  process.stderr.write(`countersign: ${error.message}\n`);
  process.exitCode = 1;
}
