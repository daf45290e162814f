import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Answer, AskAnswer, AskForms, AskOffers, EvidenceView, IncidentPage } from '../../src/model/api.ts';
import { type Browser, firstAdministrator, lines, send, startTestServer, type TestServer } from './harness.ts';

const MAP = encodeURIComponent(
  'id=id,time=time,title=rule,host=host,user=user,src_ip=ip,severity=severity,product=product,action=action,outcome=outcome',
);
/** What an attacker may call an account. */
const HOSTILE = '"}]} OR 1=1; <img src=x onerror=alert(1)> every alert of every incident';

describe('a question about an incident', () => {
  let server: TestServer;
  let admin: Browser;
  let incident = '';
  const ingest = (records: readonly object[]) =>
    send(server, 'POST', `/api/v1/ingest?map=${MAP}`, { authorization: `Bearer ${server.cliToken}` }, lines(records));
  const alert = (id: string, minute: number, more: object = {}) => ({
    id,
    time: `2026-03-02T10:${String(minute).padStart(2, '0')}:00Z`,
    rule: 'Sign-in failed',
    action: 'login',
    outcome: 'failure',
    host: 'db1',
    user: 'dana',
    ip: '10.0.0.9',
    severity: 'medium',
    product: 'Examplar',
    ...more,
  });
  const ask = async (body: object): Promise<AskAnswer> => {
    const answer = await admin.post(`/api/v1/incidents/${incident}/ask`, body);
    expect(answer.status, answer.text).toBe(200);
    return answer.body as AskAnswer;
  };
  const sentence = (answer: Answer | undefined): string => answer?.sentence.map(({ text }) => text).join('') ?? '';
  const column = (answer: Answer | undefined, at: number) => answer?.rows.map(row => row.cells[at]?.text);

  beforeAll(async () => {
    server = await startTestServer();
    admin = await firstAdministrator(server);
    await ingest([
      alert('a', 0),
      alert('b', 10),
      alert('c', 20, { user: 'erin' }),
      alert('d', 30, { rule: 'Sign-in', outcome: 'success' }),
      alert('e', 40, { user: HOSTILE, rule: 'Odd name' }),
    ]);
    incident = ((await admin.get('/api/v1/incidents')).body as IncidentPage).rows[0]?.id ?? '';
  });
  afterAll(() => server.close());

  test('is answered with the query as a sentence, and rows whose citations stand in the record', async () => {
    const { answers, understood } = await ask({ question: 'failed logins of dana on db1 between 10:00 and 10:15' });
    const [answer] = answers;
    expect(sentence(answer)).toBe(
      'Sign-ins that failed, of dana, on db1, from 2026-03-02 10:00 to 2026-03-02 10:15 UTC, the earliest first; at most 25',
    );
    expect(answer?.rows).toHaveLength(2);
    expect(understood.map(({ text }) => text)).toContain('dana');
    for (const row of answer?.rows ?? []) {
      expect(row.citations.length).toBeGreaterThan(0);
      for (const { evidence, pointer, value } of row.citations) {
        const view = (await admin.get(`/api/v1/evidence/${evidence}`)).body as EvidenceView;
        expect(JSON.parse(view.raw)[pointer.slice(1)]).toBe(value);
      }
    }
  });

  test('is counted, grouped and put in order', async () => {
    const counted = await ask({ question: 'How many failed logins?' });
    expect(counted.answers[0]?.rows[0]?.cells[0]?.text).toBe('4');
    const who = await ask({ question: 'Who signed in to db1?' });
    expect(column(who.answers[0], 0)).toEqual(['dana']);
    const which = await ask({ question: 'Which accounts failed to sign in?' });
    expect(column(which.answers[0], 0)).toEqual(expect.arrayContaining(['dana', 'erin']));
    expect(column(which.answers[0], 1)?.[0]).toBe('2');
  });

  test('about what came before or after something is answered by distance', async () => {
    const { answers } = await ask({ question: 'What happened after the last failed login of erin?' });
    expect(answers[0]?.query).toMatchObject({ form: 'around', side: 'after', anchor: { kind: 'last' } });
    expect(column(answers[0], 1)).toEqual(['10 min after', '20 min after']);
  });

  test('that finds nothing says that it was not seen in the telemetry that we have', async () => {
    const { answers } = await ask({ question: 'Was anything blocked?' });
    expect(answers[0]?.rows).toEqual([]);
    expect(answers[0]?.absence?.text).toMatch(/^Not seen in the telemetry that we have\. /);
  });

  test('about a value is answered from our own history, and about decisions from the log', async () => {
    const { answers } = await ask({ question: 'Have we seen 10.0.0.9 before?' });
    expect(answers[0]).toMatchObject({ query: { form: 'prevalence', entity: 'ip:10.0.0.9' } });
    expect(answers[0]?.rows[0]?.rests).toBe('history');
    const decided = await ask({ question: 'What was proposed?' });
    expect(decided.answers[0]).toMatchObject({ query: { form: 'decisions', what: 'proposals' }, rows: [] });
  });

  test('that nobody understands is not guessed at: it gives no query, and words to search for', async () => {
    const told = await ask({ question: 'zxcvb qwertz' });
    expect(told).toMatchObject({ queries: [], answers: [], search: 'zxcvb qwertz' });
    expect(told.notUnderstood).toEqual(['zxcvb', 'qwertz']);
  });

  test('may be asked as a query, and a query of another form or beyond its bounds is refused', async () => {
    const query = { form: 'values', where: {}, of: { by: 'hour' }, order: 'most', limit: 5 };
    const { answers } = await ask({ query });
    expect(answers[0]?.query).toEqual(query);
    for (const wrong of [
      { query: { ...query, limit: 1_000_000 } },
      { query: { ...query, sql: 'select 1' } },
      { query: { ...query, where: { raw: 'true' } } },
      { query: { form: 'delete', where: {} } },
      { query, question: 'both' },
      { question: 'x'.repeat(2_000) },
      {},
    ]) {
      const answer = await admin.post(`/api/v1/incidents/${incident}/ask`, wrong);
      expect(answer).toMatchObject({ status: 400, body: { code: 'request.malformed' } });
    }
  });

  test('may be asked with a token, which reads, and by nobody without either', async () => {
    const path = `/api/v1/incidents/${incident}/ask`;
    const json = { 'content-type': 'application/json' };
    const headers = { ...json, authorization: `Bearer ${server.cliToken}` };
    expect((await send(server, 'POST', path, headers, '{"question":"What changed?"}')).status).toBe(200);
    expect((await send(server, 'POST', path, json, '{"question":"What changed?"}')).status).not.toBe(200);
    expect((await send(server, 'GET', '/api/v1/ask/forms')).status).toBe(401);
  });

  test('changes nothing and is kept nowhere', async () => {
    const rows = async () => {
      const { rows: tables } = await server.db.ownerPool.query<{ name: string }>(
        `SELECT quote_ident(table_name) AS name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'`,
      );
      const counts: [string, string][] = [];
      for (const { name } of tables) {
        const { rows: found } = await server.db.ownerPool.query<{ n: string; hit: string }>(
          `SELECT count(*) AS n, count(*) FILTER (WHERE t::text LIKE '%unheardofword%') AS hit FROM ${name} t`,
        );
        expect(found[0]?.hit, name).toBe('0');
        if (name !== 'web_session') counts.push([name, found[0]?.n ?? '']);
      }
      return counts;
    };
    const before = await rows();
    await ask({ question: 'Who is unheardofword on db1?' });
    expect(await rows()).toEqual(before);
  });

  test('is not widened by what an attacker called an account, whose name stays a value', async () => {
    const plain = await ask({ question: 'failed logins of dana' });
    const named = await ask({ question: `failed logins of "${HOSTILE.slice(5)}"` });
    expect(named.queries[0]?.query.form).toBe(plain.queries[0]?.query.form);
    const key = `user:${HOSTILE.toLowerCase()}`;
    const { answers } = await ask({ query: { form: 'count', where: { entities: [{ key }] } } });
    expect(answers[0]?.rows[0]?.cells[0]?.text).toBe('1');
    expect(answers[0]?.sentence).toContainEqual({ kind: 'value', text: HOSTILE });
    expect(answers[0]?.sentence.filter(({ kind, text }) => kind === 'ours' && text.includes('<'))).toEqual([]);
  });

  test('is offered from the names of the incident, and the builder has every form', async () => {
    const offers = (await admin.get(`/api/v1/incidents/${incident}/ask`)).body as AskOffers;
    expect(offers.examples).toContain('What did dana do?');
    expect(offers.vocabulary.entities.map(({ key }) => key)).toContain('host:db1');
    const forms = (await admin.get('/api/v1/ask/forms')).body as AskForms;
    expect(forms.forms.map(({ form }) => form)).toContain('absent');
    for (const question of offers.examples) {
      const told = await ask({ question });
      expect(told.queries.length, question).toBeGreaterThan(0);
    }
  });
});
