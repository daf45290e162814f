import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Streams } from '../../src/app/coverage.ts';
import { readHandover } from '../../src/app/handover.ts';
import { Overview } from '../../src/app/overview.ts';
import { idFloor } from '../../src/base/id.ts';
import { MS_PER_DAY, MS_PER_HOUR, rfc3339, unixMsFrom } from '../../src/base/time.ts';
import { handoverMarkdown } from '../../src/core/study/handover-markdown.ts';
import type { Handover, HandoverLine, HandoverSection, IncidentPage } from '../../src/model/api.ts';
import { type Installation, must, startInstallation, startTeam, type Team } from '../harness/installation.ts';
import { execute, INCIDENT, propose, review, tryUndo } from '../harness/proposals.ts';
import { type Browser, firstAdministrator, lines, send, startTestServer, type TestServer } from './harness.ts';

const MAP = encodeURIComponent('id=id,time=time,title=rule,host=host,user=user,severity=severity,product=product');

const textOf = ({ text }: HandoverLine): string =>
  text.map(part => ('words' in part ? part.words : part.value)).join('');
function sectionOf(handover: Handover, id: HandoverSection['id']): HandoverSection {
  const found = handover.sections.find(section => section.id === id);
  if (found === undefined) throw new Error(`no section ${id}`);
  return found;
}
const told = (handover: Handover, id: HandoverSection['id']) => sectionOf(handover, id).lines.map(textOf);

describe('the handover of a shift', () => {
  let server: TestServer;
  let admin: Browser;
  const ingest = (records: readonly object[]) =>
    send(server, 'POST', `/api/v1/ingest?map=${MAP}`, { authorization: `Bearer ${server.cliToken}` }, lines(records));
  const alert = (id: string, minute: number, more: object = {}) => ({
    id,
    time: `2026-03-01T10:${String(minute).padStart(2, '0')}:00Z`,
    rule: `Rule ${id}`,
    host: `pc-${id}`,
    user: `user-${id}`,
    severity: 'medium',
    product: 'Examplar',
    ...more,
  });
  const handover = async (query = '') => (await admin.get(`/api/v1/handover${query}`)).body as Handover;
  beforeAll(async () => {
    server = await startTestServer();
    admin = await firstAdministrator(server);
    await ingest([
      alert('a', 1),
      alert('b', 2, { severity: 'critical', rule: '# [x](javascript:alert(1)) `<b>` \u202e' }),
      alert('c', 3, { severity: 'high' }),
    ]);
    const token = { authorization: `Bearer ${server.cliToken}` };
    await send(server, 'POST', `/api/v1/ingest?map=${MAP}`, token, `${lines([alert('d', 5)])}{"broken": \n`);
  });
  afterAll(() => server.close());

  test('tells what cannot be seen before anything else, and holds every section', async () => {
    const { sections, from, to } = await handover();
    expect(sections.map(({ id }) => id)).toEqual([
      'silent',
      'reviews',
      'doubt',
      'unowned',
      'news',
      'decided',
      'opened',
      'changed',
      'intake',
      'rules',
    ]);
    expect(Date.parse(to) - Date.parse(from)).toBe(8 * MS_PER_HOUR);
  });

  test('names grave incidents that nobody owns, the gravest first, each with the way to it', async () => {
    const page = (await admin.get('/api/v1/incidents')).body as IncidentPage;
    const unowned = sectionOf(await handover(), 'unowned');
    expect(unowned.lines.map(line => line.severity)).toEqual(['critical', 'high']);
    expect(unowned.lines.map(({ to }) => to)).toEqual(
      page.rows.filter(row => ['critical', 'high'].includes(row.severity)).map(({ id }) => ({ kind: 'incident', id })),
    );
    const [gravest] = page.rows;
    await admin.post(`/api/v1/incidents/${gravest?.id}/own`, { owner: 'me' });
    expect(sectionOf(await handover(), 'unowned').lines.map(line => line.severity)).toEqual(['high']);
  });

  test('tells what was opened, by severity, and by whom it is owned', async () => {
    const [counts, first] = told(await handover(), 'opened');
    expect(counts).toBe('4 incidents: 1 critical, 1 high, 2 medium');
    expect(first).toContain('owned by Ada Administrator');
  });

  test('tells what changed for those that were open before, and not for those that are new', async () => {
    expect(told(await handover(), 'changed')).toEqual([]);
    const began = new Date().toISOString();
    const page = (await admin.get('/api/v1/incidents')).body as IncidentPage;
    const quiet = page.rows.find(row => row.entities.some(({ label }) => label === 'user-a'));
    await admin.post(`/api/v1/incidents/${quiet?.id}/note`, { text: 'looked at it' });
    await ingest([alert('a2', 4, { host: 'pc-a', user: 'user-a' })]);
    const since = await handover(`?from=${began}`);
    expect(told(since, 'opened')).toEqual([]);
    const [changed, ...others] = told(since, 'changed');
    expect(others).toEqual([]);
    expect(changed).toContain(' · since: 1 alert more, 1 note');
  });

  test('counts what came in, what is in quarantine and why, and which rules fire most', async () => {
    const now = await handover();
    const [came, , quarantined] = told(now, 'intake');
    expect(came).toBe('6 records: 5 kept as alerts, 0 delivered before, 1 in quarantine');
    expect(quarantined).toMatch(/^1 record of \S+ in quarantine: \S+/);
    expect(told(now, 'rules')).toHaveLength(5);
    expect(told(now, 'rules')[0]).toContain('1 alert, 20 % of all alerts');
  });

  test('is nothing of a span in which nothing was, and is refused where the span is none', async () => {
    const before = await handover('?from=2025-01-01T00:00:00Z&to=2025-01-08T00:00:00Z');
    for (const id of ['decided', 'opened', 'changed', 'rules'] as const) expect(told(before, id)).toEqual([]);
    for (const query of [
      '?from=2025-01-02T00:00:00Z&to=2025-01-01T00:00:00Z',
      '?from=2025-01-01T00:00:00Z&to=2025-03-01T00:00:00Z',
      '?from=yesterday',
    ])
      expect((await admin.get(`/api/v1/handover${query}`)).status).toBe(400);
    expect((await send(server, 'GET', '/api/v1/handover')).status).toBe(401);
  });

  test('of a week is compared with the week before, once something came in then', async () => {
    const week = `?from=${rfc3339(unixMsFrom(Date.now() - 7 * MS_PER_DAY))}`;
    expect(told(await handover(week), 'intake')[0]).not.toContain('the span before');
    await server.db.ownerPool.query(
      `INSERT INTO intake_batch (tenant_id, id, source, records, kept, duplicate, quarantined, root, received_at)
       VALUES ('default', $1, 's', 12, 12, 0, 0, '', now())`,
      [idFloor('batch', Date.now() - 10 * MS_PER_DAY)],
    );
    expect(told(await handover(week), 'intake')[0]).toContain('; the span before 12');
    expect(told(await handover(), 'intake')[0]).not.toContain('the span before');
  });

  test('as Markdown is inert: what others wrote stands in code, and every link is ours', async () => {
    const text = handoverMarkdown(await handover(), 'http://localhost:8080');
    expect(text).toContain('# Handover, ');
    expect(text).toContain('javascript:alert(1)');
    const outside = text.replace(/(`+) .*? \1/g, '');
    expect(outside).not.toMatch(/javascript|<b>|\u202e/);
    for (const [, link = ''] of outside.matchAll(/\]\(([^)]*)\)/g)) expect(link).toMatch(/^http:\/\/localhost:8080\//);
  });
});

describe('decisions in the handover', () => {
  let world: Installation;
  let team: Team;
  const read = async () => {
    const streams = new Streams(() => world.context.now());
    const parts = { context: world.context, overview: new Overview(world.context), study: { streams } };
    return must(
      await readHandover(
        parts as unknown as Parameters<typeof readHandover>[0],
        { from: undefined, to: undefined },
        undefined,
      ),
    );
  };

  beforeAll(async () => {
    world = await startInstallation();
    team = await startTeam(world);
    await world.database.ownerPool.query(
      `INSERT INTO incident (tenant_id, id, title, severity, severity_rank, alert_count, sources, entities, first_seen, last_seen, updated_at)
       VALUES ('default', $1, 't', 'high', 4, 1, '{}', '[]', now(), now(), now())`,
      [INCIDENT],
    );
  });
  afterAll(() => world.stop());

  test('say what blocks each proposal that waits, and when it runs out', async () => {
    const proposal = await propose(world, team.rosa);
    const [line, ...others] = sectionOf(await read(), 'reviews').lines;
    expect(others).toEqual([]);
    expect(line?.to).toEqual({ kind: 'proposal', id: proposal });
    expect(textOf(line as HandoverLine)).toMatch(/\(T\d\): waits for \d of \d (person|people); expires in /);
  });

  test('say who decided, what became of it, and what was undone, in the order in which it was', async () => {
    const waiting = sectionOf(await read(), 'reviews').lines[0]?.to;
    await review(world, team.sam, waiting?.kind === 'proposal' ? waiting.id : 'prp_none', { verdict: 'reject' });
    const proposal = await propose(world, team.rosa);
    await review(world, team.sam, proposal);
    await execute(world, proposal);
    const decided = told(await read(), 'decided');
    expect(decided[0]).toMatch(/^Sam Responder rejected: /);
    expect(decided[1]).toMatch(/^Sam Responder approved: /);
    expect(decided.at(-1)).toMatch(/was carried out/);
    const undo = await tryUndo(world, team.rosa, proposal);
    if (!undo.ok) throw new Error(JSON.stringify(undo.failure));
    await review(world, team.sam, undo.value);
    await execute(world, undo.value);
    expect(told(await read(), 'decided').at(-1)).toMatch(/^As an undo, .* was carried out/);
    expect(told(await read(), 'reviews')).toEqual([]);
  });

  test('of a person are named, and never counted or ranked', async () => {
    const text = JSON.stringify(await read());
    expect(text).toContain('Sam Responder');
    expect(text).not.toMatch(/Sam Responder[^"]*\d+ (decisions|reviews)/);
  });
});
