import { createHash } from 'node:crypto';
import type { Plan, Receipt, ResponderContext, SystemConfig, WriteCapability } from '../../ports/responder.ts';
import { type Answer, carryOut, nothingSent } from '../shared/carry-out.ts';
import { askHost, first, type Said, writeOutcome } from '../shared/ssh-command.ts';
import { shownText } from '../shared/wire-text.ts';
import { readSettings } from './config.ts';
import { operationNamed } from './manifest.ts';
import { certificateIn } from './serial.ts';

const OUTCOMES = new Map<string, Receipt['outcome']>([
  ['applied', 'applied'],
  ['already_applied', 'already_applied'],
  ['refused', 'refused'],
  ['refused_drift', 'refused_drift'],
  ['failed', 'failed'],
]);

/** Revokes a certificate or takes it again, once. The script compares under a lock, and sshd gets its list whole. */
export async function executeCertificate(
  plan: Plan,
  system: SystemConfig,
  capability: WriteCapability,
  context: ResponderContext,
): Promise<Receipt> {
  const settings = readSettings(system.settings);
  const certificate = certificateIn(plan.target.immutableId);
  const errand = { plan, system, operation: operationNamed(plan.operation), capability, context };
  if (!settings.ok || certificate === undefined) {
    const unfit = settings.ok ? 'the plan is for another kind of target' : settings.failure.detail;
    return await carryOut({ ...errand, unfit }, async () => nothingSent(''), writeOutcome);
  }
  const { serial, ca } = certificate;
  const left = plan.params['left'] ?? '';
  const unfit = settings.value.keptSerials.includes(serial)
    ? 'this certificate is never revoked'
    : /^[0-9a-f]{0,64}$/.test(left)
      ? undefined
      : 'what it would take back is no key of ours';
  // The script takes few characters, so that nothing in a key can be a word of its own.
  const key = createHash('sha256').update(capability.idempotencyKey).digest('hex');
  const authority = Buffer.from(ca.slice('SHA256:'.length), 'base64').toString('hex');
  const command =
    plan.operation === 'reinstate'
      ? `reinstate ${serial} ${key} ${authority} ${left}`
      : `revoke ${serial} ${key} ${authority}`;
  return await carryOut(
    { ...errand, unfit },
    async secret => answerOf(plan, await askHost(settings.value, secret, command, context.timeoutMs)),
    writeOutcome,
  );
}

function answerOf(plan: Plan, said: Said): Answer {
  // An answer that is none of those that the script gives tells nothing.
  const outcome = OUTCOMES.get(first(said, 'outcome')) ?? 'unknown';
  const before =
    outcome === 'applied'
      ? {
          'certificate.revoked': plan.operation === 'reinstate' ? 'yes' : 'no',
          'certificate.versionAfter': first(said, 'key'),
        }
      : {};
  return { outcome, detail: shownText(first(said, 'detail')), before };
}
