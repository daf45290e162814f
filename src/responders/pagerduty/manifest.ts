import type { Operation, ResponderManifest } from '../../ports/responder.ts';

export const RESOLVE: Operation = {
  name: 'resolve',
  version: '1',
  title: 'Resolve an incident of PagerDuty',
  kind: 'close_ticket',
  // What starts elsewhere when an incident is resolved can be anything, and unknown ranks with the worst.
  touches: 'access',
  targetType: 'ticket',
  reversibility: 'irreversible',
  undo: undefined,
  residue: [
    'PagerDuty opens no incident again: who is to be paged about it is paged by a new one.',
    'What automation elsewhere did because of it.',
  ],
  versionPaths: ['incident.statusChanged'],
  d3fend: 'none',
  concurrencyControl: 'reread',
  settleMs: 2_000,
};

/** What this responder can do at PagerDuty, and the scopes of its two apps. */
export const pagerdutyManifest: ResponderManifest = {
  name: 'pagerduty',
  title: 'Incidents of PagerDuty',
  operations: [RESOLVE],
  scopes: {
    read: ['incidents.read'],
    write: ['incidents.write'],
    forbidden: ['services.write', 'escalation_policies.write', 'schedules.write', 'users.write'],
  },
};
