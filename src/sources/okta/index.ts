import { fail, ok, type Result } from '../../base/result.ts';
import type { MachineKind, NormalisedAlert } from '../../model/alert.ts';
import type { RawRecord, Refusal, Source } from '../../ports/source.ts';
import { type At, dig, each, rootOf, textAt } from '../shared/at.ts';
import { closeDraft, type Draft, openDraft, putEntity, putField, putOutcome, putTime } from '../shared/draft.ts';
import { severityOfWord } from '../shared/severity.ts';

function isOkta(root: At): boolean {
  return (
    dig(root, 'eventType') !== undefined &&
    dig(root, 'published') !== undefined &&
    dig(root, 'actor', 'type') !== undefined
  );
}

function recognise(record: RawRecord): number {
  const root = rootOf(record.value);
  if (!isOkta(root)) return 0;
  return dig(root, 'uuid') !== undefined || dig(root, 'outcome') !== undefined ? 0.95 : 0.6;
}

/** Actor types that are programs (Okta System Log, "Actor object"): services, OAuth clients and API tokens. */
const MACHINE = /^(?:PublicClientApp|ServiceClientApp|SystemPrincipal|OktaServiceAccount|.*(?:Token|Client|App))$/i;

/** The word in the type's name that says which kind of program it is. */
function machineOf(type: string): MachineKind {
  if (/Token$/i.test(type)) return 'token';
  if (/ClientSecret$/i.test(type)) return 'key';
  if (/^OktaServiceAccount$/i.test(type)) return 'service_account';
  if (/^SystemPrincipal$/i.test(type)) return 'system';
  return /(?:Client|App)$/i.test(type) ? 'service_principal' : 'unknown';
}

function putActor(draft: Draft, actor: At | undefined): void {
  const type = textAt(dig(actor, 'type')) ?? '';
  const login = [dig(actor, 'alternateId'), dig(actor, 'displayName')].find(at => textAt(at) !== undefined);
  const vendorId = textAt(dig(actor, 'id'));
  if (/^IP address$/i.test(type)) {
    putEntity(draft, 'ip', 'actor', dig(actor, 'id') ?? dig(actor, 'displayName'));
    return;
  }
  if (MACHINE.test(type)) putEntity(draft, 'nhi', 'actor', login, { vendorId, machine: machineOf(type) });
  else putEntity(draft, 'user', 'actor', login, { vendorId });
  putField(draft, 'user', dig(actor, 'displayName'));
  putField(draft, 'user', login);
}

const TARGET_USER = /^(?:User|AppUser)$/i;

function putTargets(draft: Draft, targets: At | undefined): void {
  for (const target of each(targets)) {
    const type = textAt(dig(target, 'type')) ?? '';
    const options = { vendorId: textAt(dig(target, 'id')) };
    if (TARGET_USER.test(type))
      putEntity(draft, 'user', 'target', dig(target, 'alternateId') ?? dig(target, 'displayName'), options);
    else if (/^(?:PublicClientApp|.*Token|.*ClientSecret)$/i.test(type))
      putEntity(draft, 'nhi', 'target', dig(target, 'displayName'), { ...options, machine: machineOf(type) });
    else if (/^AppInstance$/i.test(type)) putEntity(draft, 'service', 'target', dig(target, 'displayName'), options);
  }
}

const SUCCESS: ReadonlySet<string> = new Set(['SUCCESS', 'ALLOW']);
const FAILURE: ReadonlySet<string> = new Set(['FAILURE', 'DENY']);

function putResult(draft: Draft, root: At): void {
  const result = dig(root, 'outcome', 'result');
  const said = textAt(result)?.toUpperCase() ?? '';
  if (SUCCESS.has(said)) putOutcome(draft, 'success', result);
  else if (FAILURE.has(said)) putOutcome(draft, 'failure', result);
}

function normalise(record: RawRecord): Result<NormalisedAlert, Refusal> {
  const root = rootOf(record.value);
  if (!isOkta(root)) {
    return fail({ code: 'source.rejected_input', detail: 'no eventType, published and actor: not a System Log event' });
  }
  const draft = openDraft(record.value);
  const type = textAt(dig(root, 'eventType')) ?? 'okta event';
  const occurredAt = putTime(draft, dig(root, 'published'));
  putField(draft, 'action', dig(root, 'eventType'));
  putField(draft, 'severity', dig(root, 'severity'));
  putResult(draft, root);
  putActor(draft, dig(root, 'actor'));
  putTargets(draft, dig(root, 'target'));
  const address = dig(root, 'client', 'ipAddress') ?? dig(root, 'request', 'ipChain', 0, 'ip');
  putEntity(draft, 'ip', 'actor', address);
  putField(draft, 'src_ip', address);
  putField(draft, 'host', dig(root, 'device', 'name'));
  putEntity(draft, 'host', 'related', dig(root, 'device', 'name'), { vendorId: textAt(dig(root, 'device', 'id')) });
  putEntity(draft, 'session', 'related', dig(root, 'authenticationContext', 'externalSessionId'));
  if (type === 'security.threat.detected') putField(draft, 'rule_name', dig(root, 'outcome', 'reason'));
  const transaction = textAt(dig(root, 'transaction', 'id'));
  return ok(
    closeDraft(draft, {
      source: 'okta',
      vendorId: textAt(dig(root, 'uuid')),
      product: 'Okta',
      vendor: 'Okta',
      title: textAt(dig(root, 'displayMessage')) ?? type,
      rule: type,
      severity: severityOfWord(draft.fields.severity),
      occurredAt,
      vendorLinks: transaction === undefined ? [] : [`transaction:${transaction}`],
      isAlert: type.startsWith('security.'),
    }),
  );
}

/** Okta System Log events. */
export const okta: Source = { id: 'okta', title: 'Okta System Log', keys: ['eventType'], recognise, normalise };
