import type { Client } from 'ldapts';
import type { Plan, Receipt, ResponderContext, SystemConfig, WriteCapability } from '../../ports/responder.ts';
import { type Answer, carryOut, drifted, nothingSent } from '../shared/carry-out.ts';
import { inTurn } from '../shared/in-turn.ts';
import { CODE, changeOutcome, resultCodeOf, withBind } from '../shared/ldap/ldap-directory.ts';
import { isGuid } from './binary.ts';
import { type AdSettings, readSettings } from './config.ts';
import { outOfReach } from './facts.ts';
import { operationNamed } from './manifest.ts';
import { readSituation, workOf } from './situation.ts';
import type { Situation, Work } from './work.ts';

/** Carries out a plan, once: looks again, and makes one change where what it rests on still is what people saw. */
export async function executeAccount(
  plan: Plan,
  system: SystemConfig,
  capability: WriteCapability,
  context: ResponderContext,
): Promise<Receipt> {
  const settings = readSettings(system.settings);
  const errand = { plan, system, operation: operationNamed(plan.operation), capability, context };
  const unsent = async (unfit: string) => await carryOut({ ...errand, unfit }, async () => nothingSent(''), outcomeOf);
  if (!settings.ok) return await unsent(settings.failure.detail);
  const { value } = settings;
  const work = workOf(plan.operation, value);
  if (work === undefined) return await unsent('there is no such operation');
  const isOurs = plan.target.type === 'ad_account' && isGuid(plan.target.immutableId);
  return await carryOut(
    { ...errand, unfit: isOurs ? work.unfit(plan) : 'the plan is for another kind of target' },
    // Who comes second within this process looks after who came first has written.
    secret =>
      inTurn(`ad-account ${system.system} ${plan.target.immutableId}`, () =>
        withBind(value, value.writeDn, secret, context.timeoutMs, client => change(client, plan, value, work)),
      ),
    outcomeOf,
  );
}

function outcomeOf(error: unknown): 'refused' | 'failed' | 'unknown' {
  const outcome = changeOutcome(error);
  return outcome === 'refused_drift' ? 'failed' : outcome;
}

async function change(client: Client, plan: Plan, settings: AdSettings, work: Work): Promise<Answer> {
  const target = { immutableId: plan.target.immutableId };
  const found = await readSituation(client, settings, work, target);
  if (!found.ok) return drifted(found.failure.detail);
  const now = found.value;
  const never = outOfReach(now.account);
  if (never !== undefined) return nothingSent(never);
  const changed = changedSince(plan, work, now);
  if (changed !== '') return drifted(`changed since it was planned: ${changed}`);
  try {
    await work.write(client, plan, now);
  } catch (error) {
    const code = resultCodeOf(error);
    if (code === undefined || ![CODE.noSuchObject, ...work.driftCodes].includes(code)) throw error;
    return drifted('it changed at the moment of the write');
  }
  const after = await readSituation(client, settings, work, target).catch(() => undefined);
  return after?.ok === true ? afterWrite(plan, work, now, after.value) : NOT_READ;
}

const NOT_READ: Answer = { outcome: 'unknown', detail: 'after the write it could not be read', before: {} };

/** Paths of the preconditions that do not hold any more, and names of parameters that the act would not be done with. */
function changedSince(plan: Plan, work: Work, now: Situation): string {
  const values = new Map(work.preconditions(plan.operation, now).map(({ path, value }) => [path, value]));
  if (plan.preconditions.length !== values.size) return 'the list of preconditions';
  const params = Object.entries(work.params(now));
  if (Object.keys(plan.params).length !== params.length) return 'the list of parameters';
  return [
    ...plan.preconditions.filter(({ path, value }) => values.get(path) !== value).map(({ path }) => path),
    ...params.filter(([name, value]) => plan.params[name] !== value).map(([name]) => name),
  ].join(', ');
}

/**
 * A server also says yes where the new value stands there already, and changes nothing then: its version number tells the two
 * apart. Where it cannot be read any more nobody knows which it was.
 */
function afterWrite(plan: Plan, work: Work, was: Situation, is: Situation): Answer {
  const isMoved = work.version(is) !== work.version(was);
  const isThere = work.changes(plan.operation, is)[0]?.from === plan.changes[0]?.to;
  if (!isMoved && isThere)
    return { outcome: 'already_applied', detail: 'somebody else had made the same change just before', before: {} };
  return {
    outcome: 'applied',
    detail: 'the server made the change',
    // Without a version, where the server shows another value than it said yes to, the undo refuses.
    before: work.before(was, isMoved ? work.version(is) : undefined),
  };
}
