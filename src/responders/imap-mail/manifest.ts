import type { Operation, ResponderManifest } from '../../ports/responder.ts';

const QUARANTINE: Operation = {
  name: 'quarantine',
  version: '1',
  title: 'Move a message out of a mailbox into its quarantine folder',
  kind: 'quarantine_mail',
  touches: 'access',
  targetType: 'mail_message',
  reversibility: 'compensating',
  undo: 'restore',
  residue: [
    'The message comes back under another number (UID), so a mail client fetches it anew.',
    'Whatever a mail client, a phone or a rule copied or sent on before stays there.',
  ],
  versionPaths: ['mail.places'],
  d3fend: 'D3-ER',
  concurrencyControl: 'reread',
  settleMs: 500,
};

const RESTORE: Operation = {
  name: 'restore',
  version: '1',
  title: 'Move a message back that Countersign put into quarantine',
  kind: 'restore_mail',
  touches: 'access',
  targetType: 'mail_message',
  reversibility: 'compensating',
  undo: 'quarantine',
  residue: ['Whoever read the message while it was back has read it.'],
  versionPaths: ['mail.places'],
  d3fend: 'D3-RE',
  concurrencyControl: 'reread',
  settleMs: 500,
};

/** Rights (RFC 4314) that a move needs of the write login: where the message is, and where it goes. */
export const RIGHTS_TO_TAKE = 'lre';
export const RIGHTS_TO_PUT = 'liws';

/** What this responder can do to a mail server, and the rights that it needs there. */
export const imapMailManifest: ResponderManifest = {
  name: 'imap-mail',
  title: 'Messages of an IMAP server',
  operations: [QUARANTINE, RESTORE],
  scopes: {
    read: ['to log in for the users of mailboxes', 'l and r (RFC 4314) on their folders'],
    write: ['to log in for the users of mailboxes', 'l, r, s, w, e and i (RFC 4314) on their folders'],
    forbidden: [
      'a on any folder (its rights)',
      'k and x (folders made, deleted, renamed)',
      't (messages marked as deleted)',
      'a mailbox of its own',
      'of the read login: s, w, e and i',
    ],
  },
};

/** The operation of that name; undefined for one that is not ours. */
export function operationNamed(name: string): Operation | undefined {
  return imapMailManifest.operations.find(operation => operation.name === name);
}
