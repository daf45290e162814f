import { fail, ok, type Result } from '../../base/result.ts';
import { MS_PER_DAY, MS_PER_HOUR } from '../../base/time.ts';
import type { EntityKind } from '../../model/alert.ts';
import type { AskingLookUp, Finding, LookUpFailure } from '../../ports/look-up.ts';
import { askHttp, failureOf } from '../shared/http.ts';
import { type Fields, fieldsOf, listOf, secondsText, textOf } from '../shared/json.ts';

/** Attributes of one value that are asked for; findings that are shown; tags that are named of each. */
const ATTRIBUTES_MAX = 50;
const FINDINGS_MAX = 10;
const TAGS_MAX = 5;

/**
 * The types of MISP's attributes that can hold an entity of a kind. Asked for by type, so that an address does not match
 * the free text of a comment (https://www.misp-project.org/openapi/, `attributes/restSearch`).
 */
const TYPES: { readonly [K in EntityKind]?: readonly string[] } = {
  ip: ['ip-src', 'ip-dst', 'ip-src|port', 'ip-dst|port', 'domain|ip'],
  domain: ['domain', 'hostname', 'domain|ip', 'hostname|port'],
  url: ['url', 'uri', 'link'],
  hash: ['md5', 'sha1', 'sha224', 'sha256', 'sha384', 'sha512', 'filename|md5', 'filename|sha1', 'filename|sha256'],
  mailbox: ['email', 'email-src', 'email-dst', 'target-email'],
};

/** A MISP instance of ours or of a partner. */
export const misp: AskingLookUp = {
  manifest: {
    kind: 'misp',
    title: 'MISP',
    answers: ['ip', 'domain', 'url', 'hash', 'mailbox'],
    sends: 'the value itself, to the MISP instance that you named. Nothing of the alert is sent.',
    quota: { perMinute: 60, perDay: 10_000 },
    keepFoundMs: 6 * MS_PER_HOUR,
    keepNothingMs: MS_PER_DAY / 4,
    usualUrl: undefined,
  },
  settings: [],
  async ask({ kind, value }, at, signal) {
    // `%` and `_`… are wildcards of its search, and a leading `!` negates: such a value is not asked about.
    if (/^!|%|&&|\|\|/.test(value)) return fail(failureOf('refused', 'the value would be read as a pattern'));
    const answer = await askHttp(
      at,
      {
        method: 'POST',
        path: '/attributes/restSearch',
        headers: { authorization: at.credential },
        body: {
          returnFormat: 'json',
          value,
          type: { OR: TYPES[kind] ?? [] },
          limit: ATTRIBUTES_MAX,
          page: 1,
          deleted: false,
          includeEventTags: true,
          includeContext: true,
        },
      },
      signal,
    );
    return answer.ok ? readAttributes(answer.value.body, value) : answer;
  },
};

function readAttributes(body: unknown, value: string): Result<readonly Finding[], LookUpFailure> {
  const attributes = fieldsOf(fieldsOf(body)['response'])['Attribute'];
  if (!Array.isArray(attributes)) return fail(failureOf('malformed', 'answered without a list of attributes'));
  // Compared again here: what it found may hold the value without being it.
  const wanted = value.toLowerCase();
  const same = listOf(attributes, ATTRIBUTES_MAX).filter(attribute =>
    textOf(attribute['value']).toLowerCase().split('|').includes(wanted),
  );
  const rest = same.length - FINDINGS_MAX;
  return ok(
    same.slice(0, FINDINGS_MAX).map((attribute, index) => ({
      text: textOfAttribute(attribute),
      asOf: secondsText(attribute['timestamp']),
      partial: index === 0 && rest > 0 ? `${rest} more attributes of this value are not shown` : '',
    })),
  );
}

function textOfAttribute(attribute: Fields): string {
  const event = fieldsOf(attribute['Event']);
  const tags = [...listOf(attribute['Tag'], TAGS_MAX), ...listOf(event['Tag'], TAGS_MAX)]
    .map(tag => textOf(tag['name']))
    .filter(name => name !== '')
    .slice(0, TAGS_MAX);
  const parts = [
    `${textOf(attribute['type']) || 'attribute'} of event "${textOf(event['info']) || textOf(attribute['event_id'])}"`,
    attribute['to_ids'] === true ? 'meant for detection' : 'kept for context',
    tags.length === 0 ? '' : `tags ${tags.join(', ')}`,
  ];
  return parts.filter(part => part !== '').join(', ');
}
