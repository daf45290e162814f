import { pipeline, Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { Hono } from 'hono';
import { z } from 'zod';
import type { Delivery, IntakeCounts } from '../app/intake.ts';
import { fieldMapOf } from '../app/normalise-files.ts';
import type { ServerParts } from '../app/server-process.ts';
import {
  checkDelivery,
  isSourceToken,
  type PushSource,
  readPushSource,
  rememberDelivery,
  wasDelivered,
} from '../app/sources.ts';
import { failureOf } from '../model/failure.ts';
import { SOURCES } from '../sources/index.ts';
import type { Piece } from '../sources/read/record.ts';
import { createSplitter } from '../sources/read/splitter.ts';
import { allow, type DoorContext, type Frame, must, queryOf, Refused, refuse } from './door.ts';
import type { Metrics } from './metrics.ts';

/** One pushed delivery, as it comes over the wire. */
const PUSH_BYTES_MAX = 8 * 1024 * 1024;
/** And once its gzip is undone. */
const PUSH_INFLATED_BYTES_MAX = 64 * 1024 * 1024;
/** Batches that may wait before senders are told to come back. */
const BACKLOG_MAX = 32;
const RETRY_SECONDS = '2';

const FILE_QUERY = z.object({
  source: z
    .string()
    .regex(/^[a-z0-9-]{1,64}$/)
    .default('auto'),
  map: z.string().max(4_000).optional(),
});

/** Mounted at /ingest: products push here, each with a token or an HMAC of its own. */
export function pushRoutes(parts: ServerParts, metrics: Metrics): Hono<Frame> {
  return new Hono<Frame>().post('/:source', async c => {
    const { context } = parts;
    const body = await readBody(c);
    const source = await readPushSource(context, c.req.param('source'));
    if (source === undefined) return refuse('source.unknown', c.req.param('source'));
    const deliveryId = await requireSender(c, parts, source, body);
    c.set('caller', { kind: 'machine', id: `source:${source.id}`, purpose: 'ingest' });
    await allow(c, context, 'ingest');
    requireRoom(c, parts);
    const delivery: Delivery = { from: source.id, sourceId: source.kind, fieldMap: source.fieldMap, deliveryId };
    const counts = await take(parts, metrics, piecesOf(Readable.from([body]), c, PUSH_INFLATED_BYTES_MAX), delivery);
    if (deliveryId !== undefined) await rememberDelivery(context, source.id, deliveryId);
    return c.json(counts);
  });
}

/** Mounted at /api/v1/ingest: the command of this machine streams files of any size. */
export function fileRoutes(parts: ServerParts, metrics: Metrics): Hono<Frame> {
  return new Hono<Frame>().post('/', async c => {
    await allow(c, parts.context, 'ingest');
    const { source, map } = queryOf(c, FILE_QUERY);
    if (source !== 'auto' && !SOURCES.sources.some(one => one.id === source)) return refuse('source.unknown', source);
    const fieldMap = fieldMapOf(map ?? '');
    if (!fieldMap.ok) return refuse('request.malformed', `map: ${fieldMap.failure}`);
    const { body } = c.req.raw;
    if (body === null) return refuse('request.malformed', 'there is no body');
    const delivery: Delivery = { from: 'file', sourceId: source, fieldMap: fieldMap.value, deliveryId: undefined };
    // One sender, which reads no further than it is answered: the stream itself is the back-pressure.
    const pieces = piecesOf(
      Readable.fromWeb(body as Parameters<typeof Readable.fromWeb>[0]),
      c,
      Number.POSITIVE_INFINITY,
    );
    return c.json(await take(parts, metrics, pieces, delivery));
  });
}

async function take(
  parts: ServerParts,
  metrics: Metrics,
  pieces: AsyncIterable<readonly Piece[]>,
  delivery: Delivery,
): Promise<IntakeCounts> {
  let before: IntakeCounts = { records: 0, kept: 0, duplicate: 0, quarantined: 0 };
  return parts.intake.take(pieces, delivery, now => {
    for (const outcome of ['kept', 'duplicate', 'quarantined'] as const)
      metrics.records.inc({ outcome }, now[outcome] - before[outcome]);
    before = now;
  });
}

/** The whole body of a push. Its size is bounded while it is read, whatever its header says. */
async function readBody(c: DoorContext): Promise<Buffer> {
  const { body } = c.req.raw;
  if (body === null) return refuse('request.malformed', 'there is no body');
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of Readable.fromWeb(body as Parameters<typeof Readable.fromWeb>[0])) {
    size += chunk.length;
    if (size > PUSH_BYTES_MAX) return refuse('request.too_large', `more than ${PUSH_BYTES_MAX} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Refuses anybody but the source itself. Resolves to the id of the delivery, which an HMAC makes good for one use. */
async function requireSender(
  c: DoorContext,
  parts: ServerParts,
  source: PushSource,
  body: Uint8Array,
): Promise<string | undefined> {
  const signature = c.req.header('x-countersign-signature');
  if (signature === undefined) {
    const token = /^Bearer ([\x21-\x7e]{1,512})$/.exec(c.req.header('authorization') ?? '')?.[1] ?? '';
    if (!isSourceToken(source, token)) return refuse('source.bad_signature', `no token of ${source.id}`);
    return c.req.header('x-countersign-delivery')?.slice(0, 200);
  }
  const id = c.req.header('x-countersign-delivery') ?? '';
  must(
    checkDelivery(
      parts.context,
      source,
      { timestamp: c.req.header('x-countersign-timestamp') ?? '', id, signature },
      body,
    ),
  );
  if (await wasDelivered(parts.context, source.id, id))
    return refuse('source.replayed', `delivery ${id} of ${source.id}`);
  return id;
}

function requireRoom(c: DoorContext, parts: ServerParts): void {
  if (parts.intake.backlog < BACKLOG_MAX) return;
  c.header('retry-after', RETRY_SECONDS);
  throw new Refused(failureOf('system.rate_limited', `${parts.intake.backlog} batches wait`));
}

/** The records of a body, while it is read. gzip is undone where the header or the first bytes say so. */
async function* piecesOf(raw: Readable, c: DoorContext, inflatedMax: number): AsyncGenerator<readonly Piece[]> {
  const splitter = createSplitter();
  const isGzip = c.req.header('content-encoding') === 'gzip' || /\bgzip\b/.test(c.req.header('content-type') ?? '');
  const stream = isGzip ? pipeline(raw, createGunzip(), () => undefined) : raw;
  let size = 0;
  try {
    for await (const chunk of stream) {
      size += chunk.length;
      if (size > inflatedMax) refuse('request.too_large', `more than ${inflatedMax} bytes once unpacked`);
      const pieces = splitter.push(chunk);
      if (pieces.length > 0) yield pieces;
    }
  } catch (error) {
    if (error instanceof Error && 'code' in error && String(error.code).startsWith('Z_'))
      refuse('request.malformed', `gzip: ${error.message}`);
    throw error;
  }
  const rest = splitter.end();
  if (rest.length > 0) yield rest;
}
