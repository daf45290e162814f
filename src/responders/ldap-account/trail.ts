import { AndFilter, type Client, type Entry, EqualityFilter, GreaterThanEqualsFilter, PresenceFilter } from 'ldapts';
import { z } from 'zod';
import { fail, ok, type Result } from '../../base/result.ts';
import { MS_PER_DAY, MS_PER_MINUTE, unixMsFrom } from '../../base/time.ts';
import { type Failure, failureOf } from '../../model/failure.ts';
import type { ResponderContext, SystemConfig, TrailEntry, TrailPage } from '../../ports/responder.ts';
import {
  CODE,
  isEntryUuid,
  LOCKED_FOR_GOOD,
  readFailure,
  resultCodeOf,
  valuesOf,
  withBind,
} from '../shared/ldap/ldap-directory.ts';
import { shownText } from '../shared/wire-text.ts';
import { type LdapSettings, readSettings } from './config.ts';

/** Where the overlay `accesslog` keeps what was written, by its own name for it. */
const TRAIL_DN = 'cn=accesslog';
/** A request gets its time when it comes, and its record when it is answered: so far a look goes back behind the last one. */
const OVERLAP_MS = MS_PER_MINUTE;
/** Records of longer ago are purged by whoever looks after the directory, and not by somebody who hides. */
const PURGED_AFTER_MS = MS_PER_DAY;
/** Records that one look takes; what is beyond is taken by the next. */
const RECORDS_MAX = 10_000;
const PAGE_RECORDS = 500;

const CURSOR = z.strictObject({
  /** `reqStart` up to which nothing is told: it was there before the first look. */
  floor: z.string(),
  /** The last record that was read; empty where none was. */
  last: z.string(),
  /** Where the next look begins. */
  from: z.string(),
  /** Since when the log says that it is whole; empty where it says nothing. */
  whole: z.string(),
  readAt: z.number(),
});
type Cursor = z.infer<typeof CURSOR>;

/** What the overlay wrote down of the write account since then. */
export async function readTrail(
  cursor: string,
  system: SystemConfig,
  context: ResponderContext,
): Promise<Result<TrailPage, Failure>> {
  const settings = readSettings(system.settings);
  if (!settings.ok) return settings;
  const secret = await context.readCredential();
  try {
    return await withBind(settings.value, settings.value.readDn, secret, context.timeoutMs, async client => {
      const whole = await readWhole(client);
      if (whole === undefined)
        return fail(failureOf('responder.no_trail', `ldap-account: ${TRAIL_DN} is not there, or may not be read`));
      const now = context.now();
      if (cursor === '') return ok(await begin(client, settings.value, whole, now));
      const known = readCursor(cursor);
      if (known === undefined) return cut('what was read is not known any more');
      const isAnew = whole !== known.whole && known.whole !== '' && msOf(whole) > known.readAt - PURGED_AFTER_MS;
      if (isAnew) return cut(`it is whole since ${shownText(whole)} only`);
      return await goOn(client, settings.value, known, whole, now);
    });
  } catch (error) {
    return fail(readFailure('ldap-account', error, [secret]));
  }
}

const cut = (why: string) => fail(failureOf('responder.trail_cut', `ldap-account: ${why}`));

/** Since when the log has everything (`minCSN`, empty before its first record); undefined where there is no log. */
async function readWhole(client: Client): Promise<string | undefined> {
  try {
    const { searchEntries } = await client.search(TRAIL_DN, {
      scope: 'base',
      filter: new PresenceFilter({ attribute: 'objectClass' }),
      attributes: ['minCSN'],
    });
    return searchEntries[0] === undefined ? undefined : (valuesOf(searchEntries[0], 'minCSN')[0] ?? '');
  } catch (error) {
    const code = resultCodeOf(error);
    if (code === CODE.noSuchObject || code === CODE.insufficientAccess) return undefined;
    throw error;
  }
}

/** The server tells no time of its own, so what is the last record is asked of a day that ends now. */
async function begin(client: Client, settings: LdapSettings, whole: string, now: number): Promise<TrailPage> {
  const from = startOf(now - MS_PER_DAY);
  const records = await recordsSince(client, settings, from);
  const last = records.map(startText).sort().at(-1) ?? '';
  return {
    entries: [],
    cursor: printCursor({
      floor: last === '' ? from : last,
      last,
      from: nextFrom(last, from, records.length),
      whole,
      readAt: now,
    }),
  };
}

async function goOn(
  client: Client,
  settings: LdapSettings,
  known: Cursor,
  whole: string,
  now: number,
): Promise<Result<TrailPage, Failure>> {
  const records = await recordsSince(client, settings, known.from);
  const starts = records.map(startText).sort();
  // What was read is still there, or was purged when its time came.
  const isKept = known.last === '' || starts.includes(known.last) || msOf(known.last) < msOf(whole);
  if (!isKept) return cut(`the record of ${shownText(known.last)} is not there any more`);
  const last = starts.at(-1) ?? known.last;
  return ok({
    entries: records.filter(record => startText(record) > known.floor).map(entryOf),
    cursor: printCursor({
      floor: known.floor,
      last,
      from: nextFrom(last, known.from, records.length),
      whole,
      readAt: now,
    }),
  });
}

/** Behind the last record, unless there were more than one look takes: then a flood would hold the looks where they are. */
function nextFrom(last: string, from: string, count: number): string {
  if (last === '') return from;
  return count >= RECORDS_MAX ? last : startOf(Math.max(msOf(last) - OVERLAP_MS, 0));
}

/** Every write that was made under the write account's name, and not those that the server refused. */
async function recordsSince(client: Client, settings: LdapSettings, from: string): Promise<readonly Entry[]> {
  const filter = new AndFilter({
    filters: [
      new EqualityFilter({ attribute: 'reqAuthzID', value: settings.writeDn }),
      new GreaterThanEqualsFilter({ attribute: 'reqStart', value: from }),
      new EqualityFilter({ attribute: 'reqResult', value: '0' }),
    ],
  });
  const records: Entry[] = [];
  const pages = client.searchPaginated(TRAIL_DN, {
    scope: 'one',
    derefAliases: 'never',
    filter,
    attributes: ['reqStart', 'reqType', 'reqDN', 'reqMod', 'reqEntryUUID'],
    paged: { pageSize: PAGE_RECORDS },
  });
  for await (const { searchEntries } of pages) {
    records.push(...searchEntries);
    if (records.length >= RECORDS_MAX) break;
  }
  return records;
}

const startText = (record: Entry): string => valuesOf(record, 'reqStart')[0] ?? '';

function entryOf(record: Entry): TrailEntry {
  const [type, dn] = [valuesOf(record, 'reqType')[0] ?? '', valuesOf(record, 'reqDN')[0] ?? ''];
  const uuid = (valuesOf(record, 'reqEntryUUID')[0] ?? '').toLowerCase();
  const changes = valuesOf(record, 'reqMod').filter(text => !BY_THE_SERVER.some(name => text.startsWith(`${name}:`)));
  return {
    id: startText(record),
    at: unixMsFrom(msOf(startText(record))),
    target: isEntryUuid(uuid) ? uuid : '',
    operation: type === 'modify' && changes.length === 1 ? operationOf(changes[0] ?? '') : '',
    key: '',
    text: shownText(`${type} ${dn}: ${changes.join(', ')}`),
    from: '',
  };
}

/** What the server itself adds to every change. */
const BY_THE_SERVER = ['entryCSN', 'modifiersName', 'modifyTimestamp'];
const REPLACED = 'pwdAccountLockedTime:=';

/** Ours replaces one attribute, with the lock or with what was there before. Anything else is no operation of ours. */
function operationOf(change: string): 'lock' | 'unlock' | '' {
  if (!change.startsWith(REPLACED)) return '';
  return change.slice(REPLACED.length).trim() === LOCKED_FOR_GOOD ? 'lock' : 'unlock';
}

const TIME = /^(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})(?:\.(\d{3})\d*)?Z/;

/** The time of a `reqStart`, and of a change sequence number, which begins with one; 0 where it is none. */
function msOf(text: string): number {
  const match = TIME.exec(text);
  if (match === null) return 0;
  const [, year, month, day, hour, minute, second, millis = '0'] = match;
  return (
    Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second)) +
    Number(millis)
  );
}

/** As the overlay writes it: the digits after the point count requests, and sort. */
function startOf(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19).replace(/[-:T]/g, '')}.000000Z`;
}

const printCursor = (cursor: Cursor): string => JSON.stringify(cursor);

/** Undefined for what is none of ours. */
function readCursor(cursor: string): Cursor | undefined {
  try {
    return CURSOR.safeParse(JSON.parse(cursor)).data;
  } catch {
    return undefined;
  }
}
