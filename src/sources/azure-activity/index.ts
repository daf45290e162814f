import { fail, ok, type Result } from '../../base/result.ts';
import type { NormalisedAlert } from '../../model/alert.ts';
import type { RawRecord, Refusal, Source } from '../../ports/source.ts';
import { putAddress } from '../shared/address.ts';
import { type At, digFirst, openJson, rootOf, textAt } from '../shared/at.ts';
import { closeDraft, type Draft, openDraft, putEntity, putField, putOutcome, putTime } from '../shared/draft.ts';
import { severityOfWord } from '../shared/severity.ts';
import { timeAt } from '../shared/when.ts';
import { putCaller } from './caller.ts';

/** The REST interface wraps some texts as `{value, localizedValue}`. */
function word(at: At | undefined): At | undefined {
  return digFirst(at, ['value']) ?? at;
}

/** The names by which an export, the REST interface and the AzureActivity table call the same. */
const NAMES = {
  resource: ['resourceId', '_ResourceId', 'ResourceId'],
  operation: ['operationName', 'OperationNameValue', 'OperationName'],
  time: ['time', 'eventTimestamp', 'TimeGenerated', 'timestamp'],
  category: ['category', 'CategoryValue', 'Category'],
  result: ['resultType', 'status', 'ActivityStatusValue', 'ActivityStatus'],
  address: ['callerIpAddress', 'CallerIpAddress', 'CallerIPAddress'],
  level: ['level', 'Level'],
  correlation: ['correlationId', 'CorrelationId'],
  id: ['eventDataId', 'EventDataId'],
} as const;

const RESOURCE = /^\/(?:subscriptions\/[^/]|providers\/microsoft\.(?:management|subscription|authorization)\/)/i;

/** An operation of a resource provider, as its manifest names it. */
const OPERATION = /^microsoft\.[a-z]+\/.+\/(?:action|delete|read|write)$/i;

function isActivity(root: At): boolean {
  const operation = textAt(word(digFirst(root, NAMES.operation)));
  if (operation === undefined) return false;
  const resource = textAt(digFirst(root, NAMES.resource));
  return resource === undefined ? OPERATION.test(operation) : RESOURCE.test(resource);
}

const SUCCESS: ReadonlySet<string> = new Set(['success', 'succeeded', 'successful']);
const FAILURE: ReadonlySet<string> = new Set(['failure', 'failed']);

/** What has only started or been accepted has no outcome yet. */
function putResult(draft: Draft, root: At): void {
  const result = word(digFirst(root, NAMES.result));
  const said = textAt(result)?.toLowerCase() ?? '';
  if (SUCCESS.has(said)) putOutcome(draft, 'success', result);
  else if (FAILURE.has(said)) putOutcome(draft, 'failure', result);
}

function putResource(draft: Draft, resource: At | undefined): void {
  const text = textAt(resource);
  if (text === undefined) return;
  // Azure Resource Manager compares ids without case, and its own logs write them in several.
  putEntity(draft, 'cloud_resource', 'target', resource, { value: text.toLowerCase() });
  const subscription = /^\/subscriptions\/([^/]+)/i.exec(text)?.[1];
  if (subscription !== undefined)
    putEntity(draft, 'cloud_account', 'related', resource, { part: subscription, value: subscription.toLowerCase() });
}

function normalise(record: RawRecord): Result<NormalisedAlert, Refusal> {
  const root = rootOf(record.value);
  if (!isActivity(root)) {
    return fail({ code: 'source.rejected_input', detail: 'no operation on a resource of a subscription' });
  }
  const draft = openDraft(record.value);
  const operation = word(digFirst(root, NAMES.operation));
  const resource = digFirst(root, NAMES.resource);
  const name = textAt(operation) ?? 'Azure operation';
  const occurredAt = putTime(draft, digFirst(root, NAMES.time));
  putField(draft, 'action', operation);
  putField(draft, 'severity', digFirst(root, NAMES.level));
  putResult(draft, root);
  putCaller(draft, root);
  const http = openJson(digFirst(root, ['httpRequest', 'HTTPRequest']));
  const address = digFirst(root, NAMES.address) ?? digFirst(http, ['clientIpAddress']);
  putAddress(draft, address, 'actor');
  putResource(draft, resource);
  const correlation = textAt(digFirst(root, NAMES.correlation));
  const category = textAt(word(digFirst(root, NAMES.category))) ?? 'Activity';
  return ok(
    closeDraft(draft, {
      source: 'azure-activity',
      vendorId: textAt(digFirst(root, NAMES.id)),
      product: 'Azure Monitor activity log',
      vendor: 'Microsoft',
      title: resource === undefined ? name : `${name} on ${textAt(resource)?.split('/').at(-1) ?? 'a resource'}`,
      rule: `${category}:${name.toLowerCase()}`,
      severity: severityOfWord(draft.fields.severity),
      occurredAt,
      reportedAt: timeAt(digFirst(root, ['submissionTimestamp'])),
      vendorLinks: correlation === undefined ? [] : [`correlation:${correlation}`],
      isAlert: category === 'Security' || category === 'Alert',
    }),
  );
}

/** The activity log of Azure, and the resource logs that have its shape (`operationName` on a `resourceId`). */
export const azureActivity: Source = {
  id: 'azure-activity',
  title: 'Azure Monitor activity log',
  recognise: record => (isActivity(rootOf(record.value)) ? 0.9 : 0),
  normalise,
};
