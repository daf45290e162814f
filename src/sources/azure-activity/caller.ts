import { type At, dig, digFirst, openJson, textAt } from '../shared/at.ts';
import { type Draft, putEntity, putField } from '../shared/draft.ts';

/** Claims of the caller's token, by the URIs under which Azure Resource Manager lists them. */
const UPN = 'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn';
const NAME = 'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name';
const OBJECT_ID = 'http://schemas.microsoft.com/identity/claims/objectidentifier';

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/**
 * Who called. A person is compared by principal name. An application has none: it is compared by the object id of its
 * service principal, and the record says that it is one by its role assignment, its token, or that it is a bare id.
 */
export function putCaller(draft: Draft, root: At): void {
  const identity = openJson(digFirst(root, ['identity', 'Identity']));
  const claims = openJson(dig(identity, 'claims') ?? digFirst(root, ['claims', 'Claims_d', 'Claims']));
  const grant = openJson(dig(identity, 'authorization') ?? digFirst(root, ['authorization', 'Authorization']));
  const evidence = dig(grant, 'evidence');
  // Storage logs say who asked in `requester`.
  const requester = dig(identity, 'requester');
  const caller = digFirst(root, ['caller', 'Caller']);
  const upn = [dig(claims, UPN), dig(claims, 'upn'), dig(claims, NAME), dig(requester, 'upn')].find(
    at => textAt(at) !== undefined,
  );
  const id = dig(claims, OBJECT_ID) ?? dig(requester, 'objectId') ?? dig(evidence, 'principalId');
  const who = [upn, caller, id].find(at => textAt(at) !== undefined);
  const text = textAt(who);
  if (text === undefined) return;
  const vendorId = textAt(id);
  const isMachine =
    /^(?:ServicePrincipal|ManagedIdentity|MSI)$/i.test(textAt(dig(evidence, 'principalType')) ?? '') ||
    textAt(dig(claims, 'idtyp')) === 'app' ||
    (upn === undefined && UUID.test(text));
  if (isMachine) putEntity(draft, 'nhi', 'actor', who, { vendorId, machine: 'service_principal' });
  else putEntity(draft, 'user', 'actor', who, { vendorId });
  putField(draft, 'user', who);
}
