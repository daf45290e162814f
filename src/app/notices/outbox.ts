import { randomBytes } from 'node:crypto';
import { bytesToHex } from '../../base/bytes.ts';
import { type Closed, digestOf } from '../../base/canonical.ts';
import { ok } from '../../base/result.ts';
import { MS_PER_MINUTE, MS_PER_SECOND, rfc3339 } from '../../base/time.ts';
import type { Told, Untold } from '../../core/notices/pace.ts';
import { writeNotice } from '../../core/notices/write.ts';
import type { Notice, NoticeFact } from '../../model/notice.ts';
import type { NotifyFailure } from '../../ports/notifier.ts';
import { type Db, record, type ServerContext, transact } from '../context.ts';

/** Attempts of which we know that nothing arrived; after the last a notice is given up, visibly. */
export const TRIES_MAX = 8;
/** A sending that was cut off is tried again once: what may have arrived comes at most twice. */
export const CUTS_MAX = 1;
const RETRY_MS_FIRST = 10 * MS_PER_SECOND;
const RETRY_MS_MAX = 30 * MS_PER_MINUTE;
/** Things that wait for one recipient and are looked at together; what is beyond comes with the next. */
const UNTOLD_MAX = 2_000;
const OPEN_MAX = 50;

/** A notice on its way. */
export interface OpenNotice {
  readonly id: string;
  readonly recipient: string;
  readonly channel: string;
  readonly body: Notice;
  readonly salt: string;
  readonly tries: number;
  readonly cut: number;
}

/** Keeps a fact with those whom it is owed to, once: told or not, the same key is never kept again. */
export async function keepFact(
  context: ServerContext,
  client: Db,
  fact: NoticeFact,
  recipients: readonly string[],
): Promise<void> {
  const at = new Date(context.now());
  const { rowCount } = await client.query(
    'INSERT INTO notice_fact (tenant_id, key, kind, body, at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING',
    [context.tenant, fact.key, fact.kind, JSON.stringify(fact), at],
  );
  if (rowCount === 0 || recipients.length === 0) return;
  await client.query(
    'INSERT INTO notice_due (tenant_id, fact_key, recipient, at) SELECT $1, $2, recipient, $4 FROM unnest($3::text[]) AS recipient ON CONFLICT DO NOTHING',
    [context.tenant, fact.key, recipients, at],
  );
}

/** Whoever is owed something, with what. */
export async function readUntold(context: ServerContext): Promise<ReadonlyMap<string, readonly Untold[]>> {
  const { rows } = await context.pool.query<{ recipient: string; at: Date; body: NoticeFact }>(
    `SELECT d.recipient, d.at, f.body FROM (SELECT DISTINCT recipient FROM notice_due WHERE tenant_id = $1 AND notice_id IS NULL) r
       CROSS JOIN LATERAL (SELECT * FROM notice_due x WHERE x.tenant_id = $1 AND x.recipient = r.recipient AND x.notice_id IS NULL ORDER BY x.at LIMIT $2) d
       JOIN notice_fact f ON f.tenant_id = d.tenant_id AND f.key = d.fact_key`,
    [context.tenant, UNTOLD_MAX],
  );
  const untold = new Map<string, Untold[]>();
  for (const { recipient, at, body } of rows) {
    const known = untold.get(recipient) ?? [];
    known.push({ fact: body, since: at.getTime() as Untold['since'] });
    untold.set(recipient, known);
  }
  return untold;
}

/** Facts that do not hold any more: nobody has to be told that a proposal waits which was decided. */
export async function dropMoot(context: ServerContext): Promise<void> {
  await context.pool.query(
    `UPDATE notice_due d SET notice_id = 'moot' FROM notice_fact f
      WHERE d.tenant_id = $1 AND d.notice_id IS NULL AND f.tenant_id = d.tenant_id AND f.key = d.fact_key
        AND ((f.kind IN ('review_waits', 'review_expires', 'review_escalated') AND NOT EXISTS (SELECT FROM proposal_index i
               WHERE i.tenant_id = d.tenant_id AND i.proposal_id = f.body->>'subject' AND i.state = 'in_review' AND (f.key LIKE '%/' || i.revision OR f.key LIKE '%/' || i.revision || '/_')))
          OR (f.kind = 'incident_unowned' AND NOT EXISTS (SELECT FROM incident i
               WHERE i.tenant_id = d.tenant_id AND i.id = f.body->>'subject' AND i.owner = '' AND i.state = 'open' AND i.merged_into IS NULL)))`,
    [context.tenant],
  );
}

export async function readTold(context: ServerContext, recipient: string): Promise<Told> {
  const { rows } = await context.pool.query<{ count: string; last: Date | null }>(
    'SELECT count(*) AS count, max(made_at) AS last FROM notice WHERE tenant_id = $1 AND recipient = $2 AND made_at > $3',
    [context.tenant, recipient, new Date(context.now() - 60 * MS_PER_MINUTE)],
  );
  const last = rows[0]?.last?.getTime();
  return { lastHour: Number(rows[0]?.count ?? 0), lastAt: last as Told['lastAt'] };
}

/** Notices that were made for a channel in the last hour, whoever they are for. */
export async function countOfChannel(context: ServerContext, channel: string): Promise<number> {
  const { rows } = await context.pool.query<{ count: string }>(
    'SELECT count(*) AS count FROM notice WHERE tenant_id = $1 AND channel = $2 AND made_at > $3',
    [context.tenant, channel, new Date(context.now() - 60 * MS_PER_MINUTE)],
  );
  return Number(rows[0]?.count ?? 0);
}

/** One notice of these facts, written down before it leaves. What somebody else took meanwhile is not told again. */
export async function makeNotice(
  context: ServerContext,
  recipient: string,
  channel: { readonly name: string; readonly allowsNames: boolean },
  facts: readonly NoticeFact[],
): Promise<void> {
  await transact(context, async client => {
    const id = context.newId('notice');
    const { rows } = await client.query<{ fact_key: string }>(
      'UPDATE notice_due SET notice_id = $4 WHERE tenant_id = $1 AND recipient = $2 AND fact_key = ANY ($3) AND notice_id IS NULL RETURNING fact_key',
      [context.tenant, recipient, facts.map(fact => fact.key), id],
    );
    const taken = new Set(rows.map(row => row.fact_key));
    if (taken.size === 0) return ok(undefined);
    const notice = writeNotice(
      facts.filter(fact => taken.has(fact.key)),
      {
        id,
        writtenAt: rfc3339(context.now()),
        origin: context.origin,
        allowsNames: channel.allowsNames,
      },
    );
    await insertNotice(context, client, recipient, channel.name, notice);
    return ok(undefined);
  });
}

export async function insertNotice(
  context: ServerContext,
  client: Db,
  recipient: string,
  channel: string,
  notice: Notice,
): Promise<void> {
  const at = new Date(context.now());
  await client.query(
    `INSERT INTO notice (tenant_id, id, recipient, channel, body, salt, state, next_at, made_at) VALUES ($1, $2, $3, $4, $5, $6, 'waiting', $7, $7)`,
    [context.tenant, notice.id, recipient, channel, JSON.stringify(notice), bytesToHex(randomBytes(32)), at],
  );
}

/**
 * What was on its way when its sender ended. Called by whoever holds the lock, so nobody is sending: whether it arrived is
 * not known. It is tried once more, and says so; the second time it is given up.
 */
export async function recoverCut(context: ServerContext): Promise<void> {
  await context.pool.query(
    `UPDATE notice SET cut = cut + 1, state = CASE WHEN cut >= $2 THEN 'dead' ELSE 'waiting' END, next_at = $3::timestamptz,
        settled_at = CASE WHEN cut >= $2 THEN $3::timestamptz END,
        failure = 'its sending was cut off; whether it arrived is not known'
      WHERE tenant_id = $1 AND state = 'going'`,
    [context.tenant, CUTS_MAX, new Date(context.now())],
  );
}

/** Those whose time has come, taken for one attempt each: durable before anything leaves. */
export async function readOpen(context: ServerContext): Promise<readonly OpenNotice[]> {
  const { rows } = await context.pool.query<OpenNotice>(
    `SELECT id, recipient, channel, body, salt, tries, cut FROM notice WHERE tenant_id = $1 AND state = 'waiting' AND next_at <= $2 ORDER BY next_at, id LIMIT $3`,
    [context.tenant, new Date(context.now()), OPEN_MAX],
  );
  return rows;
}

export async function markGoing(context: ServerContext, notice: OpenNotice): Promise<boolean> {
  const { rowCount } = await context.pool.query(
    `UPDATE notice SET state = 'going', tries = tries + 1 WHERE tenant_id = $1 AND id = $2 AND state = 'waiting' AND tries = $3`,
    [context.tenant, notice.id, notice.tries],
  );
  return rowCount === 1;
}

/** It left, which the log says with a digest. A check of an address is forgotten with its code. */
export async function markSent(context: ServerContext, notice: OpenNotice): Promise<void> {
  const isCheck = notice.recipient.startsWith('check:');
  const noticeDigest = digestOf('countersign/notice/v1', {
    salt: notice.salt,
    recipient: notice.recipient,
    notice: notice.body as unknown as Closed,
  });
  await transact(context, async client => {
    await client.query(
      `UPDATE notice SET state = 'sent', settled_at = $3, failure = '', body = CASE WHEN $4::boolean THEN '{}' ELSE body END WHERE tenant_id = $1 AND id = $2`,
      [context.tenant, notice.id, new Date(context.now()), isCheck],
    );
    await record(context, client, {
      type: 'notice.sent',
      notice: notice.id as `ntc_${string}`,
      noticeDigest,
      channel: notice.channel,
    });
    return ok(undefined);
  });
}

/** It did not leave, or nobody knows. Tried again later, for longer each time, or given up where that is of no use. */
export async function markFailed(context: ServerContext, notice: OpenNotice, failure: NotifyFailure): Promise<void> {
  const tries = notice.tries + 1;
  const cut = notice.cut + (failure.mayHaveArrived ? 1 : 0);
  const isDead = failure.isFinal || tries >= TRIES_MAX || cut > CUTS_MAX;
  const wait = Math.min(RETRY_MS_FIRST * 3 ** (tries - 1), RETRY_MS_MAX);
  const now = context.now();
  await context.pool.query(
    'UPDATE notice SET state = $3, cut = $4, next_at = $5, failure = $6, settled_at = $7 WHERE tenant_id = $1 AND id = $2',
    [
      context.tenant,
      notice.id,
      isDead ? 'dead' : 'waiting',
      cut,
      new Date(now + wait),
      `${failure.because}${failure.mayHaveArrived ? '; whether it arrived is not known' : ''}`,
      isDead ? new Date(now) : null,
    ],
  );
}
