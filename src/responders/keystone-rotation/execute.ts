import type { Plan, Receipt, ResponderContext, SystemConfig, WriteCapability } from '../../ports/responder.ts';
import { type Answer, carryOut, drifted, failed, nothingSent } from '../shared/carry-out.ts';
import { Denied, httpWriteOutcome } from '../shared/http/ask-http.ts';
import { asMembers, asText, jsonOf, lookedBefore } from '../shared/http/vendor-http.ts';
import { inTurn } from '../shared/in-turn.ts';
import { type KeyReading, keysOf, reachOf } from '../shared/keystone/keystone-key.ts';
import type { KeystoneSession } from '../shared/keystone/keystone-session.ts';
import { UnfitFile } from '../shared/own-file.ts';
import { changedSince, plannedValue } from '../shared/planned.ts';
import { actMark, dropBefore, type NextSecret, placeBefore, prepareNext } from '../shared/secret-file.ts';
import { NoAnswer } from '../shared/wire-text.ts';
import { type RotationSettings, readSettings } from './config.ts';
import { operationNamed } from './manifest.ts';
import { isInUse, preconditionsOf } from './plan.ts';
import { meant, type Reading, readAll, readingSession, writingSession } from './read.ts';
import { holdKey, tryKey } from './trial.ts';

/** Everything that a change needs to know. */
interface Work extends Reading {
  readonly plan: Plan;
  readonly settings: RotationSettings;
  readonly actKey: string;
  readonly context: ResponderContext;
  readonly reading: KeystoneSession;
  readonly writing: KeystoneSession;
}

/**
 * Carries out a plan, once. Looks at everything again with the credential that reads, then makes or deletes one application
 * credential and replaces the file by a rename. The old secret works throughout, until it is ended by an act of its own.
 */
export async function executeRotation(
  plan: Plan,
  system: SystemConfig,
  capability: WriteCapability,
  context: ResponderContext,
): Promise<Receipt> {
  const settings = readSettings(system.settings);
  const id = settings.ok ? meant(settings.value, plan.target) : undefined;
  const unfit = !settings.ok
    ? settings.failure.detail
    : id === undefined
      ? 'the plan is for another kind of target'
      : undefined;
  const errand = { plan, system, operation: operationNamed(plan.operation), unfit, capability, context };
  return await carryOut(
    errand,
    async secret => {
      if (!settings.ok || id === undefined) return nothingSent('it is not configured');
      if (id === settings.value.writeKey) return nothingSent('Countersign itself uses it there.');
      return await inTurn(`secret file ${settings.value.secretFile}`, async () => {
        const reading = readingSession(settings.value, await context.readCredential(), context.timeoutMs);
        const writing = writingSession(settings.value, secret, context.timeoutMs);
        const read = await lookAgain(reading, writing, settings.value, id);
        if ('outcome' in read) return read;
        const actKey = capability.idempotencyKey;
        return await carry({ ...read, plan, settings: settings.value, actKey, context, reading, writing });
      });
    },
    error => (error instanceof UnfitFile ? 'failed' : httpWriteOutcome(error)),
  );
}

/** When it was planned there was a file that would do. */
async function lookAgain(
  reading: KeystoneSession,
  writing: KeystoneSession,
  settings: RotationSettings,
  id: string,
): Promise<Reading | Answer> {
  try {
    return await lookedBefore(async () => {
      const read = await readAll(reading, settings, id);
      if (read.maker === undefined) return drifted('the application credential that makes others is gone');
      await writing.logIn();
      return read;
    });
  } catch (error) {
    if (error instanceof UnfitFile) return drifted(`the file of the secret: ${error.message}`);
    throw error;
  }
}

async function carry(work: Work): Promise<Answer> {
  switch (work.plan.operation) {
    case 'rotate':
      return await rotate(work);
    case 'take-back':
      return await takeBack(work);
    default:
      return await endOld(work);
  }
}

/**
 * Each step leaves something that works: the secret is on the disk before Keystone hears of it, and it has opened the new one
 * before the file names that. Killed anywhere, the file names one that its secret opens; the same key goes on, and knows by its
 * name what it made.
 */
async function rotate(work: Work): Promise<Answer> {
  const { plan, settings, actKey, context, key, keys, files } = work;
  if (key === undefined) return drifted('it is gone');
  const name = nameOf(key, actKey);
  const made = keys.find(one => one.name === name);
  if (files.now.mark !== plannedValue(plan, 'file.mark'))
    return made !== undefined && files.now.login === made.id
      ? {
          outcome: 'already_applied',
          detail: 'this act was carried out before',
          before: beforeOf(key, made, files.now.mark, files.before?.mark ?? ''),
        }
      : drifted('the file of the secret was replaced since it was planned');
  const changed = changedOf(plan, work);
  if (changed !== '') return drifted(`changed since it was planned: ${changed}`);
  if (files.now.login !== key.id) return drifted('the file of the secret names another one');
  const next = await prepareNext(settings.secretFile, actKey, undefined, files.now);
  const id = made?.id ?? (await makeLike(work, key, name, next));
  const trial = await tryKey(settings.url, id, next.secret, context.timeoutMs);
  if (trial.works !== 'yes')
    return failed(`the new one was made and its secret did not open it, so the file was left as it was: ${trial.text}`);
  const after = made ?? (await madeAs(work, id));
  if (after !== undefined && reachOf(after) !== reachOf(key))
    return failed('the new one may not do what the old one may, so the file was left as it was');
  const placed = await next.place(id);
  return {
    outcome: 'applied',
    detail: 'there is a new application credential, and the file names it',
    before: beforeOf(key, { id, record: after?.record ?? '' }, placed.mark, placed.markBefore),
  };
}

const BASE_CHARS_MAX = 200;

/** Names are unique among those of a user, so nobody makes a second one under the same key. */
function nameOf({ name }: KeyReading, actKey: string): string {
  const base = name.replace(/\.[0-9a-f]{16}$/, '');
  return `${base.slice(0, BASE_CHARS_MAX).toWellFormed()}.${actMark(actKey)}`;
}

/** The id of a new one of the same reach. */
async function makeLike(
  { writing, settings }: Work,
  { description, expires, roles, rules }: KeyReading,
  name: string,
  next: NextSecret,
): Promise<string> {
  const application_credential = {
    name,
    secret: next.secret.reveal(),
    roles: roles.map(({ id }) => ({ id })),
    unrestricted: false,
    ...(description === '' ? {} : { description }),
    ...(expires === '' ? {} : { expires_at: expires }),
    ...(rules === undefined ? {} : { access_rules: rules }),
  };
  const path = `/users/${settings.user}/application_credentials`;
  try {
    const { text } = await writing.client.change('POST', path, { application_credential });
    const id = asText(asMembers(asMembers(jsonOf(text)).get('application_credential')).get('id'));
    if (id === '') throw new NoAnswer('the answer does not name what was made');
    return id;
  } catch (error) {
    // One that is there already was made under this key by somebody else, with this secret.
    if (error instanceof Denied && httpWriteOutcome(error) === 'refused' && error.status !== CONFLICT)
      await next.drop();
    throw error;
  }
}

const CONFLICT = 409;

/** It was made, whatever comes of looking. */
async function madeAs({ reading, settings }: Work, id: string): Promise<KeyReading | undefined> {
  const keys = await keysOf(reading.client, settings.user).catch(() => []);
  return keys.find(key => key.id === id);
}

function beforeOf(
  key: KeyReading,
  made: Pick<KeyReading, 'id' | 'record'>,
  markAfter: string,
  markBefore: string,
): Answer['before'] {
  return {
    'key.label': key.name,
    'key.record': key.record,
    'file.login': key.id,
    'file.markAfter': markAfter,
    'file.markBefore': markBefore,
    'made.id': made.id,
    'made.record': made.record,
  };
}

/** First the file, so that nobody is sent to one that is gone; killed between the two, the same key goes on. */
async function takeBack(work: Work): Promise<Answer> {
  const { plan, settings, context, id, keys, files } = work;
  const made = plannedValue(plan, 'file.login');
  const isMadeThere = keys.some(key => key.id === made);
  if (files.now.login === id) {
    if (!isMadeThere) return { outcome: 'already_applied', detail: 'the service has its old one again', before: {} };
  } else {
    const changed = changedOf(plan, work);
    if (changed !== '' || files.now.mark !== plannedValue(plan, 'file.mark'))
      return drifted(`changed since it was planned: ${changed || 'the file of the secret'}`);
    if (files.before?.login !== id) return drifted('the file that was there before is gone');
    const trial = await tryKey(settings.url, id, files.before.secret, context.timeoutMs);
    if (trial.works !== 'yes') return failed(`the old secret does not open it any more: ${trial.text}`);
    await placeBefore(settings.secretFile, files.now, files.before);
  }
  if (isMadeThere) await deleteKey(work, made);
  await dropBefore(settings.secretFile);
  return { outcome: 'applied', detail: 'the service has its old one again, and the new one is gone', before: {} };
}

async function endOld(work: Work): Promise<Answer> {
  const { plan, settings, context, id, key, files } = work;
  if (key === undefined) return drifted('it is gone already');
  const changed = changedOf(plan, work);
  if (changed !== '') return drifted(`changed since it was planned: ${changed}`);
  if (files.before?.login !== id) return drifted('the file of the secret did not name it before');
  if (!isInUse(work)) return drifted('no consumer shows a token that was got with the new one');
  await holdKey(plan, settings.url, id, files.before.secret, context.timeoutMs);
  await deleteKey(work, id);
  await dropBefore(settings.secretFile);
  return {
    outcome: 'applied',
    detail: 'the old one is deleted',
    before: { 'key.label': key.name, 'key.present': 'yes', 'key.presentAfter': 'no' },
  };
}

async function deleteKey({ writing, settings }: Work, id: string): Promise<void> {
  await writing.client.change('DELETE', `/users/${settings.user}/application_credentials/${id}`);
}

/** But for which file it is: a new one is no change of what it names. */
function changedOf(plan: Plan, reading: Reading): string {
  return changedSince(plan, preconditionsOf(plan.operation, reading), path => path !== 'file.mark');
}
