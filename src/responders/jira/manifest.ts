import type { Operation, ResponderManifest } from '../../ports/responder.ts';

const COMMON = {
  version: '1',
  // What starts elsewhere when an issue is moved can be anything, and unknown ranks with the worst.
  touches: 'access',
  targetType: 'ticket',
  reversibility: 'compensating',
  residue: [
    'Its history, its resolution and whatever else the workflow sets on the way.',
    'Mails that were sent about it.',
    'What automation elsewhere did because of it.',
  ],
  versionPaths: ['issue.updated'],
  d3fend: 'none',
  concurrencyControl: 'reread',
  settleMs: 2_000,
} as const;

export const CLOSE: Operation = {
  ...COMMON,
  name: 'close',
  title: 'Move an issue of Jira to done',
  kind: 'close_ticket',
  undo: 'reopen',
};

export const REOPEN: Operation = {
  ...COMMON,
  name: 'reopen',
  title: 'Move an issue of Jira that Countersign closed back to where it was',
  kind: 'reopen_ticket',
  undo: 'close',
};

/** What this responder can do in Jira Cloud, and the scopes of its two tokens. */
export const jiraManifest: ResponderManifest = {
  name: 'jira',
  title: 'Issues of Jira Cloud',
  operations: [CLOSE, REOPEN],
  scopes: {
    read: ['read:jira-work'],
    write: ['read:jira-work', 'write:jira-work'],
    forbidden: ['manage:jira-project', 'manage:jira-configuration', 'write:jira-work for the token that reads'],
  },
};
