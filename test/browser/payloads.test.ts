import { strict as assert } from 'node:assert';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { UNSEEN } from '../../src/base/inert.ts';
import { readPayloads } from '../../src/cli/redteam/payloads.ts';
import { dataFile } from '../data/present.ts';
import { findChromium, launchChromium } from './chromium.ts';
import { type Demo, isBuilt, startDemo } from './installation.ts';
import { enrol, openWorld, propose, type World, waitUntil } from './walk.ts';

const chromium = findChromium();
const lacks = chromium === undefined ? ' (needs chromium)' : isBuilt() ? '' : ' (needs npm run build)';
const DATA = dataFile('injection');
const MS_MAX = 300_000;

/** Of our own writing, where the files are not there. */
const OURS: readonly string[] = [
  '<img src="http://attacker.invalid/a.png" onerror="document.title=\'owned\'"><b>bold</b>',
  '[click](http://attacker.invalid) http://attacker.invalid/b www.attacker.invalid a@attacker.invalid',
  '</span></li><script>document.title="owned"</script><iframe src="http://attacker.invalid"></iframe>',
  'a\u202egpj.exe\u2066\u200b\u{e0041}\ufe0f\u001b[2J\u0000\u009b31m\r\n\u2028end',
  'javascript:alert(1) data:text/html,<script>alert(1)</script> file://attacker.invalid/x',
];
/** Records of one evidence, alerts of one incident. */
const CHUNK = 100;
/** Incidents with a payload for a title, each a row of the queue. */
const ROWS = 150;
const STARTED = Date.now() - 3_600_000;

/** Of one length, so that no name is found in another. */
const named = (kind: string, at: number): string => `${kind}-${String(at).padStart(4, '0')}`;
const moment = (at: number): string => new Date(STARTED + at * 1_000).toISOString();

describe.skipIf(lacks !== '')(`every payload in a real browser${lacks}`, () => {
  let browser: Browser;
  let demo: Demo;
  let world: World;
  let texts: readonly string[] = OURS;

  beforeAll(async () => {
    const names = DATA === undefined ? [] : (await readdir(DATA)).filter(name => name.endsWith('.ndjson'));
    const files = await Promise.all(names.map(name => readPayloads(join(DATA ?? '', name))));
    texts = [...OURS, ...files.flatMap(file => file.payloads.map(({ text }) => text))];
    demo = await startDemo();
    browser = await launchChromium(chromium ?? '');
    world = await openWorld(browser, demo, async () => undefined);
    await enrol(world.noa, await demo.enrolmentLink(), 'Noa Berg');
    await ingest(demo, recordsOf(texts));
  }, MS_MAX);
  afterAll(async () => {
    await browser?.close();
    await demo?.stop();
  }, MS_MAX);

  test('stands in the evidence viewer as text, whole, with what cannot be seen drawn', {
    timeout: MS_MAX,
  }, async () => {
    const { noa } = world;
    for (let chunk = 0; chunk * CHUNK < texts.length; chunk++) {
      const { incident, evidence } = await find(world, named('qze', chunk));
      await noa.page.goto(`${demo.origin}/incidents/${incident}?e=${evidence}`);
      await noa.by('raw-record').waitFor();
      await requireInert(world);
      const shown = (await noa.by('raw-record').textContent()) ?? '';
      for (const text of texts.slice(chunk * CHUNK, (chunk + 1) * CHUNK)) {
        const seen = visible(JSON.stringify(text));
        assert.ok(shown.includes(seen), `the viewer does not show ${seen.slice(0, 200)}`);
      }
    }
  });

  test('is text on the page of an incident that is told of it: summary, timeline, alerts, entities, log', {
    timeout: MS_MAX,
  }, async () => {
    const { noa } = world;
    for (let chunk = 0; chunk * CHUNK < texts.length; chunk++) {
      const { incident } = await find(world, named('qzh', chunk));
      for (const tab of chunk % 8 === 0 ? ['options', 'alerts', 'entities', 'known', 'log'] : ['alerts']) {
        await noa.page.goto(`${demo.origin}/incidents/${incident}?tab=${tab}`);
        await noa.by(`tab-${tab}`).waitFor();
        if (tab === 'alerts') await noa.by('alert-row').first().waitFor();
        await requireInert(world);
        if (tab === 'alerts') await scrolled(world, '.alerts-scroll', () => requireInert(world));
      }
    }
  });

  test('is text in the queue, in search, and as what was searched for', { timeout: MS_MAX }, async () => {
    const { noa } = world;
    await noa.page.goto(`${demo.origin}/?q=qzq`);
    await noa.by('queue-row').first().waitFor();
    await scrolled(world, '.queue-scroll', () => requireInert(world));
    for (const word of [named('qzh', 0), 'qzq', 'attacker.invalid']) {
      await noa.page.keyboard.press('Control+k');
      await noa.by('palette-input').fill(word);
      await noa.page.waitForTimeout(1_500);
      await requireInert(world);
      await noa.page.keyboard.press('Escape');
    }
    for (const text of OURS) {
      await noa.page.goto(`${demo.origin}/?q=${encodeURIComponent(text.slice(0, 120))}`);
      await noa.page
        .locator('[data-testid="queue-row"], [data-testid="empty"], [data-testid="failed"]')
        .first()
        .waitFor();
      await requireInert(world);
    }
  });

  test('is text in what a reviewer is shown, and its report and timeline come as files', {
    timeout: MS_MAX,
  }, async () => {
    const { noa } = world;
    const { incident } = await find(world, 'qzr-1');
    await noa.page.goto(`${demo.origin}/incidents/${incident}`);
    await noa.by('option').first().waitFor();
    await requireInert(world);
    for (const [button, type] of [
      ['save-report', '.md'],
      ['save-timeline', '.csv'],
    ] as const) {
      const [file] = await Promise.all([noa.page.waitForEvent('download'), noa.by(button).click()]);
      assert.ok(file.suggestedFilename().endsWith(type), file.suggestedFilename());
    }
    await propose(noa, 'Lock a database role');
    await requireInert(world);
    for (const row of await noa.by('review-evidence').all()) {
      await row.click();
      await noa.by('raw-record').waitFor();
      await requireInert(world);
    }
  });
});

/** Records in which each text stands as evidence, as the title and user of an alert, as a row of the queue, and beside a target. */
function recordsOf(texts: readonly string[]): readonly object[] {
  const chunks = Array.from({ length: Math.ceil(texts.length / CHUNK) }, (_, at) =>
    texts.slice(at * CHUNK, (at + 1) * CHUNK),
  );
  const every = Math.max(1, Math.floor(texts.length / ROWS));
  const rows = texts.filter((_, at) => at < OURS.length || at % every === 0);
  const hostile = [...OURS, ...rows].slice(0, 40);
  return [
    ...chunks.map((part, at) => alertOf(named('qze', at), `Evidence of ${at}`, named('qze', at), at, { texts: part })),
    ...chunks.flatMap((part, chunk) =>
      part.map((text, at) => alertOf(`${named('qzh', chunk)}-${at}`, text, named('qzh', chunk), at, {}, text)),
    ),
    ...rows.map((text, at) =>
      alertOf(named('qzq', at), `qzq ${text}`, at % 2 === 0 ? named('qzq', at) : text, at, {
        note: text,
        [text]: text,
      }),
    ),
    alertOf(
      'qzr-1',
      'Login from a new network',
      'db-orders-01',
      60,
      { texts: hostile, [OURS[0] ?? '']: OURS },
      'c.reyes',
    ),
  ];
}

function alertOf(id: string, title: string, host: string, at: number, more: object, user?: string): object {
  return { id, time: moment(at), title, host, severity: 'high', ...(user === undefined ? {} : { user }), ...more };
}

async function ingest(demo: Demo, records: readonly object[]): Promise<void> {
  const file = join(demo.folder, 'payloads.ndjson');
  await writeFile(file, records.map(record => JSON.stringify(record)).join('\n'));
  const map = 'id=id,time=time,title=title,host=host,user=user,severity=severity';
  const sent = await demo.countersign('ingest', file, '--map', map, '--data', join(demo.folder, 'data'), '--json');
  assert.equal(JSON.parse(sent.out.trim().split('\n').at(-1) ?? '{}').kept, records.length, sent.err);
}

interface Found {
  readonly incident: string;
  readonly evidence: string;
}

/** Where the first alert stands that a search for the word finds; the index comes a moment behind the records. */
async function find(world: World, word: string): Promise<Found> {
  let first: Found | undefined;
  await waitUntil(
    async () => {
      const { hits } = await asked<{ readonly hits: readonly Found[] }>(world, `search?q=${word}&limit=1`);
      [first] = hits;
      return first !== undefined;
    },
    () => `nothing is found by ${word}`,
    90_000,
  );
  assert.ok(first);
  return first;
}

async function asked<T>({ noa }: World, path: string): Promise<T> {
  return noa.page.evaluate(`fetch('/api/v1/${path}').then(answer => answer.json())`) as Promise<T>;
}

/** The text as the pages have to draw it: what cannot be seen as its picture or its number. */
function visible(text: string): string {
  return text.replaceAll(UNSEEN, one => {
    const code = one.codePointAt(0) ?? 0;
    if (code < 0x20) return String.fromCodePoint(0x2400 + code);
    return code === 0x7f ? '\u2421' : `U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
  });
}

/** Calls `look` at each screenful of a list that draws only what can be seen. */
async function scrolled({ noa }: World, box: string, look: () => Promise<void>): Promise<void> {
  const list = noa.page.locator(box).first();
  for (let at = 0; at < 200; at++) {
    await look();
    const isAtEnd = await list.evaluate(element => {
      const before = element.scrollTop;
      element.scrollTop += element.clientHeight * 2;
      return element.scrollTop === before;
    });
    if (isAtEnd) return;
    await noa.page.waitForTimeout(30);
  }
}

/**
 * Text alone stands on the page: nothing of a record became an element, a link or a style, nothing unseen stands in a
 * text or in what is read aloud, and nobody else was asked for anything.
 */
async function requireInert({ noa, demo }: World): Promise<void> {
  const found = (await noa.page.evaluate(FOREIGN)) as readonly string[];
  assert.deepEqual(found, []);
  assert.doesNotMatch(await noa.page.title(), /owned/);
  assert.deepEqual(noa.foreignRequests, []);
  assert.ok(noa.page.url().startsWith(demo.origin));
}

/** Runs in the page. Its own pictures are drawn in line, so there is no reason for any of these elements. */
const FOREIGN = `(() => {
  const wrong = [];
  const unseen = /[\\p{Cf}\\p{Co}\\p{Cn}\\u2028\\u2029]|(?![\\n\\t])\\p{Cc}/u;
  for (const element of document.body.querySelectorAll('img, iframe, object, embed, b, i, font, marquee, video, audio, base, meta, body script, form[action]'))
    wrong.push('element ' + element.tagName + ' ' + element.outerHTML.slice(0, 120));
  for (const link of document.querySelectorAll('a[href]'))
    if (!link.href.startsWith(location.origin + '/')) wrong.push('link ' + link.href.slice(0, 120));
  for (const box of document.querySelectorAll('.inert, .inert-line'))
    for (const child of box.querySelectorAll('*'))
      if (!child.classList.contains('glyph') || child.children.length > 0) wrong.push('inside a text: ' + child.outerHTML.slice(0, 120));
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode())
    if (unseen.test(node.data)) wrong.push('unseen in ' + (node.parentElement && node.parentElement.className) + ': ' + JSON.stringify(node.data.slice(0, 80)));
  for (const element of document.body.querySelectorAll('*'))
    for (const { name, value } of element.attributes) {
      if (/^on/i.test(name)) wrong.push('attribute ' + name);
      if (['title', 'aria-label', 'alt', 'placeholder'].includes(name) && unseen.test(value)) wrong.push('unseen in ' + name + ' of ' + element.tagName + ' ' + element.className + ': ' + JSON.stringify(value.slice(0, 80)));
    }
  return wrong.slice(0, 5);
})()`;
