import type { NormalisedAlert } from '../../model/alert.ts';
import { putAddress } from '../shared/address.ts';
import { type At, dig, each, textAt } from '../shared/at.ts';
import { closeDraft, type Draft, putEntity, putField, putTime } from '../shared/draft.ts';
import { severityOfWord } from '../shared/severity.ts';
import { timeAt } from '../shared/when.ts';

export function isAlert(root: At): boolean {
  return (
    dig(root, 'alertId') !== undefined &&
    dig(root, 'source') !== undefined &&
    dig(root, 'type') !== undefined &&
    dig(root, 'createTime') !== undefined
  );
}

/** Mail that was found bad: who sent it, to whom, and with what attached (`MailPhishing`, `PhishingSpike`, `BadWhitelist`). */
function putMail(draft: Draft, data: At | undefined): void {
  const entity = dig(data, 'maliciousEntity');
  const sender = [dig(entity, 'entity', 'emailAddress'), dig(entity, 'fromHeader')].find(
    at => textAt(at) !== undefined,
  );
  putEntity(draft, 'mailbox', 'actor', sender);
  putField(draft, 'email_from', sender);
  putAddress(draft, dig(data, 'sourceIp'), 'actor');
  for (const message of each(dig(data, 'messages'))) {
    putEntity(draft, 'mailbox', 'target', dig(message, 'recipient'));
    putField(draft, 'email_to', dig(message, 'recipient'));
    putEntity(draft, 'message', 'related', dig(message, 'messageId'));
    for (const hash of each(dig(message, 'attachmentsSha256Hash'))) {
      putEntity(draft, 'hash', 'related', hash);
      putField(draft, 'hash_sha256', hash);
    }
  }
}

/** A device of an account (`DeviceCompromised`, `SuspiciousActivity`). */
function putDevices(draft: Draft, data: At | undefined): void {
  for (const event of each(dig(data, 'events'))) {
    const device = dig(event, 'deviceId');
    putEntity(draft, 'host', 'target', device, { vendorId: textAt(dig(event, 'serialNumber')) });
    putField(draft, 'host', device);
  }
}

/** A rule about data that an account broke (`DlpRuleViolation`). */
function putViolation(draft: Draft, violation: At | undefined): void {
  const who = dig(violation, 'triggeringUserEmail');
  putEntity(draft, 'user', 'actor', who);
  putField(draft, 'user', who);
  putField(draft, 'rule_name', dig(violation, 'ruleInfo', 'displayName'));
  putEntity(draft, 'cloud_resource', 'target', dig(violation, 'resourceInfo', 'documentId'));
  for (const recipient of each(dig(violation, 'recipients'))) putEntity(draft, 'mailbox', 'target', recipient);
}

function putData(draft: Draft, data: At | undefined): void {
  // AccountWarning, StateSponsoredAttack, DeviceCompromised, SuspiciousActivity: the account that it happened to.
  const account = dig(data, 'email');
  putEntity(draft, 'user', 'target', account);
  putField(draft, 'user', account);
  putAddress(draft, dig(data, 'loginDetails', 'ipAddress'), 'actor');
  for (const affected of each(dig(data, 'affectedUserEmails'))) putEntity(draft, 'user', 'target', affected);
  const admin = dig(data, 'actorEmail');
  putEntity(draft, 'user', 'actor', admin);
  putField(draft, 'user', admin);
  putField(draft, 'rule_name', dig(data, 'displayName') ?? dig(data, 'name'));
  putMail(draft, data);
  putDevices(draft, data);
  putViolation(draft, dig(data, 'ruleViolationInfo'));
}

/** An alert of the Alert Center: its data differs by type, and what several types share has one name. */
export function readAlert(draft: Draft, root: At): NormalisedAlert {
  const data = dig(root, 'data');
  const created = dig(root, 'createTime');
  const occurredAt = putTime(draft, dig(root, 'startTime') ?? created);
  putData(draft, data);
  putField(draft, 'rule_name', dig(root, 'type'));
  putField(draft, 'severity', dig(root, 'metadata', 'severity'));
  const source = textAt(dig(root, 'source')) ?? '';
  const type = textAt(dig(root, 'type')) ?? 'alert';
  const isNamed = draft.fields.rule_name !== undefined && draft.fields.rule_name !== type;
  return closeDraft(draft, {
    source: 'google-workspace',
    vendorId: textAt(dig(root, 'alertId')),
    product: 'Google Workspace Alert Center',
    vendor: 'Google',
    title: isNamed ? `${type}: ${draft.fields.rule_name}` : type,
    rule: isNamed ? `${source}:${type}:${draft.fields.rule_name}` : `${source}:${type}`,
    severity: severityOfWord(draft.fields.severity),
    occurredAt,
    endedAt: timeAt(dig(root, 'endTime')),
    reportedAt: timeAt(created),
    isAlert: true,
  });
}
