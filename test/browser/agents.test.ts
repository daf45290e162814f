import { strict as assert } from 'node:assert';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { connect } from '../harness/agents.ts';
import { findChromium, launchChromium, openProfile, type Profile } from './chromium.ts';
import { type Demo, isBuilt, startDemo } from './installation.ts';
import { accessibilityViolations } from './pages.ts';
import { enrol } from './walk.ts';

const chromium = findChromium();
const lacks = chromium === undefined ? ' (needs chromium)' : isBuilt() ? '' : ' (needs npm run build)';
const WAIT_MS_MAX = 120_000;
/** Where to put pictures of it, for whoever looks. */
const PICTURES = process.env['COUNTERSIGN_PICTURES'];
const LONG_NAME = 'A helper with a name as long as it may be, which says what it is for: triage of X';

describe.skipIf(lacks !== '')(`agents in a real browser${lacks}`, () => {
  let browser: Browser;
  let demo: Demo;
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
  const admit = async (profile: Profile, name: string): Promise<string> => {
    await profile.by('agent-name').fill(name);
    await profile.by('agent-admit').click();
    return (await profile.by('agent-token').innerText()).trim();
  };

  test('one is admitted with a token that is shown once and works, and is ended again', {
    timeout: WAIT_MS_MAX,
  }, async () => {
    const noa = await openProfile(browser, { origin: demo.origin });
    await enrol(noa, await demo.enrolmentLink(), 'Noa Berg');
    await noa.page.goto(`${demo.origin}/agents`);
    await noa.by('agent-name').waitFor();
    await picture('agents-none', noa);
    const token = await admit(noa, 'Triage helper');
    await picture('agents-token', noa);
    assert.deepEqual(await accessibilityViolations(noa.page), []);
    const client = await connect(`${demo.origin}/mcp`, token);
    assert.ok((await client.listTools()).tools.length > 5);
    await noa.page.getByRole('button', { name: 'Done' }).click();
    await admit(noa, LONG_NAME.slice(0, 80));
    await noa.page.reload();
    await noa.by('agent-row').first().waitFor();
    assert.equal(await noa.page.getByText(token).count(), 0);
    await noa.by('agent-row').last().getByRole('button', { name: 'End it now' }).click();
    await noa.page.getByText(/^ended/).waitFor();
    await assert.rejects(client.listTools());
    for (const colorScheme of ['light', 'dark'] as const) {
      await noa.page.emulateMedia({ colorScheme });
      for (const width of [1280, 360]) {
        await noa.page.setViewportSize({ width, height: 800 });
        await picture(`agents-${width}-${colorScheme}`, noa);
        assert.deepEqual(await accessibilityViolations(noa.page), []);
      }
    }
    assert.deepEqual(noa.troubles, []);
  });
});
