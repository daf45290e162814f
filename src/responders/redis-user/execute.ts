import type { Plan, Receipt, ResponderContext, SystemConfig, WriteCapability } from '../../ports/responder.ts';
import { type Answer, carryOut, nothingSent } from '../shared/carry-out.ts';
import { NoAnswer, shownText } from '../shared/wire-text.ts';
import { type RedisSettings, readSettings } from './config.ts';
import { operationNamed } from './manifest.ts';
import { canBeName, stateOf, type UserState, versionOf } from './read.ts';
import { ReplyError, type Session, withSession, writeOutcome } from './resp.ts';

/** Switches a user off or on, once. */
export async function executeUser(
  plan: Plan,
  system: SystemConfig,
  capability: WriteCapability,
  context: ResponderContext,
): Promise<Receipt> {
  const settings = readSettings(system.settings);
  const errand = { plan, system, operation: operationNamed(plan.operation), capability, context };
  if (!settings.ok) return await carryOut({ ...errand, unfit: settings.failure.detail }, never, writeOutcome);
  const { value } = settings;
  return await carryOut(
    { ...errand, unfit: unfitFor(plan.target.immutableId, value) },
    secret => withSession(value, value.writeUser, secret, context.timeoutMs, session => change(plan, session)),
    writeOutcome,
  );
}

const never = async (): Promise<Answer> => nothingSent('there are no settings');

/** The server itself would do these, so they are held here a second time, against a plan that was made otherwise. */
function unfitFor(name: string, { readUser, writeUser }: RedisSettings): string | undefined {
  if (!canBeName(name)) return 'no user can have this name';
  return ['default', readUser, writeUser].includes(name) ? 'the default user and our own are never changed' : undefined;
}

/**
 * Redis has no compare-and-set for users. What is read before the write says whether to write; what the transaction
 * itself reads, with nobody between, says whose write it was.
 */
async function change(plan: Plan, session: Session): Promise<Answer> {
  const name = plan.target.immutableId;
  const [reply] = await session.ask([['ACL', 'GETUSER', name]]);
  const now = stateOf(name, reply);
  if (now === undefined || !isAsPlanned(plan, now)) return drift(now, plan);
  const wanted = plan.operation === 'unlock' ? 'true' : 'false';
  const replies = await session.ask([
    ['MULTI'],
    ['ACL', 'GETUSER', name],
    ['ACL', 'SETUSER', name, wanted === 'true' ? 'on' : 'off'],
    ...(wanted === 'true' ? [] : [['CLIENT', 'KILL', 'USER', name]]),
    ['ACL', 'GETUSER', name],
    ['EXEC'],
  ]);
  const results = replies.at(-1);
  if (results instanceof ReplyError) throw results;
  if (!Array.isArray(results)) throw new NoAnswer('the transaction was answered in an unknown form');
  const before = stateOf(name, results[0]);
  const set = results[1];
  if (set instanceof ReplyError) throw set;
  const after = stateOf(name, results.at(-1));
  if (before === undefined || after === undefined) throw new NoAnswer('the transaction told nothing of the user');
  if (before.enabled === wanted)
    return { outcome: 'already_applied', detail: 'somebody else did it in the same moment', before: {} };
  const killed = wanted === 'true' ? undefined : results[2];
  const detail =
    killed === undefined ? 'the user is on' : `the user is off; connections ended: ${shownText(String(killed))}`;
  return { outcome: 'applied', detail, before: beforeTexts(before, after) };
}

function isAsPlanned(plan: Plan, state: UserState): boolean {
  const values = new Map<string, string>(Object.entries(state));
  return plan.preconditions.every(({ path, value }) => values.get(path.replace(/^user\./, '')) === value);
}

function drift(now: UserState | undefined, plan: Plan): Answer {
  const wanted = plan.operation === 'unlock' ? 'true' : 'false';
  const detail =
    now === undefined
      ? 'the user has gone'
      : now.enabled === wanted
        ? 'the user is so already'
        : 'the user was changed since it was planned for';
  return { outcome: 'refused_drift', detail, before: {} };
}

function beforeTexts(before: UserState, after: UserState): { readonly [path: string]: string } {
  return {
    'user.name': before.name,
    'user.enabled': before.enabled,
    'user.rights': before.rights,
    'user.passwords': before.passwords,
    'user.versionAfter': versionOf(after),
  };
}
