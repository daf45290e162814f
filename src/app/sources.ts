import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { fail, ok, type Result } from '../base/result.ts';
import { MS_PER_DAY, MS_PER_HOUR, MS_PER_MINUTE } from '../base/time.ts';
import type { QuarantineRow, SourceRow } from '../model/api.ts';
import type { StreamCoverage } from '../model/coverage.ts';
import { type Failure, failureOf } from '../model/failure.ts';
import type { FieldMap } from '../ports/source.ts';
import { SOURCES } from '../sources/index.ts';
import { record, type ServerContext, transact } from './context.ts';
import { readCursor, writeCursor } from './incidents.ts';
import { isTokenOf } from './session.ts';
import type { Deliveries } from './source-deliveries.ts';

/** A source that pushes over HTTP, and the secrets that it proves itself by. */
export interface PushSource {
  readonly id: string;
  /** The parser, or `auto`. */
  readonly kind: string;
  readonly fieldMap: FieldMap;
  /** How its deliveries are signed. */
  readonly scheme: SignatureScheme;
  /** The newest first. Those before count for {@link SECRET_OVERLAP_HOURS} more. */
  readonly tokensSha256: readonly string[];
  readonly hmacSecrets: readonly string[];
  /** When its secrets were made, and by whom it was configured: a person, or a command of this machine. */
  readonly madeAt: number;
  readonly madeBy: string;
}

/** `countersign`: time, id and body · `github`: the body, as GitHub's webhooks do (`X-Hub-Signature-256`). */
export type SignatureScheme = 'countersign' | 'github';

/** So long the secrets before still count, so that a product can be given the new ones without a gap. */
export const SECRET_OVERLAP_HOURS = 24;

/** Shown once, to whoever configured the source. Without secrets where those that it has were kept. */
export interface NewSourceSecrets {
  readonly id: string;
  readonly token: string | undefined;
  readonly hmacSecret: string | undefined;
  /** RFC 3339: until when the secrets before still count; undefined where there were none, or they ended at once. */
  readonly oldUntil: string | undefined;
}

/** Configures a source, and gives it new secrets unless those that it has are to be kept. */
export async function configureSource(
  context: ServerContext,
  by: string,
  request: {
    readonly id: string;
    readonly kind: string;
    readonly fieldMap: Readonly<Record<string, string>>;
    readonly keepSecrets?: boolean | undefined;
    readonly scheme: SignatureScheme;
    readonly oldSecrets: 'end_in_a_day' | 'end_now';
  },
): Promise<Result<NewSourceSecrets, Failure>> {
  if (request.kind !== 'auto' && !SOURCES.sources.some(source => source.id === request.kind))
    return fail(failureOf('source.unknown', request.kind));
  const token = randomBytes(32).toString('base64url');
  const hmacSecret = randomBytes(32).toString('base64url');
  const until = request.oldSecrets === 'end_now' ? context.now() : context.now() + SECRET_OVERLAP_HOURS * MS_PER_HOUR;
  return transact(context, async (client): Promise<Result<NewSourceSecrets, Failure>> => {
    if (request.keepSecrets === true) {
      const { rowCount } = await client.query(
        'UPDATE source_config SET kind = $3, field_map = $4 WHERE tenant_id = $1 AND id = $2',
        [context.tenant, request.id, request.kind, JSON.stringify(request.fieldMap)],
      );
      if (rowCount === 0) return fail(failureOf('source.unknown', request.id));
      await record(context, client, { type: 'source.configured', source: request.id, by });
      return ok({ id: request.id, token: undefined, hmacSecret: undefined, oldUntil: undefined });
    }
    const { rows } = await client.query<{ old_until: Date | null }>(
      `INSERT INTO source_config (tenant_id, id, kind, field_map, secret_sha256, hmac_secret, created_at, created_by, scheme, secret_made_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $7)
       ON CONFLICT (tenant_id, id) DO UPDATE SET kind = excluded.kind, field_map = excluded.field_map, scheme = excluded.scheme,
         old_secret_sha256 = source_config.secret_sha256, old_hmac_secret = source_config.hmac_secret, old_until = $10,
         secret_sha256 = excluded.secret_sha256, hmac_secret = excluded.hmac_secret, secret_made_at = excluded.secret_made_at
       RETURNING old_until`,
      [
        context.tenant,
        request.id,
        request.kind,
        JSON.stringify(request.fieldMap),
        createHash('sha256').update(token).digest(),
        hmacSecret,
        new Date(context.now()),
        by,
        request.scheme,
        new Date(until),
      ],
    );
    const oldUntil = request.oldSecrets === 'end_now' ? undefined : rows[0]?.old_until?.toISOString();
    await record(context, client, { type: 'source.configured', source: request.id, by });
    return ok({ id: request.id, token, hmacSecret, oldUntil });
  });
}

export async function readPushSource(context: ServerContext, id: string): Promise<PushSource | undefined> {
  const { rows } = await context.pool.query<{
    id: string;
    kind: string;
    field_map: Record<string, string> | null;
    secret_sha256: Buffer | null;
    hmac_secret: string | null;
    scheme: string;
    old_secret_sha256: Buffer | null;
    old_hmac_secret: string | null;
    made_at: Date;
    created_by: string;
  }>(
    `SELECT coalesce(secret_made_at, created_at) AS made_at, created_by, id, kind, field_map, secret_sha256, hmac_secret, scheme, CASE WHEN old_until > $3 THEN old_secret_sha256 END AS old_secret_sha256,
            CASE WHEN old_until > $3 THEN old_hmac_secret END AS old_hmac_secret FROM source_config WHERE tenant_id = $1 AND id = $2`,
    [context.tenant, id, new Date(context.now())],
  );
  const [row] = rows;
  if (row === undefined) return undefined;
  return {
    id: row.id,
    kind: row.kind,
    fieldMap: new Map(Object.entries(row.field_map ?? {})),
    scheme: row.scheme === 'github' ? 'github' : 'countersign',
    tokensSha256: [row.secret_sha256, row.old_secret_sha256].flatMap(sum =>
      sum === null ? [] : [sum.toString('hex')],
    ),
    hmacSecrets: [row.hmac_secret, row.old_hmac_secret].filter(secret => secret !== null),
    madeAt: row.made_at.getTime(),
    madeBy: row.created_by,
  };
}

/** How far the sender's clock may be off, and how long a delivery id is remembered. */
const SKEW_MS = 5 * MS_PER_MINUTE;
/** GitHub delivers again for three days at most. */
const GITHUB_REMEMBERED_MS = 7 * MS_PER_DAY;

/** What a sender puts into its headers. */
export interface DeliverySignature {
  /** Unix seconds. */
  readonly timestamp: string;
  readonly id: string;
  /** `sha256=` and hex, of HMAC-SHA-256 over `timestamp.id.body`. */
  readonly signature: string;
}

/** Whether the sender's HMAC covers exactly this body, recently. That it was not taken before is checked with the delivery. */
export function checkDelivery(
  context: ServerContext,
  source: PushSource,
  signed: DeliverySignature,
  body: Uint8Array,
): Result<true, Failure> {
  const bad = (detail: string) => fail(failureOf('source.bad_signature', detail));
  if (source.scheme !== 'countersign') return bad('the source signs in another way');
  if (!/^\d{1,12}$/.test(signed.timestamp) || !/^[\x21-\x7e]{1,200}$/.test(signed.id))
    return bad('timestamp or id is malformed');
  if (Math.abs(Number(signed.timestamp) * 1_000 - context.now()) > SKEW_MS)
    return bad('the timestamp is more than five minutes off');
  return isSignedBy(source, signed.signature, Buffer.from(`${signed.timestamp}.${signed.id}.`), body)
    ? ok(true)
    : bad('the HMAC does not match');
}

/**
 * Whether a delivery of GitHub is signed by the source's secret (`X-Hub-Signature-256`). It holds no time: a replay is
 * known by its `X-GitHub-Delivery` for {@link GITHUB_REMEMBERED_MS}, and what it brings is a duplicate after that.
 */
export function checkGithubDelivery(
  source: PushSource,
  signed: Omit<DeliverySignature, 'timestamp'>,
  body: Uint8Array,
): Result<true, Failure> {
  const isGood =
    source.scheme === 'github' &&
    /^[\x21-\x7e]{1,200}$/.test(signed.id) &&
    isSignedBy(source, signed.signature, Buffer.alloc(0), body);
  return isGood ? ok(true) : fail(failureOf('source.bad_signature', 'the signature of GitHub does not match'));
}

function isSignedBy(source: PushSource, signature: string, before: Uint8Array, body: Uint8Array): boolean {
  const given = /^sha256=([0-9a-f]{64})$/.exec(signature)?.[1];
  if (given === undefined) return false;
  const bytes = Buffer.from(given, 'hex');
  return source.hmacSecrets.some(secret =>
    timingSafeEqual(createHmac('sha256', secret).update(before).update(body).digest(), bytes),
  );
}

/** Whether a bearer token is this source's own. */
export function isSourceToken(source: PushSource, token: string): boolean {
  return source.tokensSha256.some(sum => isTokenOf(sum, token));
}

/** The source whose token this is, whichever it is; undefined for one that was made up. */
export async function sourceOfToken(context: ServerContext, token: string): Promise<string | undefined> {
  const { rows } = await context.pool.query<{ id: string }>(
    'SELECT id FROM source_config WHERE tenant_id = $1 AND (secret_sha256 = $2 OR old_secret_sha256 = $2)',
    [context.tenant, createHash('sha256').update(token).digest()],
  );
  return rows[0]?.id;
}

/** Whether a delivery of this id was taken already. */
export async function wasDelivered(context: ServerContext, source: string, id: string): Promise<boolean> {
  const { rowCount } = await context.pool.query(
    'SELECT 1 FROM delivery_seen WHERE tenant_id = $1 AND source = $2 AND delivery_id = $3',
    [context.tenant, source, id],
  );
  return rowCount !== 0;
}

/**
 * Remembers a delivery once all of it is durable: a sender that is cut off before may send the same again. Ids are
 * forgotten when their signature is too old to be accepted anyway.
 */
export async function rememberDelivery(context: ServerContext, source: PushSource, id: string): Promise<void> {
  await context.pool.query(
    'INSERT INTO delivery_seen (tenant_id, source, delivery_id, at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING',
    [context.tenant, source.id, id, new Date(context.now())],
  );
  const keptMs = source.scheme === 'github' ? GITHUB_REMEMBERED_MS : 3 * SKEW_MS;
  await context.pool.query('DELETE FROM delivery_seen WHERE tenant_id = $1 AND source = $2 AND at < $3', [
    context.tenant,
    source.id,
    new Date(context.now() - keptMs),
  ]);
}

/** Every parser and every configured source, with what came from it. */
export async function listSources(
  context: ServerContext,
  streams: readonly StreamCoverage[],
  { ways, came }: Deliveries,
): Promise<readonly SourceRow[]> {
  const { rows } = await context.pool.query<{ source: string; alerts: string; last: Date | null; products: string[] }>(
    'SELECT source, sum(alerts) AS alerts, max(last_at) AS last, array_agg(product) AS products FROM source_heard WHERE tenant_id = $1 GROUP BY source',
    [context.tenant],
  );
  const aside = await context.pool.query<{ source: string; count: string }>(
    'SELECT source, count(*) AS count FROM quarantine WHERE tenant_id = $1 GROUP BY source',
    [context.tenant],
  );
  const heard = new Map(rows.map(row => [row.source, row]));
  const asides = new Map(aside.rows.map(row => [row.source, Number(row.count)]));
  const titles = new Map(SOURCES.sources.map(source => [source.id, source.title]));
  const configured = await context.pool.query<{ id: string; kind: string; field_map: Record<string, string> | null }>(
    'SELECT id, kind, field_map FROM source_config WHERE tenant_id = $1',
    [context.tenant],
  );
  const maps = new Map(configured.rows.map(row => [row.id, { kind: row.kind, fieldMap: row.field_map ?? {} }]));
  const ids = new Set([...titles.keys(), ...heard.keys(), ...asides.keys(), ...ways.keys(), ...maps.keys()]);
  return [...ids].sort().map(id => {
    const row = heard.get(id);
    return {
      id,
      title: titles.get(id) ?? id,
      // What came under a name of ours is counted under the parser that read it; here it is counted by its own name.
      alerts: titles.has(id) ? Number(row?.alerts ?? 0) : (came.get(id)?.kept ?? 0),
      quarantined: asides.get(id) ?? 0,
      lastHeard: row?.last?.toISOString() ?? came.get(id)?.lastAt,
      status: row === undefined && came.has(id) ? 'heard' : statusOf(new Set(row?.products), streams),
      deliveries: ways.get(id) ?? [],
      configured: maps.get(id),
    };
  });
}

/** The worst that is true of the source's streams now. */
function statusOf(products: ReadonlySet<string>, streams: readonly StreamCoverage[]): SourceRow['status'] {
  const statuses = new Set(
    streams.filter(one => products.has(one.stream.slice(one.stream.indexOf('|') + 1))).map(one => one.status),
  );
  if (products.size === 0) return 'never';
  for (const status of ['silent', 'degraded', 'late', 'heard'] as const) if (statuses.has(status)) return status;
  return 'cannot_tell';
}

/** What was set aside, newest first. */
export async function listQuarantine(
  context: ServerContext,
  cursor: string | undefined,
  limit: number,
): Promise<
  Result<
    { readonly rows: readonly QuarantineRow[]; readonly next: string | undefined; readonly total: number },
    Failure
  >
> {
  const after = cursor === undefined ? undefined : readCursor(cursor, 2);
  if (cursor !== undefined && after === undefined)
    return fail(failureOf('request.malformed', 'not a cursor of this list'));
  const { rows } = await context.pool.query<{
    id: string;
    source: string;
    code: string;
    detail: string;
    received_at: Date;
    excerpt: Buffer;
    length: string;
  }>(
    `SELECT id, source, code, detail, received_at, substring(bytes FROM 1 FOR 400) AS excerpt, octet_length(bytes) AS length FROM quarantine
      WHERE tenant_id = $1 AND ($2::timestamptz IS NULL OR (received_at, id) < ($2, $3)) ORDER BY received_at DESC, id DESC LIMIT $4`,
    [context.tenant, after?.[0] ?? null, after?.[1] ?? '', limit + 1],
  );
  const total = await context.pool.query<{ total: string }>(
    'SELECT count(*) AS total FROM quarantine WHERE tenant_id = $1',
    [context.tenant],
  );
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return ok({
    rows: shown.map(row => ({
      id: row.id,
      source: row.source,
      code: row.code,
      detail: row.detail,
      receivedAt: row.received_at.toISOString(),
      excerpt: row.excerpt.toString('utf8'),
      byteLength: Number(row.length),
    })),
    next:
      rows.length > limit && last !== undefined ? writeCursor([last.received_at.toISOString(), last.id]) : undefined,
    total: Number(total.rows[0]?.total ?? 0),
  });
}
