import { fail, ok, type Result } from '../../base/result.ts';
import { MS_PER_HOUR, parseTime, type UnixMs, unixMsFrom } from '../../base/time.ts';
import type { Indicator, IndicatorPage, LookUpFailure, PullingLookUp } from '../../ports/look-up.ts';
import { askHttp, failureOf } from '../shared/http.ts';
import { type Fields, fieldsOf, textOf } from '../shared/json.ts';
import { equalityValues } from './pattern.ts';

/** Objects that are asked for at a time; a server may give fewer. */
const PAGE_OBJECTS = 500;
const PAGE_OBJECTS_MAX = 20_000;
const CURSOR_CHARS_MAX = 2_048;

/**
 * A collection of a TAXII 2.1 server (OASIS, section 5.4): indicators are fetched by `added_after`, page by page, and
 * compared here. The address is that of the API root; the setting `collection` is the collection's id.
 */
export const taxii: PullingLookUp = {
  manifest: {
    kind: 'taxii',
    title: 'TAXII collection',
    answers: ['ip', 'domain', 'url', 'hash', 'mailbox'],
    sends: 'nothing: indicators are fetched in bulk and compared on this machine.',
    quota: { perMinute: 60, perDay: 5_000 },
    keepFoundMs: MS_PER_HOUR,
    keepNothingMs: MS_PER_HOUR,
    usualUrl: undefined,
  },
  settings: ['collection', 'user'],
  async pull(cursor, at, signal) {
    const place = readCursor(cursor);
    const query = new URLSearchParams({ limit: String(PAGE_OBJECTS), 'match[type]': 'indicator' });
    if (place.after !== '') query.set('added_after', place.after);
    if (place.next !== '') query.set('next', place.next);
    const { collection = '', user = '' } = at.config.settings;
    const answer = await askHttp(
      at,
      {
        method: 'GET',
        path: `/collections/${encodeURIComponent(collection)}/objects/?${query}`,
        headers: {
          accept: 'application/taxii+json;version=2.1',
          ...(at.credential === ''
            ? {}
            : {
                authorization:
                  user === ''
                    ? `Bearer ${at.credential}`
                    : `Basic ${Buffer.from(`${user}:${at.credential}`).toString('base64')}`,
              }),
        },
      },
      signal,
    );
    // A mark is the server's to forget: then the round begins again, and what is known already is only written again.
    if (!answer.ok && place.next !== '' && answer.failure.kind === 'refused')
      return taxii.pull(JSON.stringify({ ...BEGINNING, after: place.after }), at, signal);
    if (!answer.ok) return answer;
    return readEnvelope(answer.value.body ?? {}, place, answer.value.header('x-taxii-date-added-last') ?? '');
  },
};

/** Where fetching stands: the date after which things were added, and inside it the server's own page mark. */
interface Place {
  readonly after: string;
  readonly next: string;
  /** The date to go on from once the last page of this round is read. */
  readonly last: string;
  /** Id of the first object of the page before. A mark may stay the same from page to page; the page may not. */
  readonly first: string;
}

const BEGINNING: Place = { after: '', next: '', last: '', first: '' };

function readCursor(cursor: string): Place {
  try {
    const { after, next, last, first } = fieldsOf(JSON.parse(cursor));
    return {
      after: textOf(after),
      next: typeof next === 'string' ? next.slice(0, CURSOR_CHARS_MAX) : '',
      last: textOf(last),
      first: textOf(first),
    };
  } catch {
    return BEGINNING;
  }
}

function readEnvelope(body: unknown, place: Place, addedLast: string): Result<IndicatorPage, LookUpFailure> {
  const envelope = fieldsOf(body);
  const objects = envelope['objects'] ?? [];
  if (!Array.isArray(objects)) return fail(failureOf('malformed', 'answered without a list of objects'));
  if (objects.length > PAGE_OBJECTS_MAX)
    return fail(failureOf('too_large', `answered more than ${PAGE_OBJECTS_MAX} objects`));
  const read = objects.map(object => indicatorOf(fieldsOf(object)));
  const indicators = read.filter(indicator => indicator !== undefined);
  const understood = indicators.filter(indicator => indicator.isRevoked || indicator.entities.length > 0);
  const next = envelope['next'];
  const hasNext =
    envelope['more'] === true && typeof next === 'string' && next !== '' && next.length <= CURSOR_CHARS_MAX;
  const first = textOf(fieldsOf(objects[0])['id']);
  // The same page again and again would be followed forever.
  if (hasNext && next === place.next && (first === '' || first === place.first))
    return fail(failureOf('malformed', 'answered the same page twice'));
  const last = parseTime(addedLast) === undefined ? place.last : later(place.last, addedLast);
  const cursor: Place = hasNext
    ? { after: place.after, next, last, first }
    : { ...BEGINNING, after: later(place.after, last) };
  return ok({
    indicators: understood,
    notUnderstood: read.length - understood.length,
    cursor: JSON.stringify(cursor),
    hasMore: hasNext,
  });
}

function later(a: string, b: string): string {
  const [before, after] = [parseTime(a), parseTime(b)];
  if (before === undefined || after === undefined) return before === undefined ? b : a;
  return after > before ? b : a;
}

/** An indicator (STIX 2.1 section 4.7); undefined for any other object and for one without an id or a beginning. */
function indicatorOf(object: Fields): Indicator | undefined {
  const id = textOf(object['id']);
  if (object['type'] !== 'indicator' || !/^indicator--[0-9a-f-]{36}$/.test(id)) return undefined;
  const modified = timeOf(object['modified']) ?? timeOf(object['created']);
  const validFrom = timeOf(object['valid_from']) ?? timeOf(object['created']);
  if (modified === undefined || validFrom === undefined) return undefined;
  const { pattern, confidence, pattern_type: language } = object;
  const isStix = (language === undefined || language === 'stix') && typeof pattern === 'string';
  return {
    id,
    name: textOf(object['name']) || id,
    entities: (isStix ? equalityValues(pattern) : undefined) ?? [],
    validFrom,
    validUntil: timeOf(object['valid_until']),
    modified,
    isRevoked: object['revoked'] === true,
    confidence: typeof confidence === 'number' && Number.isSafeInteger(confidence) ? confidence : undefined,
  };
}

function timeOf(value: unknown): UnixMs | undefined {
  const time = typeof value === 'string' ? parseTime(value) : undefined;
  return time === undefined ? undefined : unixMsFrom(time);
}
