import { fail, ok, type Result } from '../../base/result.ts';
import { type Failure, failureOf } from '../../model/failure.ts';
import type { Observation, Plan, ResponderContext, SystemConfig } from '../../ports/responder.ts';
import { secretNamed } from '../shared/secret-named.ts';
import { shownText } from '../shared/wire-text.ts';
import { type MailSettings, readSettings } from './config.ts';
import { readFailure, withSession } from './imap.ts';
import { operationNamed } from './manifest.ts';
import { type Found, lookFor } from './message.ts';
import { type Named, namedBy } from './name.ts';
import { type Move, movesOf } from './plan.ts';

type Verdict = Observation['checks'][number]['ok'];

/** Looks through the mailbox again, and as its owner where a probe is set. Believes nothing that `execute` said. */
export async function observeMessage(
  plan: Plan,
  system: SystemConfig,
  context: ResponderContext,
): Promise<Result<Observation, Failure>> {
  const settings = readSettings(system.settings);
  if (!settings.ok) return settings;
  if (operationNamed(plan.operation) === undefined)
    return fail(failureOf('responder.refused', `imap-mail: there is no operation ${shownText(plan.operation)}`));
  const named = namedBy(plan.target.immutableId);
  const moves = movesOf(plan);
  if (named === undefined || moves === undefined)
    return fail(failureOf('proposal.target_not_found', 'imap-mail: the plan names no message'));
  const secret = await context.readCredential();
  const login = { login: settings.value.readLogin, mailbox: named.user, secret };
  try {
    const found = await withSession(settings.value, login, context.timeoutMs, session =>
      lookFor(session, named.messageId),
    );
    const owner = await seenByOwner(named, settings.value, context);
    return ok(
      plan.operation === 'quarantine'
        ? judgeQuarantine(moves, settings.value, found, owner)
        : judgeRestore(moves, found, owner),
    );
  } catch (error) {
    return fail(readFailure(error, [secret]));
  }
}

/** Whether the owner of the mailbox finds the message there; `unproven` where nobody can look as they do. */
async function seenByOwner(
  { user, messageId }: Named,
  settings: MailSettings,
  context: ResponderContext,
): Promise<Verdict> {
  const secret = secretNamed(await context.probeCredential?.(), user);
  if (secret === undefined) return 'unproven';
  try {
    const login = { login: user, mailbox: '', secret };
    const found = await withSession(settings, login, context.timeoutMs, session => lookFor(session, messageId));
    if (found.copies.length > 0) return 'yes';
    return found.shut.length === 0 && found.unnamed === 0 ? 'no' : 'unproven';
  } catch {
    return 'unproven';
  }
}

function isIn({ copies }: Found, { folder, validity, uid }: Move): boolean {
  return copies.some(copy => copy.folder === folder && copy.validity === validity && copy.uid === uid);
}

function judgeQuarantine(
  moves: readonly Move[],
  { quarantine }: MailSettings,
  found: Found,
  owner: Verdict,
): Observation {
  const left = moves.filter(move => isIn(found, move)).length;
  const kept = found.copies.filter(({ folder }) => folder === quarantine).length;
  const outside = found.copies.length - kept;
  const isKept = left === 0 && kept >= moves.length;
  return {
    state: isKept ? 'in_effect' : 'not_in_effect',
    effect: !isKept || outside > 0 || owner === 'yes' ? 'not_in_effect' : owner === 'no' ? 'in_effect' : 'unproven',
    checks: [
      { text: `Messages that are still where they were: ${left}.`, ok: left === 0 ? 'yes' : 'no' },
      { text: `Messages with this id in ${quarantine}: ${kept}.`, ok: kept >= moves.length ? 'yes' : 'no' },
      { text: `Messages with this id elsewhere in the mailbox: ${outside}.`, ok: outside === 0 ? 'yes' : 'no' },
      {
        text: 'The owner of the mailbox, logged in, does not find it.',
        ok: owner === 'unproven' ? 'unproven' : owner === 'no' ? 'yes' : 'no',
      },
      { text: 'No mail client or phone has a copy of its own.', ok: 'unproven' },
    ],
  };
}

function judgeRestore(moves: readonly Move[], found: Found, owner: Verdict): Observation {
  const left = moves.filter(move => isIn(found, move)).length;
  const isBack = moves.every(
    ({ to }) =>
      found.copies.filter(({ folder }) => folder === to).length >= moves.filter(move => move.to === to).length,
  );
  const isRestored = left === 0 && isBack;
  return {
    state: isRestored ? 'in_effect' : 'not_in_effect',
    effect: !isRestored || owner === 'no' ? 'not_in_effect' : owner === 'yes' ? 'in_effect' : 'unproven',
    checks: [
      { text: `Messages that are still in quarantine: ${left}.`, ok: left === 0 ? 'yes' : 'no' },
      { text: 'The message is in each folder that it was taken from.', ok: isBack ? 'yes' : 'no' },
      { text: 'The owner of the mailbox, logged in, finds it.', ok: owner },
    ],
  };
}
