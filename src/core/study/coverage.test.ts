import { describe, expect, test } from 'vitest';
import { MS_PER_DAY, MS_PER_HOUR, MS_PER_MINUTE, unixMsFrom } from '../../base/time.ts';
import type { StreamCoverage } from '../../model/coverage.ts';
import { createCoverage, type Heard } from './coverage.ts';

const START = Date.UTC(2026, 2, 2);
const record = (host: string, product: string, rule: string, at: number): Heard => ({
  host,
  product,
  rule,
  at: unixMsFrom(START + at),
});

interface Span {
  readonly from: number;
  readonly to: number;
}

const isIn = (at: number, spans: readonly Span[]): boolean => spans.some(({ from, to }) => at >= from && at < to);

/** A number between 0 and 1 that looks random and is the same each time. */
const dice = (n: number): number => {
  const x = Math.sin(n * 12.9898) * 43758.5453;
  return x - Math.floor(x);
};

function judged(records: readonly Heard[], now: number): readonly StreamCoverage[] {
  const learner = createCoverage();
  for (const one of records.toSorted((a, b) => a.at - b.at)) learner.hear(one);
  return learner.gaps(unixMsFrom(START + now));
}

/** Every hour, a little late at times. */
const beats = (host: string, hours: number, silent: readonly Span[] = []): readonly Heard[] =>
  Array.from({ length: hours }, (_, h) => h * MS_PER_HOUR + dice(h) * 5000)
    .filter(at => !isIn(at, silent))
    .map(at => record(host, 'edr', 'heartbeat', at));

/** Two to four records in each ten minutes of a working day, none at night. */
const office = (product: string, days: number, silent: readonly Span[] = []): readonly Heard[] =>
  Array.from({ length: days * 144 }, (_, bin) => bin)
    .filter(bin => bin % 144 >= 54 && bin % 144 < 102)
    .flatMap(bin =>
      Array.from({ length: 2 + Math.floor(dice(bin) * 3) }, (_, n) => bin * 10 * MS_PER_MINUTE + n * MS_PER_MINUTE),
    )
    .filter(at => !isIn(at, silent))
    .map(at => record('web1', product, 'request', at));

const found = (gaps: readonly StreamCoverage[], status: string): readonly string[] =>
  gaps.filter(gap => gap.status === status).map(gap => gap.stream);

describe('a silent stream', () => {
  test('is found by the beat that it missed, with the figures', () => {
    const silent = { from: 40 * MS_PER_HOUR, to: 46 * MS_PER_HOUR };
    const [gap, ...others] = judged(beats('db1', 72, [silent]), 72 * MS_PER_HOUR);
    expect(others).toEqual([]);
    expect(gap).toMatchObject({ stream: 'db1|edr', status: 'silent' });
    expect(gap?.because).toBe('nothing for 7 h, though "heartbeat" comes every 60 min');
    expect((gap?.from ?? 0) - START).toBeLessThanOrEqual(silent.from);
    expect((gap?.to ?? 0) - START).toBeGreaterThanOrEqual(silent.to);
  });

  test('is found while it is still silent', () => {
    const gaps = judged(beats('db1', 48), 52 * MS_PER_HOUR);
    expect(found(gaps, 'silent')).toEqual(['db1|edr']);
    expect(gaps[0]?.to).toBe(START + 52 * MS_PER_HOUR);
  });

  test('is not one that comes in its rhythm, nor one whose nights are quiet', () => {
    expect(judged(beats('db1', 72), 72 * MS_PER_HOUR)).toEqual([]);
    expect(found(judged(office('waf', 6), 6 * MS_PER_DAY), 'silent')).toEqual([]);
  });

  test('is found by its companion on the same host, which goes on', () => {
    const silent = { from: 3 * MS_PER_DAY + 10 * MS_PER_HOUR, to: 3 * MS_PER_DAY + 13 * MS_PER_HOUR };
    const gaps = judged([...office('waf', 5), ...office('ids', 5, [silent])], 5 * MS_PER_DAY);
    expect(found(gaps, 'silent')).toEqual(['web1|ids']);
    expect(gaps.find(gap => gap.status === 'silent')?.because).toContain(
      'spans of 10 min in which waf on the same host had "request", with which it was heard in 100 % before',
    );
  });

  test('is found after a week by the hours of each day before', () => {
    const silent = { from: 8 * MS_PER_DAY + 9 * MS_PER_HOUR, to: 8 * MS_PER_DAY + 17 * MS_PER_HOUR };
    const gaps = judged(office('waf', 9, [silent]), 9 * MS_PER_DAY);
    expect(
      gaps.some(gap => gap.status === 'silent' && /at these hours of 7 other days it was heard/.test(gap.because)),
    ).toBe(true);
  });
});

describe('a degraded stream', () => {
  test('sends far less than its companion makes us expect', () => {
    const window = { from: 3 * MS_PER_DAY + 10 * MS_PER_HOUR, to: 3 * MS_PER_DAY + 15 * MS_PER_HOUR };
    const thinned = office('ids', 5).filter(({ at }, n) => !isIn(at - START, [window]) || n % 10 === 0);
    const gaps = judged([...office('waf', 5), ...thinned], 5 * MS_PER_DAY);
    expect(gaps.filter(gap => gap.stream === 'web1|ids').map(gap => gap.status)).toContain('degraded');
    expect(found(gaps, 'silent').filter(stream => stream !== 'web1|ids')).toEqual([]);
  });
});

describe('what cannot be told', () => {
  test('a few records without a rhythm are too sparse to judge, and that is said', () => {
    const sparse = [0, 3, 31, 32, 77].map(h => record('db1', 'dlp', 'finding', h * MS_PER_HOUR));
    expect(judged(sparse, 96 * MS_PER_HOUR)).toEqual([
      {
        stream: 'db1|dlp',
        status: 'cannot_tell',
        from: START,
        to: START + 96 * MS_PER_HOUR,
        because: '5 records in 4 days and no rhythm: too sparse to judge',
      },
    ]);
  });
});

describe('a silence that several streams share', () => {
  const SILENT = { from: 4 * MS_PER_DAY + 9 * MS_PER_HOUR, to: 4 * MS_PER_DAY + 12 * MS_PER_HOUR };
  /** Two products on three hosts, each with about ten records an hour. */
  const estate = (isCut: (host: string, product: string) => boolean): readonly StreamCoverage[] => {
    const all = ['h1', 'h2', 'h3'].flatMap((host, h) =>
      ['edr', 'ids'].flatMap((product, p) =>
        Array.from({ length: 5 * 240 }, (_, n) => (n + dice(n * 7 + h * 3 + p)) * 6 * MS_PER_MINUTE)
          .filter(at => !isCut(host, product) || !isIn(at, [SILENT]))
          .map(at => record(host, product, 'r', at)),
      ),
    );
    return judged(all, 5 * MS_PER_DAY).filter(gap => gap.status === 'silent');
  };

  test('of a product on all its hosts is the collector’s, and told of each stream', () => {
    const gaps = estate((_, product) => product === 'edr');
    expect(gaps.map(gap => gap.stream)).toEqual(['h1|edr', 'h2|edr', 'h3|edr']);
    for (const gap of gaps) expect(gap.because).toBe('nothing for 3 h from any of the 3 streams of edr: its collector');
  });

  test('of a host in all its products is the host’s', () => {
    const gaps = estate(host => host === 'h2');
    expect(gaps.map(gap => gap.stream)).toEqual(['h2|edr', 'h2|ids']);
    for (const gap of gaps) expect(gap.because).toContain('the host itself');
  });

  test('of everything is told once, as the way to us', () => {
    const gaps = estate(() => true);
    expect(gaps.map(gap => gap.stream)).toEqual(['*|*']);
  });

  test('of nothing is none', () => {
    expect(estate(() => false)).toEqual([]);
  });
});

describe('the learner', () => {
  test('says of every stream how it stands, and the same each time', () => {
    const learner = createCoverage();
    for (const one of [...beats('db1', 48), record('db1', 'dlp', 'finding', 1000)]) learner.hear(one);
    const now = unixMsFrom(START + 48 * MS_PER_HOUR);
    expect(learner.streams(now).map(({ stream, status }) => `${stream} ${status}`)).toEqual([
      'db1|dlp cannot_tell',
      'db1|edr heard',
    ]);
    expect(learner.streams(now)).toEqual(learner.streams(now));
  });

  test('does not take products that name no host for neighbours', () => {
    const silent = { from: 3 * MS_PER_DAY + 10 * MS_PER_HOUR, to: 3 * MS_PER_DAY + 13 * MS_PER_HOUR };
    const cloud = [...office('waf', 4), ...office('ids', 4, [silent])].map(one => ({ ...one, host: undefined }));
    expect(judged(cloud, 4 * MS_PER_DAY).filter(gap => /same host/.test(gap.because))).toEqual([]);
  });

  test('takes a product without hosts as one stream', () => {
    const learner = createCoverage();
    learner.hear({ host: undefined, product: 'okta', rule: 'r', at: unixMsFrom(START) });
    learner.hear({ host: '', product: 'okta', rule: 'r', at: unixMsFrom(START) });
    expect(learner.streams(unixMsFrom(START)).map(({ stream }) => stream)).toEqual(['*|okta']);
  });

  test('follows a rhythm that drifts, and does not call a rule that ended in a stream that goes on a silence', () => {
    const drifting = Array.from({ length: 120 }, (_, n) =>
      record('db1', 'edr', 'heartbeat', n * 30 * MS_PER_MINUTE * (1 + n / 400)),
    );
    const last = (drifting.at(-1)?.at ?? START) - START;
    expect(judged(drifting, last + 20 * MS_PER_MINUTE)).toEqual([]);
    const after = Array.from({ length: 40 }, (_, n) =>
      record('db1', 'edr', `other ${n % 3}`, last + n * MS_PER_HOUR * (0.5 + dice(n))),
    );
    expect(
      judged([...drifting, ...after], last + 40 * MS_PER_HOUR).filter(gap => gap.status === 'silent').length,
    ).toBeLessThanOrEqual(1);
  });

  test('hears at most so many streams, and counts what it could not', () => {
    const learner = createCoverage();
    for (let n = 0; n < 20_010; n++) learner.hear(record(`h${n}`, 'edr', 'r', n));
    expect(learner.overflowCount).toBe(10);
  });
});
