import { describe, expect, test } from 'vitest';
import { correlateAll, correlationInput } from '../../src/app/offline-correlate.ts';
import { scoreClusters } from './cluster-metrics.ts';
import { dataFile } from './present.ts';
import { readAlerts, readLines, readText } from './read.ts';

/** The floors of the published bar, one default setting for all. */
const SETS = [
  {
    name: 'secrl-overlap',
    alerts: 'secrl-alerts/alerts_overlap.ndjson',
    labels: 'secrl-alerts/labels.ndjson',
    truth: 'incident',
    map: '',
    macro: 0.8,
    pair: 0.8,
  },
  {
    name: 'ait-mix',
    alerts: 'ait-mix/alerts.ndjson.gz',
    labels: 'ait-mix/labels.ndjson.gz',
    truth: 'incident',
    map: 'id=id,time=time,title=name,host=host',
    macro: 0.85,
    pair: 0.75,
  },
  {
    name: 'stratus',
    alerts: 'cloudtrail-stratus/events.ndjson',
    labels: 'cloudtrail-stratus/labels.ndjson',
    truth: 'technique',
    map: '',
    macro: 0.95,
    pair: 0.95,
  },
] as const;

describe.each(SETS)(
  'clustering of $name (skipped where ../shared/data is absent)',
  ({ alerts, labels, truth, map, macro, pair }) => {
    const path = dataFile(alerts);
    const labelled = dataFile(labels);

    test.skipIf(path === undefined || labelled === undefined)('reaches the floor', { timeout: 120_000 }, async () => {
      const items = await readAlerts(path ?? '', map);
      const places = correlateAll(items.map(({ alert }, index) => correlationInput(alert, index)));
      const clusterOf = new Map(items.map(({ name }, index) => [name, places[index]?.cluster ?? -1]));
      const rows = readLines(labelled ?? '');
      const score = scoreClusters(
        rows.map(row => String(row[truth] ?? '-')),
        rows.map((row, index) => clusterOf.get(String(row['id'])) ?? -2 - index),
      );
      expect(rows.length).toBeGreaterThan(80);
      expect(score.macroBCubedF1).toBeGreaterThanOrEqual(macro);
      expect(score.pairF1).toBeGreaterThanOrEqual(pair);
      expect(score.overMerged).toBeLessThanOrEqual(0.25);
      expect(score.contamination).toBeLessThanOrEqual(0.05);
    });
  },
);

describe('deduplication of an attack of days (skipped where ../shared/data is absent)', () => {
  const path = dataFile('ait-ads/santos.alerts.csv.gz');
  const labelled = dataFile('ait-ads/santos.labels.csv.gz');

  test.skipIf(path === undefined || labelled === undefined)(
    'folds 99 % and buries at most 1 in 10,000 attack alerts',
    { timeout: 120_000 },
    async () => {
      const items = await readAlerts(path ?? '', 'id=id,time=time,title=name,host=host,ip=ip');
      const places = correlateAll(items.map(({ alert }, index) => correlationInput(alert, index)));
      const isAttack = new Set(
        readText(labelled ?? '')
          .split('\n')
          .slice(1)
          .map(line => line.split(','))
          .filter(([, , step]) => step !== undefined && step !== '-')
          .map(([id]) => id),
      );
      const groups = new Map<string, { attack: number; other: number }>();
      for (const [index, { placement }] of places.entries()) {
        const shown = placement.duplicateOf ?? `alr_${index}`;
        const group = groups.get(shown) ?? { attack: 0, other: 0 };
        groups.set(shown, group);
        if (isAttack.has(items[index]?.name)) group.attack++;
        else group.other++;
      }
      const buried = [...groups.values()].reduce((sum, { attack, other }) => sum + (other > attack ? attack : 0), 0);
      expect(1 - groups.size / items.length).toBeGreaterThanOrEqual(0.99);
      expect(buried / isAttack.size).toBeLessThanOrEqual(0.0001);
    },
  );
});
