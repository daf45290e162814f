import { ok, type Result } from '../../base/result.ts';
import type { Failure } from '../../model/failure.ts';
import { urlFault } from '../shared/http/ask-http.ts';
import { settingsOf } from '../shared/settings.ts';

/** What a lifecycle may call a status. */
const STATUS = /^[a-z][a-z0-9 _-]{0,63}$/;

const TABLE = {
  url: { fault: urlFault },
  queue: {
    fault: (text: string) => (/^[1-9]\d{0,8}$/.test(text) ? undefined : 'it is missing, or no number of a queue'),
  },
  resolved: { usual: 'resolved', fault: (text: string) => (STATUS.test(text) ? undefined : 'it is no status') },
  active: { usual: 'new,open,stalled', fault: activeFault },
} as const;

function activeFault(text: string): string | undefined {
  return listed(text).every(one => STATUS.test(one))
    ? undefined
    : 'it is no list of statuses, such as new,open,stalled';
}

export interface RequestTrackerSettings {
  /** Of REST 2.0, without a slash at its end. */
  readonly url: string;
  /** The one queue whose tickets may be resolved, by its number. */
  readonly queue: string;
  readonly resolved: string;
  /** Statuses of its lifecycle in which a ticket is not done with. */
  readonly active: readonly string[];
}

/** The settings of a system, validated and spelled out. */
export function parseConfig(given: {
  readonly [name: string]: string;
}): Result<{ readonly [K in keyof typeof TABLE]: string }, Failure> {
  return settingsOf('request-tracker', TABLE, given);
}

/** {@link parseConfig}, as this responder uses it. */
export function readSettings(given: { readonly [name: string]: string }): Result<RequestTrackerSettings, Failure> {
  const read = parseConfig(given);
  if (!read.ok) return read;
  const { url, queue, resolved, active } = read.value;
  return ok({ url: url.replace(/\/+$/, ''), queue, resolved, active: listed(active) });
}

function listed(text: string): readonly string[] {
  return text.split(',').map(one => one.trim());
}
