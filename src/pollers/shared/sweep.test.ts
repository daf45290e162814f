import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MS_PER_DAY, type UnixMs, unixMsFrom } from '../../base/time.ts';
import { type PollBatch, PollTrouble, type PollWorld } from '../../ports/poller.ts';
import { linkOf } from './link.ts';
import { elementsAt, textOfValueAt } from './slices.ts';
import { recordsAt, type SweepPlan, sweep } from './sweep.ts';

const NOW = Date.UTC(2026, 0, 10);

describe('the elements of an answer', () => {
  test('are exactly the bytes that were sent, numbers beyond 2^53 and spaces included', () => {
    const text = '{"a":"]}", "value" : [ {"id":12345678901234567890, "t" : "x\\"]"} ,2, "s" ,[ ] ] , "z":1}';
    expect(elementsAt(text, ['value'])).toEqual(['{"id":12345678901234567890, "t" : "x\\"]"}', '2', '"s"', '[ ]']);
    expect(textOfValueAt('{"_source":{"n":1.10},"sort":[18446744073709551615,"x"]}', ['sort'])).toBe(
      '[18446744073709551615,"x"]',
    );
  });

  test('are those that JSON.parse gives, for any document', () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue()), fc.jsonValue(), fc.nat(3), (list, other, space) => {
        const text = JSON.stringify({ other, 'a"b': { list } }, undefined, space);
        expect(elementsAt(text, ['a"b', 'list'])?.map(one => JSON.parse(one))).toEqual(
          JSON.parse(JSON.stringify(list)),
        );
      }),
    );
  });

  test('are none where the answer is cut short or is something else, and no bytes make it throw', () => {
    for (const text of ['', '[1,2', '[{"a":1}', '{"value":3}', '{"value":[1 2]}', 'null', '[[[[', '{"value":["'])
      expect(elementsAt(text, text.startsWith('[') ? [] : ['value'])).toBeUndefined();
    fc.assert(fc.property(fc.string(), text => void elementsAt(text, ['a'])));
    const deep = `{"value":[${'['.repeat(200_000)}${']'.repeat(200_000)}]}`;
    expect(elementsAt(deep, ['value'])).toHaveLength(1);
  });
});

test('a link is found by its relation, among others and however it is quoted', () => {
  expect(
    linkOf('<https://a.example/?x=1,2>; rel="self", <https://a.example/?after=3>; title="n"; rel="next last"', 'next'),
  ).toBe('https://a.example/?after=3');
  expect(linkOf('<https://a.example/2>; REL=next', 'next')).toBe('https://a.example/2');
  for (const header of [undefined, '', '<', '<a', '<a>', '<a>; rel="nextish"'])
    expect(linkOf(header, 'next')).toBeUndefined();
});

/** A product of records with a time and an id, in the order in which they became visible. */
interface Shelf {
  readonly records: { readonly id: number; readonly at: number }[];
  now: number;
}

const plan = (shelf: Shelf, isOrdered: boolean, retentionMs?: number): [SweepPlan, PollWorld] => [
  {
    first: from => ({ url: `from=${from}` }),
    next: (page, from) => ({
      url: isOrdered ? `from=${page.split(':')[0]}&page=${page.split(':')[1]}` : `from=${from}&page=${page}`,
    }),
    read(answer) {
      const next = answer.header('next');
      return { records: recordsAt(answer, []), next };
    },
    timePath: ['at'],
    isOrdered,
    keepsPlace: false,
    retentionMs,
  },
  {
    async ask({ url }) {
      const query = new Map(url.split('&').map(part => part.split('=') as [string, string]));
      const found = shelf.records.filter(one => one.at >= Number(query.get('from')));
      if (isOrdered) found.sort((a, b) => a.at - b.at);
      const start = Number(query.get('page') ?? 0);
      const place = isOrdered ? `${query.get('from')}:${start + 3}` : String(start + 3);
      const header = start + 3 < found.length ? place : undefined;
      return { status: 200, header: () => header, text: JSON.stringify(found.slice(start, start + 3)) };
    },
    now: () => unixMsFrom(shelf.now),
    settings: {},
    secret: { reveal: () => '' },
    overlapMs: 1_000,
    startFrom: unixMsFrom(NOW - MS_PER_DAY),
  },
];

describe('a sweep', () => {
  test('that is ended after any page, again and again, sees every record that becomes visible within the overlap', async () => {
    const step = fc.record({
      add: fc.array(fc.nat(999), { maxLength: 7 }),
      pages: fc.nat(4),
      isOrdered: fc.constant(true),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 8 }), fc.boolean(), async (steps, isOrdered) => {
        const shelf: Shelf = { records: [], now: NOW };
        const seen = new Set<number>();
        let cursor: string | undefined;
        const read = async (pagesMax: number) => {
          const [how, world] = plan(shelf, isOrdered);
          let pages = 0;
          for await (const batch of sweep(cursor, world, how)) {
            for (const record of batch.records) seen.add(JSON.parse(record).id);
            cursor = batch.next;
            pages += 1;
            if (pages >= pagesMax) break;
          }
        };
        for (const { add, pages } of steps) {
          shelf.now += 1_000;
          // Each becomes visible up to a second after its time.
          for (const late of add) shelf.records.push({ id: shelf.records.length, at: shelf.now - late });
          if (pages > 0) await read(pages);
        }
        await read(1_000);
        await read(1_000);
        expect([...seen].sort((a, b) => a - b)).toEqual(shelf.records.map(one => one.id));
      }),
    );
  });

  test('declares what the product has deleted, and nothing where the product was only quiet', async () => {
    const shelf: Shelf = { records: [{ id: 1, at: NOW - 1_000 }], now: NOW };
    const [how, world] = plan(shelf, true, 5 * MS_PER_DAY);
    const batches: PollBatch[] = [];
    for await (const batch of sweep(undefined, world, how)) batches.push(batch);
    const cursor = batches.at(-1)?.next;
    shelf.now += 4 * MS_PER_DAY;
    for await (const batch of sweep(cursor, world, how)) batches.push(batch);
    shelf.now += 4 * MS_PER_DAY;
    for await (const batch of sweep(batches.at(-1)?.next, world, how)) batches.push(batch);
    expect(batches.map(batch => batch.gap)).toEqual(batches.map(() => undefined));
    const last = shelf.now as UnixMs;
    shelf.now += 7 * MS_PER_DAY;
    const late: PollBatch[] = [];
    for await (const batch of sweep(batches.at(-1)?.next, world, how)) late.push(batch);
    expect(late[0]?.gap).toMatchObject({ kind: 'missing', from: last, to: shelf.now - 5 * MS_PER_DAY });
  });

  test('does not go round in circles where a product names the same page for ever, nor where it knows no page', async () => {
    const shelf: Shelf = { records: [], now: NOW };
    const [how, world] = plan(shelf, true);
    const answering = (status: (url: string) => number): PollWorld => ({
      ...world,
      ask: async ({ url }) => ({ status: status(url), header: () => '7', text: '[{"at":1}]' }),
    });
    const drain = async (its: PollWorld) => {
      for await (const _ of sweep(undefined, its, how));
    };
    await expect(drain(answering(() => 200))).rejects.toThrow(PollTrouble);
    await expect(drain(answering(url => (url.includes('page') ? 410 : 200)))).rejects.toThrow(PollTrouble);
    await expect(drain(answering(() => 404))).rejects.toThrow(PollTrouble);
  });
});
