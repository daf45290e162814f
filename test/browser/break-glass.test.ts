import { strict as assert } from 'node:assert';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { findChromium, launchChromium, openProfile, type Profile } from './chromium.ts';
import { type Demo, isBuilt, startDemo } from './installation.ts';
import { accessibilityViolations } from './pages.ts';
import { enrol, openIncident, propose, untilState } from './walk.ts';

const chromium = findChromium();
const lacks = chromium === undefined ? ' (needs chromium)' : isBuilt() ? '' : ' (needs npm run build)';
const WAIT_MS_MAX = 120_000;
/** Where to put pictures of it, for whoever looks. */
const PICTURES = process.env['COUNTERSIGN_PICTURES'];

describe.skipIf(lacks !== '')(`breaking the glass in a real browser${lacks}`, () => {
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
  const picture = async (name: string, { page }: Profile): Promise<void> => {
    if (PICTURES !== undefined) await page.screenshot({ path: `${PICTURES}/${name}.png`, animations: 'disabled' });
  };

  test('one responder starts an act of two people, and another one says on its page whether that was right', {
    timeout: WAIT_MS_MAX,
  }, async () => {
    noa = await openProfile(browser, { origin: demo.origin });
    await enrol(noa, await demo.enrolmentLink(), 'Noa Berg');
    await noa.page.goto(`${demo.origin}/people`);
    await noa.by('invite-name').fill('Sam Okafor');
    await noa.by('invite').click();
    const link = (await noa.by('invite-link').innerText()).trim();
    const sam = await openProfile(browser, { origin: demo.origin });
    await enrol(sam, link, 'Sam Okafor');

    await openIncident(noa, demo.origin, 'Machine identity');
    await noa.by('option').first().waitFor();
    await propose(noa, 'Lock a database role');
    const address = noa.page.url();
    for (const box of await noa.by('gap-ack').all()) await box.check();
    await noa.by('break-glass').click();
    await noa.by('glass-terms').waitFor();
    assert.ok(await noa.by('sign-confirm').isDisabled(), 'the end of the target’s id has to be typed');
    await noa.by('dialog-reason').fill('The second person does not answer, and the key is being used now.');
    const id = (await noa.page.getByRole('dialog').locator('dl code').first().innerText()).trim();
    await noa.by('target-confirm').fill(id.slice(-4));
    await picture('glass-dialog', noa);
    assert.deepEqual(await accessibilityViolations(noa.page), []);
    await noa.by('sign-confirm').click();
    await untilState(noa, 'verified');
    await noa.page.reload();
    await noa.by('glass').waitFor();
    assert.match(await noa.by('glass').innerText(), /Noa Berg broke the glass.*2 other people/s);
    assert.equal(
      await noa.by('glass-justified').count(),
      0,
      'whoever broke the glass does not say whether it was right',
    );
    await picture('glass-started', noa);

    await sam.page.goto(`${demo.origin}/decisions`);
    await sam.by('glass-owed').waitFor();
    await picture('glass-owed', sam);
    assert.deepEqual(await accessibilityViolations(sam.page), []);
    await sam.page.goto(address);
    await sam.by('glass-reason').fill('The records show the key used from a hosting network at that time.');
    await picture('glass-find', sam);
    assert.deepEqual(await accessibilityViolations(sam.page), []);
    await sam.by('glass-justified').click();
    await sam.page.getByText('found that it was right').waitFor();
    assert.match(await sam.by('glass').innerText(), /one more person/);
    for (const scheme of ['light', 'dark'] as const) {
      await sam.page.emulateMedia({ colorScheme: scheme });
      await sam.page.setViewportSize({ width: 360, height: 800 });
      await picture(`glass-360-${scheme}`, sam);
    }
    assert.deepEqual([...noa.troubles, ...sam.troubles], []);
  });

  test('rejecting takes fewer keys than approving, and approving can be reached by keys only once what must be seen was seen', {
    timeout: WAIT_MS_MAX,
  }, async () => {
    const { page, by } = noa;
    await openIncident(noa, demo.origin, 'c.reyes');
    await propose(noa, 'Lock a database role');
    let keys = 0;
    const press = async (key: string) => {
      keys += 1;
      await page.keyboard.press(key);
    };
    /** Presses Tab until the button of the dialog has the focus. */
    const toConfirm = async () => {
      await by('sign-dialog').waitFor();
      while (!(await by('sign-confirm').evaluate(button => button === document.activeElement)) && keys < 40)
        await press('Tab');
    };
    await press('a');
    assert.ok(await by('sign-confirm').isDisabled(), 'nothing was seen and nothing written yet');
    await page.keyboard.press('Escape');
    await by('sign-dialog').waitFor({ state: 'detached' });

    keys = 0;
    await press('e');
    await by('raw-record').waitFor();
    await press('c');
    for (const letter of 'it was not her') await press(letter === ' ' ? 'Space' : letter);
    // Out of the text, so that a letter is a key again.
    await press('Tab');
    // One review in eight asks first, which would take more keys to approve, and none to reject.
    if ((await by('sign-waits').innerText()).includes('what you think')) await by('decide-first-cannot_tell').click();
    await page.waitForFunction(() => !document.querySelector('#sign-waits')?.textContent?.includes('what you think'));
    await press('a');
    await toConfirm();
    assert.ok(await by('sign-confirm').isEnabled());
    const approving = keys + 1;
    await page.keyboard.press('Escape');
    await by('sign-dialog').waitFor({ state: 'detached' });

    keys = 0;
    await press('r');
    await toConfirm();
    await press('Enter');
    await by('sign-dialog').waitFor({ state: 'detached' });
    await page.locator('[data-testid="review"][data-state="rejected"]').waitFor();
    assert.ok(keys <= approving, `${keys} keys to reject, ${approving} to approve`);
  });
});
