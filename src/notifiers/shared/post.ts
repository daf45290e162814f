import { lookup } from 'node:dns/promises';
import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import { fail, ok, type Result } from '../../base/result.ts';
import type { ConnectedChannel, NotifyFailure } from '../../ports/notifier.ts';

const TIMEOUT_MS = 10_000;
/** What is answered is not read beyond this; only its status matters. */
const ANSWER_BYTES_MAX = 64 * 1024;

export interface Post {
  readonly url: URL;
  readonly headers: { readonly [name: string]: string };
  readonly body: string;
}

/**
 * One request to where the operator said and nowhere else. The name is resolved once, every address that it has is
 * judged, and the connection goes to the one that was judged: a name that changes its mind in between leads nowhere.
 * Redirects are not followed, certificates are verified, no proxy of the environment is used, time and length are bounded.
 */
export async function post(
  { config }: ConnectedChannel,
  { url, headers, body }: Post,
  signal: AbortSignal,
): Promise<Result<true, NotifyFailure>> {
  const found = await resolve(url, config.mayBePrivate);
  if (!found.ok) return found;
  const bytes = Buffer.from(body);
  const open = url.protocol === 'https:' ? requestHttps : requestHttp;
  // A timer of our own: Node may collect a signal that `AbortSignal.any` was made of, and then it never fires.
  const deadline = new AbortController();
  const stop = (): void => deadline.abort();
  const timer = setTimeout(stop, TIMEOUT_MS);
  if (signal.aborted) stop();
  signal.addEventListener('abort', stop, { once: true });
  let hasConnected = false;
  return new Promise<Result<true, NotifyFailure>>(settle => {
    const lost = (error: Error): void =>
      settle(fail(deadline.signal.aborted ? timedOut(hasConnected) : unreachable(error, hasConnected)));
    const going = open(
      {
        protocol: url.protocol,
        hostname: bare(url),
        port: url.port === '' ? undefined : url.port,
        path: `${url.pathname}${url.search}`,
        method: 'POST',
        agent: false,
        signal: deadline.signal,
        lookup: (_name, options, answer) =>
          options.all === true
            ? answer(null, [{ address: found.value, family: isIP(found.value) }])
            : answer(null, found.value, isIP(found.value)),
        ...(config.ca === undefined ? {} : { ca: config.ca }),
        headers: {
          'user-agent': 'countersign',
          'content-type': 'application/json; charset=utf-8',
          'content-length': String(bytes.length),
          ...headers,
        },
      },
      answer => {
        let length = 0;
        answer.on('data', (chunk: Buffer) => {
          length += chunk.length;
          if (length > ANSWER_BYTES_MAX) answer.destroy();
        });
        answer.on('error', () => undefined);
        // The status is the whole answer; a body that never ends changes nothing about it.
        settle(judge(answer.statusCode ?? 0));
        answer.resume();
        setImmediate(() => answer.destroy());
      },
    );
    going.on('socket', socket =>
      socket.once(url.protocol === 'https:' ? 'secureConnect' : 'connect', () => {
        hasConnected = true;
      }),
    );
    going.on('error', lost);
    going.end(bytes);
  }).finally(() => {
    clearTimeout(timer);
    signal.removeEventListener('abort', stop);
  });
}

const bare = (url: URL): string => url.hostname.replace(/^\[|\]$/g, '');

/** An address of this host. Where one of its addresses is private and none may be, there is none. */
async function resolve(url: URL, mayBePrivate: boolean): Promise<Result<string, NotifyFailure>> {
  let addresses: readonly string[];
  try {
    addresses = isIP(bare(url)) !== 0 ? [bare(url)] : (await lookup(bare(url), { all: true })).map(one => one.address);
  } catch {
    return fail(failureOf('unreachable', 'its name is not known to the name server'));
  }
  const [address] = addresses;
  if (address === undefined) return fail(failureOf('unreachable', 'its name has no address'));
  return !mayBePrivate && !addresses.every(isPublic)
    ? fail({
        ...failureOf(
          'not_allowed',
          'it leads to a private address, which an administrator allows with --allow-private; nothing was sent',
        ),
        isFinal: true,
      })
    : ok(address);
}

/** Whether an address is one of the open internet, whatever it is wrapped in. */
export function isPublic(text: string): boolean {
  return ipaddr.isValid(text) && ipaddr.process(text).range() === 'unicast';
}

function judge(status: number): Result<true, NotifyFailure> {
  if (status >= 200 && status < 300) return ok(true);
  if (status >= 300 && status < 400)
    return fail({
      ...failureOf('redirected', `answered ${status}, and redirects are not followed`),
      isFinal: true,
    });
  const mayBeBetter = status >= 500 || status === 408 || status === 429;
  return fail({ ...failureOf('refused', `answered ${status}`), isFinal: !mayBeBetter });
}

export function failureOf(kind: NotifyFailure['kind'], because: string): NotifyFailure {
  return { kind, because, isFinal: false, mayHaveArrived: false };
}

function timedOut(hasConnected: boolean): NotifyFailure {
  return { ...failureOf('timed_out', `timed out after ${TIMEOUT_MS / 1_000} s`), mayHaveArrived: hasConnected };
}

/** The system's word for it, never its text: that holds addresses. */
function unreachable(error: Error, hasConnected: boolean): NotifyFailure {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : 'no answer';
  const shown = /^[A-Z_]{1,60}$/.test(code) ? `could not be reached (${code})` : 'could not be reached';
  return { ...failureOf('unreachable', shown), mayHaveArrived: hasConnected };
}

/** Why this is no address of a hook; undefined where it is. */
export function hookTrouble(text: string, mayBePrivate: boolean): string | undefined {
  if (!URL.canParse(text)) return 'its address is no URL.';
  const url = new URL(text);
  if (url.username !== '' || url.password !== '' || url.hash !== '') return 'its address has no user and no fragment.';
  const isLoopback = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/.test(url.hostname);
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopback))
    return 'its address begins with https; http is for this machine only.';
  if (!mayBePrivate && (isLoopback || (isIP(bare(url)) !== 0 && !isPublic(bare(url)))))
    return 'its address is a private one; say --allow-private where that is meant.';
  return undefined;
}
