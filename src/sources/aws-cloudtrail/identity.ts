import { type At, dig, textAt } from '../shared/at.ts';
import { type Draft, putEntity, putField } from '../shared/draft.ts';

/**
 * Who called, by the `type` of userIdentity. A name is unique only within its account, so a user and a role are
 * compared by ARN. A role, a service and a key are machine identities; the role session is the session.
 */
export function putIdentity(draft: Draft, identity: At | undefined): void {
  if (identity === undefined) return;
  const type = textAt(dig(identity, 'type'));
  const arn = dig(identity, 'arn');
  const vendorId = textAt(dig(identity, 'principalId'));
  switch (type) {
    case 'AssumedRole':
      putRole(draft, identity);
      putEntity(draft, 'session', 'actor', arn, { vendorId, machine: 'role' });
      break;
    case 'Role':
      putEntity(draft, 'nhi', 'actor', arn, { vendorId, machine: 'role' });
      break;
    case 'FederatedUser':
      putEntity(draft, 'session', 'actor', arn, { vendorId });
      putEntity(draft, 'user', 'actor', dig(identity, 'sessionContext', 'sessionIssuer', 'arn'));
      break;
    case 'AWSService':
      putEntity(draft, 'service', 'actor', dig(identity, 'invokedBy'));
      break;
    case 'AWSAccount':
      putEntity(draft, 'cloud_account', 'actor', dig(identity, 'accountId'), { vendorId });
      break;
    default:
      putEntity(draft, 'user', 'actor', arn ?? dig(identity, 'userName') ?? dig(identity, 'onBehalfOf', 'userId'), {
        vendorId,
      });
  }
  putField(draft, 'user', dig(identity, 'userName'));
  putEntity(draft, 'access_key', 'actor', dig(identity, 'accessKeyId'), { machine: 'key' });
  putEntity(draft, 'service', 'related', dig(identity, 'invokedBy'));
}

function putRole(draft: Draft, identity: At): void {
  const issuer = dig(identity, 'sessionContext', 'sessionIssuer');
  putEntity(draft, 'nhi', 'actor', dig(issuer, 'arn'), {
    vendorId: textAt(dig(issuer, 'principalId')),
    machine: 'role',
  });
}
