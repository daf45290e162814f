import { describe, expect, test } from 'vitest';
import type { UnixMs } from '../../src/base/time.ts';
import { BROKEN_POLLERS, POLLER_CHECKS, type PolledProduct } from '../../src/connector/poller-checks.ts';
import { httpJson } from '../../src/pollers/http-json/index.ts';
import { okta } from '../../src/pollers/okta/index.ts';
import { PollTrouble } from '../../src/ports/poller.ts';
import { type Answer, type Asked, type Made, oktaEvent, oktaLog } from '../delivery/vendor.ts';

const ORIGIN = 'https://product.example';
const NOT_HANDED_ON = new Set([401, 403, 429]);

/** Asks a double as the product's own way out would, without the network between. */
function asking(answer: (asked: Asked, origin: string) => Answer): PolledProduct['ask'] {
  return async request => {
    const headers = Object.fromEntries(
      Object.entries(request.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]),
    );
    const asked = { method: request.method ?? 'GET', url: new URL(request.url, ORIGIN), headers, body: '' };
    const { status = 200, headers: its = {}, body } = answer(asked, ORIGIN);
    if (NOT_HANDED_ON.has(status) || status >= 500) throw new PollTrouble('unauthorised', `the product says ${status}`);
    return { status, header: name => its[name], text: JSON.stringify(body) };
  };
}

function oktaProduct(poller = okta): PolledProduct {
  const events: Made[] = [];
  const known = { isForgotten: false };
  const ask = asking(oktaLog(events, () => 3, known));
  return {
    poller,
    settings: { scheme: 'SSWS' },
    credential: 'good-token',
    add(id: string, at: UnixMs) {
      const made = oktaEvent(events.length, at);
      events.push({ ...made, body: { ...made.body, displayMessage: id } });
    },
    ask,
    forgetPlaces() {
      known.isForgotten = true;
    },
    retentionMs: 90 * 86_400_000,
  };
}

/** A list of everything from a time on, in pages of three, each of which names the next by its number. */
function listProduct(): PolledProduct {
  const made: { id: string; time: string }[] = [];
  const answer = ({ url, headers }: Asked): Answer => {
    if (headers.authorization !== 'Bearer good-token') return { status: 401, body: {} };
    const since = Date.parse(url.searchParams.get('since') ?? '');
    const matching = made.filter(({ time }) => Date.parse(time) >= since);
    const page = Number(url.searchParams.get('page') ?? '0');
    const hasMore = matching.length > (page + 1) * 3;
    return { body: { items: matching.slice(page * 3, (page + 1) * 3), next: hasMore ? String(page + 1) : undefined } };
  };
  return {
    poller: httpJson,
    settings: {
      path: '/alerts?since={since}',
      records: 'items',
      time: 'time',
      next: 'next',
      parameter: 'page',
      header: 'authorization',
      prefix: 'Bearer',
    },
    credential: 'good-token',
    add: (id, at) => void made.push({ id, time: new Date(at).toISOString() }),
    ask: asking(answer),
  };
}

describe('the suite for pollers', () => {
  test.each(POLLER_CHECKS)('$title: Okta', ({ run }) => run(() => oktaProduct()));

  test.each(POLLER_CHECKS)('$title: JSON over HTTP', ({ run }) => run(listProduct));

  test('each guarantee has a poller that breaks it', () => {
    expect(BROKEN_POLLERS.map(({ caughtBy }) => caughtBy)).toEqual(
      POLLER_CHECKS.map(({ title }) => title.split(' ')[0]),
    );
  });

  test.each(BROKEN_POLLERS)('$caughtBy fails a poller that $fault', async ({ caughtBy, saying, make }) => {
    const check = POLLER_CHECKS.find(({ title }) => title.startsWith(`${caughtBy} `));
    await expect(check?.run(() => oktaProduct(make(okta)))).rejects.toThrow(saying);
  });
});
