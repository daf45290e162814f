import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findChromium, launchChromium, type Profile } from './chromium.ts';
import { isBuilt, startDemo } from './installation.ts';
import { JOURNEY } from './journey.ts';
import { openWorld } from './walk.ts';

const folder = fileURLToPath(new URL('../../docs/tour/', import.meta.url));

/** The journey of the browser test once more, with a picture of each page that docs/tour.md shows. */
async function takePictures(): Promise<void> {
  const chromium = findChromium();
  if (chromium === undefined) throw new Error('needs chromium');
  if (!isBuilt()) throw new Error('needs `npm run build` first');
  await mkdir(folder, { recursive: true });
  const demo = await startDemo();
  const browser = await launchChromium(chromium);
  try {
    const world = await openWorld(browser, demo, picture);
    for (const { name, run } of JOURNEY) {
      const began = performance.now();
      await run(world);
      process.stdout.write(`${name} (${((performance.now() - began) / 1_000).toFixed(1)} s)\n`);
    }
  } finally {
    await browser.close();
    await demo.stop();
  }
}

async function picture(name: string, { page }: Profile): Promise<void> {
  await page.mouse.move(0, 0);
  // Notices fade in and rows settle; a picture of something moving is of nothing.
  await page.waitForTimeout(400);
  await writeFile(join(folder, `${name}.png`), await page.screenshot({ animations: 'disabled', caret: 'hide' }));
}

await takePictures();
