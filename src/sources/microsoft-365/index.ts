import { fail, ok, type Result } from '../../base/result.ts';
import type { MachineKind, NormalisedAlert } from '../../model/alert.ts';
import type { RawRecord, Refusal, Source } from '../../ports/source.ts';
import { putAddress } from '../shared/address.ts';
import { type At, dig, digFirst, rootOf, textAt } from '../shared/at.ts';
import { closeDraft, type Draft, openDraft, putEntity, putField, putOutcome, putTime } from '../shared/draft.ts';
import { machineKindOf } from '../shared/machine.ts';
import { severityOfWord } from '../shared/severity.ts';
import { putTargets } from './targets.ts';

/** The Management Activity API says `Workload`, the table of a Log Analytics workspace `OfficeWorkload`. */
function isActivity(root: At): boolean {
  return (
    textAt(dig(root, 'Operation')) !== undefined &&
    digFirst(root, ['Workload', 'OfficeWorkload']) !== undefined &&
    digFirst(root, ['UserId', 'UserKey']) !== undefined &&
    digFirst(root, ['OrganizationId', 'RecordType']) !== undefined
  );
}

/** `UserType` by number (Management Activity API schema) and by the word of the table. */
const USER_TYPES: ReadonlyMap<string, MachineKind> = new Map<string, MachineKind>([
  ['4', 'system'],
  ['system', 'system'],
  ['5', 'service_principal'],
  ['application', 'service_principal'],
  ['6', 'service_principal'],
  ['serviceprincipal', 'service_principal'],
  ['7', 'system'],
  ['custompolicy', 'system'],
  ['8', 'system'],
  ['systempolicy', 'system'],
]);

function putActor(draft: Draft, root: At): void {
  const user = dig(root, 'UserId');
  const machine =
    USER_TYPES.get(textAt(dig(root, 'UserType'))?.toLowerCase() ?? '') ?? machineKindOf(textAt(user) ?? '');
  const vendorId = textAt(dig(root, 'UserKey'));
  putEntity(draft, machine === undefined ? 'user' : 'nhi', 'actor', user, { vendorId, machine });
  putField(draft, 'user', user);
  const address = ['ClientIP', 'ClientIPAddress', 'Client_IPAddress', 'ActorIpAddress']
    .map(key => dig(root, key))
    .find(at => textAt(at) !== undefined);
  putAddress(draft, address, 'actor');
  putEntity(draft, 'session', 'actor', dig(root, 'AppAccessContext', 'AADSessionId') ?? dig(root, 'SessionId'));
}

const SUCCESS: ReadonlySet<string> = new Set(['success', 'succeeded', 'true']);
const FAILURE: ReadonlySet<string> = new Set(['failure', 'failed', 'false']);

/** A failed login says in its operation that it failed, and in its status that it was handled well. */
function putResult(draft: Draft, root: At): void {
  const operation = dig(root, 'Operation');
  if (textAt(operation) === 'UserLoginFailed') {
    putOutcome(draft, 'failure', operation);
    return;
  }
  const result = dig(root, 'ResultStatus');
  const said = textAt(result)?.toLowerCase() ?? '';
  if (SUCCESS.has(said)) putOutcome(draft, 'success', result);
  else if (FAILURE.has(said)) putOutcome(draft, 'failure', result);
}

function normalise(record: RawRecord): Result<NormalisedAlert, Refusal> {
  const root = rootOf(record.value);
  if (!isActivity(root)) {
    return fail({
      code: 'source.rejected_input',
      detail: 'no Operation, Workload and UserId: not Microsoft 365 audit',
    });
  }
  const draft = openDraft(record.value);
  const occurredAt = putTime(draft, digFirst(root, ['CreationTime', 'TimeGenerated']));
  const operation = textAt(dig(root, 'Operation')) ?? '';
  const workload = textAt(digFirst(root, ['Workload', 'OfficeWorkload'])) ?? 'Microsoft 365';
  const isAlert = dig(root, 'AlertId') !== undefined;
  putField(draft, 'action', dig(root, 'Operation'));
  putField(draft, 'rule_name', isAlert ? dig(root, 'Name') : undefined);
  putField(draft, 'severity', isAlert ? dig(root, 'Severity') : undefined);
  putResult(draft, root);
  putActor(draft, root);
  putTargets(draft, root);
  const links = ['InterSystemsId', 'CorrelationId'].map(key => textAt(dig(root, key))).filter(id => id !== undefined);
  return ok(
    closeDraft(draft, {
      source: 'microsoft-365',
      vendorId: textAt(dig(root, 'Id')),
      product: 'Microsoft 365 audit log',
      vendor: 'Microsoft',
      title: draft.fields.rule_name ?? `${workload}: ${operation}`,
      rule: isAlert ? `alert:${draft.fields.rule_name ?? operation}` : `${workload}:${operation}`,
      severity: severityOfWord(draft.fields.severity),
      occurredAt,
      vendorLinks: links.map(id => `correlation:${id}`),
      isAlert,
    }),
  );
}

/** The unified audit log of Microsoft 365: Exchange, SharePoint, OneDrive, Teams, Entra ID and the alerts of its policies. */
export const microsoft365: Source = {
  id: 'microsoft-365',
  title: 'Microsoft 365 audit log',
  keys: ['Operation'],
  recognise: record => (isActivity(rootOf(record.value)) ? 0.92 : 0),
  normalise,
};
