import { strict as assert } from 'node:assert';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, test } from 'vitest';
import type { TrailFinding, TrailHealth, TrailsView } from '../../src/model/trail.ts';
import { findChromium, launchChromium, openProfile, type Profile } from './chromium.ts';
import { type Demo, isBuilt, startDemo } from './installation.ts';
import { accessibilityViolations } from './pages.ts';
import { enrol } from './walk.ts';

const chromium = findChromium();
const lacks = chromium === undefined ? ' (needs chromium)' : isBuilt() ? '' : ' (needs npm run build)';
const WAIT_MS_MAX = 180_000;
/** Where to put pictures of it, for whoever looks. */
const PICTURES = process.env['COUNTERSIGN_PICTURES'];
const AT = '2026-11-01T10:00:00.000Z';
const LONG = `${'billing-and-settlement-'.repeat(2)}eu-west-1`;

const SYSTEM: TrailHealth = {
  system: 'orders-db',
  responder: 'postgres-role',
  kept: 'the table countersign.trail, which the functions themselves fill',
  state: 'read',
  begunAt: AT,
  readAt: AT,
  because: '',
  lastUnknownAt: AT,
  unknownChanges: 61,
  notShown: 1,
  cutAt: '',
};
const FINDING: TrailFinding = {
  system: 'orders-db',
  number: 1,
  kind: 'unknown_change',
  because: 'one_too_many',
  foundAt: AT,
  happenedAt: AT,
  operation: 'lock',
  target: '7711304005761906989:16385',
  text: 'lock: x"; DROP ROLE c.victim; -- \u202etxet <b>bold</b>',
  from: '203.0.113.7',
  execution: '',
  proposal: '',
  count: 1,
};
/** One of everything that can stand there. */
const EVERYTHING: TrailsView = {
  systems: [
    SYSTEM,
    {
      ...SYSTEM,
      system: LONG,
      state: 'silent',
      because: "The target system didn't answer.",
      unknownChanges: 0,
      notShown: 0,
    },
    { ...SYSTEM, system: 'hr-directory', responder: 'ldap-account', state: 'none', kept: '', readAt: '', begunAt: '' },
    { ...SYSTEM, system: 'stock-db', state: 'awaited', readAt: '', begunAt: '' },
  ],
  findings: [
    FINDING,
    {
      ...FINDING,
      number: 2,
      because: '',
      text: '11 more changes that nobody signed, in the same look',
      count: 11,
    },
    {
      ...FINDING,
      number: 3,
      kind: 'not_shown',
      because: '',
      proposal: 'prp_1',
      text: 'The target said that it did this.',
    },
    {
      ...FINDING,
      system: LONG,
      number: 4,
      kind: 'cut',
      because: '',
      target: '',
      from: '',
      happenedAt: '',
      text: 'It ends.',
    },
    { ...FINDING, number: 5, kind: 'unread', because: '', target: '', from: '', happenedAt: '', text: 'No answer.' },
    { ...FINDING, number: 6, because: 'other_time' },
    { ...FINDING, number: 7, because: 'not_ours' },
  ],
};

describe.skipIf(lacks !== '')(`what targets say, in a real browser${lacks}`, () => {
  let browser: Browser;
  let demo: Demo;
  let noa: Profile;
  beforeAll(async () => {
    demo = await startDemo();
    browser = await launchChromium(chromium ?? '');
  }, WAIT_MS_MAX);
  afterAll(async () => {
    await browser?.close();
    await demo?.stop();
  }, WAIT_MS_MAX);

  test('a target that the demo started is read by the executor itself, and nothing is found there', {
    timeout: WAIT_MS_MAX,
  }, async () => {
    noa = await openProfile(browser, { origin: demo.origin });
    const { page, by } = noa;
    await enrol(noa, await demo.enrolmentLink(), 'Noa Berg');
    await page.goto(`${demo.origin}/health`);
    const trail = by('trail').first();
    await trail.waitFor();
    assert.equal(await trail.getAttribute('data-state'), 'read');
    assert.match(await trail.innerText(), /only what people signed/);
    assert.equal(await by('trail-finding').count(), 0);
  });

  test('each state of a log and each kind of finding is shown, and no text of a target is more than text', {
    timeout: WAIT_MS_MAX,
  }, async () => {
    const { page, by } = noa;
    await page.route('**/api/v1/trails', route => route.fulfill({ json: EVERYTHING }));
    await page.goto(`${demo.origin}/health`);
    await by('trail').first().waitFor();
    assert.equal(await by('trail').count(), 4);
    assert.match(await by('trail').nth(1).innerText(), /Nobody can look\. The target system didn't answer\./);
    assert.match(await by('trail').nth(2).innerText(), /keeps no log that we can read/);
    await page.getByText('2 earlier').click();
    assert.equal(await by('trail-finding').count(), 7);
    assert.equal(await by('trail-finding').first().locator('b').count(), 0);
    assert.deepEqual(await accessibilityViolations(page), []);
    const section = page.getByRole('region', { name: 'What targets say', exact: true });
    for (const width of [1280, 360]) {
      await page.setViewportSize({ width, height: 900 });
      assert.ok(
        await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth),
        `${width} px wide`,
      );
      for (const colorScheme of PICTURES === undefined ? [] : (['light', 'dark'] as const)) {
        await page.emulateMedia({ colorScheme });
        await section.screenshot({ path: `${PICTURES}/trails-${width}-${colorScheme}.png`, animations: 'disabled' });
      }
    }
  });
});
