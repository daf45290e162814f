import { pipeline, Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { Hono } from 'hono';
import { z } from 'zod';
import type { ServerContext } from '../app/context.ts';
import { admitMachine, refuseMachine } from '../app/custody.ts';
import type { Delivery, IntakeCounts } from '../app/intake.ts';
import { fieldMapOf } from '../app/normalise-files.ts';
import type { ServerParts } from '../app/server-process.ts';
import {
  checkDelivery,
  checkGithubDelivery,
  isSourceToken,
  type PushSource,
  readPushSource,
  rememberDelivery,
  sourceOfToken,
  wasDelivered,
} from '../app/sources.ts';
import { SOURCES } from '../sources/index.ts';
import type { Piece } from '../sources/read/record.ts';
import { createLineSplitter, createSplitter, type Splitter } from '../sources/read/splitter.ts';
import { allow, type DoorContext, type Frame, must, queryOf, refuse } from './door.ts';
import { addressOf } from './http.ts';
import type { Metrics } from './metrics.ts';

/** One pushed delivery, as it comes over the wire. */
const PUSH_BYTES_MAX = 8 * 1024 * 1024;
/** And once its gzip is undone. */
const PUSH_INFLATED_BYTES_MAX = 64 * 1024 * 1024;
/** Batches that may wait before senders are told to come back. */
const BACKLOG_MAX = 32;
/** Deliveries in hand, each with its body: in all, and of one source, so that none takes the room of the others. */
const PUSHES_MAX = 24;
const PUSHES_PER_SOURCE_MAX = 8;
/** A body that takes longer is cut off: it holds a place that others wait for. */
const PUSH_READ_MS_MAX = 60_000;
/** What a product may ask us to say back. */
const CHALLENGE_CHARS_MAX = 1_024;

const FILE_QUERY = z.object({
  source: z
    .string()
    .regex(/^[a-z0-9-]{1,64}$/)
    .default('auto'),
  map: z.string().max(4_000).optional(),
  /** `lines`: a piece of a growing file, whose first line tells nothing about the others. */
  layout: z.enum(['auto', 'lines']).default('auto'),
});

/** Mounted at /ingest: products push here, each with a token or an HMAC of its own. */
export function pushRoutes(parts: ServerParts, metrics: Metrics): Hono<Frame> {
  const { context } = parts;
  const room = createRoom(PUSHES_MAX, PUSHES_PER_SOURCE_MAX);
  return new Hono<Frame>()
    .get('/:source', async c => {
      const source = await readPushSource(context, c.req.param('source'));
      // Okta asks once whether an event hook is ours, with the secret that it will send with each event.
      if (source === undefined || !isSourceToken(source, credentialIn(c)))
        return refuse('source.bad_signature', `no token of ${c.req.param('source')}`);
      return c.json({
        verification: c.req.header('x-okta-verification-challenge')?.slice(0, CHALLENGE_CHARS_MAX) ?? '',
      });
    })
    .post('/:source', async c => {
      const source = await sourceOf(c, context);
      // Microsoft Graph asks whether a subscription's address is ours; nothing is kept.
      const token = c.req.query('validationToken');
      if (token !== undefined && token.length <= CHALLENGE_CHARS_MAX)
        return c.body(token, 200, { 'content-type': 'text/plain; charset=utf-8' });
      const leave = room.enter(source.id);
      if (leave === undefined || parts.intake.backlog >= BACKLOG_MAX) {
        leave?.();
        return refuse('system.rate_limited', `${parts.intake.backlog} batches wait`);
      }
      try {
        return await takePush(c, parts, metrics, source);
      } finally {
        leave();
      }
    });
}

async function sourceOf(c: DoorContext, context: ServerContext): Promise<PushSource> {
  const id = c.req.param('source') ?? '';
  return (await readPushSource(context, id)) ?? refuse('source.unknown', id);
}

async function takePush(c: DoorContext, parts: ServerParts, metrics: Metrics, source: PushSource): Promise<Response> {
  const { context } = parts;
  // A wrong token is refused before its body is read.
  if (!isSigned(c)) await requireToken(c, context, source);
  const body = await readBody(c);
  const deliveryId = isSigned(c) ? await requireSignature(c, parts, source, body) : deliveryIdIn(c);
  const made = { madeAt: source.madeAt, madeBy: source.madeBy, isUseSeen: true };
  must(await admitMachine(context, `source:${source.id}`, made, addressOf(c)));
  c.set('caller', { kind: 'machine', id: `source:${source.id}`, purpose: 'ingest' });
  await allow(c, context, 'ingest');
  const delivery: Delivery = { from: source.id, sourceId: source.kind, fieldMap: source.fieldMap, deliveryId };
  const counts = await take(parts, metrics, piecesOf(Readable.from([body]), c, PUSH_INFLATED_BYTES_MAX), delivery);
  if (deliveryId !== undefined) await rememberDelivery(context, source, deliveryId);
  return c.json(counts);
}

/** Counts the deliveries in hand, because each holds its body: memory is bounded whatever senders do. */
function createRoom(most: number, mostOfOne: number): { enter(source: string): (() => void) | undefined } {
  const inside = new Map<string, number>();
  let total = 0;
  return {
    enter(source) {
      const own = inside.get(source) ?? 0;
      if (total >= most || own >= mostOfOne) return undefined;
      total += 1;
      inside.set(source, own + 1);
      return () => {
        total -= 1;
        const left = (inside.get(source) ?? 1) - 1;
        if (left === 0) inside.delete(source);
        else inside.set(source, left);
      };
    },
  };
}

/** Mounted at /api/v1/ingest: the command of this machine streams files of any size. */
export function fileRoutes(parts: ServerParts, metrics: Metrics): Hono<Frame> {
  return new Hono<Frame>().post('/', async c => {
    await allow(c, parts.context, 'ingest');
    const { source, map, layout } = queryOf(c, FILE_QUERY);
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
      layout === 'lines' ? createLineSplitter() : createSplitter(),
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

/** The whole body of a push. Its size and time are bounded while it is read, whatever its header says. */
async function readBody(c: DoorContext): Promise<Buffer> {
  const { body } = c.req.raw;
  if (body === null) return refuse('request.malformed', 'there is no body');
  const chunks: Uint8Array[] = [];
  let size = 0;
  const stream = Readable.fromWeb(body as Parameters<typeof Readable.fromWeb>[0]);
  const late = setTimeout(() => stream.destroy(new LateBody()), PUSH_READ_MS_MAX);
  try {
    for await (const chunk of stream) {
      size += chunk.length;
      if (size > PUSH_BYTES_MAX) return refuse('request.too_large', `more than ${PUSH_BYTES_MAX} bytes`);
      chunks.push(chunk);
    }
  } catch (error) {
    if (error instanceof LateBody) refuse('request.malformed', 'the body takes too long');
    throw error;
  } finally {
    clearTimeout(late);
  }
  return Buffer.concat(chunks);
}

class LateBody extends Error {
  override readonly name = 'LateBody';
}

const SIGNATURE = 'x-countersign-signature';
const GITHUB_SIGNATURE = 'x-hub-signature-256';

function isSigned(c: DoorContext): boolean {
  return c.req.header(SIGNATURE) !== undefined || c.req.header(GITHUB_SIGNATURE) !== undefined;
}

function deliveryIdIn(c: DoorContext): string | undefined {
  return c.req.header('x-countersign-delivery')?.slice(0, 200);
}

/** The token of `Bearer TOKEN`, the password of `Basic …`, or the whole header, as Okta sends what it was given. */
function credentialIn(c: DoorContext): string {
  const header = c.req.header('authorization') ?? '';
  const [, scheme = '', value = ''] = /^(?:(Bearer|Basic) )?([\x21-\x7e]{1,1024})$/i.exec(header) ?? [];
  if (scheme.toLowerCase() !== 'basic') return value;
  const pair = Buffer.from(value, 'base64').toString('utf8');
  return pair.slice(pair.indexOf(':') + 1);
}

async function requireToken(c: DoorContext, context: ServerContext, source: PushSource): Promise<void> {
  const token = credentialIn(c);
  if (isSourceToken(source, token)) return;
  // A secret that is real and of another source was handed on: whoever answers for that one should know.
  const other = token === '' ? undefined : await sourceOfToken(context, token);
  if (other !== undefined && other !== source.id)
    must(await refuseMachine(context, `source:${other}`, 'machine.elsewhere', addressOf(c)));
  refuse('source.bad_signature', `no token of ${source.id}`);
}

/** Refuses a delivery that the source did not sign. Resolves to its id, which is good for one use. */
async function requireSignature(
  c: DoorContext,
  parts: ServerParts,
  source: PushSource,
  body: Uint8Array,
): Promise<string> {
  const own = c.req.header(SIGNATURE);
  const id = c.req.header(own === undefined ? 'x-github-delivery' : 'x-countersign-delivery') ?? '';
  const timestamp = c.req.header('x-countersign-timestamp') ?? '';
  must(
    own === undefined
      ? checkGithubDelivery(source, { id, signature: c.req.header(GITHUB_SIGNATURE) ?? '' }, body)
      : checkDelivery(parts.context, source, { timestamp, id, signature: own }, body),
  );
  if (await wasDelivered(parts.context, source.id, id))
    return refuse('source.replayed', `delivery ${id} of ${source.id}`);
  return id;
}

/** The records of a body, while it is read. gzip is undone where the header or the first bytes say so. */
async function* piecesOf(
  raw: Readable,
  c: DoorContext,
  inflatedMax: number,
  splitter: Splitter = createSplitter(),
): AsyncGenerator<readonly Piece[]> {
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
