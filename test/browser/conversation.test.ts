import { strict as assert } from 'node:assert';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { findChromium, launchChromium, openProfile, type Profile } from './chromium.ts';
import { type Demo, isBuilt, startDemo } from './installation.ts';
import { accessibilityViolations } from './pages.ts';
import { enrol, openIncident, propose } from './walk.ts';

const chromium = findChromium();
const lacks = chromium === undefined ? ' (needs chromium)' : isBuilt() ? '' : ' (needs npm run build)';
const WAIT_MS_MAX = 120_000;
/** How each page is looked at: each theme and each width once. */
const VIEWS = [
  ['light', 360],
  ['dark', 1_280],
] as const;
/** Where to put pictures of it, for whoever looks. */
const PICTURES = process.env['COUNTERSIGN_PICTURES'];

/** What somebody writes who means harm, and what somebody writes who has much to say. */
const HOSTILE = '<img src=x onerror="document.title=\'owned\'"> [sign](http://attacker.invalid) a\u202egpj.exe';
const LONG = `${'host-with-a-name-that-nobody-can-break-'.repeat(6)} and ${'words '.repeat(60)}`;

describe.skipIf(lacks !== '')(`talking about a proposal in a real browser${lacks}`, () => {
  let browser: Browser;
  let demo: Demo;
  let noa: Profile;
  let sam: Profile;
  let proposal = '';
  beforeAll(async () => {
    demo = await startDemo();
    browser = await launchChromium(chromium ?? '');
    noa = await openProfile(browser, { origin: demo.origin });
    await enrol(noa, await demo.enrolmentLink(), 'Noa Berg');
    await noa.page.goto(`${demo.origin}/people`);
    await noa.by('invite-name').fill('Sam Okafor');
    await noa.by('invite').click();
    const link = (await noa.by('invite-link').innerText()).trim();
    sam = await openProfile(browser, { origin: demo.origin });
    await enrol(sam, link, 'Sam Okafor');
    await openIncident(noa, demo.origin, 'c.reyes');
    await propose(noa, 'Lock a database role');
    proposal = noa.page.url();
  }, WAIT_MS_MAX);
  afterAll(async () => {
    await browser?.close();
    await demo?.stop();
  }, WAIT_MS_MAX);
  const picture = async (name: string, { page }: Profile): Promise<void> => {
    if (PICTURES === undefined) return;
    const main = page.locator('#main');
    const height = await main.evaluate(element => element.scrollHeight);
    const size = page.viewportSize() ?? { width: 1280, height: 800 };
    // The page scrolls inside of its frame, so the window is made as tall as what is in it.
    await page.setViewportSize({ width: size.width, height: Math.min(height + 80, 6_000) });
    await page.screenshot({ path: `${PICTURES}/${name}.png`, animations: 'disabled' });
    await page.setViewportSize(size);
  };
  /** One in eight is asked what they think first, and sees nobody's words until they have said so. */
  const sayFirst = async ({ by, page }: Profile): Promise<void> => {
    await page.locator('[data-testid="decide-first"], [data-testid="conversation"]').first().waitFor();
    if ((await by('decide-first').count()) > 0) await by('decide-first-cannot_tell').click();
    await by('conversation').waitFor();
  };
  /** As the page sends it, without its form. */
  const say = (by: Profile, text: string) =>
    by.page.evaluate(
      async ([id, said]) => {
        const { token } = await (await fetch('/api/v1/me')).json();
        await fetch(`/api/v1/proposals/${id}/comments`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', 'x-countersign-token': token },
          body: JSON.stringify({ revision: 1, about: '', text: said }),
        });
      },
      [new URL(proposal).pathname.split('/').at(-1) ?? '', text] as const,
    );

  test('is below the evidence, comes to others at once, is text and nothing else, and lets nobody sign sooner', {
    timeout: WAIT_MS_MAX,
  }, async () => {
    await sam.page.goto(proposal);
    for (const profile of [noa, sam]) await sayFirst(profile);
    await sam.by('conversation-empty').waitFor();
    await picture('conversation-empty', sam);
    await noa.page.keyboard.press('w');
    await noa.page.keyboard.type('approve, I looked at everything');
    await noa.by('comment-about').selectOption({ label: 'Undo' });
    await noa.by('comment-send').click();
    await noa.by('comment').waitFor();
    await sam.by('comment').waitFor();
    assert.match(await sam.by('comment').innerText(), /Noa Berg.*about the check “Undo”/);
    for (const { page, by } of [noa, sam]) {
      assert.ok(await by('sign').isDisabled(), 'nothing was opened and nothing written');
      assert.ok(await by('reject').isEnabled());
      const evidence = await page.getByLabel('What it rests on').boundingBox();
      const talk = await by('conversation').boundingBox();
      assert.ok(evidence !== null && talk !== null && evidence.y + evidence.height <= talk.y);
    }
    await say(sam, HOSTILE);
    await say(sam, LONG);
    await noa.by('comment').nth(2).waitFor();
    const { title, markup } = await noa.by('conversation').evaluate(section => ({
      title: document.title,
      markup: section.querySelectorAll('img, script, iframe, a[href^="http"]').length,
    }));
    assert.ok(!title.includes('owned'));
    assert.equal(markup, 0);
    assert.ok((await noa.by('comment').nth(1).innerText()).includes('onerror'));
  });

  test('stays readable with fifty comments, in the dark and on a telephone', { timeout: WAIT_MS_MAX }, async () => {
    for (let n = 3; n < 50; n++)
      await say(n % 3 === 0 ? noa : sam, `Comment ${n}: the bastion's records come in late.`);
    await noa.page.reload();
    await noa.by('conversation-earlier').waitFor();
    assert.equal(await noa.by('comment').count(), 20);
    await picture('conversation-fifty', noa);
    await noa.by('conversation-earlier').click();
    assert.equal(await noa.by('comment').count(), 50);
    for (const [scheme, width] of VIEWS) {
      await noa.page.emulateMedia({ colorScheme: scheme });
      await noa.page.setViewportSize({ width, height: 800 });
      const isWider = await noa.page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth);
      assert.ok(!isWider, `nothing sticks out at ${width} px`);
      assert.deepEqual(await accessibilityViolations(noa.page), []);
      await picture(`conversation-${width}-${scheme}`, noa);
    }
    assert.deepEqual([...noa.troubles, ...sam.troubles], []);
  });

  test('a reviewer asks for evidence, it is brought, and stands in the evidence of what others then decide', {
    timeout: WAIT_MS_MAX,
  }, async () => {
    await noa.page.emulateMedia({ colorScheme: 'light' });
    await noa.page.goto(`${demo.origin}/tasks`);
    await noa.by('empty').waitFor();
    await sam.page.keyboard.press('m');
    await sam.by('sign-dialog').waitFor();
    assert.ok(await sam.by('sign-confirm').isDisabled(), 'whose records is not said yet');
    await sam.by('ask-source').fill('bastion');
    await sam.by('ask-words').fill(HOSTILE);
    await picture('task-ask', sam);
    assert.deepEqual(await accessibilityViolations(sam.page), []);
    await sam.by('sign-confirm').click();
    await sam.by('task').waitFor();
    assert.match(await sam.by('task').innerText(), /Sam Okafor asked Noa Berg.*open/s);
    assert.match(await sam.by('sign-waits').innerText(), /1 of 1 that reviewers asked for is open/);
    await picture('task-open', sam);

    await noa.page.goto(`${demo.origin}/decisions`);
    await noa.by('asked-of-me').waitFor();
    assert.match(await noa.by('proposal-blocks').first().innerText(), /waits for evidence that a reviewer asked for/);
    await noa.by('asked-of-me').getByRole('link').click();
    await noa.by('task-answer').click();
    await noa.by('task-search').fill('no record says this');
    await noa.page.getByText('Nothing that is kept here says that.').waitFor();
    await noa.by('task-search').fill('ci_deployer');
    await noa.by('task-hit').first().waitFor();
    await noa.by('task-hit').first().check();
    await noa.by('task-words').fill('The host did this by itself.');
    await picture('task-answer', noa);
    assert.deepEqual(await accessibilityViolations(noa.page), []);
    await noa.by('task-send').click();
    await noa.page.locator('[data-testid="task"][data-state="answered"]').waitFor();
    await picture('tasks', noa);

    await sam.page.locator('.review-ids').getByText('revision 2').waitFor();
    await sayFirst(sam);
    await sam.by('review-evidence').first().waitFor();
    await sam.page.getByText('Brought because a reviewer asked for').first().waitFor();
    const [tasks, recommended] = [
      await sam.by('tasks').evaluate(section => section.getBoundingClientRect().top),
      sam.page.getByLabel('Recommendation', { exact: true }),
    ];
    const isBefore = await sam
      .by('tasks')
      .evaluate(
        (section, other) =>
          other !== null && (section.compareDocumentPosition(other) & Node.DOCUMENT_POSITION_FOLLOWING) !== 0,
        await recommended.elementHandle(),
      );
    assert.ok(isBefore && tasks > 0, 'what was asked for comes before the recommendation');
    assert.ok((await sam.by('of-earlier-revision').count()) > 0, 'what was said before says of which revision it is');
    for (const [scheme, width] of VIEWS) {
      await sam.page.emulateMedia({ colorScheme: scheme });
      await sam.page.setViewportSize({ width, height: 800 });
      assert.deepEqual(await accessibilityViolations(sam.page), []);
      await picture(`task-answered-${width}-${scheme}`, sam);
    }
    assert.deepEqual([...noa.troubles, ...sam.troubles], []);
  });

  test('with all of that on the page, approving still waits for what must be seen, and rejecting takes no more keys', {
    timeout: WAIT_MS_MAX,
  }, async () => {
    const { page, by } = sam;
    let keys = 0;
    const press = async (key: string) => {
      keys += 1;
      await page.keyboard.press(key);
    };
    const toConfirm = async () => {
      await by('sign-dialog').waitFor();
      while (!(await by('sign-confirm').evaluate(button => button === document.activeElement)) && keys < 60)
        await press('Tab');
    };
    await page.reload();
    await by('sentence').waitFor();
    assert.ok(await by('sign').isDisabled());
    await press('a');
    await by('sign-dialog').waitFor();
    assert.ok(await by('sign-confirm').isDisabled(), 'no record of this revision was opened');
    await page.keyboard.press('Escape');
    await by('sign-dialog').waitFor({ state: 'detached' });
    keys = 0;
    await press('e');
    await by('raw-record').waitFor();
    await press('c');
    for (const letter of 'it was not her') await press(letter === ' ' ? 'Space' : letter);
    await press('Tab');
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
    await page.locator('[data-testid="review"][data-state="rejected"]').waitFor();
    assert.ok(keys <= approving, `${keys} keys to reject, ${approving} to approve`);
  });

  test('what was on the screen when somebody signed is shown again, green by its digests, and red once a byte is another', {
    timeout: WAIT_MS_MAX,
  }, async () => {
    const { page, by } = noa;
    await page.goto(proposal);
    await by('as-signed').last().click();
    await page.locator('[data-testid="signed-step"][data-step="included"][data-verdict="pass"]').waitFor();
    const steps = await by('signed-step').evaluateAll(items =>
      items.map(item => `${item.getAttribute('data-step')} ${item.getAttribute('data-verdict')}`),
    );
    assert.deepEqual(
      steps,
      ['entry', 'key', 'signature', 'challenge', 'intent', 'act', 'presentation', 'included'].map(
        step => `${step} pass`,
      ),
    );
    assert.equal(await by('signed').getAttribute('data-holds'), 'yes');
    assert.match(await by('signed-sentence').innerText(), /c\.reyes/);
    for (const [scheme, width] of VIEWS) {
      await page.emulateMedia({ colorScheme: scheme });
      await page.setViewportSize({ width, height: 800 });
      assert.deepEqual(await accessibilityViolations(page), []);
      await picture(`signed-${width}-${scheme}`, noa);
    }
    const saved = page.waitForEvent('download');
    await by('save-signed').click();
    const file = join(demo.folder, 'signed.json');
    await (await saved).saveAs(file);

    await page.route('**/as-signed', async route => {
      const answer = await route.fetch();
      const { kept, ...rest } = await answer.json();
      const presentation = kept.presentation.replace('c.reyes', 'c.reyez');
      await route.fulfill({ response: answer, json: { ...rest, kept: { ...kept, presentation } } });
    });
    await page.reload();
    await by('signed-differs').waitFor();
    assert.equal(
      await page.locator('[data-testid="signed-step"][data-verdict="fail"]').getAttribute('data-step'),
      'presentation',
    );
    await picture('signed-broken', noa);
    assert.deepEqual(await accessibilityViolations(page), []);
    await page.unroute('**/as-signed');

    const exported = join(demo.folder, 'export');
    await demo.countersign('export', exported, '--data', join(demo.folder, 'data'));
    const { policy } = await page.evaluate(async () => (await fetch('/api/v1/log')).json());
    await writeFile(join(demo.folder, 'policy'), policy);
    const verify = (signed: string) =>
      demo.countersign('verify', exported, '--policy', join(demo.folder, 'policy'), '--signed', signed);
    const good = await verify(file);
    assert.equal(good.code, 0, `${good.out}${good.err}`);
    assert.match(good.out, /✓ presentation:.*\n.*had before them.*\n.*c\.reyes/);
    await writeFile(file, (await readFile(file, 'utf8')).replace('c.reyes', 'c.reyez'));
    const bad = await verify(file);
    assert.equal(bad.code, 1);
    assert.match(bad.out, /THIS IS NOT WHAT WAS SIGNED/);
    await page.goto(`${demo.origin}/audit?type=review.signed`);
    await by('log-entry').first().getByRole('button').first().click();
    await by('entry-as-signed').click();
    await page.locator('[data-testid="signed"][data-holds="yes"]').waitFor();
    assert.deepEqual(noa.troubles, []);
  });
});
