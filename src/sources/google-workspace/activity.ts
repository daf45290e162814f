import type { EntityKind, EntityRole, MachineKind, NormalisedAlert } from '../../model/alert.ts';
import { putAddress } from '../shared/address.ts';
import { type At, dig, digFirst, each, members, textAt } from '../shared/at.ts';
import { closeDraft, type Draft, putEntity, putField, putOutcome, putTime } from '../shared/draft.ts';
import { machineKindOf } from '../shared/machine.ts';
import { severityOfWord } from '../shared/severity.ts';

export function isActivity(root: At): boolean {
  if (textAt(dig(root, 'kind')) === 'admin#reports#activity') return true;
  return (
    textAt(dig(root, 'id', 'applicationName')) !== undefined &&
    (dig(root, 'id', 'time') ?? dig(root, 'actor', 'email')) !== undefined &&
    digFirst(root, ['events', 'parameters', 'actor']) !== undefined
  );
}

interface Naming {
  readonly kind: EntityKind;
  readonly role: EntityRole;
  readonly machine?: MachineKind;
}

const ACCOUNT: Naming = { kind: 'user', role: 'target' };
const APP: Naming = { kind: 'nhi', role: 'related', machine: 'service_principal' };

/** Parameters of the Reports API's events that name things, in lower case: the admin application writes them in upper. */
const PARAMETERS: ReadonlyMap<string, Naming> = new Map<string, Naming>([
  ['user_email', ACCOUNT],
  ['affected_email_address', ACCOUNT],
  ['target_user', ACCOUNT],
  ['new_owner', ACCOUNT],
  ['owner', { kind: 'user', role: 'related' }],
  ['email_forwarding_destination_address', { kind: 'mailbox', role: 'target' }],
  ['doc_id', { kind: 'cloud_resource', role: 'target' }],
  ['app_name', APP],
  ['api_client_name', APP],
  ['device_id', { kind: 'host', role: 'related' }],
  ['application_name', { kind: 'service', role: 'target' }],
  ['domain_name', { kind: 'domain', role: 'target' }],
  ['target_domain', { kind: 'domain', role: 'target' }],
  ['resource_id', { kind: 'cloud_resource', role: 'target' }],
]);

/** A parameter's values: text, number, boolean, or a list of texts. */
function valuesOf(parameter: At): readonly At[] {
  const value = digFirst(parameter, ['value', 'intValue', 'boolValue', 'multiValue']);
  return each(value);
}

/** The parameters of an event by name: the list that the API answers, or the object that some exports make of it. */
function parametersOf(event: At): ReadonlyMap<string, readonly At[]> {
  const found = new Map<string, readonly At[]>();
  const at = dig(event, 'parameters');
  if (Array.isArray(at?.value)) {
    for (const one of each(at)) {
      const name = textAt(dig(one, 'name'))?.toLowerCase();
      if (name !== undefined && !found.has(name)) found.set(name, valuesOf(one));
    }
  } else {
    for (const [name, one] of members(at)) found.set(name.toLowerCase(), each(one));
  }
  return found;
}

/** Who did it: a person, a service account by its address, or an application by its consumer key. */
function putActor(draft: Draft, root: At): void {
  const actor = dig(root, 'actor');
  const email = dig(actor, 'email');
  const name = textAt(email);
  const vendorId = textAt(dig(actor, 'profileId'));
  const machine = machineKindOf(name ?? '');
  putEntity(draft, machine === undefined ? 'user' : 'nhi', 'actor', email, { vendorId, machine });
  if (name === undefined && textAt(dig(actor, 'callerType')) === 'KEY')
    putEntity(draft, 'access_key', 'actor', dig(actor, 'key'), { machine: 'key' });
  putField(draft, 'user', name === undefined ? dig(actor, 'key') : email);
  putAddress(draft, dig(root, 'ipAddress'), 'actor');
}

function putEvent(draft: Draft, event: At): ReadonlyMap<string, readonly At[]> {
  const parameters = parametersOf(event);
  const clientId = textAt(parameters.get('client_id')?.[0]);
  for (const [name, values] of parameters) {
    const naming = PARAMETERS.get(name);
    if (naming === undefined) continue;
    for (const value of values) {
      const isAddress = naming.kind !== 'user' || (textAt(value) ?? '').includes('@');
      const machine = naming.kind === 'user' ? machineKindOf(textAt(value) ?? '') : naming.machine;
      const kind = naming.kind === 'user' && machine !== undefined ? 'nhi' : naming.kind;
      const vendorId = naming === APP ? clientId : undefined;
      if (isAddress) putEntity(draft, kind, naming.role, value, { machine, vendorId });
    }
  }
  return parameters;
}

/** The sign-in and SAML applications say in the event's name how it ended. */
function putResult(draft: Draft, name: At | undefined): void {
  const text = textAt(name) ?? '';
  if (/_success$/.test(text)) putOutcome(draft, 'success', name);
  else if (/_failure$/.test(text)) putOutcome(draft, 'failure', name);
}

/** An activity of the Reports API. It holds several events where one call caused several: the first names it. */
export function readActivity(draft: Draft, root: At): NormalisedAlert {
  const id = dig(root, 'id');
  const occurredAt = putTime(draft, dig(id, 'time'));
  putActor(draft, root);
  const listed = each(dig(root, 'events'));
  const events = listed.length > 0 ? listed : [root];
  const names = events.map(event => dig(event, 'name'));
  putField(draft, 'action', names[0]);
  putResult(draft, names[0]);
  for (const event of events) {
    const parameters = putEvent(draft, event);
    putField(draft, 'rule_name', parameters.get('rule_name')?.[0]);
    putField(draft, 'severity', parameters.get('severity')?.[0]);
  }
  const application = textAt(dig(id, 'applicationName')) ?? 'admin';
  const name = textAt(names[0]) ?? 'activity';
  const rule = `${application}:${name}`;
  return closeDraft(draft, {
    source: 'google-workspace',
    vendorId: idOf(id, application),
    product: 'Google Workspace',
    vendor: 'Google',
    title: draft.fields.rule_name ?? `${application}: ${name}`,
    rule: draft.fields.rule_name === undefined ? rule : `${rule}:${draft.fields.rule_name}`,
    severity: severityOfWord(draft.fields.severity),
    occurredAt,
    isAlert: application === 'rules' || textAt(dig(events[0], 'type')) === 'attack_warning',
  });
}

/** `uniqueQualifier` tells apart what has the same time only: the id is all of them together. */
function idOf(id: At | undefined, application: string): string | undefined {
  const parts = ['customerId', 'time', 'uniqueQualifier'].map(key => textAt(dig(id, key)));
  return parts[1] === undefined || parts[2] === undefined
    ? undefined
    : [application, ...parts.filter(part => part !== undefined)].join('/');
}
