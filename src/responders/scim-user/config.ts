import { ok, type Result } from '../../base/result.ts';
import type { Failure } from '../../model/failure.ts';
import { urlFault } from '../shared/http/ask-http.ts';
import { settingsOf } from '../shared/settings.ts';

/** Where the product's SCIM is. No secret: the tokens come through the context. */
export interface ScimSettings {
  /** The base address, without a slash at its end. */
  readonly url: string;
}

const TABLE = { url: { fault: urlFault } } as const;

/** The settings of a system, validated and spelled out. */
export function parseConfig(given: {
  readonly [name: string]: string;
}): Result<{ readonly [K in keyof typeof TABLE]: string }, Failure> {
  return settingsOf('scim-user', TABLE, given);
}

/** {@link parseConfig}, as this responder uses it. */
export function readSettings(given: { readonly [name: string]: string }): Result<ScimSettings, Failure> {
  const read = parseConfig(given);
  return read.ok ? ok({ url: read.value.url.replace(/\/+$/, '') }) : read;
}
