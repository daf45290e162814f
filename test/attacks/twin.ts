import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { type Installation, type InstallationOptions, startInstallation } from '../harness/installation.ts';
import { putBack } from './seams.ts';

/** What came of an attack. `met: false` says that this machine cannot show it (not as root, for one). */
export interface Outcome {
  readonly succeeded: boolean;
  /** What was seen, for the table. */
  readonly seen: string;
}

export interface Attack {
  readonly id: string;
  /** What the attacker does. */
  readonly attack: string;
  /** The one control that the second run is without. */
  readonly control: string;
  readonly run: (start: (options?: InstallationOptions) => Promise<Installation>) => Promise<Outcome>;
  /** Takes the control out, by a seam that only tests have. */
  readonly without: (() => void | Promise<void>) | InstallationOptions;
  /** Where the usual time is not enough. */
  readonly timeoutMs?: number;
  /** Why this machine cannot show it. Then it is reported as not met. */
  readonly notHere?: string | undefined;
}

interface Row {
  readonly id: string;
  readonly attack: string;
  readonly control: string;
  product: string;
  without: string;
  /** Absent where it was not run. */
  didSucceed?: boolean;
  didSucceedWithout?: boolean;
}

const RESULTS = 'test-results/attacks';
const rows: Row[] = [];
const running: Installation[] = [];

/** The same attack twice: against the product, where it has to fail, and without one control, where it has to succeed. */
export function attack(plan: Attack): void {
  const row: Row = { id: plan.id, attack: plan.attack, control: plan.control, product: 'NOT RUN', without: 'NOT RUN' };
  rows.push(row);
  describe(`${plan.id}: ${plan.attack}`, () => {
    if (plan.notHere !== undefined) {
      row.product = row.without = `not met: ${plan.notHere}`;
      const because = `not met here: ${plan.notHere}`;
      // Named as skipped by its reason in every report, and never counted as met.
      test(because, context => context.skip(because));
      return;
    }
    const options = { timeout: plan.timeoutMs ?? 60_000 };
    test('fails against the product', options, async () => {
      const outcome = await plan.run(started({}));
      row.didSucceed = outcome.succeeded;
      row.product = `${outcome.succeeded ? 'SUCCEEDED' : 'refused'} (${outcome.seen})`;
      console.log(`${plan.id} product: ${row.product}`);
      expect(outcome.succeeded, outcome.seen).toBe(false);
    });
    test(`succeeds without ${plan.control}`, options, async () => {
      const withoutOptions = typeof plan.without === 'function' ? {} : plan.without;
      if (typeof plan.without === 'function') await plan.without();
      const outcome = await plan.run(started(withoutOptions));
      row.didSucceedWithout = outcome.succeeded;
      row.without = `${outcome.succeeded ? 'succeeded' : 'REFUSED STILL'} (${outcome.seen})`;
      console.log(`${plan.id} without the control: ${row.without}`);
      expect(outcome.succeeded, outcome.seen).toBe(true);
    });
  });
}

function started(without: InstallationOptions): (options?: InstallationOptions) => Promise<Installation> {
  return async options => {
    const world = await startInstallation({ ...options, ...without });
    running.push(world);
    return world;
  };
}

afterEach(async () => {
  putBack();
  await Promise.all(running.splice(0).map(world => world.stop()));
});

afterAll(async () => {
  if (rows.length === 0) return;
  const file = basename(expect.getState().testPath ?? 'attacks');
  await mkdir(RESULTS, { recursive: true });
  await writeFile(join(RESULTS, `${file}.json`), JSON.stringify(rows, null, 1));
  await writeScoreboard();
});

/** One table of everything that ran, by control: `test-results/attacks.md`. */
async function writeScoreboard(): Promise<void> {
  const files = (await readdir(RESULTS)).filter(name => name.endsWith('.json'));
  const all: Row[] = (
    await Promise.all(files.map(async name => JSON.parse(await readFile(join(RESULTS, name), 'utf8')) as Row[]))
  ).flat();
  const cell = (text: string) => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
  const lines = all
    .sort((a, b) => a.id.localeCompare(b.id))
    .map(row => [row.id, row.attack, row.product, row.control, row.without].map(cell).join(' | '));
  const text = `control | attack | product | taken out | without it\n--- | --- | --- | --- | ---\n${lines.join('\n')}\n`;
  // Two files of attacks may finish at once: each writes a whole table, and the last one stays.
  const next = `${RESULTS}.${process.pid}.md`;
  await writeFile(next, text);
  await rename(next, `${RESULTS}.md`);
}

/** What an attack came to, by what happened at the target: it fails where not one change more than `allowed` happened. */
export function outcomeOf(world: Installation, codes: readonly string[] | string = [], allowed = 0): Outcome {
  const { writes, effects } = world.target;
  const said = typeof codes === 'string' ? codes : codes.join(', ');
  return {
    succeeded: effects.length > allowed,
    seen: `${said === '' ? '' : `${said}; `}${writes.length} writes and ${effects.length} effects at the target`,
  };
}
