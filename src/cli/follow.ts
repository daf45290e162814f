import { createHash, randomInt } from 'node:crypto';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { follow } from '../app/following.ts';
import type { IntakeCounts } from '../app/intake.ts';
import { errorText, Refusal } from '../app/refusal.ts';
import { type IngestTarget, post, shownIn } from './post.ts';

export interface FollowFlags {
  readonly source: string;
  readonly map?: string;
  readonly state?: string;
}

const RETRY_MS_FIRST = 500;
const RETRY_MS_MAX = 30_000;

/** Where the position in a file is kept when nobody says otherwise. */
function usualState(file: string): string {
  const base = process.env['XDG_STATE_HOME'] || join(homedir(), '.local', 'state');
  return join(base, 'countersign', `follow-${createHash('sha256').update(file).digest('hex').slice(0, 16)}.json`);
}

/**
 * Sends the lines of a growing file until it is asked to end. While the server is away or has no room it waits; a
 * refusal that waiting does not mend ends it, and nothing is marked as sent.
 */
export async function followFile(
  file: string,
  flags: FollowFlags,
  /** Asked before each attempt: the server may start, or move, meanwhile. */
  targetOf: () => Promise<IngestTarget>,
  signal: AbortSignal,
): Promise<IntakeCounts> {
  const path = resolve(file);
  const total = { records: 0, kept: 0, duplicate: 0, quarantined: 0 };
  const tell = (sentence: string) => void process.stderr.write(`countersign ingest: ${sentence}\n`);
  let isAway = false;
  const send = async (lines: Buffer) => {
    for (let waitMs = RETRY_MS_FIRST; ; waitMs = Math.min(waitMs * 2, RETRY_MS_MAX)) {
      const sent = await attempt(lines, flags, targetOf);
      if (sent.kind === 'taken') {
        if (isAway) tell('the server takes it again.');
        isAway = false;
        for (const name of ['records', 'kept', 'duplicate', 'quarantined'] as const) total[name] += sent.counts[name];
        return;
      }
      if (sent.kind === 'refused') throw new Refusal(`the server refuses ${path}: ${sent.because}`);
      if (!isAway) tell(`${sent.because}; waiting, nothing is lost.`);
      isAway = true;
      await sleep((sent.afterMs ?? waitMs) + randomInt(250), undefined, { signal });
    }
  };
  try {
    await follow({ file: path, stateFile: flags.state ?? usualState(path), send, tell, signal });
  } catch (error) {
    if (!signal.aborted) throw error;
  }
  return total;
}

type Attempt =
  | { readonly kind: 'taken'; readonly counts: IntakeCounts }
  | { readonly kind: 'later'; readonly because: string; readonly afterMs: number | undefined }
  | { readonly kind: 'refused'; readonly because: string };

async function attempt(lines: Buffer, flags: FollowFlags, targetOf: () => Promise<IngestTarget>): Promise<Attempt> {
  try {
    const target = await targetOf();
    const url = new URL('/api/v1/ingest', target.url);
    url.searchParams.set('source', flags.source);
    url.searchParams.set('layout', 'lines');
    if (flags.map !== undefined) url.searchParams.set('map', flags.map);
    const { status, text, retryAfter } = await post(url, target.token, Readable.from([lines]), false);
    if (status === 200) return { kind: 'taken', counts: JSON.parse(text) };
    const because = shownIn(text) ?? `status ${status}`;
    if (status !== 429 && status < 500) return { kind: 'refused', because };
    const seconds = /^\d{1,5}$/.test(retryAfter ?? '') ? Number(retryAfter) : undefined;
    return {
      kind: 'later',
      because,
      afterMs: seconds === undefined ? undefined : Math.min(seconds * 1_000, RETRY_MS_MAX),
    };
  } catch (error) {
    return { kind: 'later', because: errorText(error).replace(/\.$/, ''), afterMs: undefined };
  }
}
