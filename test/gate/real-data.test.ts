import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { eachOfflineAlert, type OfflineAlert } from '../../src/app/offline-alerts.ts';
import { inventoryOf } from '../../src/cli/interference/incidents.ts';
import { CATALOGUE } from '../../src/core/study/catalogue/catalogue.ts';
import type { Alert } from '../../src/model/alert.ts';
import type { ResponseOption } from '../../src/model/claim.ts';
import type { Inventory } from '../../src/model/inventory.ts';
import { dataFile } from '../data/present.ts';
import { look, scenarioOf, streamOf, without } from './scenarios.ts';

const SYSTEM = 'elsewhere';
const INCIDENTS_MAX = 12;
const ALERTS_MAX = 3_000;
const FILES = ['secrl-alerts/alerts.ndjson', 'cloudtrail-stratus/events.ndjson'].flatMap(name => dataFile(name) ?? []);
const REACT = dataFile('react/actions.json');

/** Everybody who is named, with an account, so that there is something to act on. */
function everybody(alerts: readonly Alert[]): Inventory {
  const inventory = inventoryOf(alerts);
  const records = inventory.records.map(record => ({
    ...record,
    accounts: record.accounts.map(account => ({ ...account, system: SYSTEM })),
  }));
  return { ...inventory, records };
}

const completeness = ({ explained }: ResponseOption): number =>
  explained?.measures.find(({ number }) => number === 'completeness')?.value ?? -1;

test.skipIf(FILES.length === 0)(
  'with a source less no act of real incidents is explained better, and not all are refused (skipped where ../shared/data is absent)',
  { timeout: 120_000 },
  async () => {
    let [open, all, compared] = [0, 0, 0];
    for (const file of FILES) {
      const items: OfflineAlert[] = [];
      await eachOfflineAlert([file], 'auto', new Map(), item => items.length < ALERTS_MAX && items.push(item));
      const world = scenarioOf(items, INCIDENTS_MAX, everybody, SYSTEM);
      for (const incident of world.incidents) {
        const acts = (look(world, incident, world.alerts)?.options ?? []).filter(({ kind }) => kind === 'act');
        all += acts.length;
        open += acts.filter(({ gate }) => gate?.isOpen === true).length;
        for (const stream of new Set(incident.map(streamOf))) {
          const after = look(world, incident, without(world.alerts, incident, stream));
          for (const act of acts) {
            const less = after?.options.find(({ id }) => id === act.id);
            if (less === undefined) continue;
            compared++;
            expect(completeness(less), `${stream} ${act.id}`).toBeLessThanOrEqual(completeness(act));
          }
        }
      }
    }
    expect(compared).toBeGreaterThan(50);
    expect(open / all).toBeGreaterThan(0.5);
    expect(open).toBeLessThan(all);
  },
);

test.skipIf(REACT === undefined)(
  'the RE&CT ids of the catalogue are ids of RE&CT (skipped where ../shared/data is absent)',
  async () => {
    const text = await readFile(REACT ?? '', 'utf8');
    const ids = new Set(text.match(/RA\d{4}/g));
    for (const { id, react } of CATALOGUE) for (const one of react) expect(ids.has(one), `${id} ${one}`).toBe(true);
  },
);
