import { setTimeout as sleep } from 'node:timers/promises';
import type { UnixMs } from '../../base/time.ts';
import type { Plan, Receipt, ResponderContext, Secret, SystemConfig, WriteCapability } from '../../ports/responder.ts';
import { openFor } from '../shared/open-for.ts';
import { changeOutcome, type Session, sqlStateOf, withSession } from '../shared/postgres/postgres-session.ts';
import { errorTextWithout, NoAnswer, shownText } from '../shared/wire-text.ts';
import { type PostgresSettings, readSettings } from './config.ts';
import { operationNamed } from './manifest.ts';
import { END_SESSIONS_FUNCTION, LOCK_FUNCTION, UNLOCK_FUNCTION } from './setup.sql.ts';

type Answer = Pick<Receipt, 'outcome' | 'detail' | 'before'>;

const ENDING_ROUND_MS = 150;
const ENDING_ROUNDS_MAX = 40;
/** A login that was being checked when the lock was committed shows up a moment later, so one empty look is not enough. */
const QUIET_ROUNDS = 2;

/**
 * Carries out a plan, once. The target compares the state with the plan's preconditions in the transaction of the
 * change, and keeps the idempotency key there.
 */
export async function executeRole(
  plan: Plan,
  system: SystemConfig,
  capability: WriteCapability,
  context: ResponderContext,
): Promise<Receipt> {
  const startedAt = context.now();
  const { outcome, detail, before } = await attempt(plan, system, capability, context);
  return { outcome, detail, before, startedAt, endedAt: laterOf(startedAt, context.now()) };
}

function laterOf(a: UnixMs, b: UnixMs): UnixMs {
  return a > b ? a : b;
}

async function attempt(
  plan: Plan,
  system: SystemConfig,
  capability: WriteCapability,
  context: ResponderContext,
): Promise<Answer> {
  const settings = readSettings(system.settings);
  if (!settings.ok) return nothingSent(settings.failure.detail);
  const oid = /^\d{1,20}:(\d{1,10})$/.exec(plan.target.immutableId)?.[1];
  if (oid === undefined) return nothingSent('the plan is for another kind of target');
  const opened = await openFor(plan, system, operationNamed(plan.operation), capability);
  if (!opened.ok) return nothingSent(opened.failure);
  const secret = opened.value;
  try {
    return await change(plan, oid, settings.value, capability.idempotencyKey, secret, context.timeoutMs);
  } catch (error) {
    return { outcome: changeOutcome(error), detail: errorTextWithout(error, [secret]), before: {} };
  }
}

function nothingSent(detail: string): Answer {
  return { outcome: 'refused', detail, before: {} };
}

async function change(
  plan: Plan,
  oid: string,
  settings: PostgresSettings,
  key: string,
  secret: Secret,
  timeoutMs: number,
): Promise<Answer> {
  const expected = JSON.stringify(
    Object.fromEntries(plan.preconditions.map(({ path, value }) => [path.replace(/^role\./, ''), value])),
  );
  const login = { user: settings.writeUser, secret, mode: 'write', timeoutMs } as const;
  return await withSession(settings, login, async session => {
    switch (plan.operation) {
      case 'lock': {
        const locked = await call(session, LOCK_FUNCTION, oid, expected, key);
        const isLocked = locked.outcome === 'applied' || locked.outcome === 'already_applied';
        return isLocked ? await endSessions(session, oid, expected, key, locked, secret) : locked;
      }
      case 'unlock':
        return await call(session, UNLOCK_FUNCTION, oid, expected, key);
      default: {
        const first = await call(session, END_SESSIONS_FUNCTION, oid, expected, key);
        return first.outcome === 'applied' ? await endSessions(session, oid, expected, key, first, secret) : first;
      }
    }
  });
}

/**
 * Tells sessions to end until none is left. A crash before this leaves a locked role with open sessions, which
 * `observe` reports: the state holds, the effect does not.
 */
async function endSessions(
  session: Session,
  oid: string,
  expected: string,
  key: string,
  done: Answer,
  secret: Secret,
): Promise<Answer> {
  let quiet = 0;
  try {
    for (let round = 0; round < ENDING_ROUNDS_MAX && quiet < QUIET_ROUNDS; round++) {
      if (round > 0) await sleep(ENDING_ROUND_MS);
      const answer = await call(session, END_SESSIONS_FUNCTION, oid, expected, key);
      if (answer.outcome !== 'applied' && answer.outcome !== 'already_applied') {
        return { ...done, detail: `${done.detail}; its sessions were not ended: ${answer.detail}` };
      }
      quiet = answer.signalled === '0' ? quiet + 1 : 0;
    }
  } catch (error) {
    // The first change is known to be in; whether every session was told to end is not.
    const isSilent = error instanceof NoAnswer || sqlStateOf(error) === undefined;
    const why = errorTextWithout(error, [secret]);
    return { ...done, outcome: isSilent ? 'unknown' : done.outcome, detail: `${done.detail}; its sessions: ${why}` };
  }
  return {
    ...done,
    detail: `${done.detail}; ${quiet < QUIET_ROUNDS ? 'some of its sessions did not end' : 'its sessions have ended'}`,
  };
}

const OUTCOMES = new Map<unknown, Receipt['outcome']>([
  ['applied', 'applied'],
  ['already_applied', 'already_applied'],
  ['refused', 'refused'],
  ['refused_drift', 'refused_drift'],
]);

async function call(
  session: Session,
  signature: string,
  oid: string,
  expected: string,
  key: string,
): Promise<Answer & { readonly signalled: string }> {
  const name = signature.slice(0, signature.indexOf('('));
  const [row] = await session.ask(`SELECT ${name}($1::oid, $2::jsonb, $3) AS answer`, [oid, expected, key]);
  const answer: unknown = JSON.parse(row?.['answer'] ?? 'null');
  const members = new Map<string, unknown>(typeof answer === 'object' && answer !== null ? Object.entries(answer) : []);
  const outcome = OUTCOMES.get(members.get('outcome'));
  const detail = members.get('detail');
  const signalled = members.get('signalled');
  return {
    // An answer that is none of those that our own function gives tells nothing.
    outcome: outcome ?? 'unknown',
    detail: typeof detail === 'string' ? shownText(detail) : 'the target answered in an unknown form',
    before: textsOf(members.get('before')),
    signalled: typeof signalled === 'string' ? signalled : '',
  };
}

function textsOf(value: unknown): { readonly [path: string]: string } {
  if (typeof value !== 'object' || value === null) return {};
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, text]) => (typeof text === 'string' ? [[`role.${key}`, text]] : [])),
  );
}
