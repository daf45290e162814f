import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DEMO_INVENTORY, TARGET_SYSTEM } from '../../src/app/demo/inventory.ts';
import { scenario } from '../../src/app/demo/scenario.ts';
import { asKept, eachOfflineAlert, type OfflineAlert } from '../../src/app/offline-alerts.ts';
import { streamsOf } from '../../src/app/offline-summary.ts';
import { MS_PER_HOUR, unixMsFrom } from '../../src/base/time.ts';
import { coverageFor } from '../../src/core/study/coverage-for.ts';
import { type Alert, activityTime } from '../../src/model/alert.ts';
import { dataFile } from '../data/present.ts';
import { readAlerts } from '../data/read.ts';
import { look, type Scenario, scenarioOf, streamOf } from './scenarios.ts';

const TIERS = ['T1', 'T2', 'T3', 'TX'];
const VERDICTS = { complete: 0, unknown: 1, gaps: 1 } as const;
const HOURS = [1, 2, 4, 6, 8, 10, 12, 14, 16];

describe('the longer a product is silenced in the demo’s night', () => {
  let directory = '';
  let world: Scenario;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'silenced-'));
    const file = join(directory, 'demo.ndjson');
    const records = scenario(Date.UTC(2026, 2, 2, 12)).map(({ record }) => JSON.stringify(record));
    await writeFile(file, records.join('\n'));
    const items: OfflineAlert[] = [];
    await eachOfflineAlert([file], 'auto', new Map(), item => items.push(item));
    world = scenarioOf(items, 60, () => DEMO_INVENTORY, TARGET_SYSTEM);
  });
  afterAll(() => rm(directory, { recursive: true, force: true }));

  /** How an incident stands where the product said nothing from so long before it on. */
  function standing(incident: readonly Alert[], product: string, hours: number) {
    const until = Math.min(...incident.map(activityTime)) - hours * MS_PER_HOUR;
    const told = look(
      world,
      incident,
      world.alerts.filter(alert => alert.product !== product || activityTime(alert) < until),
    );
    if (told === undefined) return undefined;
    return {
      verdict: VERDICTS[told.coverage.verdict],
      acts: told.options
        .filter(({ kind }) => kind === 'act')
        .map(({ id, expectedTier, explained }) => ({
          id,
          tier: TIERS.indexOf(expectedTier ?? ''),
          completeness: explained?.measures.find(({ number }) => number === 'completeness')?.value ?? 0,
        })),
    };
  }

  test('no incident’s coverage, no act’s tier and no act’s completeness looks better', { timeout: 120_000 }, () => {
    let compared = 0;
    const told = (alert: Alert) => /Machine identity outside|Bulk read of a table/.test(alert.title);
    for (const incident of world.incidents.filter(one => one.some(told))) {
      for (const product of new Set(world.alerts.map(alert => alert.product))) {
        const stood = HOURS.map(hours => standing(incident, product, hours)).filter(one => one !== undefined);
        for (const [index, longer] of stood.entries()) {
          const shorter = stood[index - 1];
          if (shorter === undefined) continue;
          expect(longer.verdict, product).toBeGreaterThanOrEqual(shorter.verdict);
          for (const act of longer.acts) {
            const same = shorter.acts.find(({ id }) => id === act.id);
            if (same === undefined) continue;
            compared++;
            expect(act.tier, `${product} ${act.id}`).toBeGreaterThanOrEqual(same.tier);
            expect(act.completeness, `${product} ${act.id}`).toBeLessThanOrEqual(same.completeness);
          }
        }
      }
    }
    expect(compared).toBeGreaterThan(50);
  });
});

describe.each(['santos', 'russellmitchell'])(
  'each stream of %s that was judgeable (skipped where ../shared/data is absent)',
  name => {
    const path = dataFile(`ait-gap/${name}.events.csv.gz`);
    test.skipIf(path === undefined)(
      'stands no better the longer it is cut off before an incident on its host',
      { timeout: 300_000 },
      async () => {
        const items = await readAlerts(path ?? '', 'time=time,title=name,host=host,product=product');
        const alerts = items.map(asKept);
        const end = alerts.reduce((latest, alert) => Math.max(latest, activityTime(alert)), 0);
        const [from, to] = [unixMsFrom(end - 2 * MS_PER_HOUR), unixMsFrom(end - MS_PER_HOUR)];
        let isWorst = 0;
        for (const stream of new Set(alerts.map(streamOf))) {
          const host = stream.slice(0, stream.indexOf('|'));
          const found = [4, 12, 24, 48, 72].map(hours => {
            const until = end - hours * MS_PER_HOUR;
            const heard = alerts.filter(alert => streamOf(alert) !== stream || activityTime(alert) < until);
            const question = { hosts: new Set([host]), products: new Set<string>(), from, to };
            const { gaps } = coverageFor(question, streamsOf(heard), undefined);
            return gaps.some(gap => gap.stream === stream && gap.isRequired) ? 1 : 0;
          });
          expect(found, stream).toEqual(found.toSorted((a, b) => a - b));
          isWorst += found.at(-1) ?? 0;
        }
        expect(isWorst).toBeGreaterThan(5);
      },
    );
  },
);
