import { fail, ok, type Result } from '../../base/result.ts';
import { MS_PER_DAY, MS_PER_HOUR } from '../../base/time.ts';
import type { AskedEntity, AskingLookUp, Finding, LookUpFailure } from '../../ports/look-up.ts';
import { askHttp, failureOf } from '../shared/http.ts';
import { fieldsOf, secondsText, textOf } from '../shared/json.ts';

/** VirusTotal API v3: reports on files, domains, addresses and URLs (https://docs.virustotal.com/reference/overview). */
export const virustotal: AskingLookUp = {
  manifest: {
    kind: 'virustotal',
    title: 'VirusTotal',
    answers: ['ip', 'domain', 'url', 'hash'],
    sends: 'the value itself: an address, a domain, a URL or a hash. No file and nothing of the alert is sent.',
    // The public API's.
    quota: { perMinute: 4, perDay: 500 },
    keepFoundMs: 12 * MS_PER_HOUR,
    keepNothingMs: MS_PER_DAY,
    usualUrl: 'https://www.virustotal.com/api/v3',
  },
  settings: [],
  async ask(entity, at, signal) {
    const path = pathOf(entity);
    if (path === undefined) return ok([]);
    const answer = await askHttp(
      at,
      { method: 'GET', path, headers: { 'x-apikey': at.credential }, alsoFine: [404] },
      signal,
    );
    if (!answer.ok) return answer;
    return answer.value.status === 404 ? ok([]) : readReport(answer.value.body);
  },
};

const SEGMENTS: { readonly [kind in AskedEntity['kind']]?: string } = {
  ip: 'ip_addresses',
  domain: 'domains',
  hash: 'files',
};

/** The id of a URL is its base64url without padding. Hashes are known by MD5, SHA-1 and SHA-256. */
function pathOf({ kind, value }: AskedEntity): string | undefined {
  if (kind === 'url') return `/urls/${Buffer.from(value, 'utf8').toString('base64url')}`;
  if (kind === 'hash' && ![32, 40, 64].includes(value.length)) return undefined;
  const segment = SEGMENTS[kind];
  return segment === undefined ? undefined : `/${segment}/${encodeURIComponent(value)}`;
}

const VERDICTS = ['malicious', 'suspicious', 'harmless', 'undetected', 'timeout'] as const;

function readReport(body: unknown): Result<readonly Finding[], LookUpFailure> {
  const attributes = fieldsOf(fieldsOf(fieldsOf(body)['data'])['attributes']);
  const stats = fieldsOf(attributes['last_analysis_stats']);
  const counts = VERDICTS.map(verdict => stats[verdict] ?? 0);
  if (!('last_analysis_stats' in attributes) || !counts.every(isCount))
    return fail(failureOf('malformed', 'answered a report without figures'));
  const [malicious = 0, suspicious = 0] = counts;
  const all = counts.reduce((sum, count) => sum + count, 0);
  const threat = textOf(fieldsOf(attributes['popular_threat_classification'])['suggested_threat_label']);
  const text = [
    `${malicious} of ${all} engines call it malicious`,
    suspicious > 0 ? `${suspicious} suspicious` : '',
    threat === '' ? '' : `called ${threat}`,
  ];
  const asOf = secondsText(attributes['last_analysis_date']);
  return ok([
    {
      text: text.filter(part => part !== '').join(', '),
      asOf,
      partial: all === 0 ? 'no engine has looked at it' : '',
    },
  ]);
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
