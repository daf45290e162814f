import { rfc3339, type UnixMs, unixMsFrom } from '../../base/time.ts';
import {
  CURSOR_CHARS_MAX,
  type PollAnswer,
  type PollBatch,
  type PollGap,
  type PollRequest,
  PollTrouble,
  type PollWorld,
} from '../../ports/poller.ts';
import { timeAt } from './json.ts';
import { elementsAt } from './slices.ts';

/** One page as a poller reads it. */
export interface Page {
  readonly records: readonly string[];
  /** How the product names the page after this one; undefined where this is the last. */
  readonly next: string | undefined;
}

/** How one product is read from a point in time on, page by page. */
export interface SweepPlan {
  readonly first: (from: UnixMs) => PollRequest;
  /** Of an ordered product the page has to say all by itself: `from` moves with each. */
  readonly next: (page: string, from: UnixMs) => PollRequest;
  readonly read: (answer: PollAnswer, page: string | undefined) => Page;
  /** Where the time stands by which the product is asked. */
  readonly timePath: readonly string[];
  /** Whether records come in the order of that time. Then each page moves the point to begin again from; else only the last does. */
  readonly isOrdered: boolean;
  /** Whether the product goes on naming a next page when it has no more for now: the place is kept, and asked again later. */
  readonly keepsPlace: boolean;
  /** How long the product keeps its records, in milliseconds. */
  readonly retentionMs: number | undefined;
}

/** The whole of what a cursor says. */
interface Place {
  /** Everything before is durable. */
  readonly since: UnixMs;
  /** When the sweep that is under way began, and the newest time that it has seen. */
  readonly began: UnixMs | undefined;
  readonly high: UnixMs | undefined;
  readonly page: string | undefined;
  /** When the product last had no more: until then nothing can be missing, however quiet it is. */
  readonly whole: UnixMs | undefined;
}

const NOWHERE = { began: undefined, high: undefined, page: undefined, whole: undefined } as const;

/** Pages of one call; whoever called goes on from the cursor with the next. */
const PAGES_MAX = 1_000;
/** Statuses by which a product says that it does not know a page any more. */
const FORGOTTEN = [400, 404, 410, 422];

/**
 * Reads everything since the cursor, and a little before it: what becomes visible late, and records that share the time
 * of the last one, are seen again rather than missed. Where the product has forgotten the page it begins again at the
 * last point in time that is durable, and says so.
 */
export async function* sweep(cursor: string | undefined, world: PollWorld, plan: SweepPlan): AsyncGenerator<PollBatch> {
  let place = readPlace(cursor) ?? { ...NOWHERE, since: world.startFrom };
  let gap: PollGap | undefined;
  let hasForgotten = false;
  [place, gap] = withinRetention(place, world, plan);
  for (let pages = 0; pages < PAGES_MAX; pages++) {
    const from = unixMsFrom(Math.max(0, place.since - world.overlapMs));
    const asked = place.page;
    const answer = await world.ask(asked === undefined ? plan.first(from) : plan.next(asked, from));
    if (answer.status >= 300) {
      if (asked === undefined || hasForgotten || !FORGOTTEN.includes(answer.status))
        throw new PollTrouble('refused', `the product answers ${answer.status}`);
      hasForgotten = true;
      gap = {
        kind: 'reread',
        from,
        to: world.now(),
        why: `the product has forgotten the cursor; everything from ${rfc3339(from)} on is read again, ${Math.round(world.overlapMs / 1_000)} s before what was known`,
      };
      place = { ...place, ...NOWHERE };
      continue;
    }
    const page = plan.read(answer, asked);
    if (page.next !== undefined && page.next === asked && page.records.length > 0)
      throw new PollTrouble('refused', 'the product names the same page as its own next one');
    place = advance(place, page, world, plan);
    const next = writePlace(place);
    yield { records: page.records, next, watermark: place.high ?? place.since, gap };
    gap = undefined;
    if (page.next === undefined || (plan.keepsPlace && page.records.length === 0)) return;
  }
}

function advance(place: Place, page: Page, world: PollWorld, plan: SweepPlan): Place {
  const began = place.began ?? world.now();
  const isWhole = page.next === undefined || (plan.keepsPlace && page.records.length === 0);
  const whole = isWhole ? began : place.whole;
  const newest = newestOf(page.records, plan.timePath, world.now());
  const high = newest === undefined ? place.high : unixMsFrom(Math.max(newest, place.high ?? 0));
  if (plan.isOrdered || page.next === undefined) {
    // What became visible late while we read may stand on a page that was read before: never beyond where we began.
    const reached = Math.min(high ?? place.since, began);
    const since = unixMsFrom(Math.max(place.since, reached));
    return { since, began: isWhole ? undefined : began, high: undefined, page: page.next, whole };
  }
  return { since: place.since, began, high, page: page.next, whole };
}

/** Never later than now: a record that is dated into the future must not keep us from reading until then. */
function newestOf(records: readonly string[], path: readonly string[], now: UnixMs): UnixMs | undefined {
  let newest: number | undefined;
  for (const record of records) {
    const time = timeOf(record, path);
    if (time !== undefined && (newest === undefined || time > newest)) newest = time;
  }
  return newest === undefined ? undefined : unixMsFrom(Math.min(newest, now));
}

function timeOf(record: string, path: readonly string[]): UnixMs | undefined {
  try {
    return timeAt(JSON.parse(record), path);
  } catch {
    // It is set aside later, with its reason.
    return undefined;
  }
}

function withinRetention(place: Place, world: PollWorld, plan: SweepPlan): [Place, PollGap | undefined] {
  if (plan.retentionMs === undefined) return [place, undefined];
  const oldest = unixMsFrom(world.now() - plan.retentionMs);
  if (place.since >= oldest) return [place, undefined];
  const known = unixMsFrom(Math.max(place.since, place.whole ?? 0));
  const begun: Place = { ...place, ...(place.page === undefined ? NOWHERE : {}), since: oldest };
  if (known >= oldest) return [begun, undefined];
  const gap: PollGap = {
    kind: 'missing',
    from: known,
    to: oldest,
    why: `the product keeps its records for ${Math.round(plan.retentionMs / 86_400_000)} days, and this was not read in time`,
  };
  return [{ ...begun, ...NOWHERE }, gap];
}

/** Undefined for a cursor that this program did not write: then the reading begins anew, which doubles nothing. */
function readPlace(cursor: string | undefined): Place | undefined {
  if (cursor === undefined) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(cursor);
  } catch {
    return undefined;
  }
  const time = (name: string) => timeAt(value, [name]);
  const since = time('since');
  if (since === undefined || typeof value !== 'object' || value === null) return undefined;
  const page: unknown = Object.getOwnPropertyDescriptor(value, 'page')?.value;
  const read = { began: time('began'), high: time('high'), whole: time('whole') };
  return { ...read, since, page: typeof page === 'string' ? page : undefined };
}

function writePlace(place: Place): string {
  const text = JSON.stringify(place);
  if (text.length > CURSOR_CHARS_MAX)
    throw new PollTrouble('refused', 'the product names its next page by a text that is too long');
  return text;
}

/** The records of an answer, or a sentence about what it is instead. */
export function recordsAt(answer: PollAnswer, path: readonly string[]): readonly string[] {
  const records = elementsAt(answer.text, path);
  if (records === undefined)
    throw new PollTrouble(
      'refused',
      `the answer has no list at ${path.join('.') || 'its root'}; is the address that of the product?`,
    );
  return records;
}
