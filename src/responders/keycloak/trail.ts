import { z } from 'zod';
import { fail, ok, type Result } from '../../base/result.ts';
import { MS_PER_DAY, MS_PER_MINUTE, type UnixMs, unixMsFrom } from '../../base/time.ts';
import { type Failure, failureOf } from '../../model/failure.ts';
import type { TrailEntry, TrailPage } from '../../ports/responder.ts';
import { Denied } from '../shared/http/ask-http.ts';
import type { VendorClient } from '../shared/http/vendor-client.ts';
import { asMembers, asText, jsonOf, listOf } from '../shared/http/vendor-http.ts';
import { isKeycloakId } from '../shared/keycloak/keycloak-realm.ts';
import { NoAnswer, shownText } from '../shared/wire-text.ts';
import type { KeycloakSettings } from './config.ts';
import { serviceAccountOf, userNamed } from './management.ts';
import { DISABLE, ENABLE, END_SESSIONS } from './manifest.ts';

/** Events of one answer, and answers of one look: what is beyond is read by the next one. */
const EVENTS_MAX = 100;
const PAGES_MAX = 20;
/** An event gets its time before it can be read: so far a look goes back behind the last one. */
const OVERLAP_MS = MS_PER_MINUTE;
/** Whoever looks after the realm may have events of longer ago expire, and hides nothing by it. */
const EXPIRED_AFTER_MS = MS_PER_DAY;
const EVENTS_CONFIG = 'events/config';

const CURSOR = z.strictObject({
  /** Whose events it goes through: the id of the service account of the client that writes. */
  of: z.string(),
  /** Up to this time nothing is told: it was there before the first look. */
  floor: z.number(),
  /** Where the next look begins. */
  from: z.number(),
  /** The latest event of the whole realm, whoever's; absent where it had none. */
  last: z.strictObject({ id: z.string(), at: z.number() }).optional(),
});
type Cursor = z.infer<typeof CURSOR>;

/** An admin event: https://www.keycloak.org/docs-api/26.4.0/rest-api/index.html#AdminEventRepresentation */
interface AdminEvent {
  readonly id: string;
  readonly at: number;
  readonly members: ReadonlyMap<string, unknown>;
}

/**
 * What the realm's admin events say that the client which writes did since then. A realm that keeps none, or keeps them without
 * what was sent, has no log that we can read: of a change of a user it would not tell disabling from anything else.
 */
export async function readTrail(
  settings: KeycloakSettings,
  connect: (access: 'read') => VendorClient,
  cursor: string,
  now: UnixMs,
): Promise<Result<TrailPage, Failure>> {
  const known = cursor === '' ? undefined : readCursor(cursor);
  if (cursor !== '' && known === undefined) return cut('what was read is not known any more');
  const log = logOf(connect('read'), settings.realm);
  const why = await whyNone(log, known === undefined);
  if (why !== undefined) return fail(failureOf('responder.no_trail', `keycloak: ${why}`));
  const of = asText((await userNamed(log.client, settings.realm, serviceAccountOf(settings.writeClient)))?.get('id'));
  if (of === '') throw new NoAnswer('the realm tells of no service account of the client that writes');
  if (known === undefined) return ok(await begin(log, of));
  return known.of === of ? await goOn(log, known, now) : cut('the events of another service account were read before');
}

const cut = (why: string) => fail(failureOf('responder.trail_cut', `keycloak: ${why}`));

interface Log {
  readonly client: VendorClient;
  /** Below the realm's own path. */
  get(path: string): Promise<unknown>;
  /** Those that a query asks for, the latest first unless it asks otherwise. */
  events(query: { readonly [name: string]: string }): Promise<readonly AdminEvent[]>;
}

function logOf(client: VendorClient, realm: string): Log {
  const get = (path: string) => client.get(`/admin/realms/${realm}/${path}`);
  return {
    client,
    get,
    events: async query => listOf(await get(`admin-events?${new URLSearchParams(query)}`)).map(eventOf),
  };
}

function eventOf(told: unknown): AdminEvent {
  const members = asMembers(told);
  const [id, at] = [asText(members.get('id')), members.get('time')];
  if (id === '' || typeof at !== 'number' || !Number.isSafeInteger(at))
    throw new NoAnswer('an event of the log is not as Keycloak describes it');
  return { id, at, members };
}

/** Why there is no log that we can read; undefined where there is one. A right that was taken back later is a failure. */
async function whyNone({ get }: Log, isFirst: boolean): Promise<string | undefined> {
  try {
    const config = asMembers(await get(EVENTS_CONFIG));
    const isKept = config.get('adminEventsEnabled') === true && config.get('adminEventsDetailsEnabled') === true;
    return isKept ? undefined : 'the realm keeps no admin events, or keeps them without what was sent';
  } catch (error) {
    if (isFirst && error instanceof Denied && error.status === 403) return 'the client that reads has no view-events';
    throw error;
  }
}

async function begin(log: Log, of: string): Promise<TrailPage> {
  const last = await lastOf(log);
  const [own] = await log.events({ authUser: of, max: '1' });
  const floor = own?.at ?? 0;
  return { entries: [], cursor: printCursor({ of, floor, from: floor, last }) };
}

async function goOn(log: Log, known: Cursor, now: UnixMs): Promise<Result<TrailPage, Failure>> {
  // Taken before the events are read: whatever is deleted from here on, the next look misses it.
  const last = await lastOf(log);
  const { events, isWhole } = await eventsFrom(log, known);
  const lost = await whatIsLost(log, known, now);
  if (lost !== undefined) return cut(lost);
  const end = events.at(-1)?.at;
  // A server whose clock was ahead and is set right goes on where it was by ours.
  const behind = end === undefined ? known.from : Math.max(0, Math.min(end, now) - OVERLAP_MS);
  // More than one look takes would hold the looks where they are.
  const from = isWhole ? behind : (end ?? known.from);
  const entries = events.filter(({ at }) => at > known.floor).map(entryOf);
  return ok({ entries, cursor: printCursor({ ...known, from, last }) });
}

async function lastOf(log: Log): Promise<Cursor['last']> {
  const [last] = await log.events({ max: '1' });
  return last === undefined ? undefined : { id: last.id, at: last.at };
}

/** Each once, by their times. An answer begins with the time at which the one before ended: that has no order of its own. */
async function eventsFrom(
  log: Log,
  { of, from }: Cursor,
): Promise<{ readonly events: readonly AdminEvent[]; readonly isWhole: boolean }> {
  const all = new Map<string, AdminEvent>();
  let at = from;
  for (let pages = 0; pages < PAGES_MAX; pages++) {
    const query = { authUser: of, direction: 'asc', dateFrom: String(at), max: String(EVENTS_MAX) };
    const page = await log.events(query);
    for (const event of page) all.set(event.id, event);
    if (page.length < EVENTS_MAX) return { events: [...all.values()], isWhole: true };
    const end = page.at(-1)?.at ?? at;
    if (end <= at && pages > 0) throw new NoAnswer('the log has more events of one moment than can be read');
    at = end;
  }
  return { events: [...all.values()], isWhole: false };
}

/** What shows that the log is not whole since the last look; undefined where nothing does. */
async function whatIsLost(log: Log, { last }: Cursor, now: UnixMs): Promise<string | undefined> {
  const [at, max] = [String(last?.at ?? 0), String(EVENTS_MAX)];
  const switched = await log.events({ resourceTypes: 'REALM', operationTypes: 'UPDATE', dateFrom: at, max });
  if (switched.some(event => event.id !== last?.id && isSwitchedOff(event))) return 'it was switched off meanwhile';
  if (last === undefined || last.at < now - EXPIRED_AFTER_MS) return undefined;
  const there = await log.events({ dateFrom: at, dateTo: at, max });
  return there.some(({ id }) => id === last.id) ? undefined : 'the last event that was there is gone';
}

/** Keycloak writes down that it is to write nothing down any more; of what was sent, by leaving that out of this very event. */
function isSwitchedOff({ members }: AdminEvent): boolean {
  const sent = asMembers(jsonOf(asText(members.get('representation'))));
  const isOff = sent.get('adminEventsEnabled') === false || sent.get('adminEventsDetailsEnabled') === false;
  return isOff || (sent.size === 0 && ['', EVENTS_CONFIG].includes(asText(members.get('resourcePath'))));
}

function entryOf({ id, at, members }: AdminEvent): TrailEntry {
  const [type, path] = [asText(members.get('operationType')), asText(members.get('resourcePath'))];
  const [, user = '', below = ''] = /^users\/([^/]+)(.*)$/.exec(path) ?? [];
  const sent = asMembers(jsonOf(asText(members.get('representation'))));
  const names = [...sent.keys()].join(', ');
  return {
    id,
    at: unixMsFrom(at),
    target: isKeycloakId(user) ? user : '',
    operation: isKeycloakId(user) ? operationOf(type + below, sent) : '',
    key: '',
    // Without the values: they are of people, and whoever looks after the realm has them.
    text: shownText(`${type} ${path}${names === '' ? '' : `: ${names}`}`),
    from: shownText(asText(asMembers(members.get('authDetails')).get('ipAddress'))),
  };
}

/** Ours sends `enabled` and nothing else, or ends the sessions. Anything else is no operation of ours. */
function operationOf(done: string, sent: ReadonlyMap<string, unknown>): string {
  if (done === 'ACTION/logout') return END_SESSIONS.name;
  if (done !== 'UPDATE' || sent.size !== 1) return '';
  const enabled = sent.get('enabled');
  return enabled === false ? DISABLE.name : enabled === true ? ENABLE.name : '';
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
