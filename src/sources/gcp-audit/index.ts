import { fail, ok, type Result } from '../../base/result.ts';
import type { NormalisedAlert } from '../../model/alert.ts';
import type { RawRecord, Refusal, Source } from '../../ports/source.ts';
import { putAddress } from '../shared/address.ts';
import { type At, dig, digFirst, each, rootOf, textAt } from '../shared/at.ts';
import { closeDraft, type Draft, openDraft, putField, putOutcome, putTime } from '../shared/draft.ts';
import { severityOfWord } from '../shared/severity.ts';
import { timeAt } from '../shared/when.ts';
import { putPrincipal } from './principal.ts';
import { putTargets } from './targets.ts';

const AUDIT_LOG = 'type.googleapis.com/google.cloud.audit.AuditLog';

/** The audit entry in a log entry: `protoPayload` by the API and in exports, `jsonPayload` where a sink rewrote it. */
function payloadOf(root: At): At | undefined {
  const isAuditLog = textAt(dig(root, 'logName'))?.includes('cloudaudit.googleapis.com') === true;
  for (const key of ['protoPayload', 'jsonPayload']) {
    const payload = dig(root, key);
    if (textAt(dig(payload, '@type')) === AUDIT_LOG || (isAuditLog && dig(payload, 'authenticationInfo') !== undefined))
      return payload;
    if (
      dig(payload, 'methodName') !== undefined &&
      digFirst(payload, ['serviceName', 'authenticationInfo', 'resourceName'])
    )
      return payload;
  }
  return undefined;
}

/** A status with a code is a failure (google.rpc.Status); so is a permission that was not granted. */
function putResult(draft: Draft, root: At, payload: At): void {
  const code = dig(payload, 'status', 'code');
  const text = textAt(code);
  if (text !== undefined && text !== '0') {
    putOutcome(draft, 'failure', code);
    return;
  }
  const denied = each(dig(payload, 'authorizationInfo')).find(one => dig(one, 'granted')?.value === false);
  if (denied !== undefined) {
    putOutcome(draft, 'failure', dig(denied, 'granted'));
    return;
  }
  // The first entry of an operation that goes on says only that it began.
  const operation = dig(root, 'operation');
  const goesOn = dig(operation, 'first')?.value === true && dig(operation, 'last')?.value !== true;
  if (!goesOn) putOutcome(draft, 'success');
}

function normalise(record: RawRecord): Result<NormalisedAlert, Refusal> {
  const root = rootOf(record.value);
  const payload = payloadOf(root);
  if (payload === undefined) {
    return fail({ code: 'source.rejected_input', detail: 'no protoPayload with a methodName: not a Cloud Audit Log' });
  }
  const draft = openDraft(record.value);
  const method = dig(payload, 'methodName');
  const stamp = [dig(root, 'timestamp'), dig(root, 'receiveTimestamp')].find(at => timeAt(at) !== undefined);
  const occurredAt = putTime(draft, stamp ?? dig(root, 'timestamp'));
  putField(draft, 'action', method);
  putField(draft, 'severity', dig(root, 'severity'));
  putResult(draft, root, payload);
  putPrincipal(draft, payload);
  putAddress(draft, digFirst(dig(payload, 'requestMetadata'), ['callerIp', 'callerIP']), 'actor');
  putTargets(draft, root, payload);
  const name = textAt(method) ?? 'audit entry';
  const service = textAt(dig(payload, 'serviceName')) ?? 'googleapis.com';
  const operation = textAt(dig(root, 'operation', 'id'));
  const insertId = textAt(dig(root, 'insertId'));
  const time = textAt(dig(root, 'timestamp'));
  return ok(
    closeDraft(draft, {
      source: 'gcp-audit',
      // Two entries are one where the log, the time and the insert id are the same (LogEntry).
      vendorId: insertId === undefined ? undefined : [textAt(dig(root, 'logName')), time, insertId].join(' ').trim(),
      product: 'Google Cloud audit logs',
      vendor: 'Google',
      title: `${name} on ${service}`,
      rule: `${service}:${name}`,
      severity: severityOfWord(draft.fields.severity),
      occurredAt,
      reportedAt: timeAt(dig(root, 'receiveTimestamp')),
      vendorLinks: operation === undefined ? [] : [`operation:${operation}`],
      isAlert: false,
    }),
  );
}

/** Cloud Audit Logs of Google Cloud: admin activity, data access, system events and policy denials. */
export const gcpAudit: Source = {
  id: 'gcp-audit',
  title: 'Google Cloud audit logs',
  keys: ['protoPayload', 'jsonPayload'],
  recognise: record => (payloadOf(rootOf(record.value)) === undefined ? 0 : 0.95),
  normalise,
};
