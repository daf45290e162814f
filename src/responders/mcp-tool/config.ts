import { fail, ok, type Result } from '../../base/result.ts';
import { type Failure, failureOf } from '../../model/failure.ts';

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

/** Where the tools are. The failure names the setting that is wrong; an unknown one is refused. */
export function readSettings(settings: { readonly [name: string]: string }): Result<{ readonly url: string }, Failure> {
  const { url: text = '', ...others } = settings;
  const [strange] = Object.keys(others);
  if (strange !== undefined) return wrong(strange, 'there is no such setting');
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    return wrong('url', 'it is missing, or not an address');
  }
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && LOOPBACK.test(url.hostname)))
    return wrong('url', 'it begins with https; http is for this machine only');
  if (url.username !== '' || url.password !== '' || url.hash !== '') return wrong('url', 'it must hold no credentials');
  return ok({ url: url.toString() });
}

/** {@link readSettings}, as the port wants it. */
export function parseConfig(settings: {
  readonly [name: string]: string;
}): Result<{ readonly [name: string]: string }, Failure> {
  const read = readSettings(settings);
  return read.ok ? ok({ url: read.value.url }) : read;
}

function wrong(name: string, why: string): Result<never, Failure> {
  return fail(failureOf('responder.not_configured', `mcp-tool: setting \`${name}\`: ${why}`));
}
