import { setTimeout as sleep } from 'node:timers/promises';
import type { Plan, Receipt, ResponderContext, Secret, SystemConfig, WriteCapability } from '../../ports/responder.ts';
import { type Answer, carryOut } from '../shared/carry-out.ts';
import { inTurn } from '../shared/in-turn.ts';
import { UnfitFile } from '../shared/own-file.ts';
import { plannedValue } from '../shared/planned.ts';
import { changeOutcome, type Session, sqlStateOf, withSession } from '../shared/postgres/postgres-session.ts';
import {
  dropBefore,
  placeBefore,
  prepareNext,
  readSecretBefore,
  readSecretFile,
  type SecretFile,
} from '../shared/secret-file.ts';
import { errorTextWithout, NoAnswer, shownText } from '../shared/wire-text.ts';
import { type RotationSettings, readSettings } from './config.ts';
import { operationNamed } from './manifest.ts';
import { oidOf, readPair } from './read.ts';
import { scramVerifier } from './scram.ts';
import { tryLogin } from './trial.ts';

/** Everything that a change needs to know. */
interface Work {
  readonly plan: Plan;
  readonly settings: RotationSettings;
  readonly oid: string;
  readonly key: string;
  readonly session: Session;
  readonly secret: Secret;
  readonly context: ResponderContext;
}

/**
 * Carries out a plan, once. The server compares the state with the plan's preconditions in the transaction of the change,
 * and keeps the key there; the file is compared just before it is replaced. The old password works throughout, until it
 * is ended by an act of its own.
 */
export async function executeRotation(
  plan: Plan,
  system: SystemConfig,
  capability: WriteCapability,
  context: ResponderContext,
): Promise<Receipt> {
  const settings = readSettings(system.settings);
  const oid = oidOf(plan.target.immutableId) ?? '';
  const unfit = settings.ok ? unfitOf(plan, oid) : settings.failure.detail;
  const errand = { plan, system, operation: operationNamed(plan.operation), unfit, capability, context };
  return await carryOut(
    errand,
    async secret => {
      if (!settings.ok) return { outcome: 'refused', detail: settings.failure.detail, before: {} };
      const login = { user: settings.value.writeUser, secret, mode: 'write', timeoutMs: context.timeoutMs } as const;
      const key = capability.idempotencyKey;
      return await inTurn(`secret file ${settings.value.secretFile}`, () =>
        withSession(settings.value, login, session =>
          change({ plan, settings: settings.value, oid, key, session, secret, context }),
        ),
      );
    },
    error => (error instanceof UnfitFile ? 'failed' : changeOutcome(error)),
  );
}

function unfitOf(plan: Plan, oid: string): string | undefined {
  return oid === '' || plan.target.type !== 'database_role' ? 'the plan is for another kind of target' : undefined;
}

function change(work: Work): Promise<Answer> {
  switch (work.plan.operation) {
    case 'rotate':
      return rotate(work);
    case 'take-back':
      return takeBack(work);
    case 'end-old':
      return endOld(work);
    default:
      return call(work, 'allow_old(oid, jsonb, text)', [work.oid, expectedOf(work.plan), work.key]);
  }
}

/**
 * Each step leaves something that works: the secret is on the disk before the server hears of it, the server has it before the
 * file names it, and it has opened the login once before that, too. Killed anywhere, the file names a login that its
 * secret opens; the same key goes on where it stopped.
 */
async function rotate(work: Work): Promise<Answer> {
  const { plan, settings, oid, key, context } = work;
  const path = settings.secretFile;
  const standby = plannedValue(plan, 'standby.name');
  const current = await unlessUnfit(() => readSecretFile(path));
  if (typeof current === 'string') return drifted(current);
  if (current.mark !== plannedValue(plan, 'file.mark') || current.login !== plannedValue(plan, 'login.name'))
    return await rotatedBefore(work, current);
  const next = await prepareNext(path, key, standby, current);
  const verifier = scramVerifier(next.secret);
  const over = await call(work, 'hand_over(oid, jsonb, text, text)', [oid, expectedOf(plan), key, verifier]);
  if (over.outcome !== 'applied' && over.outcome !== 'already_applied') {
    // An answer in an unknown form may still have set it.
    if (over.outcome !== 'unknown') await next.drop();
    return over;
  }
  const trial = await tryLogin(settings, standby, next.secret, context.timeoutMs, 'to_work');
  if (trial.canLogIn !== 'yes') {
    const detail = `the new password was set and did not open the login, so the file was left as it was: ${trial.text}`;
    return { outcome: 'failed', detail, before: over.before };
  }
  const placed = await next.place();
  return {
    outcome: 'applied',
    detail: 'the other login has a new password, and the file names it',
    before: { ...over.before, ...fileBefore(plan, placed.mark, placed.markBefore) },
  };
}

/** The file is not the one that was planned for. It may be this very act that replaced it. */
async function rotatedBefore(work: Work, current: SecretFile): Promise<Answer> {
  const { plan, settings, oid, key } = work;
  const done = await call(work, 'act_done(text, text, oid)', [key, 'rotate', oid]);
  const isOurs = done.outcome === 'already_applied' && current.login === plannedValue(plan, 'standby.name');
  if (!isOurs) return drifted('it was replaced since it was planned');
  const markBefore = (await readSecretBefore(settings.secretFile))?.mark ?? '';
  return { ...done, before: { ...done.before, ...fileBefore(plan, current.mark, markBefore) } };
}

function fileBefore(plan: Plan, markAfter: string, markBefore: string): Answer['before'] {
  return { 'file.login': plannedValue(plan, 'login.name'), 'file.markAfter': markAfter, 'file.markBefore': markBefore };
}

/** First the file, so that nobody is sent to a login that no longer works; killed between the two, the same key goes on. */
async function takeBack(work: Work): Promise<Answer> {
  const { plan, settings, oid, key, context } = work;
  const path = settings.secretFile;
  const login = plannedValue(plan, 'login.name');
  const current = await unlessUnfit(() => readSecretFile(path));
  if (typeof current === 'string') return drifted(current);
  const before = await unlessUnfit(async () => (await readSecretBefore(path)) ?? 'nothing');
  if (typeof before !== 'string' && current.login !== login) {
    if (current.mark !== plannedValue(plan, 'file.mark')) return drifted('it was replaced since it was planned');
    const changed = await changedOf(work);
    if (changed !== '')
      return { outcome: 'refused_drift', detail: `changed since it was planned: ${changed}`, before: {} };
    if (before.login !== login) return drifted('the one that it replaced names another login');
    const trial = await tryLogin(settings, login, before.secret, context.timeoutMs, 'to_work');
    if (trial.canLogIn !== 'yes')
      return {
        outcome: 'failed',
        detail: `the old password does not open the login any more: ${trial.text}`,
        before: {},
      };
    await placeBefore(path, current, before);
  } else if (current.login !== login) {
    return drifted('the one that it replaced is gone');
  }
  const back = await call(work, 'take_back(oid, jsonb, text)', [oid, expectedOf(plan), key]);
  if (back.outcome === 'applied' || back.outcome === 'already_applied') {
    await dropBefore(path);
    return back;
  }
  // By now the file names the old login, which works: only the new one was not ended.
  return back.outcome === 'unknown'
    ? back
    : { ...back, outcome: 'failed', detail: `the file was put back; ${back.detail}` };
}

/** What is not as it was planned, as the read credential sees it now: the write credential may not look. */
async function changedOf({ plan, settings, oid, context }: Work): Promise<string> {
  const secret = await context.readCredential();
  const login = { user: settings.readUser, secret, mode: 'read', timeoutMs: context.timeoutMs } as const;
  const state = await withSession(settings, login, session => readPair(session, oid));
  return plan.preconditions
    .filter(({ path, value }) => !path.startsWith('file.') && state?.get(path) !== value)
    .map(({ path }) => path)
    .join(', ');
}

const ENDING_ROUND_MS = 150;
const ENDING_ROUNDS_MAX = 40;
/** A login that was being checked when it was ended shows up a moment later, so one empty look is not enough. */
const QUIET_ROUNDS = 2;

async function endOld(work: Work): Promise<Answer> {
  const { plan, settings, oid, key, secret } = work;
  const current = await unlessUnfit(() => readSecretFile(settings.secretFile));
  if (typeof current === 'string') return drifted(current);
  if (current.login !== plannedValue(plan, 'standby.name')) return drifted('it names another login than was planned');
  const ended = await call(work, 'end_old(oid, jsonb, text)', [oid, expectedOf(plan), key]);
  if (ended.outcome !== 'applied' && ended.outcome !== 'already_applied') return ended;
  let quiet = 0;
  try {
    for (let round = 0; round < ENDING_ROUNDS_MAX && quiet < QUIET_ROUNDS; round++) {
      if (round > 0) await sleep(ENDING_ROUND_MS);
      const answer = await call(work, 'end_sessions(oid, text)', [oid, key]);
      if (answer.outcome !== 'already_applied')
        return { ...ended, detail: `${ended.detail}; its sessions were not ended: ${answer.detail}` };
      quiet = answer.signalled === '0' ? quiet + 1 : 0;
    }
  } catch (error) {
    // That it was ended is known; whether every session was told to end is not.
    const isSilent = error instanceof NoAnswer || sqlStateOf(error) === undefined;
    const why = errorTextWithout(error, [secret]);
    return { ...ended, outcome: isSilent ? 'unknown' : ended.outcome, detail: `${ended.detail}; its sessions: ${why}` };
  }
  const rest = quiet < QUIET_ROUNDS ? 'some of its sessions did not end' : 'its sessions have ended';
  return { ...ended, detail: `${ended.detail}; ${rest}` };
}

function drifted(why: string): Answer {
  return { outcome: 'refused_drift', detail: `the file of the secret: ${why}`, before: {} };
}

/** What it gives, or why the file is unfit: when it was planned there was one that would do. */
async function unlessUnfit<T>(read: () => Promise<T>): Promise<T | string> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof UnfitFile) return error.message;
    throw error;
  }
}

/** What the server has to compare: the file is not its business. */
function expectedOf({ preconditions }: Plan): string {
  const its = preconditions.filter(({ path }) => !path.startsWith('file.'));
  return JSON.stringify(Object.fromEntries(its.map(({ path, value }) => [path, value])));
}

const OUTCOMES = new Map<unknown, Receipt['outcome']>([
  ['applied', 'applied'],
  ['already_applied', 'already_applied'],
  ['refused', 'refused'],
  ['refused_drift', 'refused_drift'],
]);

/** Calls a function of ours there by its signature. An answer that is none of those that it gives tells nothing. */
async function call(
  { session }: Work,
  signature: string,
  values: readonly string[],
): Promise<Answer & { readonly signalled: string }> {
  const [, name = '', types = ''] = /^(\w+)\((.*)\)$/.exec(signature) ?? [];
  const places = types.split(', ').map((type, index) => `$${index + 1}::${type}`);
  const [row] = await session.ask(`SELECT countersign_rotation.${name}(${places.join(', ')}) AS answer`, values);
  const answer: unknown = JSON.parse(row?.['answer'] ?? 'null');
  const members = new Map<string, unknown>(typeof answer === 'object' && answer !== null ? Object.entries(answer) : []);
  const detail = members.get('detail');
  const signalled = members.get('signalled');
  return {
    outcome: OUTCOMES.get(members.get('outcome')) ?? 'unknown',
    detail: typeof detail === 'string' ? shownText(detail) : 'the target answered in an unknown form',
    before: textsOf(members.get('before')),
    signalled: typeof signalled === 'string' ? signalled : '',
  };
}

function textsOf(value: unknown): Answer['before'] {
  if (typeof value !== 'object' || value === null) return {};
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, text]) => (typeof text === 'string' ? [[key, text]] : [])),
  );
}
