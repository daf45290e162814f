import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { LOOK_UPS } from '../../src/look-ups/index.ts';
import { misp } from '../../src/look-ups/misp/index.ts';
import { taxii } from '../../src/look-ups/taxii/index.ts';
import { virustotal } from '../../src/look-ups/virustotal/index.ts';
import type { ConnectedLookUp } from '../../src/ports/look-up.ts';
import {
  COLLECTION,
  type Double,
  json,
  MISP_KEY,
  mispDouble,
  startDouble,
  TAXII_KEY,
  taxiiDouble,
  VT_KEY,
  virusTotalDouble,
} from './doubles.ts';

const open: Double[] = [];
afterEach(async () => {
  for (const double of open.splice(0)) await double.close();
});
async function start(...given: Parameters<typeof startDouble>): Promise<Double> {
  const double = await startDouble(...given);
  open.push(double);
  return double;
}

const at = (url: string, credential: string, more: Partial<ConnectedLookUp['config']> = {}): ConnectedLookUp => ({
  credential,
  config: {
    name: 'test',
    kind: 'test',
    url,
    maxTlp: 'clear',
    quota: { perMinute: 10, perDay: 100 },
    settings: {},
    ca: undefined,
    ...more,
  },
});
const never = new AbortController().signal;
const REPORT = {
  last_analysis_stats: { malicious: 12, suspicious: 1, harmless: 60, undetected: 20, timeout: 1 },
  last_analysis_date: 1_790_000_000,
};

describe('VirusTotal', () => {
  test('a report becomes figures with the date of the analysis, and a value that it does not know is nothing known', async () => {
    const url = 'https://evil.example/a?b=c';
    const known = new Map<string, object>([
      ['9.9.9.9', REPORT],
      [Buffer.from(url).toString('base64url'), REPORT],
      ['a'.repeat(64), { ...REPORT, popular_threat_classification: { suggested_threat_label: 'trojan.x' } }],
    ]);
    const double = await start(virusTotalDouble(known));
    const ask = (kind: 'ip' | 'url' | 'hash' | 'domain', value: string) =>
      virustotal.ask({ kind, value }, at(`${double.url}/api/v3`, VT_KEY), never);
    expect(await ask('ip', '9.9.9.9')).toEqual({
      ok: true,
      value: [
        { text: '12 of 94 engines call it malicious, 1 suspicious', asOf: '2026-09-21T14:13:20.000Z', partial: '' },
      ],
    });
    expect(await ask('url', url)).toMatchObject({ ok: true, value: [{ partial: '' }] });
    expect(await ask('hash', 'a'.repeat(64))).toMatchObject({ value: [{ text: expect.stringContaining('trojan.x') }] });
    expect(await ask('domain', 'unknown.example')).toEqual({ ok: true, value: [] });
    expect(double.asked.every(({ body }) => body === '')).toBe(true);
  });

  test('a wrong key, a full quota and a report without figures are failures that say what was answered', async () => {
    const double = await start(virusTotalDouble(new Map([['9.9.9.9', { reputation: 1 }]])));
    const ask = (key: string) =>
      virustotal.ask({ kind: 'ip', value: '9.9.9.9' }, at(`${double.url}/api/v3`, key), never);
    expect(await ask('wrong')).toMatchObject({ ok: false, failure: { kind: 'refused', because: 'answered 401' } });
    expect(await ask(VT_KEY)).toMatchObject({ ok: false, failure: { kind: 'malformed' } });
    double.instead = (_asked, response) => json(response, 429, {}, { 'retry-after': '7' });
    expect(await ask(VT_KEY)).toMatchObject({ ok: false, failure: { kind: 'too_many', retryAfterMs: 7_000 } });
  });

  test('a value cannot change the path that is asked', async () => {
    const double = await start(virusTotalDouble(new Map()));
    await virustotal.ask(
      { kind: 'domain', value: '../../intelligence/search?query=x#' },
      at(`${double.url}/api/v3`, VT_KEY),
      never,
    );
    expect(double.asked[0]?.path).toBe('/api/v3/domains/..%2F..%2Fintelligence%2Fsearch%3Fquery%3Dx%23');
  });
});

describe('whatever the other side does', () => {
  const ask = (double: Double, more: Partial<ConnectedLookUp['config']> = {}) =>
    virustotal.ask({ kind: 'ip', value: '9.9.9.9' }, at(double.url, VT_KEY, more), never);

  test('a redirect is not followed, so the key goes nowhere else', async () => {
    const elsewhere = await start((_asked, response) => json(response, 200, {}));
    const double = await start((_asked, response) => json(response, 302, {}, { location: elsewhere.url }));
    expect(await ask(double)).toMatchObject({ ok: false, failure: { kind: 'redirected' } });
    expect(elsewhere.asked).toEqual([]);
  });

  test('an answer without end is given up at its bound', async () => {
    const double = await start((_asked, response) => {
      const piece = Buffer.alloc(1024 * 1024, 'a');
      const more = (): void => {
        while (!response.destroyed && response.write(piece));
        if (!response.destroyed) response.once('drain', more);
      };
      more();
    });
    expect(await ask(double)).toMatchObject({ ok: false, failure: { kind: 'too_large' } });
  });

  test('silence ends in a time-out that says how long was waited', async () => {
    const double = await start(() => undefined);
    expect(await ask(double)).toMatchObject({
      ok: false,
      failure: { kind: 'timed_out', because: 'timed out after 5 s' },
    });
  });

  test('drops that come one by one do not stretch the wait', async () => {
    const double = await start((_asked, response) => {
      const drip = setInterval(() => response.write(' '), 200);
      response.on('close', () => clearInterval(drip));
    });
    const began = performance.now();
    expect(await ask(double)).toMatchObject({ ok: false, failure: { kind: 'timed_out' } });
    expect(performance.now() - began).toBeLessThan(8_000);
  });

  test('nobody there, a cut connection and what is no JSON are failures without an address in them', async () => {
    const double = await start((_asked, response) => response.end('<html>'));
    expect(await ask(double)).toMatchObject({ failure: { kind: 'malformed' } });
    double.instead = (_asked, response) => response.destroy();
    const cut = await ask(double);
    await double.close();
    const gone = await ask(double);
    for (const failed of [cut, gone]) {
      expect(failed).toMatchObject({ ok: false, failure: { kind: 'unreachable' } });
      expect(JSON.stringify(failed)).not.toContain('127.0.0.1');
    }
  });

  test.skipIf(!hasOpenssl())(
    'a certificate that nobody vouches for is refused, and accepted by its own authority',
    async () => {
      const tls = selfSigned();
      const double = await start((_asked, response) => json(response, 404, {}), tls);
      const named = { ...double, url: double.url.replace('127.0.0.1', 'localhost') } as Double;
      expect(await ask(named)).toMatchObject({ ok: false, failure: { kind: 'unreachable' } });
      expect(double.asked).toEqual([]);
      expect(await ask(named, { ca: tls.cert })).toEqual({ ok: true, value: [] });
    },
  );

  test('no answer of any shape breaks an adapter', async () => {
    let body: unknown;
    const double = await start((_asked, response) => json(response, 200, body));
    const values = { ip: '9.9.9.9', domain: 'a.example', hash: 'a'.repeat(64) } as const;
    await fc.assert(
      fc.asyncProperty(fc.jsonValue(), fc.constantFrom('ip', 'domain', 'hash'), async (shape, kind) => {
        for (const wrapped of [
          shape,
          { data: { attributes: shape } },
          { response: { Attribute: shape } },
          { objects: shape },
        ]) {
          body = wrapped;
          for (const lookUp of LOOK_UPS.values()) {
            const answer =
              'ask' in lookUp
                ? await lookUp.ask({ kind, value: values[kind] }, at(double.url, 'key'), never)
                : await lookUp.pull('', at(double.url, 'key', { settings: { collection: 'c' } }), never);
            expect(typeof answer.ok).toBe('boolean');
          }
        }
      }),
      { numRuns: 40 },
    );
  });
});

describe('MISP', () => {
  const attribute = (value: string, more: object = {}) => ({
    id: '1',
    event_id: '10',
    type: 'ip-dst',
    category: 'Network activity',
    to_ids: true,
    timestamp: '1790000000',
    value,
    Event: { id: '10', info: 'Phishing wave', uuid: 'u' },
    Tag: [{ name: 'tlp:green' }],
    ...more,
  });

  test('only an attribute that is the value counts, not one that holds it', async () => {
    const double = await start(
      mispDouble([attribute('9.9.9.9'), attribute('19.9.9.90'), attribute('9.9.9.9|443', { type: 'ip-dst|port' })]),
    );
    const answer = await misp.ask({ kind: 'ip', value: '9.9.9.9' }, at(double.url, MISP_KEY), never);
    expect(answer.ok && answer.value.map(({ text }) => text)).toEqual([
      'ip-dst of event "Phishing wave", meant for detection, tags tlp:green',
      'ip-dst|port of event "Phishing wave", meant for detection, tags tlp:green',
    ]);
    expect(answer.ok && answer.value[0]?.asOf).toBe('2026-09-21T14:13:20.000Z');
    expect(JSON.parse(double.asked[0]?.body ?? '')).toMatchObject({ value: '9.9.9.9', returnFormat: 'json' });
  });

  test('a value that its search would read as a pattern is not asked about', async () => {
    const double = await start(mispDouble([]));
    for (const value of ['http://a.example/%', '!9.9.9.9', 'a.example&&b.example'])
      expect(await misp.ask({ kind: 'url', value }, at(double.url, MISP_KEY), never)).toMatchObject({ ok: false });
    expect(double.asked).toEqual([]);
  });

  test('a wrong key is told as what was answered', async () => {
    const double = await start(mispDouble([]));
    expect(await misp.ask({ kind: 'ip', value: '9.9.9.9' }, at(double.url, 'wrong'), never)).toMatchObject({
      failure: { because: 'answered 403' },
    });
  });
});

describe('TAXII', () => {
  const indicator = (place: number, more: object = {}) => ({
    added: `2026-10-0${place}T00:00:00.000Z`,
    object: {
      type: 'indicator',
      spec_version: '2.1',
      id: `indicator--00000000-0000-4000-8000-00000000000${place}`,
      created: '2026-10-01T00:00:00.000Z',
      modified: '2026-10-01T00:00:00.000Z',
      name: `Indicator ${place}`,
      pattern: `[ipv4-addr:value = '9.9.9.${place}']`,
      pattern_type: 'stix',
      valid_from: '2026-10-01T00:00:00Z',
      ...more,
    },
  });
  const place = (url: string, user = 'analyst') =>
    at(`${url}/api`, TAXII_KEY, { settings: { collection: COLLECTION, user } });

  test('a collection is read page by page, and the next round asks only for what was added after', async () => {
    const objects = [
      indicator(1),
      { added: '2026-10-01T12:00:00.000Z', object: { type: 'malware', id: 'malware--1' } },
      indicator(2, { revoked: true }),
      indicator(3, { pattern: "[file:name = 'x']" }),
      indicator(4, { pattern: 'rule x { condition: true }', pattern_type: 'yara' }),
      indicator(5),
    ];
    const double = await start(taxiiDouble(objects, 2));
    let cursor = '';
    const names: string[] = [];
    let notUnderstood = 0;
    for (let page = 0; page < 10; page++) {
      const pulled = await taxii.pull(cursor, place(double.url), never);
      if (!pulled.ok) throw new Error(pulled.failure.because);
      names.push(...pulled.value.indicators.map(({ name, isRevoked }) => `${name}${isRevoked ? ' revoked' : ''}`));
      notUnderstood += pulled.value.notUnderstood;
      cursor = pulled.value.cursor;
      if (!pulled.value.hasMore) break;
    }
    expect(names).toEqual(['Indicator 1', 'Indicator 2 revoked', 'Indicator 5']);
    expect(notUnderstood).toBe(2);
    const again = await taxii.pull(cursor, place(double.url), never);
    expect(again).toMatchObject({ ok: true, value: { indicators: [], hasMore: false } });
    expect(double.asked.at(-1)?.path).toContain('added_after=2026-10-05');
  });

  test('a server that gives the same page again and again is not followed forever', async () => {
    const objects = [indicator(1).object];
    const double = await start((_asked, response) => json(response, 200, { more: true, next: 'x', objects }));
    const first = await taxii.pull('', place(double.url), never);
    if (!first.ok) throw new Error('the first page is fine');
    expect(await taxii.pull(first.value.cursor, place(double.url), never)).toMatchObject({
      ok: false,
      failure: { kind: 'malformed' },
    });
  });

  test('a mark that stays the same from page to page is followed, and one that the server forgot begins again', async () => {
    // As medallion does: the mark names the question, and the server knows how far it got.
    let page = 0;
    const pages = [[indicator(1)], [indicator(2)], [indicator(3)]];
    const double = await start((_asked, response) => {
      const objects = pages[page++]?.map(({ object }) => object) ?? [];
      json(response, 200, { more: page < pages.length, ...(page < pages.length ? { next: 'one mark' } : {}), objects });
    });
    let cursor = '';
    const names: string[] = [];
    for (let round = 0; round < 3; round++) {
      const pulled = await taxii.pull(cursor, place(double.url), never);
      if (!pulled.ok) throw new Error(pulled.failure.because);
      names.push(...pulled.value.indicators.map(({ name }) => name));
      if (round < 2) cursor = pulled.value.cursor;
    }
    expect(names).toEqual(['Indicator 1', 'Indicator 2', 'Indicator 3']);
    page = 0;
    double.instead = ({ path }, response) =>
      path.includes('next=')
        ? json(response, 404, { title: 'no such mark' })
        : json(response, 200, { more: false, objects: [] });
    expect(await taxii.pull(cursor, place(double.url), never)).toMatchObject({ ok: true, value: { hasMore: false } });
  });

  test('without the right to read it, the answer is told', async () => {
    const double = await start(taxiiDouble([], 10));
    expect(await taxii.pull('', place(double.url, 'somebody'), never)).toMatchObject({
      failure: { because: 'answered 401' },
    });
  });
});

function hasOpenssl(): boolean {
  try {
    execFileSync('openssl', ['version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

function selfSigned(): { readonly key: string; readonly cert: string } {
  const folder = mkdtempSync(join(tmpdir(), 'look-up-tls-'));
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
  execFileSync(
    'openssl',
    [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:prime256v1',
      '-nodes',
      '-days',
      '1',
      '-keyout',
      key,
      '-out',
      cert,
      ...subject,
    ],
    { stdio: 'ignore' },
  );
  const pair = { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') };
  rmSync(folder, { recursive: true });
  return pair;
}
