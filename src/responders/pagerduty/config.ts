import { ok, type Result } from '../../base/result.ts';
import type { Failure } from '../../model/failure.ts';
import { urlFault } from '../shared/http/ask-http.ts';
import { settingsOf, wrong } from '../shared/settings.ts';

const PART = (text: string) => (/^[\w-]{1,128}$/.test(text) ? undefined : 'it is missing, or no id of an app');

/** Two apps with Scoped OAuth, one that reads and one that writes, each with a client secret as its credential. */
const TABLE = {
  url: { usual: 'https://api.pagerduty.com', fault: urlFault },
  login: { usual: 'https://identity.pagerduty.com/oauth/token', fault: urlFault },
  account: {
    fault: (text: string) =>
      /^(?:us|eu)\.[a-z0-9-]{1,63}$/.test(text)
        ? undefined
        : 'it is missing, or no region and subdomain, such as us.acme',
  },
  services: { fault: servicesFault },
  from: {
    fault: (text: string) =>
      /^[\w.+-]{1,64}@[\w.-]{1,190}$/.test(text) ? undefined : 'it is missing, or no address of a user',
  },
  readClient: { fault: PART },
  writeClient: { fault: PART },
} as const;

/** PagerDuty takes the number of an incident where it takes an id. An id is one of these, and nothing else is. */
export const PAGERDUTY_ID = /^[PQ][A-Z0-9]{5,30}$/;

function servicesFault(text: string): string | undefined {
  return listed(text).every(one => PAGERDUTY_ID.test(one)) ? undefined : 'it is missing, or no list of ids of services';
}

export interface PagerdutySettings extends Omit<{ readonly [K in keyof typeof TABLE]: string }, 'services'> {
  /** Whose incidents may be resolved: a scope of PagerDuty is for all of them. */
  readonly services: readonly string[];
}

/** The settings of a system, validated and spelled out. */
export function parseConfig(given: {
  readonly [name: string]: string;
}): Result<{ readonly [K in keyof typeof TABLE]: string }, Failure> {
  const read = settingsOf('pagerduty', TABLE, given);
  return read.ok && read.value.readClient === read.value.writeClient
    ? wrong('pagerduty', 'writeClient', 'it is the one that reads')
    : read;
}

/** {@link parseConfig}, as this responder uses it. */
export function readSettings(given: { readonly [name: string]: string }): Result<PagerdutySettings, Failure> {
  const read = parseConfig(given);
  if (!read.ok) return read;
  return ok({ ...read.value, url: read.value.url.replace(/\/+$/, ''), services: listed(read.value.services) });
}

function listed(text: string): readonly string[] {
  return text.split(',').map(one => one.trim());
}
