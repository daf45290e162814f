import type { CatalogueKind } from './kind.ts';

/** Kinds that change keys and secrets. */
export const CREDENTIAL_KINDS: readonly CatalogueKind[] = [
  {
    id: 'rotate_key',
    title: 'Rotate the key',
    purpose: 'contains',
    does: 'A new key is made, what uses the old one is moved to it, and the old one is switched off.',
    preconditions: ['The old key is the one that was shown.', 'What uses it is listed, with when it used it last.'],
    evidence: {
      predicates: [
        'credential_created',
        'cloud_api_called',
        'auth_succeeded',
        'storage_accessed',
        'detection_fired',
        'ioc_matched',
      ],
      entities: ['access_key', 'nhi'],
    },
    blastQuestion: 'What uses this key, and how does each of them get the new one?',
    undo: {
      by: 'rotate_key',
      how: 'Switch the old key on again while both are kept.',
      window: 'Until the old key is deleted.',
    },
    residue: ['Calls that failed between the two keys.'],
    costOfWaiting: 'Whoever copied the key can use it from anywhere, and make further keys.',
    doesNotStop: ['Keys, roles and sessions that were made with the old key.', 'What was read with it before.'],
    tierRule: { kind: 'operation', touches: 'access', reversibility: 'compensating' },
    never: ['At once, of a key whose users nobody ever listed.'],
    d3fend: ['D3-CRO'],
    react: ['RA4601'],
    helps: {
      hypotheses: ['credential_theft', 'persistence', 'privilege_abuse', 'data_theft'],
      tactics: ['credential-access', 'persistence', 'privilege-escalation'],
    },
    doneIn: 'the cloud or the vault that issued the key',
  },
  {
    id: 'delete_key',
    title: 'Delete the key',
    purpose: 'contains',
    does: 'The key is gone for good, with everything that only it could open.',
    preconditions: ['It was switched off for a day or longer.', 'Nothing used it since.'],
    evidence: { predicates: ['credential_created', 'cloud_api_called'], entities: ['access_key'] },
    blastQuestion: 'Is there anything that was encrypted or signed with this key and is still needed?',
    undo: {
      by: 'irreversible',
      how: 'A deleted key cannot be made again; switching it off can be undone.',
      window: 'None.',
    },
    residue: ['What only this key could open stays closed.'],
    costOfWaiting: 'None while it is switched off.',
    doesNotStop: ['Access that was made with the key before.'],
    tierRule: { kind: 'operation', touches: 'access', reversibility: 'irreversible' },
    never: ['The only key of a backup, of an audit log or of a key service.'],
    d3fend: ['D3-CR'],
    react: ['RA4601'],
    helps: { hypotheses: ['persistence'], tactics: ['persistence'] },
    doneIn: 'the cloud or the vault that issued the key',
  },
];
