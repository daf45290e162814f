import { ok, type Result } from '../../base/result.ts';
import type { Failure } from '../../model/failure.ts';
import { urlFault } from '../shared/http/ask-http.ts';
import { NOT_EMPTY, settingsOf } from '../shared/settings.ts';

/** Where a supervisord listens, and which of its jobs are never stopped. No secret: those come through the context. */
export interface SupervisorSettings {
  /** The section of its HTTP server that is read from, and the one by which jobs are stopped and started: the same where there is one. */
  readonly read: Section;
  readonly write: Section;
  /** Jobs that are parts of Countersign, or that it rests on, each as `group:name`. */
  readonly own: ReadonlySet<string>;
  /** Where jobs take connections, by `group:name`. */
  readonly ports: ReadonlyMap<string, Port>;
}

/** One section of its HTTP server, and the one login that this knows. */
export interface Section {
  /** The address of its XML-RPC: `/RPC2`. */
  readonly url: string;
  readonly user: string;
}

export interface Port {
  readonly host: string;
  readonly port: number;
}

const OWN_MAX = 1_000;
/** As supervisord takes it for one process, and for no group. */
const JOB_ID = /^[^\s:*[\]]{1,200}:[^\s:*[\]]{1,200}$/;

const TABLE = {
  url: { fault: urlFault },
  user: { usual: 'countersign', fault: (value: string) => NOT_EMPTY(value) ?? colonFault(value) },
  ownJobs: {
    fault: (value: string) => (ownOf(value) === undefined ? 'it is no list of jobs, each as group:name' : undefined),
  },
  readUrl: { usual: '', fault: (value: string) => (value === '' ? undefined : urlFault(value)) },
  readUser: { usual: '', fault: colonFault },
  ports: {
    usual: '',
    fault: (value: string) =>
      portsOf(value) === undefined ? 'it is no list of jobs and ports, each as group:name=host:port' : undefined,
  },
} as const;

/** Whether this is the full name of one job: its group and its own. */
export function isJobId(text: string): boolean {
  return JOB_ID.test(text);
}

function colonFault(user: string): string | undefined {
  return user.includes(':') ? 'it holds a colon' : undefined;
}

function ownOf(text: string): ReadonlySet<string> | undefined {
  const own = text.split(/[\s,]+/).filter(part => part !== '');
  return own.length > 0 && own.length <= OWN_MAX && own.every(isJobId) ? new Set(own) : undefined;
}

const PORT = /^([^=]+)=(([a-z0-9.-]+|\[[0-9a-f:.]+\]):[1-9]\d{0,4})$/;

function portsOf(text: string): ReadonlyMap<string, Port> | undefined {
  const parts = text.split(/[\s,]+/).filter(part => part !== '');
  const ports = new Map<string, Port>();
  for (const part of parts) {
    const [, job = '', place = ''] = PORT.exec(part) ?? [];
    if (!isJobId(job) || ports.has(job) || urlFault(`https://${place}`) !== undefined) return undefined;
    const at = place.lastIndexOf(':');
    ports.set(job, { host: place.slice(0, at).replace(/^\[|\]$/g, ''), port: Number(place.slice(at + 1)) });
  }
  return ports.size <= OWN_MAX ? ports : undefined;
}

/** The settings of a system, validated and spelled out. */
export function parseConfig(given: {
  readonly [name: string]: string;
}): Result<{ readonly [K in keyof typeof TABLE]: string }, Failure> {
  return settingsOf('supervisor-job', TABLE, given);
}

/** {@link parseConfig}, as this responder uses it. */
export function readSettings(given: { readonly [name: string]: string }): Result<SupervisorSettings, Failure> {
  const read = parseConfig(given);
  if (!read.ok) return read;
  const { url, user, ownJobs, readUrl, readUser, ports } = read.value;
  return ok({
    read: { url: readUrl === '' ? url : readUrl, user: readUser === '' ? user : readUser },
    write: { url, user },
    own: ownOf(ownJobs) ?? new Set(),
    ports: portsOf(ports) ?? new Map(),
  });
}
