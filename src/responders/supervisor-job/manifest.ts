import type { Operation, ResponderManifest } from '../../ports/responder.ts';

const STOP: Operation = {
  name: 'stop',
  version: '1',
  title: 'Stop a job',
  kind: 'stop_workload',
  touches: 'production',
  targetType: 'job',
  reversibility: 'compensating',
  undo: 'start',
  residue: ['Work that was under way when it stopped.'],
  d3fend: 'D3-PT',
  concurrencyControl: 'reread',
  settleMs: 15_000,
};

const START: Operation = {
  name: 'start',
  version: '1',
  title: 'Start a job again that Countersign stopped',
  kind: 'start_workload',
  touches: 'production',
  targetType: 'job',
  reversibility: 'compensating',
  undo: 'stop',
  residue: ['Whatever it did while it ran.'],
  d3fend: 'none',
  concurrencyControl: 'reread',
  settleMs: 15_000,
};

/** What this responder can do to a supervisord, and the rights that it needs there. */
export const supervisorJobManifest: ResponderManifest = {
  name: 'supervisor-job',
  title: 'Jobs of a supervisord',
  operations: [STOP, START],
  scopes: {
    read: ['the login of a section of its HTTP server, for getAllProcessInfo and getAllConfigInfo'],
    write: ['the login of a section, for stopProcess and startProcess: supervisord has no narrower right'],
    forbidden: ['every call without a login', 'every call at one section by the login of another'],
  },
};

/** The operation of that name; undefined for one that is not ours. */
export function operationNamed(name: string): Operation | undefined {
  return supervisorJobManifest.operations.find(operation => operation.name === name);
}
