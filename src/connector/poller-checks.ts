import assert from 'node:assert/strict';
import { MS_PER_MINUTE, type UnixMs, unixMsFrom } from '../base/time.ts';
import { secretOf } from '../executor/capability.ts';
import type { PollAnswer, PollBatch, Poller, PollGap, PollRequest, PollSettings } from '../ports/poller.ts';

/** A product of the test's own, which answers as its vendor's documentation says. */
export interface PolledProduct {
  readonly poller: Poller;
  readonly settings: PollSettings;
  /** The credential that it takes. */
  readonly credential: string;
  /** It makes a record at this time. `id` stands in the text of the record, and in no other. */
  add(id: string, at: UnixMs): void;
  /** Its answer. Rejects as {@link PollWorld.ask} does for a status that is not handed on. */
  ask(request: PollRequest): Promise<PollAnswer>;
  /** From now on it knows none of the places that it named; absent where it names none that could be forgotten. */
  forgetPlaces?(): void;
  /** How long it keeps records, in milliseconds; absent where it keeps them. What is older it no longer gives. */
  readonly retentionMs?: number;
}

/** One guarantee of a poller. It rejects where the poller breaks it. */
export interface PollerCheck {
  readonly title: string;
  run(make: () => PolledProduct): Promise<void>;
}

const NOW = unixMsFrom(Date.parse('2026-03-02T09:00:00Z'));
const OVERLAP_MS = MS_PER_MINUTE;
const BATCHES_MAX = 200;
const RECORDS = 12;
/** So many share a time, and more of them than a page holds. */
const SHARED = 5;

interface Reading {
  readonly batches: readonly PollBatch[];
  readonly cursor: string | undefined;
  readonly asked: readonly PollRequest[];
}

/** Reads from a cursor until the product has no more, or so many batches were taken; the reader then dies. */
async function readFrom(
  product: PolledProduct,
  cursor: string | undefined,
  options: { readonly batchesMax?: number; readonly startFrom?: UnixMs } = {},
): Promise<Reading> {
  const [batches, asked]: [PollBatch[], PollRequest[]] = [[], []];
  const world = {
    ask(request: PollRequest) {
      asked.push(request);
      return product.ask(request);
    },
    now: () => NOW,
    settings: product.settings,
    secret: secretOf(product.credential),
    overlapMs: OVERLAP_MS,
    startFrom: options.startFrom ?? unixMsFrom(NOW - 60 * MS_PER_MINUTE),
  };
  for await (const batch of product.poller.poll(cursor, world)) {
    batches.push(batch);
    assert.ok(batches.length < BATCHES_MAX, 'the reading ends where the product has no more');
    if (batches.length === options.batchesMax) break;
  }
  return { batches, cursor: batches.at(-1)?.next ?? cursor, asked };
}

const idOf = (n: number) => `record-${String(n).padStart(4, '0')}-`;

function fill(product: PolledProduct, from: number, to: number): void {
  for (let n = from; n < to; n++)
    product.add(idOf(n), unixMsFrom(NOW - 10 * MS_PER_MINUTE + Math.floor(n / SHARED) * 1_000));
}

function missing(readings: readonly Reading[], to: number): readonly string[] {
  const text = readings.flatMap(({ batches }) => batches.flatMap(({ records }) => records)).join('\n');
  return Array.from({ length: to }, (_, n) => idOf(n)).filter(id => !text.includes(id));
}

const gapsOf = (reading: Reading): readonly PollGap[] => reading.batches.flatMap(({ gap }) => gap ?? []);

const S1: PollerCheck = {
  title: 'S1 the credential stands in no address',
  async run(make) {
    const product = make();
    fill(product, 0, RECORDS);
    const { asked } = await readFrom(product, undefined);
    assert.ok(asked.length > 0, 'the product was asked');
    for (const { url } of asked)
      assert.ok(!decodeURIComponent(url).includes(product.credential), 'the credential stands in no address');
  },
};

const S4: PollerCheck = {
  title: 'S4 records that share the time at the edge of a page, and those that come later with that time, are all read',
  async run(make) {
    const product = make();
    fill(product, 0, RECORDS);
    const first = await readFrom(product, undefined);
    assert.deepEqual(missing([first], RECORDS), [], 'all of them were read');
    // Late, and with the time of the last one.
    const last = unixMsFrom(NOW - 10 * MS_PER_MINUTE + Math.floor((RECORDS - 1) / SHARED) * 1_000);
    for (let n = RECORDS; n < RECORDS + 3; n++) product.add(idOf(n), last);
    const second = await readFrom(product, first.cursor);
    assert.deepEqual(missing([first, second], RECORDS + 3), [], 'what came later with the same time was read, too');
  },
};

const S5: PollerCheck = {
  title: 'S5 whoever dies after any batch goes on from its cursor, and misses nothing',
  async run(make) {
    for (let batchesMax = 1; batchesMax < BATCHES_MAX; batchesMax++) {
      const product = make();
      fill(product, 0, RECORDS);
      const before = await readFrom(product, undefined, { batchesMax });
      // The last batch did not become durable: the cursor is the one of the batch before.
      const durable = { ...before, batches: before.batches.slice(0, -1) };
      const after = await readFrom(product, durable.batches.at(-1)?.next);
      assert.deepEqual(missing([durable, after], RECORDS), [], `nothing is lost after batch ${batchesMax}`);
      const onwards = await readFrom(product, before.cursor);
      assert.deepEqual(
        missing([before, onwards], RECORDS),
        [],
        `nothing is lost from the cursor of batch ${batchesMax}`,
      );
      if (before.batches.length < batchesMax) return;
    }
  },
};

const S6: PollerCheck = {
  title: 'S6 what the product has deleted or forgotten is a gap that is told, and a quiet product is none',
  async run(make) {
    const quiet = await readFrom(make(), undefined);
    assert.deepEqual(gapsOf(quiet), [], 'where nothing happened nothing is missing');
    const product = make();
    fill(product, 0, RECORDS);
    const { forgetPlaces, retentionMs } = product;
    if (forgetPlaces !== undefined) {
      const first = await readFrom(product, undefined);
      forgetPlaces();
      fill(product, RECORDS, RECORDS + 2);
      const second = await readFrom(product, first.cursor);
      assert.deepEqual(missing([first, second], RECORDS + 2), [], 'a place that was forgotten loses nothing');
      assert.deepEqual(
        gapsOf(second).map(({ kind }) => kind),
        ['reread'],
        'it is told that a stretch was read again',
      );
    }
    if (retentionMs !== undefined) {
      const startFrom = unixMsFrom(NOW - 2 * retentionMs);
      const [gap] = gapsOf(await readFrom(make(), undefined, { startFrom }));
      assert.equal(gap?.kind, 'missing', 'what the product no longer has is told as missing');
      assert.ok(
        gap.from <= startFrom && gap.to >= NOW - retentionMs,
        'from where it begins to where the records begin',
      );
    }
  },
};

/** What every poller is held to. Signatures of what is pushed are kept by the doors, and tested there. */
export const POLLER_CHECKS: readonly PollerCheck[] = [S1, S4, S5, S6];

/** A poller with one fault, and the id of the check that has to find it. */
export interface BrokenPoller {
  readonly fault: string;
  readonly caughtBy: string;
  readonly saying: RegExp;
  make(sound: Poller): Poller;
}

/** The same poller with its batches seen and changed. */
function changed(sound: Poller, change: (batches: readonly PollBatch[]) => readonly PollBatch[]): Poller {
  return {
    ...sound,
    async *poll(cursor, world) {
      const batches: PollBatch[] = [];
      for await (const batch of sound.poll(cursor, world)) batches.push(batch);
      yield* change(batches);
    },
  };
}

/** One fault for each guarantee of a poller. */
export const BROKEN_POLLERS: readonly BrokenPoller[] = [
  {
    fault: 'puts its credential into the address',
    caughtBy: 'S1',
    saying: /stands in no address/,
    make: sound => ({
      ...sound,
      poll(cursor, world) {
        const ask = (request: PollRequest) =>
          world.ask({
            ...request,
            url: `${request.url}${request.url.includes('?') ? '&' : '?'}key=${encodeURIComponent(world.secret.reveal())}`,
          });
        return sound.poll(cursor, { ...world, ask });
      },
    }),
  },
  {
    fault: 'takes one record of each time for all of them',
    caughtBy: 'S4',
    saying: /all of them were read/,
    make(sound) {
      const times = new Set<string>();
      const time = /\d{4}-\d\d-\d\dT[\d:.]+Z/;
      const isNew = (record: string) => {
        const at = time.exec(record)?.[0] ?? record;
        return !times.has(at) && times.add(at) !== undefined;
      };
      return changed(sound, batches => batches.map(batch => ({ ...batch, records: batch.records.filter(isNew) })));
    },
  },
  {
    fault: 'names the cursor after the next batch',
    caughtBy: 'S5',
    saying: /nothing is lost/,
    make: sound =>
      changed(sound, batches => batches.map((batch, at) => ({ ...batch, next: (batches[at + 1] ?? batch).next }))),
  },
  {
    fault: 'keeps a gap to itself',
    caughtBy: 'S6',
    saying: /is told/,
    make: sound => changed(sound, batches => batches.map(batch => ({ ...batch, gap: undefined }))),
  },
];
