import { ok, type Result } from '../../base/result.ts';
import type { Failure } from '../../model/failure.ts';
import { urlFault } from '../ask-http.ts';
import { NOT_EMPTY, settingsOf } from '../settings.ts';

/** Where a supervisord listens, and which of its jobs are never stopped. No secret: those come through the context. */
export interface SupervisorSettings {
  /** The address of its XML-RPC: `/RPC2`. */
  readonly url: string;
  /** The name that it asks for. It knows one. */
  readonly user: string;
  /** Jobs that are parts of Countersign, or that it rests on, each as `group:name`. */
  readonly own: ReadonlySet<string>;
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
  const { url, user, ownJobs } = read.value;
  return ok({ url, user, own: ownOf(ownJobs) ?? new Set() });
}
