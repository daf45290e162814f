import { strict as assert } from 'node:assert';
import type { Browser } from 'playwright-core';
import { openProfile, type Profile } from './chromium.ts';
import type { Demo } from './installation.ts';

/** What the steps of a journey hand on to each other. */
export interface World {
  readonly browser: Browser;
  readonly demo: Demo;
  readonly noa: Profile;
  /** Opened by the step in which the second person is invited. */
  sam: Profile | undefined;
  /** Address of the proposal that two people sign. */
  twoPersonProposal: string;
  /** The log key as the Audit page shows it. */
  logKey: string;
  /** Takes a picture for the tour; does nothing in a test. */
  picture(name: string, profile: Profile): Promise<void>;
}

/** One named thing that has to hold. Rejects, saying what it found instead, where it does not. */
export interface Step {
  readonly name: string;
  readonly run: (world: World) => Promise<void>;
}

export async function openWorld(browser: Browser, demo: Demo, picture: World['picture']): Promise<World> {
  const noa = await openProfile(browser, { origin: demo.origin });
  return { browser, demo, noa, sam: undefined, twoPersonProposal: '', logKey: '', picture };
}

/** Enrols with a passkey by a link, and signs in with it. */
export async function enrol(profile: Profile, link: string, name: string): Promise<void> {
  await profile.page.goto(link);
  await profile.by('enrol-name').fill(name);
  await profile.by('enrol-passkey').click();
  await profile.by('sign-in').click();
  await profile.by('queue-row').first().waitFor();
}

/** Opens the first record of the evidence, acknowledges what is missing, says why, and signs with the passkey. */
export async function signReview(
  { page, by }: Profile,
  reason: string,
  beforeSigning: () => Promise<void> = async () => undefined,
): Promise<void> {
  await by('review-evidence').first().click();
  await by('raw-record').waitFor();
  for (const box of await by('gap-ack').all()) await box.check();
  await by('reason').fill(reason);
  // One review in eight asks first, whichever it is.
  if ((await by('sign-waits').innerText()).includes('what you think')) await by('decide-first-cannot_tell').click();
  await by('sign').click();
  const confirm = by('target-confirm');
  await by('sign-confirm').waitFor();
  if ((await confirm.count()) > 0) {
    const id = (await page.getByRole('dialog').locator('dl code').first().innerText()).trim();
    await confirm.fill(id.slice(-4));
  }
  await beforeSigning();
  await by('sign-confirm').click();
}

/** Waits until the strip that shows what happens is in that state. */
export async function untilState({ page }: Profile, state: string): Promise<void> {
  await page.locator(`[data-testid="live-strip"][data-state="${state}"]`).waitFor({ timeout: 45_000 });
}

/** Opens the first incident of the queue whose row holds that text, by keyboard. */
export async function openIncident({ page, by }: Profile, origin: string, text: string): Promise<void> {
  await page.goto(`${origin}/`);
  await by('queue-row').first().waitFor();
  const wanted = await by('queue-row').filter({ hasText: text }).first().getAttribute('data-incident');
  assert.ok(wanted, `no row of the queue holds ${text}`);
  const current = () => page.locator('.queue-row.is-current').getAttribute('data-incident');
  let at = await current();
  for (let step = 0; at !== wanted && step < 40; step++) {
    const before = at;
    await page.keyboard.press('j');
    // A busy machine draws the step a moment later; a key more would go past the row.
    await waitUntil(
      async () => (await current()) !== before,
      () => `the cursor stays on ${before}`,
    );
    at = await current();
  }
  await page.keyboard.press('Enter');
  await page.waitForURL(`${origin}/incidents/${wanted}`);
  await by('statement').first().waitFor();
}

/** Proposes the first option whose row holds that text, and waits for its review page. */
export async function propose({ page, by }: Profile, text: string): Promise<void> {
  await by('option').filter({ hasText: text }).first().getByTestId('propose').click();
  await page.waitForURL(/\/proposals\//);
  await by('sentence').waitFor();
}

/** Waits until `holds`, at most `msMax`; then fails with what `saying` finds. */
export async function waitUntil(
  holds: () => boolean | Promise<boolean>,
  saying: () => string,
  msMax = 20_000,
): Promise<void> {
  const giveUpAt = Date.now() + msMax;
  while (!(await holds())) {
    if (Date.now() > giveUpAt) assert.fail(saying());
    await new Promise(resolve => setTimeout(resolve, 50));
  }
}
