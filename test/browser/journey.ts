import { strict as assert } from 'node:assert';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openProfile, type Profile } from './chromium.ts';
import { accessibilityViolations } from './pages.ts';
import { enrol, openIncident, propose, type Step, signReview, untilState, type World, waitUntil } from './walk.ts';

const CONTRACTOR = 'c.reyes';
const DEPLOYER = 'ci_deployer';

/** From an empty installation to a containment that was signed, took effect, was undone and can be proved. */
export const JOURNEY: readonly Step[] = [
  { name: 'the first person enrols by the link and signs in with a passkey', run: enrolFirst },
  { name: 'the queue is read by keyboard, and a filter stands in its address', run: readQueue },
  { name: 'an incident opens with what is missing above what happened', run: openTheIncident },
  { name: 'a statement opens its record with the cited field marked, and the address keeps it', run: openStatement },
  { name: 'the login of the attacker is open and reading', run: world => attackerIs(world, CONTRACTOR, 'reading') },
  { name: 'an option becomes a proposal that one person other than a contributor signs', run: proposeLock },
  { name: 'nothing can be signed before a record was opened and a reason written', run: cannotSignUnread },
  { name: 'the review is signed with a passkey and the lock is seen to take effect', run: signLock },
  { name: "the attacker's session died", run: world => attackerIs(world, CONTRACTOR, 'shut_out') },
  { name: 'the undo is a proposal of its own, and is signed', run: undoLock },
  { name: 'the login works again', run: world => attackerIs(world, CONTRACTOR, 'reading') },
  { name: 'the log verifies in the browser', run: verifyInBrowser },
  { name: 'the log verifies over HTTP by countersign verify', run: verifyOverHttp },
  { name: 'the exported log verifies without the server, and with one byte changed it does not', run: verifyExport },
  { name: "locking the machine identity's login takes two people", run: proposeTwoPersonLock },
  { name: 'one signature is 1 of 2, and nothing happens', run: signFirstOfTwo },
  { name: 'a second person enrols by a link of their own, in a browser of their own', run: inviteSecond },
  { name: 'the second signature completes it, and it takes effect', run: signSecondOfTwo },
  { name: "the machine identity's stolen session died", run: world => attackerIs(world, DEPLOYER, 'shut_out') },
  { name: 'both signatures and both acts are in the log, which still verifies', run: verifyAfterwards },
  { name: 'the four pages are free of serious accessibility faults, light and dark', run: checkAccessibility },
  { name: 'no page logged an error or asked anybody else for anything', run: checkTroubles },
];

async function enrolFirst(world: World): Promise<void> {
  const { noa, demo } = world;
  const link = await demo.enrolmentLink();
  await noa.page.goto(link);
  await noa.by('enrol-name').fill('Noa Berg');
  assert.equal(new URL(noa.page.url()).hash, '', "the link's secret left the address bar");
  await world.picture('enrol', noa);
  await enrol(noa, link, 'Noa Berg');
  assert.match(await noa.page.locator('header').first().innerText(), /demo/i);
}

async function readQueue(world: World): Promise<void> {
  const { page, by } = world.noa;
  await page.goto(`${world.demo.origin}/`);
  await by('queue-row').first().waitFor();
  await waitUntil(
    async () => (await by('queue-row').filter({ hasText: 'c.reyes' }).count()) > 0,
    () => 'the incident of the contractor did not come up',
  );
  await page.reload();
  await by('queue-row').first().waitFor();
  await world.picture('queue', world.noa);
  const current = () => page.locator('.queue-row.is-current').getAttribute('data-incident');
  const first = await current();
  await page.keyboard.press('j');
  const second = await current();
  assert.notEqual(second, first, 'j moves on');
  await page.keyboard.press('k');
  assert.equal(await current(), first, 'k moves back');
  await by('queue-text').fill('c.reyes');
  await page.waitForURL(/q=c\.reyes/);
  await page.reload();
  assert.equal(await by('queue-text').inputValue(), 'c.reyes');
  await by('queue-row').first().waitFor();
  assert.match(await by('queue-counts').innerText(), /match/);
}

async function openTheIncident(world: World): Promise<void> {
  const { noa, demo } = world;
  await openIncident(noa, demo.origin, 'c.reyes');
  const coverage = await noa.by('coverage').first().boundingBox();
  const summary = await noa.by('statement').first().boundingBox();
  assert.ok(coverage !== null && summary !== null && coverage.y < summary.y, 'coverage stands above the summary');
}

async function openStatement(world: World): Promise<void> {
  const { page, by } = world.noa;
  await by('statement').nth(2).click();
  await by('cited-field').first().waitFor();
  assert.equal(await by('cited-check').getAttribute('data-result'), 'holds');
  const cited = await by('cited-field').allInnerTexts();
  const address = page.url();
  await world.picture('evidence', world.noa);
  await page.reload();
  await by('cited-field').first().waitFor();
  assert.equal(page.url(), address);
  assert.deepEqual(await by('cited-field').allInnerTexts(), cited, 'a reload shows the same field');
  await page.keyboard.press('Escape');
  await by('evidence-panel').waitFor({ state: 'detached' });
}

async function attackerIs({ demo }: World, role: string, phase: string): Promise<void> {
  await waitUntil(
    () => demo.attackerPhases(role).at(-1) === phase,
    () => `${role} went ${demo.attackerPhases(role).join(', ')} and not ${phase}`,
  );
}

async function proposeLock(world: World): Promise<void> {
  const { noa } = world;
  await noa.by('option').first().waitFor();
  const kinds = await noa.by('option').evaluateAll(rows => rows.map(row => row.getAttribute('data-kind')));
  assert.ok(kinds.includes('wait_and_collect'), 'waiting is one of the options');
  await noa.by('option').first().scrollIntoViewIfNeeded();
  await world.picture('options', noa);
  await propose(noa, 'Lock a database role');
  assert.match(await noa.by('tier-reasons').innerText(), /Why T2/i);
  assert.equal(await noa.by('quorum-slot').count(), 1);
  assert.match(
    await noa
      .by('change')
      .allInnerTexts()
      .then(texts => texts.join(' ')),
    /login|rolcanlogin/i,
  );
  await world.picture('review', noa);
}

async function cannotSignUnread({ noa }: World): Promise<void> {
  assert.ok(await noa.by('sign').isDisabled());
  assert.match(await noa.by('sign-waits').innerText(), /open a record.*reason/);
  assert.ok(await noa.by('reject').isEnabled(), 'rejecting asks for nothing');
  assert.ok(await noa.by('recommendation').isDisabled(), 'the recommendation opens after the evidence');
}

async function signLock(world: World): Promise<void> {
  const { noa } = world;
  await signReview(noa, 'Carla confirmed by phone that it was not her.', () => world.picture('sign', noa));
  await untilState(noa, 'verified');
  const steps = await noa
    .by('live-step')
    .evaluateAll(items => items.map(item => `${item.getAttribute('data-step')} ${item.getAttribute('data-status')}`));
  assert.deepEqual(
    steps,
    ['checking', 'intended', 'executed', 'observed', 'verified'].map(step => `${step} done`),
  );
  await noa.page.locator('#main').evaluate(main => main.scrollTo(0, 0));
  await world.picture('verified', noa);
  await noa.page.reload();
  await untilState(noa, 'verified');
}

async function undoLock(world: World): Promise<void> {
  const { noa } = world;
  const act = noa.page.url();
  await noa.by('undo').click();
  await noa.page.waitForURL(url => url.pathname.startsWith('/proposals/') && url.href !== act);
  await noa.by('sentence').waitFor();
  assert.match(await noa.by('tier-reasons').innerText(), /Why T[23]/i, 'no easier than the act');
  await world.picture('undo', noa);
  await signReview(noa, 'The password was changed with Carla on the phone.');
  await untilState(noa, 'verified');
  await noa.page.goto(act);
  await untilState(noa, 'undone');
}

async function verifyInBrowser(world: World): Promise<void> {
  const { page, by } = world.noa;
  await page.goto(`${world.demo.origin}/audit`);
  await by('log-entry').first().waitFor();
  await by('use-server-key').click();
  world.logKey = await by('log-key').inputValue();
  await by('verify-here').click();
  await by('verify-result').waitFor();
  assert.equal(
    await by('verify-result').getAttribute('data-outcome'),
    'verified',
    await by('verify-result').innerText(),
  );
  const failed = await page.locator('[data-testid="verify-check"][data-verdict="fail"]').count();
  assert.equal(failed, 0);
  await world.picture('audit', world.noa);
}

async function policyFile({ demo, logKey }: World): Promise<string> {
  const file = join(demo.folder, 'policy');
  await writeFile(file, `log ${logKey}\nquorum none\n`);
  return file;
}

async function verifyOverHttp(world: World): Promise<void> {
  const { demo } = world;
  const policy = await policyFile(world);
  const token = join(demo.folder, 'data', 'cli-token');
  const { code, out, err } = await demo.countersign(
    'verify',
    `${demo.origin}/log`,
    '--policy',
    policy,
    '--token',
    token,
  );
  assert.equal(code, 0, `${out}${err}`);
  assert.match(out, /\nverified\n$/);
}

async function verifyExport(world: World): Promise<void> {
  const { demo } = world;
  const policy = await policyFile(world);
  const directory = join(demo.folder, 'the log');
  const exported = await demo.countersign('export', directory, '--data', join(demo.folder, 'data'));
  assert.equal(exported.code, 0, exported.err);
  const verified = await demo.countersign('verify', directory, '--policy', policy);
  assert.equal(verified.code, 0, `${verified.out}${verified.err}`);
  const size = Number((await readFile(join(directory, 'checkpoint'), 'utf8')).split('\n')[1]);
  const bundle = join(directory, 'tile', 'entries', `000.p`, String(size));
  const bytes = await readFile(bundle);
  const middle = Math.floor(bytes.length / 2);
  bytes.writeUInt8(bytes.readUInt8(middle) ^ 1, middle);
  await writeFile(bundle, bytes);
  const altered = await demo.countersign('verify', directory, '--policy', policy);
  assert.equal(altered.code, 1, altered.out);
}

async function proposeTwoPersonLock(world: World): Promise<void> {
  const { noa, demo } = world;
  await openIncident(noa, demo.origin, 'Machine identity');
  assert.match((await noa.by('coverage').allInnerTexts()).join(' '), /app-07/, 'the silent sensor is named');
  await world.picture('machine-identity', noa);
  await propose(noa, 'Lock a database role');
  world.twoPersonProposal = noa.page.url();
  assert.match(await noa.by('tier-reasons').innerText(), /Why T3/i);
  assert.equal(await noa.by('quorum-slot').count(), 2);
  assert.match(await noa.by('why-two').innerText(), /Two different people/);
}

async function signFirstOfTwo(world: World): Promise<void> {
  const { noa, demo } = world;
  await signReview(noa, 'The token was used from a hosting network, and made itself an administrator.', () =>
    world.picture('sign-two', noa),
  );
  await waitUntil(
    async () => (await noa.by('quorum-count').innerText()).startsWith('1 of 2'),
    () => 'the first signature was not counted',
  );
  assert.equal(await noa.by('review').getAttribute('data-state'), 'in_review');
  assert.equal(demo.attackerPhases(DEPLOYER).at(-1), 'reading', 'one signature stops nothing');
  await noa.by('quorum-slot').first().scrollIntoViewIfNeeded();
  await world.picture('one-of-two', noa);
}

async function inviteSecond(world: World): Promise<void> {
  const { noa, demo } = world;
  await noa.page.goto(`${demo.origin}/people`);
  await noa.by('invite-name').fill('Sam Okafor');
  await noa.by('invite').click();
  const link = (await noa.by('invite-link').innerText()).trim();
  await world.picture('invite', noa);
  const sam = await openProfile(world.browser, { origin: demo.origin });
  world.sam = sam;
  await enrol(sam, link, 'Sam Okafor');
  const again = await openProfile(world.browser, { origin: demo.origin });
  await again.page.goto(link);
  await again.by('failed').first().waitFor();
  assert.equal(await again.by('enrol-passkey').count(), 0, 'a link works once');
  await again.context.close();
}

async function signSecondOfTwo(world: World): Promise<void> {
  const sam = secondPerson(world);
  await world.noa.page.goto(world.twoPersonProposal);
  await sam.page.goto(world.twoPersonProposal);
  await sam.by('sentence').waitFor();
  await signReview(sam, 'I checked the key with the owner of the build server.');
  await untilState(sam, 'verified');
  await sam.page.locator('#main').evaluate(main => main.scrollTo(0, 0));
  await world.picture('two-verified', sam);
  // The first person's page follows by itself.
  await untilState(world.noa, 'verified');
  assert.match(await world.noa.by('quorum-count').innerText(), /2 of 2/);
}

function secondPerson({ sam }: World): Profile {
  assert.ok(sam, 'nobody was invited');
  return sam;
}

async function verifyAfterwards(world: World): Promise<void> {
  const { page, by } = world.noa;
  const id = new URL(world.twoPersonProposal).pathname.split('/').at(-1) ?? '';
  await page.goto(`${world.demo.origin}/audit?proposal=${id}`);
  await by('log-entry').first().waitFor();
  const said = (await by('log-entry').allInnerTexts()).join('\n');
  assert.match(said, /Noa Berg/);
  assert.match(said, /Sam Okafor/);
  await world.picture('decision-in-log', world.noa);
  await verifyOverHttp(world);
}

async function checkAccessibility(world: World): Promise<void> {
  const { noa, demo } = world;
  const { page, by } = noa;
  await openIncident(noa, demo.origin, 'c.reyes');
  const pages = [`${demo.origin}/`, page.url(), world.twoPersonProposal, `${demo.origin}/audit`];
  for (const scheme of ['light', 'dark'] as const) {
    if ((await page.locator('html').getAttribute('data-mantine-color-scheme')) !== scheme)
      await by('theme-toggle').click();
    for (const address of pages) {
      await page.goto(address);
      await page.getByRole('heading', { level: 1 }).first().waitFor();
      await page
        .locator('[data-testid="queue-row"], [data-testid="option"], [data-testid="change"], [data-testid="log-entry"]')
        .first()
        .waitFor();
      assert.equal(await page.locator('html').getAttribute('data-mantine-color-scheme'), scheme);
      assert.deepEqual(
        await accessibilityViolations(page, scheme === 'dark' ? ['color-contrast'] : undefined),
        [],
        `${scheme} ${new URL(address).pathname}`,
      );
    }
  }
  await page.goto(`${demo.origin}/`);
  await by('queue-row').first().waitFor();
  await world.picture('dark', noa);
}

async function checkTroubles(world: World): Promise<void> {
  for (const profile of [world.noa, secondPerson(world)]) {
    // Before signing in, the page asks who one is.
    assert.deepEqual(
      profile.troubles.filter(trouble => !/^401 .*\/api\/v1\/me$/.test(trouble)),
      [],
    );
    assert.deepEqual(profile.foreignRequests, []);
  }
}
