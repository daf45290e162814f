import type { Result } from '../../base/result.ts';
import type { Failure } from '../../model/failure.ts';
import { isPlainSegment } from '../../model/http-plain.ts';
import { urlFault } from '../shared/http/ask-http.ts';
import { settingsOf } from '../shared/settings.ts';

function baseFault(text: string): string | undefined {
  const why = urlFault(text);
  if (why !== undefined) return why;
  const segments = new URL(text).pathname.replace(/\/$/, '').split('/').slice(1);
  return segments.every(isPlainSegment) ? undefined : 'its path could be read in two ways';
}

function documentFault(path: string): string | undefined {
  return path.startsWith('/') && path.slice(1).split('/').every(isPlainSegment)
    ? undefined
    : 'it is no plain path, which starts with /';
}

const TABLE = {
  url: { fault: baseFault },
  document: { usual: '/openapi.json', fault: documentFault },
} as const;

/** Where the interface is, and where below that its OpenAPI document. The failure names the setting that is wrong. */
export function parseConfig(given: {
  readonly [name: string]: string;
}): Result<{ readonly [K in keyof typeof TABLE]: string }, Failure> {
  return settingsOf('http-call', TABLE, given);
}
