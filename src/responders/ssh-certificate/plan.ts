import { fail, ok, type Result } from '../../base/result.ts';
import { type Failure, failureOf } from '../../model/failure.ts';
import type { Plan, PlanRequest, ResponderContext, SystemConfig } from '../../ports/responder.ts';
import { sealPlan } from '../shared/seal.ts';
import { askHost, first, readFailure, type Said } from '../shared/ssh-command.ts';
import { shownText } from '../shared/wire-text.ts';
import { readSettings, type ServerSettings } from './config.ts';
import { operationNamed } from './manifest.ts';
import { type Certificate, certificateIn, idOf, serialIn } from './serial.ts';

const SHOWN_MAX = 50;

/** Looks at a server with the read key and says what the operation would do to a certificate there. Changes nothing. */
export async function planCertificate(
  request: PlanRequest,
  system: SystemConfig,
  context: ResponderContext,
): Promise<Result<Plan, Failure>> {
  const settings = readSettings(system.settings);
  if (!settings.ok) return settings;
  const operation = operationNamed(request.operation);
  if (operation === undefined)
    return fail(
      failureOf('proposal.not_expressible', `ssh-certificate: there is no operation ${shownText(request.operation)}`),
    );
  const { target } = request;
  const serial = 'name' in target ? serialIn(target.name) : certificateIn(target.immutableId)?.serial;
  if (serial === undefined) return notFound('no certificate can have this serial');
  const secret = await context.readCredential();
  try {
    const said = await askHost(settings.value, secret, `state ${serial}`, context.timeoutMs);
    const certificate = certificateIn(`${first(said, 'ca')}#${serial}`);
    if (certificate === undefined) return notFound('the server tells no CA');
    if ('immutableId' in target && idOf(certificate) !== target.immutableId)
      return notFound('the server takes the certificates of another CA');
    return ok(describe(request, operation.version, system.system, settings.value, { certificate, said }));
  } catch (error) {
    return fail(readFailure('ssh-certificate', error, [secret]));
  }
}

function notFound(detail: string): Result<never, Failure> {
  return fail(failureOf('proposal.target_not_found', `ssh-certificate: ${detail}`));
}

const UNKNOWN = [
  'Whose the certificate is, where nobody is logged in with it: a server knows those that were used, and not those that were issued.',
  'Other servers that take certificates of this CA: each is a system of its own.',
  'Programs that were started in a session and go on without it, and keys that were left there.',
  'A new certificate that the CA issues to the same person.',
] as const;

interface Looked {
  readonly certificate: Certificate;
  readonly said: Said;
}

function describe(
  request: PlanRequest,
  operationVersion: string,
  system: string,
  settings: ServerSettings,
  { certificate, said }: Looked,
): Plan {
  const isUndo = request.operation === 'reinstate';
  const open = said.get('open') ?? [];
  const revoked = first(said, 'revoked');
  const isOwnIdentity = first(said, 'own') === 'yes';
  return sealPlan({
    operation: request.operation,
    operationVersion,
    target: { type: 'ssh_certificate', system, immutableId: idOf(certificate) },
    facts: {
      displayName: certificate.serial,
      ...(open.length > 0 ? { title: shownText(`in use by ${[...new Set(open.map(userOf))].join(', ')}`) } : {}),
      isPrivileged: 'unknown',
      isMachine: 'unknown',
      isLastAdministrator: false,
      isOwnIdentity,
    },
    params: isUndo ? { left: request.before?.['certificate.versionAfter'] ?? '' } : {},
    preconditions: [
      { path: 'certificate.ca', value: certificate.ca },
      { path: 'certificate.revoked', value: revoked },
      { path: 'certificate.listWhole', value: first(said, 'whole') },
    ],
    changes: [
      { path: 'certificate.revoked', from: revoked, to: isUndo ? 'no' : 'yes' },
      ...(isUndo ? [] : [{ path: 'certificate.sessions', from: String(open.length), to: '0' }]),
    ],
    blast: {
      direct: shown(open.map(line => `session of ${userOf(line)} from ${line.split(' ').slice(1).join(' port ')}`)),
      dependents: [],
      unknown: UNKNOWN,
    },
    sideEffects: [],
    refusals: [...generalRefusals(settings, certificate, said, isOwnIdentity), ...stateRefusals(request, said)],
    dryRun: 'predicted',
  });
}

function userOf(line: string): string {
  return line.split(' ', 1)[0] ?? '';
}

function shown(texts: readonly string[]): readonly string[] {
  const rest = texts.length - SHOWN_MAX;
  return [...texts.slice(0, SHOWN_MAX).map(shownText), ...(rest > 0 ? [`${rest} more`] : [])];
}

function generalRefusals(
  settings: ServerSettings,
  { serial }: Certificate,
  said: Said,
  isOwnIdentity: boolean,
): Plan['refusals'] {
  const refusals: Plan['refusals'][number][] = (said.get('lacks') ?? []).map(what => ({
    reason: 'missing_scope',
    text: `The host lacks ${shownText(what)}.`,
  }));
  if (!(said.get('writer') ?? []).includes(settings.writeKey))
    refusals.push({ reason: 'missing_scope', text: 'The host does not know the key that would write.' });
  if (isOwnIdentity) refusals.push({ reason: 'own_identity', text: 'Countersign itself logs in with it.' });
  if (settings.keptSerials.includes(serial))
    refusals.push({ reason: 'not_expressible', text: 'This certificate is never revoked: it is set so.' });
  if (first(said, 'whole') !== 'yes')
    refusals.push({
      reason: 'not_settled',
      text: 'The revocation list of sshd is not what the list beside it says. Look at it there first.',
    });
  return refusals;
}

function stateRefusals(request: PlanRequest, said: Said): Plan['refusals'] {
  const isRevoked = first(said, 'revoked') === 'yes';
  if (request.operation === 'revoke')
    return isRevoked ? [{ reason: 'already_in_effect', text: 'The certificate is revoked now.' }] : [];
  const left = request.before?.['certificate.versionAfter'];
  if (left === undefined || left === '')
    return [{ reason: 'nothing_to_undo', text: 'There is no revocation of Countersign that this would take back.' }];
  return isRevoked && first(said, 'key') === left && first(said, 'whole') === 'yes'
    ? []
    : [{ reason: 'changed_since', text: 'Somebody changed the list since. Look at it there first.' }];
}
