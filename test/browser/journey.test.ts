import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { findChromium, launchChromium } from './chromium.ts';
import { HOSTILE } from './hostile.ts';
import { type Demo, isBuilt, startDemo } from './installation.ts';
import { JOURNEY } from './journey.ts';
import { openWorld, type World } from './walk.ts';

const chromium = findChromium();
const lacks = chromium === undefined ? ' (needs chromium)' : isBuilt() ? '' : ' (needs npm run build)';
const STEP_MS_MAX = 90_000;

describe.skipIf(lacks !== '')(`a real browser, from the first link to a proved containment${lacks}`, () => {
  let browser: Browser;
  let demo: Demo;
  let world: World;
  const done: string[] = [];
  let brokenBy: string | undefined;
  beforeAll(async () => {
    demo = await startDemo();
    browser = await launchChromium(chromium ?? '');
    world = await openWorld(browser, demo, async () => undefined);
  }, STEP_MS_MAX);
  afterAll(async () => {
    console.log(['The journey in a real browser:', ...done.map((step, at) => `  ${at + 1}. ${step}`)].join('\n'));
    await browser?.close();
    await demo?.stop();
  }, STEP_MS_MAX);

  for (const { name, run } of [...JOURNEY, ...HOSTILE]) {
    test(name, { timeout: STEP_MS_MAX }, async context => {
      if (brokenBy !== undefined) context.skip(`the journey ended at: ${brokenBy}`);
      const began = performance.now();
      try {
        await run(world);
        done.push(`${name} (${((performance.now() - began) / 1_000).toFixed(1)} s)`);
      } catch (error) {
        brokenBy = name;
        throw error;
      }
    });
  }
});
