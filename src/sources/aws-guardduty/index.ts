import { fail, ok, type Result } from '../../base/result.ts';
import type { NormalisedAlert, Severity } from '../../model/alert.ts';
import type { RawRecord, Refusal, Source } from '../../ports/source.ts';
import { type At, dig, rootOf, textAt } from '../shared/at.ts';
import { closeDraft, openDraft, putEntity, putField, putTime } from '../shared/draft.ts';
import { timeAt } from '../shared/when.ts';
import { putAction } from './action.ts';
import { get } from './names.ts';
import { putResource } from './resource.ts';

const TYPE = /^[A-Za-z]+:[A-Za-z0-9]+\/[A-Za-z0-9.!:_-]+$/;

/** The finding itself: EventBridge wraps it in `detail`. */
function findingOf(root: At): At | undefined {
  const found = dig(root, 'detail', 'service') === undefined ? root : dig(root, 'detail');
  const type = textAt(get(found, 'type'));
  const isFinding =
    type !== undefined &&
    TYPE.test(type) &&
    get(found, 'resource') !== undefined &&
    get(found, 'service') !== undefined;
  return isFinding ? found : undefined;
}

/** GuardDuty's bands (user guide, "Severity levels"): 1–3.9 low, 4–6.9 medium, 7–8.9 high, 9 and up critical. */
function severityOf(text: string | undefined): Severity {
  const value = text === undefined ? Number.NaN : Number(text);
  if (!(value > 0 && value <= 10)) return 'unknown';
  if (value >= 9) return 'critical';
  if (value >= 7) return 'high';
  return value >= 4 ? 'medium' : 'low';
}

function normalise(record: RawRecord): Result<NormalisedAlert, Refusal> {
  const finding = findingOf(rootOf(record.value));
  if (finding === undefined) {
    return fail({ code: 'source.rejected_input', detail: 'no type, resource and service: not a GuardDuty finding' });
  }
  const draft = openDraft(record.value);
  const service = get(finding, 'service');
  const type = textAt(get(finding, 'type')) ?? '';
  const first = get(service, 'eventFirstSeen');
  const occurredAt = putTime(draft, first ?? get(finding, 'createdAt'));
  putField(draft, 'rule_name', get(finding, 'type'));
  putField(draft, 'severity', get(finding, 'severity'));
  putAction(draft, service);
  putResource(
    draft,
    get(finding, 'resource'),
    textAt(get(service, 'resourceRole')) === 'ACTOR' ? 'actor' : 'target',
    textAt(get(finding, 'accountId')),
  );
  putEntity(draft, 'cloud_account', 'related', get(finding, 'accountId'));
  return ok(
    closeDraft(draft, {
      source: 'aws-guardduty',
      vendorId: textAt(get(finding, 'id')),
      product: 'AWS GuardDuty',
      vendor: 'AWS',
      title: textAt(get(finding, 'title')) ?? type,
      rule: type,
      severity: severityOf(draft.fields.severity),
      occurredAt,
      endedAt: timeAt(get(service, 'eventLastSeen')),
      reportedAt: timeAt(get(finding, 'updatedAt')) ?? timeAt(get(finding, 'createdAt')),
      isAlert: true,
    }),
  );
}

/** AWS GuardDuty findings, from EventBridge, from an export or from the API. */
export const awsGuardDuty: Source = {
  id: 'aws-guardduty',
  title: 'AWS GuardDuty',
  recognise: record => (findingOf(rootOf(record.value)) === undefined ? 0 : 0.9),
  normalise,
};
