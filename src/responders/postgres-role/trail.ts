import { z } from 'zod';
import { fail, ok, type Result } from '../../base/result.ts';
import { MS_PER_MINUTE, unixMsFrom } from '../../base/time.ts';
import { type Failure, failureOf } from '../../model/failure.ts';
import type { ResponderContext, SystemConfig, TrailEntry, TrailPage } from '../../ports/responder.ts';
import { type Row, readFailure, withSession } from '../shared/postgres/postgres-session.ts';
import { shownText } from '../shared/wire-text.ts';
import { readSettings } from './config.ts';

/** A number that was drawn may still get its line while the call that drew it is under way: statements of ours end far sooner. */
const LINE_LATEST_MS = MS_PER_MINUTE;
/** Gaps that are waited for at once; what is beyond is told without waiting. */
const GAPS_MAX = 200;

/** Numbers without a line, from one to another, and since when that is known. */
type Gap = readonly [number, number, number];

const CURSOR = z.strictObject({
  /** Which table of which server it is: another one has numbers of its own. */
  trail: z.string(),
  /** Everything up to it was read. */
  number: z.int().min(0),
  gaps: z.array(z.tuple([z.int(), z.int(), z.number()])).max(10_000),
});

/** What the functions wrote down of the write login since then, and numbers that were drawn and have no line. */
export async function readTrail(
  cursor: string,
  system: SystemConfig,
  context: ResponderContext,
): Promise<Result<TrailPage, Failure>> {
  const settings = readSettings(system.settings);
  if (!settings.ok) return settings;
  const { readUser, writeUser } = settings.value;
  const secret = await context.readCredential();
  const login = { user: readUser, secret, mode: 'read', timeoutMs: context.timeoutMs } as const;
  try {
    return await withSession(settings.value, login, async session => {
      // First the end, then the lines: whatever was drawn up to here and is not among them has no line yet.
      const [last] = await session.ask('SELECT number, trail, at_ms FROM countersign.trail_end()', []);
      const [end, trail, clock] = [Number(last?.['number']), last?.['trail'] ?? '', Number(last?.['at_ms'])];
      const began = { trail, number: end, gaps: [] };
      if (cursor === '') return ok({ entries: [], cursor: JSON.stringify(began), clock: unixMsFrom(clock) });
      const known = readCursor(cursor);
      if (known?.trail !== trail || end < known.number)
        return fail(failureOf('responder.trail_cut', `postgres-role: ${cursor.slice(0, 80)} was read, ends at ${end}`));
      const from = Math.min(known.number, ...known.gaps.map(([first]) => first - 1));
      const rows = await session.ask('SELECT * FROM countersign.trail_since($1::bigint)', [String(from)]);
      return ok(pageOf(rows, known, end, writeUser, { now: context.now(), clock }));
    });
  } catch (error) {
    return fail(readFailure('postgres-role', error, [secret]));
  }
}

/** Undefined for what is none of ours. */
function readCursor(cursor: string): z.infer<typeof CURSOR> | undefined {
  try {
    return CURSOR.safeParse(JSON.parse(cursor)).data;
  } catch {
    return undefined;
  }
}

function pageOf(
  rows: readonly Row[],
  known: z.infer<typeof CURSOR>,
  end: number,
  writeUser: string,
  { now, clock }: { readonly now: number; readonly clock: number },
): TrailPage {
  const lines = new Map(rows.map(row => [Number(row['number']), row]));
  const upTo = rows.length < ROWS_MAX ? end : Math.min(end, Number(rows.at(-1)?.['number']));
  const gaps = [
    ...known.gaps.flatMap(([first, last, since]) => runsWithout(lines, first, last, since)),
    ...runsWithout(lines, known.number + 1, upTo, now),
  ];
  const isOver = ([, , since]: Gap, at: number) => since + LINE_LATEST_MS <= now || at < gaps.length - GAPS_MAX;
  return {
    entries: [
      ...rows.filter(row => row['login'] === writeUser).map(entryOf),
      ...gaps.filter(isOver).map(gap => gapOf(gap, now - clock)),
    ],
    cursor: JSON.stringify({
      trail: known.trail,
      number: Math.max(upTo, known.number),
      gaps: gaps.filter((gap, at) => !isOver(gap, at)),
    }),
    clock: unixMsFrom(clock),
  };
}

/** What `trail_since` gives at most. */
const ROWS_MAX = 10_000;

/** The stretches of numbers that have no line. */
function runsWithout(lines: ReadonlyMap<number, Row>, first: number, last: number, since: number): readonly Gap[] {
  const found: Gap[] = [];
  let next = first;
  for (const number of [...lines.keys()].filter(one => one >= first && one <= last).sort((a, b) => a - b)) {
    if (number > next) found.push([next, number - 1, since]);
    next = number + 1;
  }
  if (next <= last) found.push([next, last, since]);
  return found;
}

function entryOf(row: Row): TrailEntry {
  return {
    id: row['number'] ?? '',
    at: unixMsFrom(Number(row['at_ms'])),
    target: row['target'] ?? '',
    operation: row['operation'] ?? '',
    key: row['key'] ?? '',
    text: shownText(`${row['operation']}: ${row['text']}`),
    from: shownText(row['address'] ?? ''),
  };
}

/** Since when it is known is by our clock, and what an entry tells is by the target's. */
function gapOf([first, last, since]: Gap, aheadMs: number): TrailEntry {
  const numbers = first === last ? `${first}` : `${first} to ${last}`;
  return {
    id: `gap/${first}-${last}`,
    at: unixMsFrom(since - aheadMs),
    target: '',
    operation: '',
    key: '',
    text: `number ${numbers} of the trail has no line: a call was taken back after it may have ended sessions, or the server crashed`,
    from: '',
  };
}
