import { fileURLToPath } from 'node:url';
import type { Browser as Chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { AlertFields } from '../../src/model/alert.ts';
import { type Browser, firstAdministrator, lines, send, startTestServer, type TestServer } from '../server/harness.ts';
import { findChromium, launchChromium, openProfile, type Profile } from './chromium.ts';
import { isBuilt } from './installation.ts';
import { accessibilityViolations } from './pages.ts';

const chromium = findChromium();
const lacks = chromium === undefined ? ' (needs chromium)' : isBuilt() ? '' : ' (needs npm run build)';
const STEP_MS_MAX = 90_000;
/** A folder for pictures of the page, where somebody wants to look at it. */
const PICTURES = process.env['MAPPING_PICTURES'];
const LONG_KEY = 'a_very_long_key_that_a_vendor_took_for_a_good_idea_and_that_no_column_can_be_as_wide_as';

function record(number: number, keys: number): object {
  return {
    eventTime: `2026-03-02T10:00:${String(number).padStart(2, '0')}Z`,
    event: number % 2 === 0 ? 'member.added' : 'member.removed',
    actor: { email: `user${number % 3}@example.com`, displayName: 'Kim Doe' },
    client: { ip: `192.0.2.${number}`, userAgent: 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36' },
    target: { user: { email: 'sam@example.com' } },
    result: number % 4 === 0 ? 'failure' : 'success',
    [LONG_KEY]: '<b>x</b>\u202e',
    ...Object.fromEntries(Array.from({ length: keys }, (_, index) => [`extra_${index}`, `v${index}`])),
  };
}
const samples = (keys: number): string => lines(Array.from({ length: 12 }, (_, index) => record(index, keys)));

describe.skipIf(lacks !== '')(`the mapping of a product in a real browser${lacks}`, () => {
  let server: TestServer;
  let admin: Browser;
  let chrome: Chromium;
  let profile: Profile;

  beforeAll(async () => {
    server = await startTestServer({
      wellKnown: { webFolder: fileURLToPath(new URL('../../dist/web', import.meta.url)) },
    });
    admin = await firstAdministrator(server);
    const made = await admin.post('/api/v1/sources', { id: 'portal', kind: 'generic', fieldMap: { title: 'event' } });
    const pushed = await send(
      server,
      'POST',
      '/ingest/portal',
      { authorization: `Bearer ${made.body.token}` },
      samples(3),
    );
    expect(pushed.body).toMatchObject({ kept: 12 });
    chrome = await launchChromium(chromium ?? '');
    profile = await openProfile(chrome, { origin: server.origin, width: 1440, height: 1000 });
    const [name = '', value = ''] = (admin.cookie.split(';')[0] ?? '').split('=');
    await profile.context.addCookies([{ name, value, url: server.origin }]);
    await profile.page.goto(`${server.origin}/health`);
  }, STEP_MS_MAX);
  afterAll(async () => {
    await chrome?.close();
    await server?.close();
  }, STEP_MS_MAX);

  async function picture(name: string): Promise<void> {
    if (PICTURES === undefined) return;
    const { page } = profile;
    for (const [width, colorScheme] of [
      [1440, 'light'],
      [1440, 'dark'],
      [1024, 'light'],
    ] as const) {
      await page.setViewportSize({ width, height: 1000 });
      await page.emulateMedia({ colorScheme });
      await page.locator('.mapping').screenshot({ path: `${PICTURES}/${name}-${width}-${colorScheme}.png` });
    }
    await page.setViewportSize({ width: 1440, height: 1000 });
    await page.emulateMedia({ colorScheme: 'light' });
  }

  test('it opens by keyboard, and its samples become paths with proposed fields', {
    timeout: STEP_MS_MAX,
  }, async () => {
    const { page, by } = profile;
    await page.getByText('Map a product that has no source').focus();
    await page.keyboard.press('Enter');
    await by('mapping-text').fill(samples(3));
    await by('mapping-ask').focus();
    await page.keyboard.press('Enter');
    const row = by('mapping-path').filter({ hasText: 'actor.email' });
    await row.waitFor();
    expect(await row.innerText()).toMatch(/100 %/);
    expect(await page.getByLabel('Field of actor.email').innerText()).toContain('user (guessed)');
    expect(await by('mapping-recognised').innerText()).toContain('12 records');
    expect(await by('mapping-result').innerText()).toMatch(/src_ip[\s\S]*\/client\/ip/);
    await picture('paths');
  });

  test('a choice in a select is what the alert is made by, and is said to be the person’s', {
    timeout: STEP_MS_MAX,
  }, async () => {
    const { page, by } = profile;
    await page.getByLabel('Field of actor.displayName').selectOption('user');
    await by('mapping-result').getByText('Kim Doe').waitFor();
    const row = by('mapping-path').filter({ hasText: 'actor.displayName' });
    expect(await row.innerText()).toContain('you say so');
    expect(await page.getByLabel('Field of actor.email').innerText()).not.toContain('user (guessed)');
    await page.getByLabel('Field of actor.email').selectOption('user');
    await by('mapping-result').getByText('user0@example.com').waitFor();
  });

  test('a source that is there is saved only after its dry run was seen', { timeout: STEP_MS_MAX }, async () => {
    const { page, by } = profile;
    await page.getByText(/^Confirm \d+ guess/).click();
    await by('mapping-source').fill('portal');
    expect(await by('mapping-save').innerText()).toBe('See what it would change');
    await by('mapping-save').click();
    await by('mapping-dry-run').waitFor();
    expect(await by('mapping-dry-run').innerText()).toContain('newest 12 records');
    await picture('dry-run');
    await by('mapping-save').click();
    await by('mapping-saved').waitFor();
    const { rows } = await server.db.ownerPool.query("SELECT field_map FROM source_config WHERE id = 'portal'");
    expect(rows[0].field_map).toMatchObject({ user: 'actor.email', src_ip: 'client.ip' } satisfies AlertFields);
  });

  test('five hundred paths and keys as long as a line are drawn, found and kept inert', {
    timeout: STEP_MS_MAX,
  }, async () => {
    const { page, by } = profile;
    await by('mapping-text').fill(samples(520));
    await by('mapping-ask').click();
    await page.getByText(/more: show the next/).waitFor();
    await page.getByLabel('Find a path or a value').fill('a_very_long');
    const row = by('mapping-path').first();
    await row.waitFor();
    expect(await row.locator('b').count()).toBe(0);
    await picture('many');
    expect(await page.evaluate('document.documentElement.scrollWidth <= document.documentElement.clientWidth')).toBe(
      true,
    );
    await page.getByLabel('Find a path or a value').fill('nothing is called so');
    await page.getByText('No path and no example holds this text.').waitFor();
  });

  test('what holds no record and what is refused is said', { timeout: STEP_MS_MAX }, async () => {
    const { page, by } = profile;
    await by('mapping-from').selectOption('quarantine');
    await by('mapping-ask').click();
    await page.getByText('There is no record among these samples').waitFor();
    await page.route('**/api/v1/sources/preview', route => route.abort());
    await by('mapping-ask').click();
    await page.getByText('The server did not answer', { exact: false }).first().waitFor();
    await page.unroute('**/api/v1/sources/preview');
    await by('mapping-from').selectOption('unrecognised');
    await by('mapping-ask').click();
    await by('mapping-path').first().waitFor();
  });

  test('the page is free of serious accessibility faults, light and dark', { timeout: STEP_MS_MAX }, async () => {
    const { page } = profile;
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      expect(await accessibilityViolations(page)).toEqual([]);
    }
  });
});
