import { strict as assert } from 'node:assert';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { findChromium, launchChromium, openProfile, type Profile } from './chromium.ts';
import { type Demo, isBuilt, startDemo } from './installation.ts';
import { accessibilityViolations } from './pages.ts';
import { enrol, openIncident, signReview, untilState } from './walk.ts';

const chromium = findChromium();
const lacks = chromium === undefined ? ' (needs chromium)' : isBuilt() ? '' : ' (needs npm run build)';
const WAIT_MS_MAX = 180_000;
/** Where to put pictures of it, for whoever looks. */
const PICTURES = process.env['COUNTERSIGN_PICTURES'];

describe.skipIf(lacks !== '')(`a lease and an undo in a real browser${lacks}`, () => {
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
  const pictures = async (name: string): Promise<void> => {
    if (PICTURES === undefined) return;
    for (const [width, height] of [
      [1280, 1000],
      [360, 800],
    ] as const)
      for (const colorScheme of ['light', 'dark'] as const) {
        await noa.page.setViewportSize({ width, height });
        await noa.page.emulateMedia({ colorScheme });
        const path = `${PICTURES}/${name}-${width}-${colorScheme}.png`;
        await noa.page.screenshot({ path, animations: 'disabled', fullPage: true });
      }
    await noa.page.setViewportSize({ width: 1280, height: 1000 });
    await noa.page.emulateMedia({ colorScheme: 'light' });
  };

  test('an option is proposed with an end, and the page says what the end means, how it is undone and what is not known', {
    timeout: WAIT_MS_MAX,
  }, async () => {
    noa = await openProfile(browser, { origin: demo.origin });
    const { page, by } = noa;
    await enrol(noa, await demo.enrolmentLink(), 'Noa Berg');
    await openIncident(noa, demo.origin, 'c.reyes');
    const option = by('option').filter({ hasText: 'Lock a database role' }).first();
    await option.getByTestId('lease-hours').selectOption('24');
    await pictures('lease-option');
    assert.deepEqual(await accessibilityViolations(page), []);
    await option.getByTestId('propose').click();
    await page.waitForURL(/\/proposals\//);
    await by('sentence').waitFor();
    const lease = by('check').filter({ hasText: 'Lease' }).first();
    assert.match(await lease.innerText(), /lease ends at .* UTC\. Nothing is undone then/);
    const undo = by('undo-check');
    assert.equal(await undo.getAttribute('data-verdict'), 'planned');
    assert.match(await undo.innerText(), /takes back: role\.canLogin/);
    assert.match(await undo.innerText(), /leaves: role\.sessions/);
    assert.match(await by('blast-counts').innerText(), /^\d+ unknown · \d+ rests? on it · \d+ directly$/);
    assert.match((await by('blast').locator('li').first().innerText()).trim(), /^unknown/);
    await pictures('lease-review');
    assert.deepEqual(await accessibilityViolations(page), []);
  });

  test('it is carried out, undone by another signature, and the page says what the undo left', {
    timeout: WAIT_MS_MAX,
  }, async () => {
    const { page, by } = noa;
    await signReview(noa, 'The network belongs to nobody of ours.');
    await untilState(noa, 'verified');
    await by('lease').waitFor();
    assert.equal(await by('lease').getAttribute('data-state'), 'running');
    await pictures('lease-running');
    const act = page.url();
    await by('undo').click();
    await page.waitForFunction(before => location.href !== before, act);
    await by('sentence').waitFor();
    await signReview(noa, 'It was a journey that she had announced.');
    await untilState(noa, 'verified');
    await by('undo-left').waitFor();
    assert.equal(await by('undo-left').getAttribute('data-verdict'), 'as_declared');
    await page.goto(act);
    await by('undo-left').waitFor();
    await pictures('undo-left');
    assert.deepEqual(await accessibilityViolations(page), []);
    assert.deepEqual(noa.troubles, []);
  });

  test('what ended and needs somebody stands first, whatever its text', { timeout: WAIT_MS_MAX }, async () => {
    const { page, by } = noa;
    const act = page.url();
    const id = new URL(act).pathname.split('/').at(-1) ?? '';
    const endsAt = '2026-01-02T03:04:00.000Z';
    const left = {
      undo: 'prp_other',
      verdict: 'differs',
      differences: [
        {
          path: 'role.memberships',
          before: 'app_readers',
          now: `app_readers ${'pg_write_all_data '.repeat(8)}`,
          isDeclared: false,
        },
        { path: 'role.sessions', before: '3', now: '0', isDeclared: true },
      ],
    };
    for (const [state, lease] of [
      ['asked', { release: 'prp_other' }],
      ['kept', { release: 'prp_other', againAt: '2026-01-03T03:04:00.000Z' }],
      ['stuck', { because: 'The target system does not allow this.' }],
    ] as const) {
      await page.route(`**/api/v1/proposals/${id}`, async route => {
        const answer = await route.fetch();
        const view = await answer.json();
        await route.fulfill({
          response: answer,
          json: { ...view, lease: { endsAt, state, ...lease }, undoLeft: left },
        });
      });
      await page.goto(act);
      await by('lease').waitFor();
      assert.equal(await by('lease').getAttribute('data-state'), state);
      assert.equal(await by('undo-left').getAttribute('data-verdict'), 'differs');
      await pictures(`lease-${state}`);
      assert.deepEqual(await accessibilityViolations(page), []);
      await page.unroute(`**/api/v1/proposals/${id}`);
    }
    const sentence = `Lock a database role and end its sessions: ${'svc_reporting_'.repeat(6)} on orders-db. role.canLogin true → false.`;
    await page.route('**/api/v1/leases', route =>
      route.fulfill({
        json: {
          rows: [{ proposal: id, sentence, endsAt, state: 'stuck', because: 'The target system does not allow this.' }],
        },
      }),
    );
    await page.goto(`${demo.origin}/decisions`);
    await by('leases-stuck').waitFor();
    await pictures('leases-stuck');
    assert.deepEqual(await accessibilityViolations(page), []);
  });
});
