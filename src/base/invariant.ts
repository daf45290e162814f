/** Thrown only when this program is wrong. Never caught to change behaviour, only to report. */
export class BrokenInvariant extends Error {
  override readonly name = 'BrokenInvariant';
}

/** Crashes the unit of work when `holds` is false. Say what must be true, positively. */
export function invariant(holds: boolean, mustBeTrue: string): asserts holds {
  if (!holds) throw new BrokenInvariant(`broken invariant: ${mustBeTrue}`);
}
