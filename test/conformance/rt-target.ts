import { startProxy } from '../../src/connector/proxy.ts';
import type { Change, ConformanceTarget } from '../../src/connector/target.ts';
import type { SystemConfig } from '../../src/ports/responder.ts';
import { requestTrackerManifest } from '../../src/responders/request-tracker/manifest.ts';
import { requestTracker } from '../../src/responders/request-tracker/responder.ts';
import { type RequestTracker, startRequestTracker } from './rt-server.ts';

/** Tickets as they are numbered when they are made in this order. */
const VICTIM = '1';
const OTHER = '2';
const ELSEWHERE = '3';
const APPROVAL = '4';
const WAITING = '5';
const MERGED = '6';
const HOSTILE_SUBJECTS = ['<img src=x onerror=1>', "'); DROP TABLE Tickets; --", '\u202etxet', '1'];
/** The first of those that bear {@link HOSTILE_SUBJECTS}. */
const HOSTILE_FROM = 7;
const READER = 'countersign-read';
const WRITER = 'countersign-write';

/** What the tests beside the suite need, too. */
export interface RtTarget extends ConformanceTarget {
  readonly order: RequestTracker['order'];
  readonly statusOf: (id: string) => Promise<string>;
}

async function furnish({ order }: RequestTracker): Promise<{ readonly read: string; readonly write: string }> {
  for (const queue of ['soc', 'payroll']) await order('queue', queue);
  const tokens = { read: String(await order('user', READER)), write: String(await order('user', WRITER)) };
  for (const queue of ['soc', 'payroll']) await order('grant', READER, 'ShowTicket', queue);
  for (const right of ['ShowTicket', 'ModifyTicket']) await order('grant', WRITER, right, 'soc');
  await order('ticket', 'soc', 'A password was guessed', 'ticket');
  await order('ticket', 'soc', 'Something else', 'ticket');
  await order('ticket', 'payroll', 'Of another queue', 'ticket');
  await order('ticket', 'soc', 'May it be bought?', 'approval');
  await order('ticket', 'soc', 'Waits for another', 'ticket');
  await order('ticket', 'soc', 'Merged into another', 'ticket');
  await order('merge', MERGED, OTHER);
  await order('link', WAITING, 'DependsOn', 'Target', OTHER);
  for (const subject of HOSTILE_SUBJECTS) await order('ticket', 'soc', subject, 'ticket');
  return tokens;
}

/** Starts a Request Tracker of its own, with the two users of the README, two queues and some tickets. */
export async function startRtTarget(): Promise<RtTarget> {
  const server = await startRequestTracker();
  const { order } = server;
  const tokens = await furnish(server);
  const rows = async (sql: string, ...given: readonly string[]) =>
    (await order('ask', sql, ...given)) as readonly (readonly (string | number)[])[];
  const one = async (sql: string, ...given: readonly string[]) => String((await rows(sql, ...given))[0]?.[0] ?? '');
  const statusOf = (id: string) => one('SELECT Status FROM Tickets WHERE id = ?', id);
  const queue = await one('SELECT id FROM Queues WHERE Name = ?', 'soc');
  const proxy = await startProxy({ host: '127.0.0.1', port: server.port });
  const settings = (port: number) => ({ url: server.url(port), queue });
  const system: SystemConfig = { responder: 'request-tracker', system: 'tickets', settings: settings(server.port) };
  const proxied = { ...system, settings: settings(proxy.port) };
  const [contain, release] = requestTrackerManifest.operations;
  if (contain === undefined || release === undefined) throw new Error('the responder contains and releases');
  const set = (name: string, field: string, to: string, back: string): Change => ({
    name,
    apply: async () => void (await order('set', VICTIM, field, to)),
    revert: async () => void (await order('set', VICTIM, field, back)),
  });
  const reply: Change = {
    name: 'a reply',
    apply: async () => void (await order('reply', VICTIM)),
    revert: async () => undefined,
  };
  const statusChanges = () =>
    one(
      "SELECT count(*) FROM Transactions WHERE ObjectType = 'RT::Ticket' AND ObjectId = ? AND Type = 'Status'",
      VICTIM,
    );
  return {
    responder: requestTracker,
    program: {
      module: new URL('../../src/responders/request-tracker/responder.ts', import.meta.url).href,
      name: 'requestTracker',
    },
    // Who takes the ticket for done, nothing there shows.
    effect: 'unproven',
    // Each request starts an interpreter's worth of work there.
    timeoutMs: 3_000,
    system,
    proxied,
    proxy,
    secrets: { ...tokens, probe: '{}' },
    contain,
    release,
    victim: VICTIM,
    order,
    statusOf,
    async restore() {
      proxy.reset();
      await order('set', VICTIM, 'Queue', 'soc');
      await order('set', VICTIM, 'Subject', 'A password was guessed');
      await order('set', VICTIM, 'Status', 'new');
    },
    snapshot: async () => JSON.stringify(await rows('SELECT id, Status, Queue, Subject FROM Tickets ORDER BY id')),
    valueAt: async () => await statusOf(VICTIM),
    isContained: async name => (await statusOf(name)) === 'resolved',
    // Its own mail is no change that the read user may see.
    version: async () =>
      `"${await one("SELECT max(id) FROM Transactions WHERE ObjectType = 'RT::Ticket' AND ObjectId = ? AND Type NOT LIKE '%EmailRecord'", VICTIM)}"`,
    versionAfterPath: 'ticket.versionAfter',
    asksForChange: sent => /^(POST|DELETE|PUT|PATCH) /m.test(sent.toString('latin1')),
    drifts: [
      set('a status by somebody else', 'Status', 'open', 'new'),
      set('a resolution by somebody else', 'Status', 'resolved', 'new'),
      set('another subject', 'Subject', 'Something worse', 'A password was guessed'),
      set('another queue', 'Queue', 'payroll', 'soc'),
      reply,
    ],
    driftsAfter: [set('a reopening by somebody else', 'Status', 'open', 'resolved'), reply],
    scopes: [
      {
        name: 'ShowTicket on the queue',
        apply: async () => void (await order('revoke', READER, 'ShowTicket', 'soc')),
        revert: async () => void (await order('grant', READER, 'ShowTicket', 'soc')),
      },
      {
        name: 'the read user',
        apply: async () => void (await order('disable', READER, 1)),
        revert: async () => void (await order('disable', READER, 0)),
      },
    ],
    forbidden: forbiddenOf(server.url(), tokens),
    lie: {
      name: 'a lie',
      system: proxied,
      async apply() {
        proxy.reset();
        const body = `["Ticket ${VICTIM}: Status changed from 'new' to 'resolved'"]`;
        const said = `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
        proxy.answer(piece => (piece.includes('PUT /REST/2.0/ticket/') ? Buffer.from(said) : undefined));
      },
      revert: async () => proxy.reset(),
    },
    containAlone: async () => void (await order('set', VICTIM, 'Status', 'resolved')),
    // What an undo does not take back: that it stands in the history.
    async hold() {
      const before = await statusChanges();
      return { reads: async () => (await statusChanges()) === before, close: async () => undefined };
    },
    rests: {
      name: 'what rests on it',
      async apply() {
        await order('link', VICTIM, 'DependsOn', 'Base', OTHER);
        await order('link', VICTIM, 'MemberOf', 'Base', ELSEWHERE);
      },
      async revert() {
        await order('unlink', VICTIM, 'DependsOn', 'Base', OTHER);
        await order('unlink', VICTIM, 'MemberOf', 'Base', ELSEWHERE);
      },
      mentions: [`depended-on-by ticket ${OTHER}`, `child ticket ${ELSEWHERE}`, 'requestor asker@example.org'],
    },
    untouchable: [
      { name: ELSEWHERE, reason: 'missing_scope', isRefusedByTarget: true },
      { name: APPROVAL, reason: 'not_expressible', isRefusedByTarget: true },
      { name: WAITING, reason: 'not_settled', isRefusedByTarget: true },
    ],
    hostileNames: [
      '',
      ' ',
      '*',
      MERGED,
      `0${VICTIM}`,
      `+${VICTIM}`,
      `${VICTIM}.0`,
      `${VICTIM}e0`,
      `${VICTIM} `,
      ` ${VICTIM}`,
      `${VICTIM}/`,
      `${VICTIM}/comment`,
      `${VICTIM}?x=1`,
      `${VICTIM}#`,
      `#${VICTIM}`,
      `${VICTIM}\n`,
      `${VICTIM}\0`,
      `${VICTIM}\u200b`,
      '\u0661',
      '\uff11',
      '../ticket/1',
      'A password was guessed',
      '\ud800',
      '999999999',
      '1'.repeat(400),
    ],
    hostileAccounts: HOSTILE_SUBJECTS.map((_subject, index) => String(HOSTILE_FROM + index)),
    makeHostile: async name => ({
      name,
      apply: async () => undefined,
      revert: async () => void (await order('set', name, 'Status', 'new')),
    }),
    async close() {
      await proxy.close();
      await server.stop();
    },
  };
}

/** RT says no by 200 and a sentence as well. */
function forbiddenOf(
  url: string,
  tokens: { readonly read: string; readonly write: string },
): ConformanceTarget['forbidden'] {
  const may = async (by: 'read' | 'write', method: string, path: string, body: object) => {
    const headers = { authorization: `token ${tokens[by]}`, 'content-type': 'application/json' };
    const answer = await fetch(url + path, { method, headers, body: JSON.stringify(body) });
    const said = await answer.text();
    return answer.status < 400 && !/Permission Denied/i.test(said);
  };
  return [
    { name: 'read: resolve', isAllowed: () => may('read', 'PUT', `/ticket/${OTHER}`, { Status: 'resolved' }) },
    { name: 'read: rename', isAllowed: () => may('read', 'PUT', `/ticket/${OTHER}`, { Subject: 'x' }) },
    { name: 'read: comment', isAllowed: () => may('read', 'POST', `/ticket/${OTHER}/comment`, { Content: 'x' }) },
    { name: 'read: create', isAllowed: () => may('read', 'POST', '/ticket', { Queue: 'soc', Subject: 'x' }) },
    {
      name: 'write: resolve in another queue',
      isAllowed: () => may('write', 'PUT', `/ticket/${ELSEWHERE}`, { Status: 'resolved' }),
    },
    { name: 'write: move', isAllowed: () => may('write', 'PUT', `/ticket/${OTHER}`, { Queue: 'payroll' }) },
    { name: 'write: delete', isAllowed: () => may('write', 'PUT', `/ticket/${OTHER}`, { Status: 'deleted' }) },
    { name: 'write: create', isAllowed: () => may('write', 'POST', '/ticket', { Queue: 'soc', Subject: 'x' }) },
    { name: 'write: make a user', isAllowed: () => may('write', 'POST', '/user', { Name: 'x' }) },
  ];
}
