import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { fail, ok, type Result } from '../../base/result.ts';
import { MS_PER_DAY, rfc3339 } from '../../base/time.ts';
import { type Failure, failureOf } from '../../model/failure.ts';
import {
  NOTICE_KINDS,
  NOTICE_KINDS_ALWAYS,
  type Notice,
  type NoticeKind,
  type QuietHours,
  type TellMe,
} from '../../model/notice.ts';
import type { Person } from '../../model/review.ts';
import type { ConnectedChannel } from '../../ports/notifier.ts';
import { type Db, type ServerContext, transact } from '../context.ts';
import { readPeople } from '../people.ts';
import { insertNotice } from './outbox.ts';

const CODE_BYTES = 12;
const CODE_MS = MS_PER_DAY;
/** Guesses at one code, and mails to check an address, so that nobody is written to again and again by our hand. */
const CODE_TRIES_MAX = 5;
export const CHECKS_PER_DAY_MAX = 5;

/** Somebody who can be told: enrolled, and with an address that they confirmed. */
export interface Listener {
  readonly person: Person;
  readonly kinds: readonly NoticeKind[];
  readonly quiet: QuietHours;
  readonly address: string;
}

interface Row {
  readonly person_id: Person['id'];
  readonly address: string;
  readonly confirmed_at: Date | null;
  readonly code_sha256: Buffer | null;
  readonly code_until: Date | null;
  readonly code_tries: number;
  readonly kinds: NoticeKind[];
  readonly quiet_from: number;
  readonly quiet_to: number;
  readonly zone: string;
}

const COLUMNS =
  'person_id, address, confirmed_at, code_sha256, code_until, code_tries, kinds, quiet_from, quiet_to, zone';

/** Everybody who can be told. Whoever is not enrolled any more is not among them. */
export async function readListeners(context: ServerContext, db: Db = context.pool): Promise<readonly Listener[]> {
  const { rows } = await db.query<Row>(
    `SELECT ${COLUMNS} FROM notice_person WHERE tenant_id = $1 AND confirmed_at IS NOT NULL AND address <> ''`,
    [context.tenant],
  );
  if (rows.length === 0) return [];
  const people = new Map((await readPeople(context, db)).map(person => [person.id, person]));
  return rows.flatMap(row => {
    const person = people.get(row.person_id);
    if (person === undefined || !person.isActive) return [];
    return [{ person, kinds: wanted(row.kinds), quiet: quietOf(row), address: row.address }];
  });
}

const quietOf = (row: Row): QuietHours => ({ from: row.quiet_from, to: row.quiet_to, zone: row.zone });

function wanted(kinds: readonly NoticeKind[]): readonly NoticeKind[] {
  return NOTICE_KINDS.filter(kind => kinds.includes(kind) || NOTICE_KINDS_ALWAYS.includes(kind));
}

/** What the person who asks is told of. */
export async function readTellMe(context: ServerContext, person: Person, because: string): Promise<TellMe> {
  const row = await rowOf(context, context.pool, person);
  return {
    address: row?.address ?? '',
    isConfirmed: row !== undefined && row.confirmed_at !== null,
    isWaiting: row?.code_until !== null && row !== undefined && row.code_until.getTime() > context.now(),
    kinds: wanted(row?.kinds ?? NOTICE_KINDS),
    quiet: row === undefined ? { from: 0, to: 0, zone: 'UTC' } : quietOf(row),
    because,
  };
}

async function rowOf(context: ServerContext, db: Db, person: Pick<Person, 'id'>): Promise<Row | undefined> {
  const { rows } = await db.query<Row>(`SELECT ${COLUMNS} FROM notice_person WHERE tenant_id = $1 AND person_id = $2`, [
    context.tenant,
    person.id,
  ]);
  return rows[0];
}

/** What a person is told of and when they are left in peace. Their address stays as it is. */
export async function setWishes(
  context: ServerContext,
  person: Person,
  kinds: readonly NoticeKind[],
  quiet: QuietHours,
): Promise<void> {
  await context.pool.query(
    `INSERT INTO notice_person (tenant_id, person_id, kinds, quiet_from, quiet_to, zone, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7)
       ON CONFLICT (tenant_id, person_id) DO UPDATE SET kinds = excluded.kinds, quiet_from = excluded.quiet_from, quiet_to = excluded.quiet_to,
         zone = excluded.zone, updated_at = excluded.updated_at`,
    [context.tenant, person.id, wanted(kinds), quiet.from, quiet.to, quiet.zone, new Date(context.now())],
  );
}

/**
 * Names where a person wants to be told. Nothing but a check goes there until the same person, signed in, followed its
 * link and said so. An empty address takes it out at once.
 */
export async function setAddress(
  context: ServerContext,
  person: Person,
  address: string,
  channel: ConnectedChannel | undefined,
): Promise<Result<true, Failure>> {
  if (address === '') {
    await context.pool.query(
      `UPDATE notice_person SET address = '', confirmed_at = NULL, code_sha256 = NULL, code_until = NULL, updated_at = $3 WHERE tenant_id = $1 AND person_id = $2`,
      [context.tenant, person.id, new Date(context.now())],
    );
    return ok(true);
  }
  if (channel === undefined) return fail(failureOf('notice.no_channel', 'no channel for mail'));
  const { domains } = channel.config;
  const domain = address.slice(address.lastIndexOf('@') + 1).toLowerCase();
  if (domains.length > 0 && !domains.includes(domain))
    return fail(failureOf('notice.address_not_allowed', 'not in the domains of the channel'));
  const code = randomBytes(CODE_BYTES).toString('base64url');
  return transact<true>(context, async client => {
    const { rowCount } = await client.query(
      `INSERT INTO notice_person AS p (tenant_id, person_id, address, code_sha256, code_until, checks, checks_day, kinds, updated_at)
         VALUES ($1, $2, $3, $4, $5, 1, $6, $7, $8)
       ON CONFLICT (tenant_id, person_id) DO UPDATE SET address = excluded.address, confirmed_at = NULL, code_sha256 = excluded.code_sha256,
         code_until = excluded.code_until, code_tries = 0, updated_at = excluded.updated_at, checks_day = excluded.checks_day,
         checks = CASE WHEN p.checks_day = excluded.checks_day THEN p.checks + 1 ELSE 1 END
         WHERE p.checks_day IS DISTINCT FROM excluded.checks_day OR p.checks < $9`,
      [
        context.tenant,
        person.id,
        address,
        sha256(code),
        new Date(context.now() + CODE_MS),
        rfc3339(context.now()).slice(0, 10),
        NOTICE_KINDS,
        new Date(context.now()),
        CHECKS_PER_DAY_MAX,
      ],
    );
    if (rowCount === 0) return fail(failureOf('system.rate_limited', `${CHECKS_PER_DAY_MAX} checks in a day`));
    const notice = checkNotice(context, code);
    await insertNotice(context, client, `check:${person.id}`, channel.config.name, notice);
    return ok(true);
  });
}

/** The one notice whose link is more than a page: it names the check, which counts only with the person's session. */
function checkNotice(context: ServerContext, code: string): Notice {
  const link = `${context.origin}/tell-me#${code}`;
  const text =
    'Somebody who is enrolled in Countersign wants notices to be sent to this address. If that is you, open the page while you are signed in and confirm it. If it is not, do nothing: nothing more comes.';
  return {
    v: '1',
    id: context.newId('notice'),
    writtenAt: rfc3339(context.now()),
    subject: 'Countersign: is this your address?',
    items: [{ kind: 'address_check', text, subject: '', tier: '', until: '', name: '', link }],
    more: '0',
    link,
  };
}

/** The person who named the address says that its mail arrived. */
export async function confirmAddress(
  context: ServerContext,
  person: Person,
  code: string,
): Promise<Result<true, Failure>> {
  const wrong = fail(failureOf('notice.code_wrong', 'the code is not that of this person'));
  const done = await transact<boolean>(context, async client => {
    const { rows } = await client.query<Row>(
      `UPDATE notice_person SET code_tries = code_tries + 1 WHERE tenant_id = $1 AND person_id = $2 AND code_until > $3 AND code_tries < $4 RETURNING ${COLUMNS}`,
      [context.tenant, person.id, new Date(context.now()), CODE_TRIES_MAX],
    );
    const kept = rows[0]?.code_sha256;
    if (kept === null || kept === undefined || !timingSafeEqual(kept, sha256(code))) return ok(false);
    await client.query(
      'UPDATE notice_person SET confirmed_at = $3, code_sha256 = NULL, code_until = NULL WHERE tenant_id = $1 AND person_id = $2',
      [context.tenant, person.id, new Date(context.now())],
    );
    return ok(true);
  });
  if (!done.ok) return done;
  return done.value ? ok(true) : wrong;
}

const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest();

/** The address that waits to be confirmed. */
export async function addressToCheck(context: ServerContext, person: string): Promise<string | undefined> {
  const row = await rowOf(context, context.pool, { id: person as Person['id'] });
  return row !== undefined && row.confirmed_at === null && row.address !== '' ? row.address : undefined;
}
