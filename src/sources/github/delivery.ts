import type { MachineKind, NormalisedAlert } from '../../model/alert.ts';
import { type At, dig, digFirst, textAt } from '../shared/at.ts';
import { closeDraft, type Draft, putEntity, putField, putTime } from '../shared/draft.ts';
import { machineKindOf } from '../shared/machine.ts';

/** The sender of a delivery acted; a repository's full name is unique in GitHub. */
export function putDelivery(draft: Draft, root: At): void {
  const sender = dig(root, 'sender', 'login');
  const name = textAt(sender);
  const isBot = textAt(dig(root, 'sender', 'type')) === 'Bot';
  const machine: MachineKind | undefined = isBot ? 'bot' : machineKindOf(name ?? '');
  const vendorId = textAt(dig(root, 'sender', 'id'));
  // GitHub's own features write to repositories under the name of the company.
  if (name !== 'github') {
    putEntity(draft, machine === undefined ? 'user' : 'nhi', 'actor', sender, { vendorId, machine });
    putField(draft, 'user', sender);
  }
  const repository = dig(root, 'repository', 'full_name');
  putEntity(draft, 'cloud_resource', 'target', repository, { value: textAt(repository)?.toLowerCase() });
  const owner = digFirst(dig(root, 'organization') ?? dig(root, 'repository', 'owner'), ['login']);
  putEntity(draft, 'cloud_account', 'related', owner, { value: textAt(owner)?.toLowerCase() });
  putField(draft, 'action', dig(root, 'action'));
}

/** Members by which GitHub's other deliveries are told apart, and what such a delivery is called. */
const EVENTS: readonly string[] = [
  'workflow_run',
  'workflow_job',
  'check_run',
  'check_suite',
  'deployment',
  'pull_request',
  'issue',
  'release',
  'installation',
  'member',
  'membership',
  'team',
  'key',
  'hook',
  'personal_access_token_request',
  'commits',
];

/** True for a delivery of another event. Forges that copy GitHub's bodies have no node ids and no workflows. */
export function isDelivery(root: At): boolean {
  if (dig(root, 'repository', 'full_name') === undefined && dig(root, 'organization', 'login') === undefined)
    return false;
  return (
    dig(root, 'repository', 'node_id') !== undefined ||
    dig(root, 'sender', 'node_id') !== undefined ||
    dig(root, 'organization', 'node_id') !== undefined ||
    dig(root, 'workflow_run', 'id') !== undefined ||
    dig(root, 'workflow_job', 'id') !== undefined
  );
}

/** A delivery of another event, as a log event: who did what to which repository, and when where it says so. */
export function readDelivery(draft: Draft, root: At): NormalisedAlert {
  putDelivery(draft, root);
  const event = EVENTS.find(name => dig(root, name) !== undefined) ?? 'repository';
  const subject = dig(root, event);
  const when = digFirst(subject, ['updated_at', 'created_at', 'started_at']) ?? dig(root, 'head_commit', 'timestamp');
  const occurredAt = putTime(draft, when);
  putEntity(draft, 'access_key', 'target', event === 'key' ? dig(subject, 'id') : undefined, { machine: 'key' });
  const name = event === 'commits' ? 'push' : event;
  const action = textAt(dig(root, 'action'));
  const where = textAt(dig(root, 'repository', 'full_name')) ?? textAt(dig(root, 'organization', 'login')) ?? '';
  const rule = action === undefined ? name : `${name}.${action}`;
  return closeDraft(draft, {
    source: 'github',
    vendorId: undefined,
    product: 'GitHub webhooks',
    vendor: 'GitHub',
    title: `${rule} on ${where}`,
    rule,
    severity: 'unknown',
    occurredAt,
    isAlert: false,
  });
}
