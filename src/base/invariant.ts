/** Thrown only when this program is wrong. Never caught to change behaviour, only to report. */
export class BrokenInvariant extends Error {
  override readonly name = 'BrokenInvariant';
}

/** Crashes the unit of work when `holds` is false. Say what must be true, positively. */
export function invariant(holds: boolean, mustBeTrue: string): asserts holds {
  if (!holds) throw new BrokenInvariant(`broken invariant: ${mustBeTrue}`);
}

/** Makes a `switch` exhaustive: adding a variant breaks the build here. */
export function unreachable(value: never): never {
  throw new BrokenInvariant(`unreachable: ${JSON.stringify(value)}`);
}
