import { fail, ok, type Result } from '../../base/result.ts';
import { type Failure, failureOf } from '../../model/failure.ts';
import type { Observation, Plan, ResponderContext, SystemConfig } from '../../ports/responder.ts';
import { askHost, first, readFailure, type Said } from '../shared/ssh-command.ts';
import { shownText } from '../shared/wire-text.ts';
import { readSettings } from './config.ts';
import { operationNamed } from './manifest.ts';
import { certificateIn } from './serial.ts';

/** Asks the server for its list, for what its sshd reads, and for who is logged in. Believes nothing that `execute` said. */
export async function observeCertificate(
  plan: Plan,
  system: SystemConfig,
  context: ResponderContext,
): Promise<Result<Observation, Failure>> {
  const settings = readSettings(system.settings);
  if (!settings.ok) return settings;
  if (operationNamed(plan.operation) === undefined)
    return fail(failureOf('responder.refused', `ssh-certificate: there is no operation ${shownText(plan.operation)}`));
  const certificate = certificateIn(plan.target.immutableId);
  if (certificate === undefined)
    return fail(failureOf('proposal.target_not_found', 'ssh-certificate: the plan names no certificate'));
  const secret = await context.readCredential();
  try {
    const said = await askHost(settings.value, secret, `state ${certificate.serial}`, context.timeoutMs);
    if (first(said, 'ca') !== certificate.ca)
      return fail(
        failureOf('proposal.target_not_found', 'ssh-certificate: the server takes the certificates of another CA'),
      );
    return ok(plan.operation === 'revoke' ? judgeRevocation(said) : judgeReinstatement(said));
  } catch (error) {
    return fail(readFailure('ssh-certificate', error, [secret]));
  }
}

/**
 * A connection of which the log says nothing may be one with this certificate: then that nobody is in with it is not shown.
 * Each is looked at anew at every login, so a list that sshd reads now holds for the next one.
 */
function judgeRevocation(said: Said): Observation {
  const isListed = first(said, 'revoked') === 'yes' && first(said, 'whole') === 'yes';
  const isRead = !(said.get('lacks') ?? []).some(what => what.startsWith('an sshd '));
  const open = (said.get('open') ?? []).length;
  const untold = (said.get('untold') ?? []).length;
  return {
    state: isListed ? 'in_effect' : 'not_in_effect',
    effect: !isListed || !isRead || open > 0 ? 'not_in_effect' : untold === 0 ? 'in_effect' : 'unproven',
    checks: [
      { text: 'The certificate is on the revocation list.', ok: isListed ? 'yes' : 'no' },
      { text: 'That list is the one that sshd reads.', ok: isRead ? 'yes' : 'no' },
      { text: `Sessions that are open with the certificate: ${open}.`, ok: open === 0 ? 'yes' : 'no' },
      {
        text: `Connections to sshd of which its log does not say who came: ${untold}.`,
        ok: untold === 0 ? 'yes' : 'unproven',
      },
    ],
  };
}

function judgeReinstatement(said: Said): Observation {
  const isGone = first(said, 'revoked') === 'no' && first(said, 'whole') === 'yes';
  return {
    state: isGone ? 'in_effect' : 'not_in_effect',
    effect: isGone ? 'unproven' : 'not_in_effect',
    checks: [
      { text: 'The certificate is not on the revocation list.', ok: isGone ? 'yes' : 'no' },
      { text: 'A login with it works.', ok: 'unproven' },
    ],
  };
}
