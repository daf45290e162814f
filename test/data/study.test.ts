import { describe, expect, test } from 'vitest';
import { asKept } from '../../src/app/offline-alerts.ts';
import { summariseLargest } from '../../src/app/offline-summary.ts';
import { createCoverage } from '../../src/core/study/coverage.ts';
import { timelineOf } from '../../src/core/study/timeline.ts';
import type { StreamCoverage } from '../../src/model/coverage.ts';
import { dataFile } from './present.ts';
import { readAlerts, readLines, readText } from './read.ts';

interface Truth {
  readonly gaps: readonly {
    readonly streams: readonly (readonly [string, string])[];
    readonly start: number;
    readonly end: number;
    readonly detectable: boolean;
  }[];
}

/** A finding is right where it overlaps a cut window of its stream for half of the shorter of the two. */
function scoreGaps(
  truth: Truth,
  found: readonly StreamCoverage[],
): { readonly precision: number; readonly f1: number } {
  const windows = truth.gaps.flatMap((gap, index) =>
    gap.streams.map(stream => ({ index, stream: stream.join('|'), from: gap.start * 1000, to: gap.end * 1000 })),
  );
  const hit = new Set<number>();
  let right = 0;
  for (const { stream, from, to } of found) {
    const matches = windows.filter(
      w =>
        w.stream === stream && Math.min(to, w.to) - Math.max(from, w.from) >= 0.5 * Math.min(to - from, w.to - w.from),
    );
    if (matches.length > 0) right++;
    for (const { index } of matches) hit.add(index);
  }
  const detectable = [...truth.gaps.keys()].filter(index => truth.gaps[index]?.detectable === true);
  const precision = found.length === 0 ? 0 : right / found.length;
  const recall = detectable.filter(index => hit.has(index)).length / detectable.length;
  return { precision, f1: precision + recall === 0 ? 0 : (2 * precision * recall) / (precision + recall) };
}

describe.each(['santos', 'russellmitchell'])(
  'gaps cut into the telemetry of %s (skipped where ../shared/data is absent)',
  scenario => {
    const path = dataFile(`ait-gap/${scenario}.events.csv.gz`);
    const truth = dataFile('ait-gap/truth.json');

    test.skipIf(path === undefined || truth === undefined)(
      'are found, and sparse streams say that they cannot tell',
      { timeout: 120_000 },
      async () => {
        const items = await readAlerts(path ?? '', 'time=time,title=name,host=host,product=product');
        const learner = createCoverage();
        const alerts = items.map(asKept).toSorted((a, b) => (a.occurredAt ?? 0) - (b.occurredAt ?? 0));
        let now = alerts[0]?.occurredAt;
        for (const { fields, product, rule, occurredAt } of alerts) {
          if (occurredAt === undefined) continue;
          learner.hear({ host: fields.host, product, rule, at: occurredAt });
          now = occurredAt;
        }
        const gaps = now === undefined ? [] : learner.gaps(now);
        const score = scoreGaps(
          JSON.parse(readText(truth ?? ''))[scenario],
          gaps.filter(gap => gap.status !== 'cannot_tell'),
        );
        expect(gaps.some(gap => gap.status === 'cannot_tell')).toBe(true);
        expect(score.f1).toBeGreaterThanOrEqual(0.6);
        expect(score.precision).toBeGreaterThanOrEqual(0.5);
      },
    );
  },
);

describe('the timeline of real alerts (skipped where ../shared/data is absent)', () => {
  const path = dataFile('secrl-alerts/alerts.ndjson');

  test.skipIf(path === undefined)('is in the order of their start times, each with its evidence', async () => {
    const items = await readAlerts(path ?? '');
    const startOf = new Map(
      readLines(path ?? '').map(row => [
        String(row['SystemAlertId']),
        Date.parse(String(row['StartTime']).replace(' ', 'T')),
      ]),
    );
    const alerts = items.map(asKept);
    const nameOf = new Map(alerts.map((alert, index) => [alert.id, items[index]?.name ?? '']));
    const entries = timelineOf(alerts);
    const starts = entries.map(entry => startOf.get(nameOf.get(entry.alert) ?? '') ?? Number.NaN);
    expect(starts.length).toBe(startOf.size);
    expect(starts).toEqual(starts.toSorted((a, b) => a - b));
    expect(entries.filter(entry => !entry.evidence.startsWith('evd_'))).toEqual([]);
  });
});

const SUMMARISED = [
  { file: 'secrl-alerts/alerts_overlap.ndjson' },
  { file: 'cloudtrail-stratus/events.ndjson' },
  { file: 'wazuh-aecid/alerts.ndjson' },
] as const;

describe.each(SUMMARISED)('the summary of $file (skipped where ../shared/data is absent)', ({ file }) => {
  const path = dataFile(file);

  test.skipIf(path === undefined)(
    'cites the raw records in every line, and each citation holds',
    { timeout: 120_000 },
    async () => {
      const found = summariseLargest(await readAlerts(path ?? ''));
      const summary = found?.summary;
      expect(summary?.story.length).toBeGreaterThan(0);
      expect(summary?.story.length).toBeLessThanOrEqual(12);
      for (const claim of summary?.story ?? []) {
        expect(claim.verdict).toEqual({ kind: 'verified' });
        expect(claim.citations.length).toBeGreaterThan(0);
      }
      expect(summary?.missing.filter(text => text.startsWith('A statement was left out'))).toEqual([]);
    },
  );
});
