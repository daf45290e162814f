import type { Operation, ResponderManifest } from '../../ports/responder.ts';

const COMMON = {
  version: '1',
  touches: 'access',
  targetType: 'saas_key',
  concurrencyControl: 'reread',
  settleMs: 0,
} as const;

export const ROTATE: Operation = {
  ...COMMON,
  name: 'rotate',
  title: 'Hand a service over to a new application credential of its user',
  kind: 'rotate_key',
  reversibility: 'compensating',
  undo: 'take-back',
  residue: ['Tokens that were got with the new application credential are refused once it is taken back.'],
  versionPaths: ['file.mark'],
  d3fend: 'D3-CRO',
};

export const TAKE_BACK: Operation = {
  ...COMMON,
  name: 'take-back',
  title: 'Hand a service back to the application credential that it had before',
  kind: 'rotate_key',
  reversibility: 'compensating',
  undo: 'rotate',
  residue: ['The application credential that was made is gone: a rotation makes another one.'],
  versionPaths: ['file.mark', 'file.login', 'successor.record'],
  d3fend: 'D3-CRO',
};

export const END_OLD: Operation = {
  ...COMMON,
  name: 'end-old',
  title: 'Delete the application credential that a service was moved away from',
  kind: 'delete_key',
  reversibility: 'irreversible',
  undo: undefined,
  residue: ['The application credential never works again, nor does any token that was got with it.'],
  d3fend: 'D3-CR',
};

/** What this responder can do to the application credentials of a service, and the rights that it needs for it. */
export const keystoneRotationManifest: ResponderManifest = {
  name: 'keystone-rotation',
  title: 'Application credentials of OpenStack services, in stages',
  operations: [ROTATE, TAKE_BACK, END_OLD],
  scopes: {
    read: [
      'identity:get_user',
      'identity:list_application_credentials',
      'identity:validate_token',
      'reading the file of the secret',
      'reading the files of the tokens',
    ],
    write: [
      'identity:create_application_credential, as the user of the service',
      'identity:delete_application_credential, as the user of the service',
      'the folder of the file of the secret, as its owner',
    ],
    forbidden: [
      'identity:create_application_credential or identity:delete_application_credential, by the user that reads',
      'identity:delete_application_credential, of any other user',
      'identity:update_user',
      'identity:create_grant',
    ],
  },
};

/** The operation of that name; undefined for one that is not ours. */
export function operationNamed(name: string): Operation | undefined {
  return keystoneRotationManifest.operations.find(operation => operation.name === name);
}
