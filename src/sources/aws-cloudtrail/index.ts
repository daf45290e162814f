import { fail, ok, type Result } from '../../base/result.ts';
import type { NormalisedAlert } from '../../model/alert.ts';
import type { RawRecord, Refusal, Source } from '../../ports/source.ts';
import { type At, dig, each, rootOf, textAt } from '../shared/at.ts';
import { closeDraft, type Draft, openDraft, putEntity, putField, putOutcome, putTime } from '../shared/draft.ts';
import { normaliseIp } from '../shared/values.ts';
import { putIdentity } from './identity.ts';
import { putParameters } from './parameters.ts';

function isCloudTrail(root: At): boolean {
  const source = textAt(dig(root, 'eventSource'));
  return source !== undefined && dig(root, 'eventName') !== undefined && dig(root, 'eventTime') !== undefined;
}

function recognise(record: RawRecord): number {
  const root = rootOf(record.value);
  if (!isCloudTrail(root)) return 0;
  return dig(root, 'eventVersion') !== undefined || dig(root, 'userIdentity') !== undefined ? 0.95 : 0.6;
}

/** An address, or the name of the AWS service that called on somebody's behalf. */
function putOrigin(draft: Draft, root: At): void {
  const origin = dig(root, 'sourceIPAddress');
  const text = textAt(origin);
  if (text === undefined) return;
  putField(draft, 'src_ip', normaliseIp(text) === undefined ? undefined : origin);
  putEntity(draft, 'ip', 'actor', origin);
  if (text.endsWith('.amazonaws.com')) putEntity(draft, 'service', 'related', origin);
}

/** An error is a failure; a console login says so in words; a call that came back without an error succeeded. */
function putResult(draft: Draft, root: At): void {
  const error = dig(root, 'errorCode') ?? dig(root, 'errorMessage');
  if (textAt(error) !== undefined) {
    putOutcome(draft, 'failure', error);
    return;
  }
  const login = dig(root, 'responseElements', 'ConsoleLogin');
  const said = textAt(login)?.toLowerCase();
  if (said === 'success' || said === 'failure') putOutcome(draft, said, login);
  else putOutcome(draft, 'success');
}

function normalise(record: RawRecord): Result<NormalisedAlert, Refusal> {
  const root = rootOf(record.value);
  if (!isCloudTrail(root)) {
    return fail({ code: 'source.rejected_input', detail: 'no eventSource, eventName and eventTime: not CloudTrail' });
  }
  const draft = openDraft(record.value);
  const name = textAt(dig(root, 'eventName')) ?? 'CloudTrail event';
  const service = textAt(dig(root, 'eventSource')) ?? 'aws';
  const occurredAt = putTime(draft, dig(root, 'eventTime'));
  putField(draft, 'action', dig(root, 'eventName'));
  putResult(draft, root);
  putOrigin(draft, root);
  putIdentity(draft, dig(root, 'userIdentity'));
  putParameters(draft, root);
  const typed = dig(root, 'additionalEventData', 'UserName');
  putField(draft, 'user', typed);
  if (draft.fields.user === undefined) putField(draft, 'user', dig(root, 'userIdentity', 'arn'));
  for (const resource of each(dig(root, 'resources')))
    putEntity(draft, 'cloud_resource', 'target', dig(resource, 'ARN'));
  putEntity(draft, 'cloud_account', 'related', dig(root, 'recipientAccountId'));
  const request = textAt(dig(root, 'sharedEventID'));
  return ok(
    closeDraft(draft, {
      source: 'aws-cloudtrail',
      vendorId: textAt(dig(root, 'eventID')),
      product: 'AWS CloudTrail',
      vendor: 'AWS',
      title: `${name} on ${service}`,
      rule: `${service}:${name}`,
      severity: 'unknown',
      occurredAt,
      vendorLinks: request === undefined ? [] : [`shared-event:${request}`],
      isAlert: false,
    }),
  );
}

/** AWS CloudTrail management and data events, one record an event. */
export const awsCloudTrail: Source = {
  id: 'aws-cloudtrail',
  title: 'AWS CloudTrail',
  keys: ['eventSource'],
  recognise,
  normalise,
};
