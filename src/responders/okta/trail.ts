import { z } from 'zod';
import { fail, ok, type Result } from '../../base/result.ts';
import { parseTime, rfc3339, type UnixMs } from '../../base/time.ts';
import { type Failure, failureOf } from '../../model/failure.ts';
import type { TrailEntry, TrailPage } from '../../ports/responder.ts';
import { Denied } from '../shared/http/ask-http.ts';
import { linkedPage, type VendorClient } from '../shared/http/vendor-client.ts';
import { asMembers, asText, listOf } from '../shared/http/vendor-http.ts';
import { NoAnswer, shownText } from '../shared/wire-text.ts';
import type { OktaSettings } from './config.ts';

/** Events of one answer, and answers of one look: what is beyond is read by the next one. */
const EVENTS_MAX = 200;
const PAGES_MAX = 10;
/** A link of Okta's is opaque and as long as it likes. */
const LINK_CHARS_MAX = 4_096;

const CURSOR = z.strictObject({
  /** Whose events it goes through. */
  client: z.string(),
  /** The link that Okta gave for what comes after: https://developer.okta.com/docs/reference/system-log-query/ */
  next: z.string().startsWith('/api/v1/logs?').max(LINK_CHARS_MAX),
});

/** Which of our operations Okta calls what: https://developer.okta.com/docs/reference/api/event-types/ */
const OPERATION_OF: ReadonlyMap<string, string> = new Map([
  ['user.lifecycle.suspend', 'suspend'],
  ['user.lifecycle.unsuspend', 'unsuspend'],
  ['user.session.clear', 'clear-sessions'],
]);
/** That a token was given out or taken back is no change of anybody's; each of our looks brings one about. */
const OF_TOKENS = /^app\.oauth2\.(?:as\.)?token\./;
const NOT_DONE: ReadonlySet<string> = new Set(['FAILURE', 'DENY', 'SKIPPED', 'RATE_LIMIT', 'CHALLENGE']);

/**
 * What the System Log says that the app which writes did since then, in the order in which Okta took it in. Events of the app
 * alone are asked for. An organisation that gives no leave to read the log keeps none that we can read; one that took the leave
 * back is a failure.
 */
export async function readTrail(
  settings: OktaSettings,
  connect: (access: 'read') => VendorClient,
  cursor: string,
  now: UnixMs,
): Promise<Result<TrailPage, Failure>> {
  if (settings.for !== 'users')
    return fail(failureOf('responder.no_trail', 'okta: which events secrets make is not known'));
  const known = cursor === '' ? undefined : readCursor(cursor);
  if (cursor !== '' && known?.client !== settings.writeClient)
    return fail(failureOf('responder.trail_cut', 'okta: another app was followed before'));
  try {
    const { events, next } = await eventsFrom(connect('read'), known?.next ?? beginning(settings, now));
    const entries = known === undefined ? [] : events.flatMap(entryOf);
    return ok({ entries, cursor: JSON.stringify({ client: settings.writeClient, next }) });
  } catch (error) {
    if (!(error instanceof Denied)) throw error;
    // Okta keeps events for 90 days, and forgets what a link means.
    if (known !== undefined && error.status === 400)
      return fail(failureOf('responder.trail_cut', 'okta: the place in the log is gone'));
    if (known === undefined && (error.status === 401 || error.status === 403))
      return fail(failureOf('responder.no_trail', 'okta: the app that reads has no okta.logs.read'));
    throw error;
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

function beginning({ writeClient }: OktaSettings, now: UnixMs): string {
  // Without an end it is a poll: Okta always gives a link to what comes next, and loses nothing that it takes in late.
  const query = new URLSearchParams({
    since: rfc3339(now),
    filter: `actor.id eq "${writeClient}"`,
    sortOrder: 'ASCENDING',
    limit: String(EVENTS_MAX),
  });
  return `/api/v1/logs?${query}`;
}

/** The events from there on, and the link to what comes after the last of them. */
async function eventsFrom(
  client: VendorClient,
  from: string,
): Promise<{ readonly events: readonly unknown[]; readonly next: string }> {
  let next = '';
  let pages = 0;
  const events = await client.list(from, {
    entries: listOf,
    next(answered, body, base) {
      next = linkedPage(answered, body, base) ?? '';
      if (!next.startsWith('/api/v1/logs?') || next.length > LINK_CHARS_MAX)
        throw new NoAnswer('the log does not say where it goes on');
      pages += 1;
      return listOf(body).length === 0 || pages === PAGES_MAX ? undefined : next;
    },
  });
  return { events, next };
}

function entryOf(event: unknown): readonly TrailEntry[] {
  const members = asMembers(event);
  const [type, id] = [asText(members.get('eventType')), asText(members.get('uuid'))];
  const at = parseTime(asText(members.get('published')));
  if (id === '' || type === '' || at === undefined)
    throw new NoAnswer('an event of the log is not as Okta describes it');
  const result = asText(asMembers(members.get('outcome')).get('result'));
  if (OF_TOKENS.test(type) || NOT_DONE.has(result)) return [];
  const targets = (Array.isArray(members.get('target')) ? listOf(members.get('target')) : []).map(asMembers);
  const users = targets.filter(target => target.get('type') === 'User').map(target => asText(target.get('id')));
  // Of two users it would be a guess which one is meant.
  const [target = ''] = users.length === 1 ? users : [];
  const words = asText(members.get('displayMessage'));
  return [
    {
      id,
      at,
      target,
      operation: target === '' ? '' : (OPERATION_OF.get(type) ?? ''),
      key: '',
      text: shownText(words === '' ? type : `${type}: ${words}`),
      from: shownText(asText(asMembers(members.get('client')).get('ipAddress'))),
    },
  ];
}
