import { strict as assert } from 'node:assert';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, test } from 'vitest';
import type { PowersView } from '../../src/model/api-powers.ts';
import { findChromium, launchChromium, openProfile, type Profile } from './chromium.ts';
import { type Demo, isBuilt, startDemo } from './installation.ts';
import { accessibilityViolations } from './pages.ts';
import { enrol } from './walk.ts';

const chromium = findChromium();
const lacks = chromium === undefined ? ' (needs chromium)' : isBuilt() ? '' : ' (needs npm run build)';
const WAIT_MS_MAX = 120_000;
/** Where to put pictures of it, for whoever looks. */
const PICTURES = process.env['COUNTERSIGN_PICTURES'];

describe.skipIf(lacks !== '')(`powers, in a real browser${lacks}`, () => {
  let browser: Browser;
  let demo: Demo;
  let noa: Profile;
  beforeAll(async () => {
    demo = await startDemo();
    browser = await launchChromium(chromium ?? '');
    noa = await openProfile(browser, { origin: demo.origin });
    await enrol(noa, await demo.enrolmentLink(), 'Noa Berg');
  }, WAIT_MS_MAX);
  afterAll(async () => {
    await browser?.close();
    await demo?.stop();
  }, WAIT_MS_MAX);
  const picture = async (name: string): Promise<void> => {
    if (PICTURES !== undefined)
      await noa.page.screenshot({ path: `${PICTURES}/${name}.png`, animations: 'disabled', fullPage: true });
  };

  test('are shown with the rights that the target itself tells of, and the address opens the same again', {
    timeout: WAIT_MS_MAX,
  }, async () => {
    const { page } = noa;
    await page.keyboard.press('g');
    await page.keyboard.press('s');
    const outside = page.locator('[data-testid="power"]:not([data-system="countersign"])').first();
    await outside.waitFor();
    await outside.locator('button').first().click();
    await noa.by('power-detail').waitFor();
    // The executor looks within seconds of its start; the page asks again by itself.
    await noa.by('power-right').and(page.locator('[data-verdict="right"]')).first().waitFor({ timeout: 40_000 });
    const rights = await noa.by('power-right').evaluateAll(rows => rows.map(row => row.getAttribute('data-verdict')));
    assert.ok(rights.length > 10, `${rights.length} rights`);
    assert.deepEqual([...new Set(rights)], ['right']);
    await page.reload();
    await noa.by('power-detail').waitFor();
  });

  test('stand on a telephone and at night as well, and have no barrier', { timeout: WAIT_MS_MAX }, async () => {
    const { page } = noa;
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      for (const width of [1280, 360]) {
        await page.setViewportSize({ width, height: 900 });
        await picture(`powers-${width}-${colorScheme}`);
        const beyond = await page.evaluate('document.documentElement.scrollWidth - innerWidth');
        assert.ok(Number(beyond) <= 0, `${beyond} px too wide at ${width}`);
        assert.deepEqual(await accessibilityViolations(page), []);
      }
    }
    await page.emulateMedia({ colorScheme: null });
    await page.setViewportSize({ width: 1280, height: 900 });
  });

  test('that cannot be read are no empty list', { timeout: WAIT_MS_MAX }, async () => {
    const { page } = noa;
    const failure = { code: 'system.not_ready', shown: 'Something that matters is down.', requestId: 'req_1' };
    await page.route('**/api/v1/powers', route => route.fulfill({ status: 503, json: failure }));
    await page.goto(`${demo.origin}/powers`);
    await noa.by('failed').waitFor();
    assert.equal(await noa.by('power').count(), 0);
    assert.equal(await noa.by('empty').count(), 0);
    await page.unroute('**/api/v1/powers');
  });

  test('are told by the command as they are on the page', { timeout: WAIT_MS_MAX }, async () => {
    const told = await demo.countersign('target', 'health', '--json', '--data', join(demo.folder, 'data'));
    assert.equal(told.code, 0, told.err);
    const view: PowersView = JSON.parse(told.out);
    assert.equal(view.executor.isHeard, true);
    assert.deepEqual(
      view.systems.filter(({ condition }) => condition === 'failing'),
      [],
    );
    const text = await demo.countersign('target', 'health', '--data', join(demo.folder, 'data'));
    for (const { system } of view.systems) assert.ok(text.out.includes(`\n${system}  `), text.out);
  });
});
