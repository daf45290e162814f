import { Attribute, Change, type Client, type Filter } from 'ldapts';
import type { Plan, Receipt, ResponderContext, SystemConfig, WriteCapability } from '../../ports/responder.ts';
import {
  AssertionControl,
  CODE,
  changeOutcome,
  isEntryUuid,
  LOCKED_FOR_GOOD,
  NoOpControl,
  resultCodeOf,
  sameDn,
  withBind,
} from '../shared/ldap/ldap-directory.ts';
import { holdBind } from '../shared/ldap/ldap-held-bind.ts';
import { openFor } from '../shared/open-for.ts';
import { errorTextWithout } from '../shared/wire-text.ts';
import { type LdapSettings, readSettings } from './config.ts';
import { operationNamed } from './manifest.ts';
import { preconditionsOf } from './plan.ts';
import { type AccountReading, findAccount, findGroups, notLockedFilter, sameVersionFilter } from './read.ts';

type Answer = Pick<Receipt, 'outcome' | 'detail' | 'before'>;

/** Carries out a plan, once: looks again, lets the server run it dry, and changes one attribute under an assertion. */
export async function executeAccount(
  plan: Plan,
  system: SystemConfig,
  capability: WriteCapability,
  context: ResponderContext,
): Promise<Receipt> {
  const startedAt = context.now();
  const { outcome, detail, before } = await attempt(plan, system, capability, context);
  const now = context.now();
  return { outcome, detail, before, startedAt, endedAt: now > startedAt ? now : startedAt };
}

async function attempt(
  plan: Plan,
  system: SystemConfig,
  capability: WriteCapability,
  context: ResponderContext,
): Promise<Answer> {
  const settings = readSettings(system.settings);
  if (!settings.ok) return nothingSent(settings.failure.detail);
  if (!isEntryUuid(plan.target.immutableId)) return nothingSent('the plan is for another kind of target');
  const opened = await openFor(plan, system, operationNamed(plan.operation), capability);
  if (!opened.ok) return nothingSent(opened.failure);
  const secret = opened.value;
  try {
    return await withBind(settings.value, settings.value.writeDn, secret, context.timeoutMs, client =>
      change(client, plan, settings.value, context),
    );
  } catch (error) {
    return { outcome: changeOutcome(error), detail: errorTextWithout(error, [secret]), before: {} };
  }
}

function nothingSent(detail: string): Answer {
  return { outcome: 'refused', detail, before: {} };
}

async function change(client: Client, plan: Plan, settings: LdapSettings, context: ResponderContext): Promise<Answer> {
  const found = await findAccount(client, settings, { immutableId: plan.target.immutableId });
  if (!found.ok) return { outcome: 'refused_drift', detail: found.failure.detail, before: {} };
  const account = found.value;
  if (plan.operation === 'lock' && isOurLock(account, settings)) {
    return { outcome: 'already_applied', detail: 'the account bears the lock of Countersign', before: {} };
  }
  const changed = changedSince(plan, account, await findGroups(client, settings, account));
  if (changed !== '')
    return { outcome: 'refused_drift', detail: `changed since it was planned: ${changed}`, before: {} };
  const [changes, filter] = writeOf(plan, account, settings);
  const refusal = await runDry(client, account, changes, filter);
  if (refusal !== undefined) return refusal;
  if (plan.operation === 'lock') await holdBind(plan, account.dn, account.name, settings, context);
  try {
    await client.modify(account.dn, [changes], [new AssertionControl(filter)]);
  } catch (error) {
    if (resultCodeOf(error) !== CODE.assertionFailed) throw error;
    return await afterLostRace(client, plan, account, settings);
  }
  return {
    outcome: 'applied',
    detail: 'the server made the change',
    before: await beforeOf(client, account, settings),
  };
}

function isOurLock(account: AccountReading, settings: LdapSettings): boolean {
  return account.lockedTime === LOCKED_FOR_GOOD && sameDn(account.modifiersName, settings.writeDn);
}

/** Paths of the preconditions that do not hold any more. */
function changedSince(plan: Plan, account: AccountReading, groups: readonly string[] | undefined): string {
  const now = new Map(preconditionsOf(plan.operation, account, groups).map(({ path, value }) => [path, value]));
  const isWhole = plan.preconditions.length === now.size;
  return isWhole
    ? plan.preconditions
        .filter(({ path, value }) => now.get(path) !== value)
        .map(({ path }) => path)
        .join(', ')
    : 'the list of preconditions';
}

/**
 * The one change and what must hold at that instant. A lock asserts what it rests on; the account's other
 * attributes may move, so that its holder cannot hold the lock up. An undo asserts that nothing moved at all.
 */
function writeOf(plan: Plan, account: AccountReading, settings: LdapSettings): readonly [Change, Filter] {
  const attribute = (values: string[]) => new Attribute({ type: 'pwdAccountLockedTime', values });
  if (plan.operation === 'lock') {
    return [
      new Change({ operation: 'replace', modification: attribute([LOCKED_FOR_GOOD]) }),
      notLockedFilter(settings, account),
    ];
  }
  const to = plan.changes[0]?.to ?? 'not set';
  // Replacing by no value removes the attribute (RFC 4511, 4.6).
  return [
    new Change({ operation: 'replace', modification: attribute(to === 'not set' ? [] : [to]) }),
    sameVersionFilter(account),
  ];
}

/** Lets the server check everything without doing it. Undefined where it would do it. */
async function runDry(
  client: Client,
  account: AccountReading,
  changes: Change,
  filter: Filter,
): Promise<Answer | undefined> {
  try {
    await client.modify(account.dn, [changes], [new NoOpControl(), new AssertionControl(filter)]);
  } catch (error) {
    const code = resultCodeOf(error);
    if (code === CODE.noOperation) return undefined;
    if (code === undefined) throw error;
    const outcome = changeOutcome(error);
    return {
      outcome: outcome === 'unknown' ? 'failed' : outcome,
      detail: `the server's dry run: ${errorTextWithout(error, [])}`,
      before: {},
    };
  }
  // The control is critical, so a server that made the change all the same broke the protocol.
  return { outcome: 'unknown', detail: 'the server carried out what it was asked to run dry', before: {} };
}

async function afterLostRace(
  client: Client,
  plan: Plan,
  account: AccountReading,
  settings: LdapSettings,
): Promise<Answer> {
  const now = await findAccount(client, settings, { immutableId: account.entryUuid });
  const isOurs = plan.operation === 'lock' && now.ok && isOurLock(now.value, settings);
  return isOurs
    ? { outcome: 'already_applied', detail: 'the account bears the lock of Countersign', before: {} }
    : { outcome: 'refused_drift', detail: 'it changed at the moment of the write', before: {} };
}

/** What an undo starts from. Where somebody else's change came right after ours, no version is kept, and the undo refuses. */
async function beforeOf(client: Client, account: AccountReading, settings: LdapSettings): Promise<Answer['before']> {
  const before = {
    'account.isLocked': String(account.lockedTime === LOCKED_FOR_GOOD),
    'account.lockedTime': account.lockedTime,
    'account.version': account.version,
  };
  const after = await findAccount(client, settings, { immutableId: account.entryUuid }).catch(() => undefined);
  const isOurs = after?.ok === true && sameDn(after.value.modifiersName, settings.writeDn);
  return isOurs ? { ...before, 'account.versionAfter': after.value.version } : before;
}
