import type { MachineKind } from '../../model/alert.ts';

/** A name above this is none that a directory or a cloud gives: an ARN may have 2,048 characters, with its path. */
const NAME_CHARS_MAX = 2_048;

/**
 * Forms of name that the makers of a directory, a cloud or an orchestrator keep for machines. A custom of naming
 * (`svc-`, `bot-`) is none: a person may be called so. Each is anchored, so that it takes a time in proportion to the name.
 */
const FORMS: readonly (readonly [RegExp, MachineKind])[] = [
  // Windows: built-in accounts by name and by well-known SID, and those of services, application pools and the desktop.
  [
    /^(?:nt authority\\)?(?:system|local service|network service|anonymous logon|localsystem|localservice|networkservice)$/i,
    'system',
  ],
  [/^s-1-5-(?:7|18|19|20)$/i, 'system'],
  [/^s-1-5-(?:80|82|90|96)-[\d-]+$/i, 'system'],
  [/^(?:nt service|iis apppool|window manager|font driver host)\\/i, 'system'],
  // Active Directory: a computer's account ends in a dollar sign; one behind it is its realm.
  [/^[^\s@]*[^\s@$]\$(?:@\S+)?$/, 'computer'],
  // Kubernetes (reference, "Authenticating"). `system:anonymous` is whoever says no name, and no machine.
  [/^system:serviceaccount:[^\s:]+:[^\s:]+$/, 'service_account'],
  [/^system:node:\S+$/, 'computer'],
  [/^system:(?!anonymous$|unauthenticated$|serviceaccount:|node:)\S+$/, 'system'],
  // SPIFFE: the id of a workload.
  [/^spiffe:\/\/\S+$/, 'workload'],
  // Google Cloud: a service account's address, bare or behind the prefix of a policy's member.
  [/^(?:serviceAccount:)?[^\s@]+@(?:[^\s@.]+\.)*gserviceaccount\.com$/i, 'service_account'],
  // AWS: roles, the sessions of roles, and access keys by the prefixes of IAM's unique ids.
  [/^arn:aws[a-z-]*:(?:iam::\d+:role|sts::\d+:assumed-role)\/\S+$/, 'role'],
  [/^(?:AKIA|ASIA)[A-Z0-9]{12,124}$/, 'key'],
  // GitHub: an app acts as `name[bot]`.
  [/^[^\s[\]]+\[bot\]$/i, 'bot'],
];

/**
 * What kind of machine identity a name is, where its form alone says so: a built-in or a computer's account of
 * Windows, a service account of Kubernetes or Google Cloud, a role or a key of AWS, a bot of GitHub. Undefined
 * where it does not: the name of a person, or of a machine that is called like one.
 */
export function machineKindOf(name: string): MachineKind | undefined {
  if (name.length > NAME_CHARS_MAX) return undefined;
  return FORMS.find(([form]) => form.test(name))?.[1];
}
