import { strict as assert } from 'node:assert';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { findChromium, launchChromium, openProfile, type Profile } from './chromium.ts';
import { type Demo, isBuilt, startDemo } from './installation.ts';
import { accessibilityViolations } from './pages.ts';
import { enrol, signReview, untilState } from './walk.ts';

const chromium = findChromium();
const lacks = chromium === undefined ? ' (needs chromium)' : isBuilt() ? '' : ' (needs npm run build)';
const WAIT_MS_MAX = 180_000;
/** Where to put pictures of it, for whoever looks. */
const PICTURES = process.env['COUNTERSIGN_PICTURES'];

const HEAD = 'playbook: Close what was looked at\nversion: "1"\nsteps:\n';
const ASK =
  '  - step: ask-close\n    ask: close\n    timeout: 4h\n    on_rejected: [{ step: tell, notify: It stays open. }, { step: halt, stop: true }]\n';
const CLOSE = '  - { step: close, act: close_incident, on: incident.self }\n';
const LOCK =
  '  - step: users\n    each: user\n    as: account\n    at_most: 3\n    steps:\n      - { step: look, enrich: $account, on_error: continue }\n      - { step: ask-lock, ask: lock }\n      - { step: lock, act: disable_account, on: $account }\n  - { step: hosts, if: {has: host}, yes: [{ step: a, notify: There is a host. }] }\n';

const TITLE = 'A very long title of a playbook that nobody would ever want to read to its end';

/** A file of two hundred steps, with names as long as names may be. */
function longFile(): string {
  const name = (n: number) =>
    `step-${n}-${'with-a-name-that-goes-on-and-on-'.repeat(1)}`.slice(0, 40).replace(/-$/, '');
  const steps = Array.from(
    { length: 200 },
    (_, n) => `  - { step: ${name(n)}, notify: ${'A text. '.repeat(6)}${n} }\n`,
  );
  return `playbook: ${TITLE}\nversion: "1"\nsteps:\n${steps.join('')}`;
}

describe.skipIf(lacks !== '')(`playbooks, in a real browser${lacks}`, () => {
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
  /** The page as it is in every size and theme; nothing of it is wider than the page. */
  const everySize = async (name: string, profile: Profile): Promise<void> => {
    for (const scheme of ['light', 'dark'] as const) {
      await profile.page.emulateMedia({ colorScheme: scheme });
      for (const width of [1280, 360]) {
        await profile.page.setViewportSize({ width, height: 1_500 });
        await picture(`${name}-${width}-${scheme}`, profile);
        assert.deepEqual(await accessibilityViolations(profile.page), []);
        const over = await profile.page.evaluate(
          "Math.max(...['html', '#main', 'main'].map(one => { const at = document.querySelector(one); return at.scrollWidth - at.clientWidth; }))",
        );
        assert.ok(Number(over) <= 0, `${name} is ${over} px wider than ${width}`);
      }
    }
    await profile.page.setViewportSize({ width: 1280, height: 900 });
  };
  /** Somebody more, by a link of the first one, which a second person signs too where there is one. */
  const join = async (by: Profile, name: string, second?: Profile): Promise<Profile> => {
    await by.page.goto(`${demo.origin}/people`);
    await by.by('invite-name').fill(name);
    await by.by('invite').click();
    const link = (await by.by('invite-link').innerText()).trim();
    if (second !== undefined) {
      await second.page.goto(`${demo.origin}/people`);
      await second.by('change-sign').click();
      await second.page.locator('[data-testid="person-change"][data-state="counts"]').waitFor();
    }
    const joined = await openProfile(browser, { origin: demo.origin });
    await enrol(joined, link, name);
    return joined;
  };
  const tryFile = async (text: string): Promise<void> => {
    await noa.page.goto(`${demo.origin}/playbooks`);
    await noa.by('playbook-text').fill(text);
    await noa.by('playbook-try').click();
  };
  const adopt = async (): Promise<void> => {
    await noa.by('playbook-propose').click();
    await noa.by('sentence').waitFor();
    const address = noa.page.url();
    for (const profile of [sam, ida]) {
      await profile.page.goto(address);
      await profile.by('sentence').waitFor();
      await signReview(profile, 'It asks wherever it has to, and the team went through it step by step.');
    }
    await untilState(ida, 'verified');
  };

  test('a file that bypasses people is refused with its path, one that does not is tried on past incidents and proposed', {
    timeout: WAIT_MS_MAX,
  }, async () => {
    noa = await openProfile(browser, { origin: demo.origin });
    await enrol(noa, await demo.enrolmentLink(), 'Noa Berg');
    sam = await join(noa, 'Sam Okafor');
    ida = await join(noa, 'Ida Lund', sam);
    await noa.page.goto(`${demo.origin}/playbooks`);
    await noa.by('empty').first().waitFor();
    await picture('playbooks-empty', noa);
    await tryFile(HEAD + CLOSE);
    await noa.by('playbook-bypass').waitFor();
    assert.match(await noa.by('playbook-bypass').innerText(), /close/);
    await picture('playbooks-bypass', noa);
    await tryFile(HEAD + LOCK + ASK + CLOSE);
    await noa.by('playbook-verdict').waitFor();
    await noa.by('dry-run').click();
    await noa.by('dry-run-sum').waitFor();
    assert.ok((await noa.by('dry-run-proposes').count()) > 0);
    assert.match(await noa.by('dry-run-proposes').first().innerText(), /at least T[123]/);
    await everySize('playbooks-tried', noa);
    await tryFile(HEAD + ASK + CLOSE);
    await noa.by('playbook-verdict').waitFor();
    await adopt();
    await noa.page.goto(`${demo.origin}/playbooks`);
    await noa.by('playbook-row').waitFor();
    assert.match(await noa.by('playbook-row').innerText(), /adopted/);
    assert.match(await noa.by('playbook-row').innerText(), /Sam Okafor/);
    await everySize('playbooks-list', noa);
  });

  test('one is shown with its picture and its runs, is started by somebody who then signs none of it, and is stopped', {
    timeout: WAIT_MS_MAX,
  }, async () => {
    await noa.by('playbook-row').getByRole('link').first().click();
    await noa.by('playbook-picture').waitFor();
    assert.equal(await noa.page.locator('.picture-box.is-human').count(), 1);
    await noa.page.getByText('in words:').click();
    assert.match(await noa.by('playbook-outline').innerText(), /ask-close.*people decide on close/s);
    await noa.by('run-incident').selectOption({ index: 1 });
    await noa.by('run-start').click();
    const run = noa.by('run-row').first();
    await noa.page.locator('[data-testid="run-row"][data-state="waiting"]').waitFor();
    await run.getByTestId('run-steps').click();
    await noa.by('run-step-list').waitFor();
    await everySize('playbook-waiting', noa);
    const proposal = await noa.by('run-waits-for').first().getAttribute('href');
    await noa.page.goto(`${demo.origin}${proposal}`);
    await noa.by('sentence').waitFor();
    assert.equal(await noa.by('sign').count(), 0);
    await noa.page.goBack();
    await noa.by('run-stop').click();
    await noa.page.locator('[data-testid="run-row"][data-state="stopped"]').waitFor();
    assert.match(await noa.by('run-row').first().innerText(), /stopped by Noa Berg/);
    await noa.page.goto(`${demo.origin}${proposal}`);
    await untilState(noa, 'withdrawn');
    await picture('playbook-withdrawn', noa);
    assert.deepEqual([...noa.troubles, ...sam.troubles, ...ida.troubles], []);
  });

  test('two hundred steps with long names stay a page that can be read', { timeout: WAIT_MS_MAX }, async () => {
    await tryFile(longFile());
    await noa.by('playbook-verdict').waitFor();
    await noa.by('playbook-propose').click();
    await noa.by('sentence').waitFor();
    await noa.page.goto(`${demo.origin}/playbooks`);
    await noa.by('playbook-row').nth(1).waitFor();
    await everySize('playbooks-two', noa);
    await noa.by('playbook-row').filter({ hasText: 'very long' }).getByRole('link').first().click();
    await noa.by('playbook-picture').waitFor();
    assert.equal(await noa.page.locator('.picture-box.is-plain').count(), 200);
    await everySize('playbook-long', noa);
  });
});
