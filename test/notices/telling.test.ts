import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { stopActs } from '../../src/app/kill-switch.ts';
import { addChannel, removeChannel } from '../../src/app/notices/channels.ts';
import { silentProducts } from '../../src/app/notices/facts.ts';
import { Notices } from '../../src/app/notices/notices.ts';
import { CHECKS_PER_DAY_MAX, confirmAddress, setAddress, setWishes } from '../../src/app/notices/people.ts';
import { refreshProposal } from '../../src/app/proposals/project.ts';
import { MS_PER_HOUR, MS_PER_MINUTE, MS_PER_SECOND, unixMsFrom } from '../../src/base/time.ts';
import { GAP_MS, GATHER_MS } from '../../src/core/notices/pace.ts';
import type { StreamCoverage } from '../../src/model/coverage.ts';
import { NOTICE_KINDS, type QuietHours } from '../../src/model/notice.ts';
import type { Tier } from '../../src/model/proposal.ts';
import {
  type Installation,
  invite,
  type Member,
  startInstallation,
  startTeam,
  type Team,
} from '../harness/installation.ts';
import { execute, INCIDENT, propose, review, storeRevision, studyFor } from '../harness/proposals.ts';
import { askedOf, settle as settleTask, tryAsk } from '../harness/tasks.ts';
import { type MailServer, plainMail, startMailServer } from './receivers.ts';

const NO_QUIET: QuietHours = { from: 0, to: 0, zone: 'UTC' };

describe('people', () => {
  let world: Installation;
  let team: Team;
  let server: MailServer;
  let folder: string;
  let notices: Notices;
  let streams: StreamCoverage[] = [];

  beforeEach(async () => {
    world = await startInstallation();
    team = await startTeam(world);
    server = await startMailServer();
    folder = await mkdtemp(join(tmpdir(), 'countersign-notices-'));
    streams = [];
    notices = fresh();
    await addChannel(folder, plainMail(server.port));
  });
  afterEach(async () => {
    await server.close();
    await world.stop();
    await rm(folder, { recursive: true, force: true });
  });

  /** As a server that was just started would have it. */
  const fresh = () =>
    new Notices(world.context, folder, { all: () => streams, activityNow: () => world.context.now() });

  async function rows<T extends object>(sql: string): Promise<readonly T[]> {
    return (await world.database.ownerPool.query<T>(sql)).rows;
  }

  /** Names an address and follows the mail. */
  async function listen(member: Member, address: string): Promise<void> {
    const asked = await setAddress(world.context, member.person, address, plainMail(server.port));
    expect(asked.ok).toBe(true);
    await notices.round();
    const code = /\/tell-me#([\w-]+)/.exec(server.received.pop()?.raw ?? '')?.[1] ?? '';
    expect((await confirmAddress(world.context, member.person, code)).ok).toBe(true);
  }

  /** Two looks, with the time between them in which others could have joined. */
  async function settle(): Promise<void> {
    await notices.round();
    world.advance(GATHER_MS + 1);
    await notices.round();
  }

  const index = async (proposal: string) => {
    const client = await world.serverPool.connect();
    try {
      await refreshProposal(world.context, client, proposal);
    } finally {
      client.release();
    }
  };

  const another = async (from: string, tier: Tier = 'T2') => {
    const id = await storeRevision(world, from, { isNewProposal: true, tier, presentation: {} });
    await index(id);
    return id;
  };

  test('are told that a proposal waits for their seat, and nobody whose seat it is not', async () => {
    await listen(team.sam, 'sam@example.org');
    await listen(await invite(world, team.admin, 'Otto Auditor', ['auditor']), 'otto@example.org');
    const proposal = await propose(world, team.rosa);
    await settle();
    expect(server.received.map(one => one.to)).toEqual([['sam@example.org']]);
    expect(server.received[0]?.mail.text).toContain(`http://localhost:8080/proposals/${proposal}`);
    // The name of the account is not in it, and no other name either.
    expect(server.received[0]?.raw).not.toMatch(/app_jo|Rosa|Sam/);
  });

  test('who may take it are asked again once half of its time is over, whatever they chose to hear, and administrators at three quarters', async () => {
    const ada = await invite(world, team.admin, 'Ada Second', ['administrator']);
    await listen(team.sam, 'sam@example.org');
    await listen(ada, 'ada@example.org');
    await setWishes(world.context, team.sam.person, [], NO_QUIET);
    await propose(world, team.rosa);
    await settle();
    server.received.length = 0;
    world.advance(2 * MS_PER_HOUR);
    await settle();
    expect(server.received.map(({ to }) => to)).toEqual([['sam@example.org']]);
    expect(server.received[0]?.mail.text).toContain('everybody who may is asked again');
    world.advance(MS_PER_HOUR);
    await settle();
    expect(
      server.received
        .slice(1)
        .flatMap(({ to }) => to)
        .sort(),
    ).toEqual(['ada@example.org', 'sam@example.org']);
    await settle();
    expect(server.received).toHaveLength(3);
  });

  test('are told once for each fact, also across restarts, and of what is settled before it is told not at all', async () => {
    await listen(team.sam, 'sam@example.org');
    const proposal = await propose(world, team.rosa);
    await settle();
    expect(server.received).toHaveLength(1);
    for (let i = 0; i < 3; i++) {
      notices = fresh();
      world.advance(GAP_MS);
      await notices.round();
    }
    expect(server.received).toHaveLength(1);
    const second = await another(proposal);
    await notices.round();
    await review(world, team.sam, second, { verdict: 'reject' });
    await index(second);
    world.advance(GAP_MS);
    await settle();
    expect(server.received).toHaveLength(1);
  });

  test('of a flood of 500 proposals get one mail that lists twenty and counts the others', async () => {
    await listen(team.sam, 'sam@example.org');
    const first = await propose(world, team.rosa);
    for (let i = 0; i < 499; i++) await another(first);
    for (let i = 0; i < 6; i++) {
      world.advance(10 * MS_PER_SECOND);
      await notices.round();
    }
    console.log(`500 proposals in a minute: ${server.received.length} mails`);
    expect(server.received).toHaveLength(1);
    expect(server.received[0]?.mail.subject).toBe(
      'Countersign: A proposal waits for a review, and 499 more of the kind',
    );
    expect(server.received[0]?.mail.text).toContain('And 480 more');
    expect(server.received[0]?.raw.length).toBeLessThan(20_000);
  }, 120_000);

  test('are asked again for each of 230 proposals that nobody takes, by the second look for those beyond the first', async () => {
    const first = await propose(world, team.rosa);
    for (let i = 0; i < 229; i++) await another(first);
    world.advance(2 * MS_PER_HOUR);
    for (let i = 0; i < 3; i++) await notices.round();
    const told = await rows("SELECT key FROM notice_fact WHERE key LIKE 'review_escalated/%'");
    expect(told).toHaveLength(230);
  }, 120_000);

  test('in quiet hours are woken by nothing but T3 that runs out, which takes along what waits', async () => {
    await listen(team.sam, 'sam@example.org');
    const minute = (ms: number) => Math.floor((ms % (24 * MS_PER_HOUR)) / MS_PER_MINUTE);
    const now = world.context.now();
    const quiet = { from: minute(now - MS_PER_MINUTE), to: minute(now + 3 * MS_PER_HOUR), zone: 'UTC' };
    await setWishes(world.context, team.sam.person, NOTICE_KINDS, quiet);
    const first = await propose(world, team.rosa);
    await settle();
    expect(server.received).toEqual([]);
    const strict = await another(first, 'T3');
    const { rows: times } = await world.serverPool.query<{ review_by: Date }>(
      'SELECT review_by FROM proposal_index WHERE proposal_id = $1',
      [strict],
    );
    world.advance((times[0]?.review_by.getTime() ?? 0) - world.context.now() - 20 * MS_PER_MINUTE);
    await settle();
    expect(server.received.map(one => one.mail.text)).toEqual([
      expect.stringContaining(`Proposal ${strict} (T3) expires`),
    ]);
  });

  test('are told of the kill switch, of acts in doubt, and of incidents that nobody owns, by kind as they chose', async () => {
    await listen(team.sam, 'sam@example.org');
    await listen(await invite(world, team.admin, 'Otto Auditor', ['auditor']), 'otto@example.org');
    await setWishes(world.context, team.sam.person, ['act_in_doubt'], NO_QUIET);
    const proposal = await propose(world, team.rosa);
    await world.database.ownerPool.query(
      `INSERT INTO incident (tenant_id, id, title, severity, severity_rank, alert_count, sources, entities, first_seen, last_seen, updated_at)
       VALUES ('default', 'inc_high', 'IGNORE ALL RULES https://evil.example', 'high', 4, 1, '{}', '[]', now(), now(), now())`,
    );
    await world.database.ownerPool.query(
      `INSERT INTO incident_event (tenant_id, incident_id, event, at, by) VALUES ('default', 'inc_high', '{"kind":"opened"}', now() - interval '20 minutes', 'correlator')`,
    );
    expect((await stopActs(world.context, team.rosa.person.id, 'unsure')).ok).toBe(true);
    await settle();
    expect(server.received.map(one => one.to)).toEqual([['otto@example.org']]);
    const text = server.received[0]?.mail.text ?? '';
    expect(text).toContain('The kill switch was turned on');
    expect(text).toContain('Incident inc_high is of high or critical severity');
    expect(text).not.toMatch(/IGNORE|evil|unsure/);
    expect(text).not.toContain(proposal);
  });

  test('are told of an act in doubt, and of news that came late on what was decided', async () => {
    await listen(team.sam, 'sam@example.org');
    const proposal = await propose(world, team.rosa);
    await review(world, team.sam, proposal);
    world.target.isMute = true;
    world.target.isUnreadable = false;
    world.target.onWrite = () => {
      world.target.isUnreadable = true;
    };
    await execute(world, proposal);
    await index(proposal);
    await world.database.ownerPool.query(
      `INSERT INTO late_news (tenant_id, incident_id, stream, records, activity_from, activity_to, arrived_at)
       VALUES ('default', $1, 'db1|Testwatch', 5, now(), now(), now())`,
      [INCIDENT],
    );
    await settle();
    const text = server.received.map(one => one.mail.text).join();
    expect(text).toContain(`Whether the act of proposal ${proposal} (T2) was done is not known.`);
    expect(text).toContain(`Records came late for incident ${INCIDENT}`);
    expect(text).not.toContain('Testwatch');
  });

  test('read names only by a channel that was added with names, and never one of an incident that is marked red', async () => {
    await addChannel(folder, plainMail(server.port, { to: ['soc@example.org'], allowsNames: true }));
    const first = await propose(world, team.rosa);
    await settle();
    expect(server.received[0]?.mail.text).toContain('Name: "app_jo".');
    await world.database.ownerPool.query(
      `INSERT INTO incident_tlp (tenant_id, incident_id, tlp, by, at) VALUES ('default', $1, 'red', 'usr_x', now())`,
      [INCIDENT],
    );
    const second = await another(first);
    world.advance(GAP_MS);
    await settle();
    expect(server.received[1]?.mail.text).toContain(second);
    expect(server.received[1]?.mail.text).not.toContain('app_jo');
  });

  test('learn that the glass was broken also where the act was over before anybody looked, whatever they wished not to be told', async () => {
    await listen(team.rosa, 'rosa@example.org');
    await setWishes(world.context, team.rosa.person, [], NO_QUIET);
    const proposal = await propose(world, team.rosa, { targetName: 'svc_ci' });
    await review(world, team.sam, proposal, { verdict: 'break_glass' });
    expect(await execute(world, proposal)).toMatchObject({ kind: 'concluded' });
    await index(proposal);
    await settle();
    const told = server.received.map(one => one.mail.text).filter(text => text?.includes(proposal));
    expect(told.join()).toContain('acted outside the normal route');
    const before = server.received.length;
    world.advance(GAP_MS);
    await settle();
    expect(server.received).toHaveLength(before);
  });

  test('learn that somebody was enrolled with a passkey that nobody may have expected, once, and not whoever it is', async () => {
    await listen(team.sam, 'sam@example.org');
    await settle();
    expect(server.received).toHaveLength(0);
    world.advance(48 * MS_PER_HOUR);
    const mallory = await invite(world, team.admin, 'Mallory New', ['responder']);
    await settle();
    world.advance(GAP_MS);
    await settle();
    expect(server.received.map(({ to }) => to)).toEqual([['sam@example.org']]);
    const text = server.received[0]?.mail.text ?? '';
    expect(text).toContain(mallory.person.id);
    expect(text).toContain('counts for two-person acts a day later');
    expect(text).toContain('/people');
  });

  test('can leave out every kind but break-glass, new passkeys, changes of people, what nobody takes and what nobody signed', async () => {
    await setWishes(world.context, team.sam.person, [], NO_QUIET);
    expect((await notices.tellMe(team.sam.person)).kinds).toEqual([
      'review_escalated',
      'break_glass_used',
      'person_enrolled',
      'person_changed',
      'credential_misused',
    ]);
  });

  test('are written to at an address only after its mail was followed by themselves, five checks a day at most', async () => {
    const ask = (address: string) => setAddress(world.context, team.sam.person, address, plainMail(server.port));
    await ask('victim@example.org');
    await notices.round();
    const code = /\/tell-me#([\w-]+)/.exec(server.received[0]?.raw ?? '')?.[1] ?? '';
    await propose(world, team.rosa);
    await settle();
    expect(server.received).toHaveLength(1);
    expect((await confirmAddress(world.context, team.rosa.person, code)).ok).toBe(false);
    // Another address makes the code of the first one worthless.
    await ask('other@example.org');
    expect((await confirmAddress(world.context, team.sam.person, code)).ok).toBe(false);
    for (let i = 2; i < CHECKS_PER_DAY_MAX; i++) expect((await ask('victim@example.org')).ok).toBe(true);
    expect(await ask('victim@example.org')).toMatchObject({ ok: false, failure: { code: 'system.rate_limited' } });
    const within = plainMail(server.port, { domains: ['example.org'] });
    expect(await setAddress(world.context, team.rosa.person, 'rosa@evil.example', within)).toMatchObject({
      ok: false,
      failure: { code: 'notice.address_not_allowed' },
    });
  });

  test('who are guessed at have five guesses at a code', async () => {
    await setAddress(world.context, team.sam.person, 'sam@example.org', plainMail(server.port));
    await notices.round();
    const code = /\/tell-me#([\w-]+)/.exec(server.received[0]?.raw ?? '')?.[1] ?? '';
    for (let i = 0; i < 5; i++) expect((await confirmAddress(world.context, team.sam.person, 'guess')).ok).toBe(false);
    expect((await confirmAddress(world.context, team.sam.person, code)).ok).toBe(false);
  });

  test('whose server is away are told when it is back; who is refused for good stands on Health', async () => {
    await addChannel(folder, plainMail(server.port, { to: ['soc@example.org'] }));
    const { port } = server;
    await server.close();
    await propose(world, team.rosa);
    await settle();
    expect(await notices.health()).toMatchObject({
      status: 'ok',
      text: 'One notice waits; 0 given up since yesterday.',
    });
    world.advance(11 * MS_PER_MINUTE);
    expect(await notices.health()).toMatchObject({ status: 'degraded' });
    server = await startMailServer({ port });
    await notices.round();
    expect(server.received.map(one => one.to)).toEqual([['soc@example.org']]);
    server.onRecipient = () => 550;
    await stopActs(world.context, team.rosa.person.id, 'unsure');
    world.advance(GAP_MS);
    await settle();
    expect(await notices.health()).toMatchObject({
      status: 'degraded',
      text: 'No notice waits; 1 given up since yesterday.',
    });
    expect((await notices.view()).givenUp).toMatchObject([
      { channel: 'mail', tries: 1, because: 'the mail server answered 550' },
    ]);
  });

  test('are tried eight times, for longer each time, and then it is given up', async () => {
    await addChannel(folder, plainMail(server.port, { to: ['soc@example.org'] }));
    server.onRecipient = () => 451;
    await propose(world, team.rosa);
    await settle();
    for (let i = 0; i < 12; i++) {
      world.advance(31 * MS_PER_MINUTE);
      await notices.round();
    }
    const [dead] = await rows<{ tries: number; state: string }>(
      `SELECT tries, state FROM notice WHERE body->'items' @> '[{"kind":"review_waits"}]'`,
    );
    expect(dead).toEqual({ tries: 8, state: 'dead' });
  });

  test('leave no text and no address in the log: an id, a salted digest and the channel', async () => {
    await listen(team.sam, 'sam@example.org');
    await propose(world, team.rosa);
    await settle();
    await world.settleLog();
    const entries = (await rows<{ entry: Buffer }>('SELECT entry FROM audit_entry ORDER BY idx')).map(row =>
      row.entry.toString(),
    );
    const sent = entries.map(text => JSON.parse(text)).filter(entry => entry.type === 'notice.sent');
    expect(sent).toHaveLength(2);
    expect(Object.keys(sent[1]).sort()).toEqual(['at', 'channel', 'notice', 'noticeDigest', 'type', 'v']);
    expect(sent[1]).toMatchObject({ channel: 'mail', noticeDigest: expect.stringMatching(/^[0-9a-f]{64}$/) });
    expect(entries.join('\n')).not.toContain('sam@example.org');
  });

  test('are not told by a channel that was removed, nor at an address that was taken out', async () => {
    await listen(team.sam, 'sam@example.org');
    await propose(world, team.rosa);
    await notices.round();
    await setAddress(world.context, team.sam.person, '', undefined);
    world.advance(GATHER_MS + 1);
    await notices.round();
    expect(server.received).toEqual([]);
    expect(await removeChannel(folder, 'mail')).toBe(true);
    await notices.round();
    expect(server.received).toEqual([]);
  });

  test('who are asked for evidence are told, and nobody else and no channel; whoever asked is told what came of it', async () => {
    await listen(team.sam, 'sam@example.org');
    await listen(team.rosa, 'rosa@example.org');
    await setWishes(world.context, team.sam.person, ['task_asked', 'task_settled'], NO_QUIET);
    await setWishes(world.context, team.rosa.person, ['task_asked', 'task_settled'], NO_QUIET);
    const study = await studyFor(world);
    const proposal = await propose(world, team.rosa, study);
    expect((await tryAsk(world, team.sam, team.rosa, proposal)).ok).toBe(true);
    await settle();
    const [told, ...others] = server.received;
    expect([told?.to, others]).toEqual([['rosa@example.org'], []]);
    expect(told?.mail.text).toContain(`asks you for evidence for proposal ${proposal}`);
    expect(told?.raw).not.toMatch(/app_jo|laptop|Sam/);
    const [task] = await askedOf(world, team.rosa);
    const words = 'okta keeps its records for ninety days only';
    expect((await settleTask(world, study, team.rosa, task?.id ?? '', { move: 'give_up', words })).ok).toBe(true);
    world.advance(GAP_MS);
    await settle();
    expect(server.received.slice(1).map(({ to }) => to)).toEqual([['sam@example.org']]);
    expect(server.received.at(-1)?.mail.text).toContain(`What you asked for proposal ${proposal}`);
  });

  test('depend on a file that only its owner may read', async () => {
    const { mode } = await stat(join(folder, 'notices.json'));
    expect(mode & 0o777).toBe(0o600);
  });
});

describe('a source', () => {
  const now = 1_700_000_000_000;
  const stream = (name: string, status: StreamCoverage['status'], agoMs = 0): StreamCoverage => ({
    stream: name,
    status,
    from: unixMsFrom(now - MS_PER_HOUR - agoMs),
    to: unixMsFrom(now - agoMs),
    because: '',
  });

  test('is silent where all its streams are; one host that is off is nobody’s mail', () => {
    const one = silentProducts([stream('a|Wazuh', 'silent'), stream('b|Wazuh', 'heard')], now);
    expect(one).toEqual([]);
    const all = silentProducts(
      [stream('a|Wazuh', 'silent'), stream('b|Wazuh', 'silent'), stream('*|Okta', 'heard')],
      now,
    );
    expect(all).toMatchObject([{ kind: 'source_silent', count: 2, name: 'Wazuh' }]);
    expect(silentProducts([stream('a|Wazuh', 'silent', 2 * MS_PER_HOUR)], now)).toEqual([]);
  });
});
