import { randomBytes } from 'node:crypto';
import type { Plan, Receipt, ResponderContext, SystemConfig, WriteCapability } from '../../ports/responder.ts';
import { type Answer, carryOut, drifted, failed, nothingSent } from '../shared/carry-out.ts';
import { httpWriteOutcome } from '../shared/http/ask-http.ts';
import type { VendorClient } from '../shared/http/vendor-client.ts';
import { lookedBefore } from '../shared/http/vendor-http.ts';
import { inTurn } from '../shared/in-turn.ts';
import { isKeycloakId, realmClient } from '../shared/keycloak/keycloak-realm.ts';
import { UnfitFile } from '../shared/own-file.ts';
import { changedSince, plannedValue } from '../shared/planned.ts';
import { actMark, dropBefore, placeBefore, prepareNext } from '../shared/secret-file.ts';
import { type RotationSettings, readSettings } from './config.ts';
import { operationNamed } from './manifest.ts';
import { preconditionsOf } from './plan.ts';
import {
  ACT_ATTRIBUTE,
  type ClientReading,
  isInUse,
  lastChange,
  type Reading,
  readAll,
  readClient,
  readingClient,
} from './read.ts';
import { holdClient, tryClient } from './trial.ts';

/** Everything that a change needs to know. */
interface Work extends Reading {
  readonly plan: Plan;
  readonly settings: RotationSettings;
  readonly actKey: string;
  readonly context: ResponderContext;
  readonly reading: VendorClient;
  readonly writing: VendorClient;
}

/**
 * Carries out a plan, once. Looks at everything again with the credential that reads, then changes one client and replaces the
 * file by a rename. The old secret works throughout, until its client is ended by an act of its own.
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
    : isKeycloakId(plan.target.immutableId)
      ? undefined
      : 'the plan is for another kind of target';
  const errand = { plan, system, operation: operationNamed(plan.operation), unfit, capability, context };
  return await carryOut(
    errand,
    async secret => {
      if (!settings.ok) return nothingSent('it is not configured');
      const { value } = settings;
      return await inTurn(`secret file ${value.secretFile}`, async () => {
        const reading = readingClient(value, await context.readCredential(), context.timeoutMs);
        const writing = realmClient(value, value.writeClient, secret, context.timeoutMs);
        const read = await lookedBefore(() => readAll(reading, value, { immutableId: plan.target.immutableId }));
        if (!read.ok) return drifted(read.failure.detail);
        return await carry({
          ...read.value,
          plan,
          settings: value,
          actKey: capability.idempotencyKey,
          context,
          reading,
          writing,
        });
      });
    },
    error => (error instanceof UnfitFile ? 'failed' : httpWriteOutcome(error)),
  );
}

async function carry(work: Work): Promise<Answer> {
  const { readClient, writeClient } = work.settings;
  if ([work.login, work.standby].some(({ name }) => name === readClient || name === writeClient))
    return nothingSent('Countersign itself uses one of the two there.');
  switch (work.plan.operation) {
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
 * Each step leaves something that works: the secret is on the disk before Keycloak hears of it, and it has been let in before the
 * file names it. Killed anywhere, the file names a client that its secret opens; the same key goes on.
 */
async function rotate(work: Work): Promise<Answer> {
  const { plan, settings, actKey, context, login, standby, files } = work;
  if (files.now.mark !== plannedValue(plan, 'file.mark')) return rotatedBefore(work);
  if (files.now.login !== login.name) return drifted('the file of the secret names another client than was planned');
  const next = await prepareNext(settings.secretFile, actKey, standby.name, files.now, { isMarked: true });
  // Nobody else has that secret, so where Keycloak has the mark of this act, it was given before.
  if (!(standby.isEnabled && standby.act === actMark(actKey))) {
    const changed = changedOf(plan, work);
    if (changed !== '') {
      await next.drop();
      return drifted(`changed since it was planned: ${changed}`);
    }
    await changeClient(work, standby, { enabled: true, secret: next.secret.reveal() }).catch(async error => {
      if (httpWriteOutcome(error) === 'refused') await next.drop();
      throw error;
    });
  }
  const trial = await tryClient(settings, standby.name, next.secret, context.timeoutMs);
  if (trial.works !== 'yes')
    return failed(`the new secret was set and did not open the client, so the file was left as it was: ${trial.text}`);
  // It was changed, whatever comes of looking.
  const after = await readClient(work.reading, settings, standby.id).catch(() => undefined);
  if (after !== undefined && (after.record !== login.record || after.rights.join() !== login.rights.join()))
    return failed('the two clients are not alike any more, so the file was left as it was');
  const placed = await next.place(standby.name);
  return {
    outcome: 'applied',
    detail: 'the other client has a new secret, and the file names it',
    before: handedOver(work, after, placed.mark, placed.markBefore),
  };
}

/** The file is not the one that was planned for. It may be this very act that replaced it. */
function rotatedBefore(work: Work): Answer {
  const { actKey, standby, files } = work;
  if (files.now.act !== actMark(actKey) || files.now.login !== standby.name)
    return drifted('the file of the secret was replaced since it was planned');
  return {
    outcome: 'already_applied',
    detail: 'this act was carried out before',
    before: handedOver(work, standby, files.now.mark, files.before?.mark ?? ''),
  };
}

function handedOver(
  { login }: Work,
  standby: ClientReading | undefined,
  markAfter: string,
  markBefore: string,
): Answer['before'] {
  return {
    'file.login': login.name,
    'file.markAfter': markAfter,
    'file.markBefore': markBefore,
    'standby.changeAfter': standby?.change ?? '',
  };
}

/** First the file, so that nobody is sent to a client that is let in no more; killed between the two, the same key goes on. */
async function takeBack(work: Work): Promise<Answer> {
  const { plan, settings, actKey, context, login, standby, files } = work;
  const answer: Answer = { outcome: 'applied', detail: 'the service has its old client again', before: {} };
  if (files.now.login === login.name) {
    if (!standby.isEnabled && standby.act === actMark(actKey)) return { ...answer, outcome: 'already_applied' };
    if (standby.change !== plannedValue(plan, 'standby.change'))
      return drifted('the file was put back, and the new client changed since it was planned');
  } else {
    const changed = changedOf(plan, work);
    if (changed !== '' || files.now.mark !== plannedValue(plan, 'file.mark'))
      return drifted(`changed since it was planned: ${changed || 'the file of the secret'}`);
    if (files.before?.login !== login.name) return drifted('the file that was there before is gone');
    const trial = await tryClient(settings, login.name, files.before.secret, context.timeoutMs);
    if (trial.works !== 'yes') return failed(`the old secret does not open its client any more: ${trial.text}`);
    await placeBefore(settings.secretFile, files.now, files.before);
  }
  const thrownAway = randomBytes(SECRET_BYTES).toString('base64url');
  await changeClient(work, standby, { enabled: false, secret: thrownAway });
  await dropBefore(settings.secretFile);
  return answer;
}

const SECRET_BYTES = 32;

async function endOld(work: Work): Promise<Answer> {
  const { plan, settings, actKey, context, login, standby, files } = work;
  if (!login.isEnabled && login.act === actMark(actKey))
    return { outcome: 'already_applied', detail: 'it bears the mark of this act', before: {} };
  if (files.now.login !== standby.name) return drifted('the file of the secret names another client than was planned');
  const changed = changedOf(plan, work);
  if (changed !== '') return drifted(`changed since it was planned: ${changed}`);
  if (!isInUse(standby)) return drifted('nobody was let in as the new client since it got its secret');
  if (files.before?.login === login.name)
    await holdClient(plan, settings, login.name, files.before.secret, context.timeoutMs);
  await changeClient(work, login, { enabled: false });
  // It was changed, whatever comes of looking.
  const after = await lastChange(work.reading, settings, login.id).catch(() => undefined);
  const before = { 'login.enabled': 'true', 'login.changeAfter': after?.change ?? '' };
  return { outcome: 'applied', detail: 'the old client is disabled', before };
}

async function allowOld(work: Work): Promise<Answer> {
  const { plan, actKey, login } = work;
  if (login.isEnabled && login.act === actMark(actKey))
    return { outcome: 'already_applied', detail: 'it bears the mark of this act', before: {} };
  const changed = changedOf(plan, work);
  if (changed !== '') return drifted(`changed since it was planned: ${changed}`);
  await changeClient(work, login, { enabled: true });
  return { outcome: 'applied', detail: 'it is let in again', before: { 'login.enabled': 'false' } };
}

/**
 * What is left out Keycloak leaves as it is, but for a client's own resources (authorization services), which it takes away
 * (26.4). One that has any is refused, when it is planned and here, as that is in what the plan rests on.
 */
async function changeClient(
  { writing, settings, actKey }: Work,
  { id }: ClientReading,
  change: { readonly enabled: boolean; readonly secret?: string },
): Promise<void> {
  const body = { ...change, attributes: { [ACT_ATTRIBUTE]: actMark(actKey) } };
  await writing.change('PUT', `/admin/realms/${settings.realm}/clients/${id}`, body);
}

/** But for those of the file, which are compared where it is read. */
function changedOf(plan: Plan, reading: Reading): string {
  return changedSince(plan, preconditionsOf(plan.operation, reading), path => !path.startsWith('file.'));
}
