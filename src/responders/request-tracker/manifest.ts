import type { Operation, ResponderManifest } from '../../ports/responder.ts';

const COMMON = {
  version: '1',
  // What starts elsewhere when a ticket changes can be anything, and unknown ranks with the worst.
  touches: 'access',
  targetType: 'ticket',
  reversibility: 'compensating',
  versionPaths: ['ticket.version'],
  d3fend: 'none',
  concurrencyControl: 'server-assertion',
  settleMs: 2_000,
} as const;

const RESIDUE = [
  'Its history, and the times at which it was started and resolved.',
  'Mails that were sent about it.',
  'What automation elsewhere did because of it.',
] as const;

export const RESOLVE: Operation = {
  ...COMMON,
  name: 'resolve',
  title: 'Resolve a ticket of Request Tracker',
  kind: 'close_ticket',
  undo: 'reopen',
  residue: RESIDUE,
};

export const REOPEN: Operation = {
  ...COMMON,
  name: 'reopen',
  title: 'Give a ticket of Request Tracker that Countersign resolved its status back',
  kind: 'reopen_ticket',
  undo: 'resolve',
  residue: RESIDUE,
};

/** What this responder can do in Request Tracker, and the rights of its two users. */
export const requestTrackerManifest: ResponderManifest = {
  name: 'request-tracker',
  title: 'Tickets of Request Tracker',
  operations: [RESOLVE, REOPEN],
  scopes: {
    read: ['ShowTicket on the queue'],
    write: ['ShowTicket on the queue', 'ModifyTicket on the queue'],
    forbidden: ['ModifyTicket on any other queue', 'DeleteTicket', 'CreateTicket', 'AdminUsers', 'SuperUser'],
  },
};
