/** What this browser keeps about a log: the key that a person trusted here, and the last checkpoint that held. */
export interface Pinned {
  readonly vkey: string;
  readonly checkpoint: string | undefined;
  readonly pinnedAt: string;
}

const KEY = 'countersign.log';

/** By the log's origin, so that two installations on one address are not mixed up. */
export function pinnedFor(origin: string): Pinned | undefined {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(`${KEY} ${origin}`) ?? 'null');
    if (typeof value !== 'object' || value === null || !('vkey' in value) || typeof value.vkey !== 'string')
      return undefined;
    const checkpoint = 'checkpoint' in value && typeof value.checkpoint === 'string' ? value.checkpoint : undefined;
    const pinnedAt = 'pinnedAt' in value && typeof value.pinnedAt === 'string' ? value.pinnedAt : '';
    return { vkey: value.vkey, checkpoint, pinnedAt };
  } catch {
    return undefined;
  }
}

export function pin(origin: string, pinned: Pinned): void {
  localStorage.setItem(`${KEY} ${origin}`, JSON.stringify(pinned));
}

export function unpin(origin: string): void {
  localStorage.removeItem(`${KEY} ${origin}`);
}

/** A tlog-policy that trusts exactly this log key and asks for no witness. */
export function policyFor(vkey: string): string {
  return `log ${vkey}\nquorum none\n`;
}
