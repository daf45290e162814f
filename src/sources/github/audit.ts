import type { MachineKind, NormalisedAlert } from '../../model/alert.ts';
import { putAddress } from '../shared/address.ts';
import { type At, dig, digFirst, each, textAt } from '../shared/at.ts';
import { closeDraft, type Draft, putEntity, putField, putTime } from '../shared/draft.ts';
import { machineKindOf } from '../shared/machine.ts';
import { hostOfUrl } from '../shared/values.ts';
import { timeAt } from '../shared/when.ts';

/** The organisation that an entry is about: GitHub writes a list where an entry is about several. */
function first(at: At | undefined): At | undefined {
  return Array.isArray(at?.value) ? each(at)[0] : at;
}

export function isAudit(root: At): boolean {
  const action = textAt(dig(root, 'action'));
  if (action === undefined || !/^[a-z0-9_]+\.[a-z0-9_.]+$/.test(action)) return false;
  if (textAt(dig(root, 'actor')) === undefined) return false;
  return digFirst(root, ['org', 'business', 'repo', 'actor_id', '_document_id']) !== undefined;
}

const isTrue = (at: At | undefined): boolean => textAt(at)?.toLowerCase() === 'true';

/** Who did it: a login, an app that acts as a bot, or nobody where GitHub itself did. */
function putActor(draft: Draft, root: At): void {
  const actor = dig(root, 'actor');
  const name = textAt(actor);
  const vendorId = textAt(dig(root, 'actor_id'));
  const isBot = isTrue(dig(root, 'actor_is_bot')) || isTrue(dig(root, 'actor_is_agent'));
  const machine: MachineKind | undefined = isBot ? 'bot' : machineKindOf(name ?? '');
  putEntity(draft, machine === undefined ? 'user' : 'nhi', 'actor', actor, { vendorId, machine });
  putField(draft, 'user', actor);
  // The name that the organisation's identity provider knows the same person by.
  if (machine === undefined) putEntity(draft, 'user', 'related', dig(root, 'external_identity_nameid'));
  putAddress(draft, dig(root, 'actor_ip'), 'actor');
  putEntity(draft, 'session', 'actor', dig(root, 'actor_session'));
}

/** The credential of an API call, a push or a clone: never the token itself, GitHub logs only its hash and its number. */
function putCredential(draft: Draft, root: At): void {
  const hash = dig(root, 'hashed_token');
  const number = textAt(dig(root, 'token_id'));
  const vendorId = number === '0' ? undefined : number;
  const kind = textAt(dig(root, 'programmatic_access_type')) ?? '';
  const machine = /public key|ssh|deploy key/i.test(kind) ? 'key' : 'token';
  if (textAt(hash) !== undefined) putEntity(draft, 'access_key', 'actor', hash, { vendorId, machine });
  else if (vendorId !== undefined)
    putEntity(draft, 'access_key', 'actor', dig(root, 'token_id'), { vendorId, machine });
}

/** What it was done to, in the fields that GitHub's audit events name things by. */
function putTargets(draft: Draft, root: At): void {
  const actor = textAt(dig(root, 'actor'))?.toLowerCase();
  const user = dig(root, 'user');
  if (textAt(user)?.toLowerCase() !== actor)
    putEntity(draft, 'user', 'target', user, { vendorId: textAt(dig(root, 'user_id')) });
  putEntity(draft, 'user', 'target', dig(root, 'blocked_user'));
  for (const repository of each(dig(root, 'repo') ?? dig(root, 'repository')))
    putEntity(draft, 'cloud_resource', 'target', repository, { value: textAt(repository)?.toLowerCase() });
  for (const key of ['org', 'business']) {
    const owner = first(dig(root, key));
    putEntity(draft, 'cloud_account', 'related', owner, { value: textAt(owner)?.toLowerCase() });
  }
  for (const key of ['integration', 'oauth_application_name', 'application_name'])
    putEntity(draft, 'nhi', 'target', dig(root, key), { machine: 'service_principal' });
  putEntity(draft, 'access_key', 'target', dig(root, 'fingerprint'), { machine: 'key' });
  const hook = dig(root, 'config', 'url') ?? dig(root, 'hook_url');
  putEntity(draft, 'url', 'target', hook);
  const host = hostOfUrl(textAt(hook) ?? '');
  if (host !== undefined) putEntity(draft, 'domain', 'target', hook, { part: host });
  putField(draft, 'url', hook ?? dig(root, 'url'));
}

/** An entry of an organisation's or an enterprise's audit log. */
export function readAudit(draft: Draft, root: At): NormalisedAlert {
  const action = textAt(dig(root, 'action')) ?? 'event';
  const happened = [dig(root, '@timestamp'), dig(root, 'created_at')].find(at => timeAt(at) !== undefined);
  const occurredAt = putTime(draft, happened ?? digFirst(root, ['@timestamp', 'created_at']));
  putField(draft, 'action', dig(root, 'action'));
  putActor(draft, root);
  putCredential(draft, root);
  putTargets(draft, root);
  const where = textAt(dig(root, 'repo')) ?? textAt(first(dig(root, 'org'))) ?? textAt(dig(root, 'business'));
  const request = textAt(dig(root, 'request_id'));
  return closeDraft(draft, {
    source: 'github',
    vendorId: textAt(dig(root, '_document_id')),
    product: 'GitHub audit log',
    vendor: 'GitHub',
    title: where === undefined ? action : `${action} on ${where}`,
    rule: action,
    severity: 'unknown',
    occurredAt,
    vendorLinks: request === undefined ? [] : [`request:${request}`],
    isAlert: false,
  });
}
