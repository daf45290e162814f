import { strict as assert } from 'node:assert';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { TWO_FOR_ACCOUNTS } from '../policy/files.ts';
import { findChromium, launchChromium, openProfile, type Profile } from './chromium.ts';
import { type Demo, isBuilt, startDemo } from './installation.ts';
import { accessibilityViolations } from './pages.ts';
import { enrol, openIncident, propose, signReview, untilState } from './walk.ts';

const chromium = findChromium();
const lacks = chromium === undefined ? ' (needs chromium)' : isBuilt() ? '' : ' (needs npm run build)';
const WAIT_MS_MAX = 120_000;
/** Where to put pictures of it, for whoever looks. */
const PICTURES = process.env['COUNTERSIGN_PICTURES'];

describe.skipIf(lacks !== '')(
  `a policy of one’s own, standing in, and changes of people, in a real browser${lacks}`,
  () => {
    let browser: Browser;
    let demo: Demo;
    let noa: Profile;
    let sam: Profile;
    let ida: Profile;
    beforeAll(async () => {
      demo = await startDemo();
      browser = await launchChromium(chromium ?? '');
    }, WAIT_MS_MAX);
    afterAll(async () => {
      await browser?.close();
      await demo?.stop();
    }, WAIT_MS_MAX);
    const picture = async (name: string, { page }: Profile): Promise<void> => {
      if (PICTURES !== undefined)
        await page.screenshot({ path: `${PICTURES}/${name}.png`, animations: 'disabled', fullPage: true });
    };
    /** Somebody more, by a link of the first one, which a second person signs too where there is one. */
    const join = async (by: Profile, name: string, second?: Profile): Promise<Profile> => {
      await by.page.goto(`${demo.origin}/people`);
      await by.by('invite-name').fill(name);
      await by.by('invite').click();
      const link = (await by.by('invite-link').innerText()).trim();
      if (second !== undefined) await signInvitation(by, second, link);
      const joined = await openProfile(browser, { origin: demo.origin });
      await enrol(joined, link, name);
      return joined;
    };

    /** The link opens nothing until the second of the two signed on their own page. */
    const signInvitation = async (by: Profile, second: Profile, link: string): Promise<void> => {
      await by.by('invite-takes-two').waitFor();
      await picture('invite-takes-two', by);
      const early = await openProfile(browser, { origin: demo.origin });
      await early.page.goto(link);
      await early.by('failed').first().waitFor();
      await early.context.close();
      await second.page.goto(`${demo.origin}/people`);
      const waits = second.page.locator('[data-testid="person-change"][data-state="waits"]');
      assert.match(await waits.innerText(), /: invited as responder, signed by Noa Berg waits for one more until/);
      assert.deepEqual(await accessibilityViolations(second.page), []);
      for (const colorScheme of ['light', 'dark'] as const) {
        await second.page.emulateMedia({ colorScheme });
        for (const width of [1280, 360]) {
          await second.page.setViewportSize({ width, height: 900 });
          await picture(`invite-waits-${width}-${colorScheme}`, second);
        }
      }
      await second.page.emulateMedia({ colorScheme: null });
      await second.page.setViewportSize({ width: 1280, height: 900 });
      await second.by('change-sign').click();
      await second.page.locator('[data-testid="person-change"][data-state="counts"]').waitFor();
      await picture('invite-counts', second);
    };

    test('is tried, proposed, signed by two people who did not bring it, and asks for two people from then on', {
      timeout: WAIT_MS_MAX,
    }, async () => {
      noa = await openProfile(browser, { origin: demo.origin });
      await enrol(noa, await demo.enrolmentLink(), 'Noa Berg');
      sam = await join(noa, 'Sam Okafor');
      ida = await join(noa, 'Ida Lund', sam);
      await openIncident(sam, demo.origin, 'c.reyes');
      await propose(sam, 'Lock a database role');

      await noa.page.goto(`${demo.origin}/policy`);
      await noa.by('policy-title').waitFor();
      await picture('policy-built-in', noa);
      await noa.by('policy-text').fill(TWO_FOR_ACCOUNTS.replace('atLeast: T3', 'atLeast: T1'));
      await noa.by('policy-try').click();
      await noa.by('policy-problems').waitFor();
      await picture('policy-problems', noa);
      await noa.by('policy-text').fill(TWO_FOR_ACCOUNTS);
      await noa.by('policy-try').click();
      await noa.by('policy-effect').waitFor();
      assert.match(await noa.by('policy-replay').innerText(), /^1 would have taken more people/);
      assert.deepEqual(await accessibilityViolations(noa.page), []);
      await picture('policy-tried', noa);
      await noa.by('policy-propose').click();
      await noa.by('sentence').waitFor();
      const address = noa.page.url();
      await picture('policy-review', noa);
      for (const profile of [sam, ida]) {
        await profile.page.goto(address);
        await profile.by('sentence').waitFor();
        await signReview(profile, 'Both rules are what the team agreed on, and the replay shows one decision only.');
      }
      await untilState(ida, 'verified');
      await noa.page.goto(`${demo.origin}/policy`);
      await noa.page.getByText('In force: two people for accounts 1').waitFor();
      assert.equal(await noa.by('policy-rule').count(), 2);
      await picture('policy-in-force', noa);
      for (const scheme of ['light', 'dark'] as const) {
        await noa.page.emulateMedia({ colorScheme: scheme });
        await noa.page.setViewportSize({ width: 360, height: 800 });
        await picture(`policy-360-${scheme}`, noa);
        assert.deepEqual(await accessibilityViolations(noa.page), []);
      }
      assert.deepEqual([...noa.troubles, ...sam.troubles, ...ida.troubles], []);
    });

    test('somebody lets another person sign in their seats, by their own passkey, and ends it again', {
      timeout: WAIT_MS_MAX,
    }, async () => {
      await sam.page.goto(`${demo.origin}/people`);
      await sam.by('hand-over-to').selectOption({ label: 'Ida Lund' });
      await sam.by('hand-over-sign').click();
      await sam.by('standing-in').first().waitFor();
      assert.match(await sam.by('standing-in').innerText(), /Ida Lund signs for Sam Okafor until/);
      assert.deepEqual(await accessibilityViolations(sam.page), []);
      await picture('standing-in', sam);
      await ida.page.goto(`${demo.origin}/people`);
      await ida.by('standing-in').getByRole('button').click();
      await ida.by('standing-in').waitFor({ state: 'detached' });
      assert.deepEqual([...sam.troubles, ...ida.troubles], []);
    });

    test('whose passkey was lost comes back by a link that two others signed, and who is removed is out at once', {
      timeout: WAIT_MS_MAX,
    }, async () => {
      await noa.page.setViewportSize({ width: 1280, height: 900 });
      await noa.page.goto(`${demo.origin}/people`);
      await noa.by('change-whom').selectOption({ label: 'Ida Lund' });
      await noa.by('change-what').selectOption('reset');
      await picture('people-change', noa);
      await noa.by('change-begin').click();
      const link = (await noa.by('invite-link').innerText()).trim();
      await picture('people-reset-link', noa);
      await noa.by('link-done').click();
      await sam.page.goto(`${demo.origin}/people`);
      await sam.by('change-sign').click();
      await sam.page.locator('[data-testid="person-change"][data-state="counts"]').waitFor();
      await picture('people-reset', sam);
      await ida.page.goto(`${demo.origin}/people`);
      await ida.by('sign-in').waitFor();
      const back = await openProfile(browser, { origin: demo.origin });
      await back.page.goto(link);
      await back.by('enrol-passkey').waitFor();
      await picture('people-come-back', back);
      await back.by('enrol-passkey').click();
      await back.by('sign-in').click();
      await back.by('queue-row').first().waitFor();

      await noa.page.goto(`${demo.origin}/people`);
      await noa.by('change-whom').selectOption({ label: 'Ida Lund' });
      await noa.by('change-what').selectOption('remove');
      await noa.by('change-begin').click();
      await noa.page.locator('[data-testid="person-change"][data-state="waits"]').waitFor();
      await sam.page.goto(`${demo.origin}/people`);
      await sam.by('change-sign').click();
      await sam.by('has-left').waitFor();
      await sam.by('change-sign').waitFor({ state: 'detached' });
      for (const scheme of ['light', 'dark'] as const) {
        await sam.page.emulateMedia({ colorScheme: scheme });
        for (const width of [1280, 360]) {
          await sam.page.setViewportSize({ width, height: 900 });
          await picture(`people-changed-${width}-${scheme}`, sam);
          assert.deepEqual(await accessibilityViolations(sam.page), []);
        }
      }
    });

    test('every machine identity says who answers for it, and somebody takes one over by their own passkey', {
      timeout: WAIT_MS_MAX,
    }, async () => {
      await noa.page.setViewportSize({ width: 1280, height: 900 });
      await noa.page.goto(`${demo.origin}/machines`);
      await noa.by('machine-row').first().waitFor();
      assert.ok((await noa.by('machine-row').count()) >= 8);
      await noa.by('machine-which').selectOption('operator-cli');
      await noa.by('machine-from').fill('127.0.0.0/8');
      await noa.by('machine-sign').click();
      const row = noa.by('machine-row').filter({ hasText: 'operator-cli' });
      await row.filter({ hasText: 'from 127.0.0.0/8' }).waitFor();
      assert.match(await row.innerText(), /Noa Berg/);
      const printed = await demo.countersign('machines', '--data', `${demo.folder}/data`);
      assert.equal(printed.code, 0, printed.err);
      assert.match(printed.out, /^operator-cli {2}Noa Berg {2}ingest,read,propose {2}until /m);
      for (const scheme of ['light', 'dark'] as const) {
        await noa.page.emulateMedia({ colorScheme: scheme });
        for (const width of [1280, 360]) {
          await noa.page.setViewportSize({ width, height: 900 });
          await picture(`machines-${width}-${scheme}`, noa);
          assert.deepEqual(await accessibilityViolations(noa.page), []);
        }
      }
      assert.deepEqual(noa.troubles, []);
    });
  },
);
