import { createHash, randomBytes } from 'node:crypto';
import {
  AndFilter,
  Attribute,
  Change,
  type Client,
  EqualityFilter,
  type Filter,
  NotFilter,
  PresenceFilter,
} from 'ldapts';
import type { Plan, Receipt, ResponderContext, Secret, SystemConfig, WriteCapability } from '../../ports/responder.ts';
import { type Answer, carryOut, drifted, failed } from '../shared/carry-out.ts';
import { inTurn } from '../shared/in-turn.ts';
import {
  AssertionControl,
  CODE,
  changeOutcome,
  isEntryUuid,
  LOCKED_FOR_GOOD,
  resultCodeOf,
  sameDn,
  withBind,
} from '../shared/ldap/ldap-directory.ts';
import { holdBind } from '../shared/ldap/ldap-held-bind.ts';
import { UnfitFile } from '../shared/own-file.ts';
import { changedSince, plannedValue } from '../shared/planned.ts';
import {
  actMark,
  dropBefore,
  placeBefore,
  prepareNext,
  readSecretBefore,
  readSecretFile,
  type SecretFile,
} from '../shared/secret-file.ts';
import { type RotationSettings, readSettings } from './config.ts';
import { operationNamed } from './manifest.ts';
import { preconditionsOf } from './plan.ts';
import { findPair, type LoginReading, type Pair } from './read.ts';
import { tryBind } from './trial.ts';

/** Everything that a change needs to know. */
interface Work extends Pair {
  readonly client: Client;
  readonly plan: Plan;
  readonly settings: RotationSettings;
  readonly key: string;
  readonly context: ResponderContext;
  readonly file: SecretFile;
}

/**
 * Carries out a plan, once. Looks at everything again, then changes one entry under an assertion and replaces the file
 * by a rename. The old password works throughout, until it is ended by an act of its own.
 */
export async function executeRotation(
  plan: Plan,
  system: SystemConfig,
  capability: WriteCapability,
  context: ResponderContext,
): Promise<Receipt> {
  const settings = readSettings(system.settings);
  const unfit = !settings.ok
    ? settings.failure.detail
    : isEntryUuid(plan.target.immutableId)
      ? undefined
      : 'the plan is for another kind of target';
  const errand = { plan, system, operation: operationNamed(plan.operation), unfit, capability, context };
  return await carryOut(
    errand,
    async secret => {
      if (!settings.ok) return { outcome: 'refused', detail: settings.failure.detail, before: {} };
      const { writeDn, secretFile } = settings.value;
      // A rotation binds a second time, and writes to the disk, before it is done.
      const patienceMs = context.timeoutMs * 2;
      return await inTurn(`secret file ${secretFile}`, () =>
        withBind(
          settings.value,
          writeDn,
          secret,
          context.timeoutMs,
          client => begin(client, plan, settings.value, capability.idempotencyKey, context),
          patienceMs,
        ),
      );
    },
    outcomeOf,
  );
}

function outcomeOf(error: unknown): 'refused' | 'failed' | 'unknown' {
  if (error instanceof UnfitFile) return 'failed';
  const outcome = changeOutcome(error);
  return outcome === 'refused_drift' ? 'refused' : outcome;
}

async function begin(
  client: Client,
  plan: Plan,
  settings: RotationSettings,
  key: string,
  context: ResponderContext,
): Promise<Answer> {
  const found = await findPair(client, settings, { immutableId: plan.target.immutableId });
  if (!found.ok) return drifted(found.failure.detail);
  const file = await readSecretFile(settings.secretFile).catch((error: unknown) => {
    if (error instanceof UnfitFile) return error.message;
    throw error;
  });
  if (typeof file === 'string') return drifted(`the file of the secret: ${file}`);
  const work = { ...found.value, client, plan, settings, key, context, file };
  switch (plan.operation) {
    case 'rotate':
      return await rotate(work);
    case 'take-back':
      return await takeBack(work);
    case 'end-old':
      return await endOld(work);
    default:
      return await allowOld(work);
  }
}

/**
 * Each step leaves something that works: the secret is on the disk before the directory hears of it, and it has opened the
 * login before the file names it. Killed anywhere, the file names a login that its secret opens; the same key goes on.
 */
async function rotate(work: Work): Promise<Answer> {
  const { plan, settings, key, context, login, standby, file } = work;
  if (file.mark !== plannedValue(plan, 'file.mark')) return await rotatedBefore(work);
  if (!sameDn(file.login, login.dn)) return drifted('the file of the secret names another login than was planned');
  const next = await prepareNext(settings.secretFile, key, standby.dn, file, { isMarked: true });
  // Nobody else has that secret: where it opens the login, this act gave it. Whoever noted the last bind modified the entry since.
  const isResumed =
    !standby.isLocked && (await tryBind(settings, standby.dn, next.secret, context.timeoutMs)).works === 'yes';
  if (!isResumed) {
    const changed = changedOf(plan, work);
    const given = changed === '' ? await givePassword(work, next.secret, standbyAsPlanned(standby)) : 'drift';
    if (given === 'drift') {
      await next.drop();
      return drifted(`changed since it was planned: ${changed || 'at the moment of the write'}`);
    }
    const trial = await tryBind(settings, standby.dn, next.secret, context.timeoutMs);
    if (trial.works !== 'yes')
      return failed(
        `the new password was set and did not open the login, so the file was left as it was: ${trial.text}`,
      );
  }
  // A new password takes the note of the last bind away: from here on that of our own try is gone.
  const tried = await readStandby(work);
  if (tried === undefined || tried.lastBind === '')
    return failed('the directory does not note binds (`lastbind on`), so the file was left as it was');
  if ((await givePassword(work, next.secret, notLocked(standby))) === 'drift')
    return drifted('the login that stood by changed at the moment of the write');
  const given = await readStandby(work);
  if (given === undefined || given.lastBind !== '')
    return failed('somebody bound as the login that stood by, so the file was left as it was');
  const placed = await next.place();
  return {
    outcome: 'applied',
    detail: 'the other login has a new password, and the file names it',
    before: beforeOf(work, given, placed.mark, placed.markBefore),
  };
}

/** The file is not the one that was planned for. It may be this very act that replaced it. */
async function rotatedBefore(work: Work): Promise<Answer> {
  const { settings, key, standby, file } = work;
  if (file.act !== actMark(key) || !sameDn(file.login, standby.dn))
    return drifted('the file of the secret was replaced since it was planned');
  const markBefore = (await readSecretBefore(settings.secretFile))?.mark ?? '';
  return {
    outcome: 'already_applied',
    detail: 'this act was carried out before',
    before: beforeOf(work, standby, file.mark, markBefore),
  };
}

function beforeOf({ login }: Work, standby: LoginReading, markAfter: string, markBefore: string): Answer['before'] {
  return {
    'file.login': login.dn,
    'file.markAfter': markAfter,
    'file.markBefore': markBefore,
    'standby.passwordSince': standby.passwordSince,
    'standby.versionAfter': standby.version,
  };
}

/** First the file, so that nobody is sent to a login that no longer works; killed between the two, the same key goes on. */
async function takeBack(work: Work): Promise<Answer> {
  const { plan, settings, context, login, standby, file } = work;
  const path = settings.secretFile;
  const before = await readSecretBefore(path);
  const isOurs = sameDn(standby.modifiersName, settings.writeDn);
  if (sameDn(file.login, login.dn)) {
    if (standby.isLocked && isOurs)
      return { outcome: 'already_applied', detail: 'the service has its old login again', before: {} };
  } else {
    const changed = changedOf(plan, work);
    if (changed !== '' || file.mark !== plannedValue(plan, 'file.mark'))
      return drifted(`changed since it was planned: ${changed || 'the file of the secret'}`);
    if (before === undefined || !sameDn(before.login, login.dn))
      return drifted('the file that was there before is gone');
    const trial = await tryBind(settings, login.dn, before.secret, context.timeoutMs);
    if (trial.works !== 'yes') return failed(`the old password does not open the login any more: ${trial.text}`);
    await placeBefore(path, file, before);
  }
  const thrownAway = { reveal: () => randomBytes(32).toString('base64url') };
  if ((await givePassword(work, thrownAway, notLocked(standby), true)) === 'drift')
    return failed('the file was put back; the new login changed at the moment of the write');
  await dropBefore(path);
  return { outcome: 'applied', detail: 'the service has its old login again', before: {} };
}

async function endOld(work: Work): Promise<Answer> {
  const { plan, settings, context, login, standby, file, client } = work;
  if (login.isLocked && sameDn(login.modifiersName, settings.writeDn))
    return { outcome: 'already_applied', detail: 'it bears the lock of Countersign', before: {} };
  if (!sameDn(file.login, standby.dn)) return drifted('the file of the secret names another login than was planned');
  const changed = changedOf(plan, work);
  if (changed !== '') return drifted(`changed since it was planned: ${changed}`);
  await holdBind(plan, login.dn, login.name, settings, context);
  if (!(await modified(client, login.dn, [locked(true)], notLocked(login))))
    return drifted('it changed at the moment of the write');
  const after = await findPair(client, settings, plan.target).catch(() => undefined);
  const version = after?.ok === true ? { 'login.versionAfter': after.value.login.version } : {};
  return { outcome: 'applied', detail: 'the old login is locked', before: { 'login.isLocked': 'false', ...version } };
}

async function allowOld(work: Work): Promise<Answer> {
  const { plan, settings, login, client } = work;
  const changed = changedOf(plan, work);
  if (changed !== '') return drifted(`changed since it was planned: ${changed}`);
  const filter = new AndFilter({
    filters: [
      is('entryUUID', login.entryUuid),
      is('pwdAccountLockedTime', LOCKED_FOR_GOOD),
      is('modifiersName', settings.writeDn),
    ],
  });
  if (!(await modified(client, login.dn, [locked(false)], filter)))
    return drifted('it changed at the moment of the write');
  return { outcome: 'applied', detail: 'it may bind again', before: { 'login.isLocked': 'true' } };
}

const is = (attribute: string, value: string) => new EqualityFilter({ attribute, value });

function notLocked({ entryUuid }: LoginReading): Filter {
  return new AndFilter({
    filters: [is('entryUUID', entryUuid), new NotFilter({ filter: is('pwdAccountLockedTime', LOCKED_FOR_GOOD) })],
  });
}

/** Locked, with the password that it had when it was looked at. Its version moves with refused binds, too. */
function standbyAsPlanned({ entryUuid, passwordSince }: LoginReading): Filter {
  const since =
    passwordSince === ''
      ? new NotFilter({ filter: new PresenceFilter({ attribute: 'pwdChangedTime' }) })
      : is('pwdChangedTime', passwordSince);
  return new AndFilter({
    filters: [is('entryUUID', entryUuid), is('pwdAccountLockedTime', LOCKED_FOR_GOOD), since],
  });
}

function locked(isLocked: boolean): Change {
  const values = isLocked ? [LOCKED_FOR_GOOD] : [];
  return new Change({
    operation: 'replace',
    modification: new Attribute({ type: 'pwdAccountLockedTime', values }),
  });
}

const SALT_BYTES = 16;

/** A password as the directory keeps it, so that none stands in what it writes down of changes. It is 256 bits of chance. */
function hashOf(secret: Secret): string {
  const salt = randomBytes(SALT_BYTES);
  const digest = createHash('sha1').update(secret.reveal()).update(salt).digest();
  return `{SSHA}${Buffer.concat([digest, salt]).toString('base64')}`;
}

/** In one step: the password, and whether it can be used. A new one lifts a lock by itself (ppolicy), so one is set again. */
async function givePassword(
  { client, standby }: Work,
  secret: Secret,
  filter: Filter,
  isLocked = false,
): Promise<'given' | 'drift'> {
  const password = new Change({
    operation: 'replace',
    modification: new Attribute({ type: 'userPassword', values: [hashOf(secret)] }),
  });
  const changes = isLocked ? [password, locked(true)] : [password];
  return (await modified(client, standby.dn, changes, filter)) ? 'given' : 'drift';
}

/** False where the entry was not as the filter says at that instant. */
async function modified(client: Client, dn: string, changes: readonly Change[], filter: Filter): Promise<boolean> {
  try {
    await client.modify(dn, [...changes], [new AssertionControl(filter)]);
    return true;
  } catch (error) {
    if (resultCodeOf(error) === CODE.assertionFailed) return false;
    throw error;
  }
}

async function readStandby({ client, settings, plan }: Work): Promise<LoginReading | undefined> {
  const found = await findPair(client, settings, plan.target);
  return found.ok ? found.value.standby : undefined;
}

/** But for those of the file, which are compared where it is read. */
function changedOf(plan: Plan, reading: Pair): string {
  return changedSince(plan, preconditionsOf(plan.operation, reading), path => !path.startsWith('file.'));
}
