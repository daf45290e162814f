import { Hono } from 'hono';
import { z } from 'zod';
import { wordingOf } from '../app/ask.ts';
import { overviewOf } from '../app/assist/overview.ts';
import { type PreviewSubject, Previews } from '../app/assist/preview.ts';
import { listRecords, readBlob, readRecord, recordView, type StoredRecord } from '../app/assist/records.ts';
import { replayRecord } from '../app/assist/replay.ts';
import { readAssist } from '../app/assist/select.ts';
import { AI_SETTINGS, writeSettings } from '../app/assist/settings.ts';
import { fieldOf } from '../app/evidence.ts';
import { readPeople } from '../app/people.ts';
import type { ServerParts } from '../app/server-process.ts';
import { parseId } from '../base/id.ts';
import type { AiRecordView, ProviderTest } from '../model/api-ai.ts';
import { WITHOUT_MODEL } from '../model/assist.ts';
import { QUESTION_CHARS_MAX } from '../model/query.ts';
import { allow, allowPerson, bodyOf, type DoorContext, type Frame, must, queryOf, refuse } from './door.ts';
import { CURSOR, ID, LIMIT } from './schemas.ts';

const HEX_64 = z.string().regex(/^[0-9a-f]{64}$/);
const NAME = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/);
const PREVIEW = z.union([
  z.strictObject({
    incident: ID('inc'),
    question: z.string().trim().min(1).max(QUESTION_CHARS_MAX),
    provider: NAME.optional(),
  }),
  z.strictObject({ incident: ID('inc'), provider: NAME.optional() }),
  z.strictObject({ evidence: ID('evd'), pointer: z.string().max(1_024), provider: NAME.optional() }),
]);
const ACKNOWLEDGE = z.strictObject({ provider: NAME, form: HEX_64, requestSha256: HEX_64 });
const RECORDS = z.object({ incident: ID('inc').optional(), cursor: CURSOR, limit: LIMIT(200, 50) });
/** Replaying reads the records that an answer rests on, so a page of it is short. */
const REPLAY = z.object({ cursor: CURSOR, limit: LIMIT(50, 20) });
/** Mounted at /api/v1/ai: who may be asked, on which terms, and what was asked. */
export function aiRoutes(parts: ServerParts): Hono<Frame> {
  const { context, assist } = parts;
  const previews = new Previews(assist);
  return new Hono<Frame>()
    .get('/', async c => {
      await allow(c, context, 'read');
      return c.json(await overviewOf(assist));
    })
    .put('/settings', async c => {
      const by = await allowPerson(c, context, 'invite');
      return c.json(must(await writeSettings(context, await bodyOf(c, AI_SETTINGS), by.id)));
    })
    .post('/providers/:name/test', async c => {
      const by = await allowPerson(c, context, 'invite');
      return c.json(await testOf(parts, c.req.param('name'), by.id));
    })
    .get('/preview', async c => {
      await allow(c, context, 'read');
      const query = queryOf(c, PREVIEW);
      return c.json(must(await previews.of(await subjectOf(parts, query), query.provider)));
    })
    .post('/preview/acknowledge', async c => {
      const by = await allowPerson(c, context, 'invite');
      must(await previews.acknowledge(await bodyOf(c, ACKNOWLEDGE), by.id));
      return c.json({ acknowledged: true });
    })
    .route('/', recordRoutes(parts));
}

async function subjectOf(parts: ServerParts, query: z.infer<typeof PREVIEW>): Promise<PreviewSubject> {
  if ('evidence' in query)
    return {
      kind: 'text',
      text: must(await fieldOf(parts.context, query.evidence as `evd_${string}`, query.pointer)),
    };
  const incident = query.incident as `inc_${string}`;
  if ('question' in query) return { kind: 'question', wording: must(await wordingOf(parts, incident, query.question)) };
  return { kind: 'incident', incident };
}

function recordRoutes({ context, assist }: ServerParts): Hono<Frame> {
  return new Hono<Frame>()
    .get('/records', async c => {
      await allow(c, context, 'read');
      const { incident, cursor, limit } = queryOf(c, RECORDS);
      const rows = await listRecords(context, { incident, before: cursor, limit });
      const names = await namesOf(context);
      const named = rows.map(row => ({ ...recordView(row), by: names.get(row.by) ?? row.by }));
      return c.json({ rows: named, next: rows.length === limit ? rows.at(-1)?.id : undefined });
    })
    .get('/records/:id', async c => {
      await allow(c, context, 'read');
      const id = parseId('ai_record', c.req.param('id') ?? '');
      const stored = id.ok ? await readRecord(context, id.value) : undefined;
      if (stored === undefined) return refuse('not_found', 'no such record of a call');
      return c.json(await viewOf({ context, assist }, stored));
    })
    .get('/replay', async c => {
      await allow(c, context, 'read');
      const { cursor, limit } = queryOf(c, REPLAY);
      const records = await listRecords(context, { incident: undefined, before: cursor, limit });
      const rows: object[] = [];
      for (const { id } of records) rows.push({ id, ...(await replayRecord(context, assist.study.studied, id)) });
      return c.json({ rows, next: records.length === limit ? records.at(-1)?.id : undefined });
    });
}

/** Who asked, as people read it; in the record itself stands the id. */
async function namesOf(context: ServerParts['context']): Promise<ReadonlyMap<string, string>> {
  return new Map((await readPeople(context)).map(person => [person.id, person.name]));
}

async function viewOf(
  { context, assist }: Pick<ServerParts, 'context' | 'assist'>,
  stored: StoredRecord,
): Promise<AiRecordView> {
  const [system, packet, schema, response, shown] = await Promise.all([
    readBlob(context, '', stored.systemSha256),
    readBlob(context, 'countersign/packet/v1', stored.packetSha256),
    readBlob(context, '', stored.schemaSha256),
    stored.responseSha256 === '' ? undefined : readBlob(context, '', stored.responseSha256),
    readBlob(context, 'countersign/assist/v1', stored.shownSha256),
  ]);
  const names = await namesOf(context);
  return {
    record: { ...recordView(stored), by: names.get(stored.by) ?? stored.by },
    system: system ?? '',
    packet: packet ?? '',
    schema: schema ?? '',
    response: response ?? '',
    isResponseText: response !== undefined,
    shown: stored.task === 'select' && shown !== undefined ? readAssist(shown) : undefined,
    replay: await replayRecord(context, assist.study.studied, stored.id),
  };
}

async function testOf({ assist, context }: ServerParts, name: string, by: string): Promise<ProviderTest> {
  const outcome = await assist.test(name, by);
  if (outcome === undefined) return refuse('not_found', `no provider ${name}`);
  const record = outcome.record === undefined ? undefined : await readRecord(context, outcome.record);
  return {
    isWell: outcome.without === undefined,
    without: outcome.without ?? '',
    shown:
      outcome.without === undefined ? 'It answered in the form that was asked for.' : WITHOUT_MODEL[outcome.without],
    detail: outcome.detail,
    model: record?.model ?? '',
    latencyMs: record?.latencyMs ?? 0,
    record: outcome.record,
  };
}

/** Mounted at /api/v1/incidents, beside the incidents' own. Reading asks nobody: what is sent out, a person decides. */
export function assistRoutes({ context, assist }: ServerParts): Hono<Frame> {
  return new Hono<Frame>()
    .get('/:id/assist', async c => {
      await allow(c, context, 'read');
      return c.json(must(await assist.view(incidentOf(c))));
    })
    .post('/:id/assist', async c => {
      const by = await allowPerson(c, context, 'propose');
      return c.json(must(await assist.begin(incidentOf(c), by.id)), 202);
    });
}

function incidentOf(c: DoorContext): `inc_${string}` {
  const id = parseId('incident', c.req.param('id') ?? '');
  return id.ok ? id.value : refuse('not_found', 'not an id of an incident');
}
