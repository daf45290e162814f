import { createTransport } from 'nodemailer';
import { fail, ok, type Result } from '../../base/result.ts';
import type { ConnectedChannel, Notifier, NotifyFailure, Telling } from '../../ports/notifier.ts';
import { isAddress, mailText } from './message.ts';

const CONNECT_MS_MAX = 10_000;
const ANSWER_MS_MAX = 20_000;
const RECIPIENTS_MAX = 20;
const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|::1)$/;
const HOST = /^[A-Za-z0-9.:-]{1,253}$/;

/** Mail by SMTP. Encrypted, with the server's certificate verified, or it is not sent; plain to this machine only. */
export const mail: Notifier = { kind: 'mail', title: 'Mail', check, tell };

function check({ config, credential }: ConnectedChannel): string | undefined {
  if (!HOST.test(config.host)) return 'it needs --host, the name of a mail server.';
  if (!Number.isInteger(config.port) || config.port < 1 || config.port > 65_535) return 'its port is 1 to 65535.';
  if (!isAddress(config.from)) return 'it needs --from, an address.';
  if (config.to.length > RECIPIENTS_MAX) return `it has at most ${RECIPIENTS_MAX} addresses.`;
  const strange = config.to.find(address => !isAddress(address));
  if (strange !== undefined) return `\`${strange}\` is no address.`;
  if (config.security === 'none' && !LOOPBACK.test(config.host))
    return 'mail leaves this machine encrypted only: --security starttls or tls.';
  if ((config.user === '') !== (credential === '')) return 'a user and a password go together.';
  return undefined;
}

async function tell(
  channel: ConnectedChannel,
  telling: Telling,
  signal: AbortSignal,
): Promise<Result<true, NotifyFailure>> {
  const { config, credential } = channel;
  const trouble = check(channel);
  if (trouble !== undefined || telling.to.length === 0 || !telling.to.every(isAddress))
    return fail(failure('not_allowed', trouble ?? 'there is no address to send it to', { isFinal: true }));
  const line = watchLine();
  const transport = createTransport({
    logger: line.logger,
    transactionLog: true,
    host: config.host,
    // Not this machine's own name, which is nobody's business there.
    name: config.from.slice(config.from.indexOf('@') + 1),
    port: config.port,
    secure: config.security === 'tls',
    requireTLS: config.security === 'starttls',
    ignoreTLS: config.security === 'none',
    tls: { minVersion: 'TLSv1.2', ...(config.ca === undefined ? {} : { ca: config.ca }) },
    ...(config.user === '' ? {} : { auth: { user: config.user, pass: credential } }),
    connectionTimeout: CONNECT_MS_MAX,
    greetingTimeout: CONNECT_MS_MAX,
    socketTimeout: ANSWER_MS_MAX,
    // Whatever stands in a text, nothing of this machine or the network is read into a mail.
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  // A server that is told to end does not wait for one of mail that says nothing.
  let stop = (): void => undefined;
  const stopped = new Promise<never>((_resolve, reject) => {
    stop = () => reject(Object.assign(new Error('stopped'), { code: 'EABORT' }));
  });
  stopped.catch(() => undefined);
  if (signal.aborted) stop();
  signal.addEventListener('abort', stop, { once: true });
  try {
    const { id, writtenAt } = telling.notice;
    const sending = transport.sendMail({
      from: { name: 'Countersign', address: config.from },
      to: telling.to.map(address => ({ name: '', address })),
      messageId: `<${id}@${config.from.slice(config.from.indexOf('@') + 1)}>`,
      date: new Date(writtenAt),
      headers: { 'Auto-Submitted': 'auto-generated', 'X-Auto-Response-Suppress': 'All' },
      ...mailText(telling),
    });
    sending.catch(() => undefined);
    await Promise.race([sending, stopped]);
    return ok(true);
  } catch (error) {
    return fail(failureFrom(error, line.hasBegun()));
  } finally {
    signal.removeEventListener('abort', stop);
    transport.close();
  }
}

/** Whether the mail itself began to leave: before that, nothing of it can have arrived. The lines are not kept. */
function watchLine() {
  let hasBegun = false;
  const hear = (entry: unknown, said?: unknown): void => {
    const isOurs = typeof entry === 'object' && entry !== null && 'tnx' in entry && entry.tnx === 'client';
    if (isOurs && typeof said === 'string' && /^DATA\b/i.test(said)) hasBegun = true;
  };
  const ignore = (): void => undefined;
  const logger = { level: ignore, trace: hear, debug: hear, info: hear, warn: hear, error: hear, fatal: hear };
  return { logger, hasBegun: () => hasBegun };
}

/** What nodemailer says of an error. Its text is not used: it holds what the other side wrote, and addresses. */
function failureFrom(error: unknown, hasBegun: boolean): NotifyFailure {
  const known = (error instanceof Error ? error : {}) as { code?: unknown; responseCode?: unknown };
  const code = typeof known.code === 'string' && /^[A-Z0-9_]{1,40}$/.test(known.code) ? known.code : 'unknown';
  if (typeof known.responseCode === 'number') {
    // A recipient or a mail that is refused stays refused; a password is mended by an operator.
    const isFinal = known.responseCode >= 500 && (code === 'EENVELOPE' || code === 'EMESSAGE');
    const to = code === 'EAUTH' ? ' to the user and password' : '';
    return failure('refused', `the mail server answered ${known.responseCode}${to}`, { isFinal });
  }
  if (code === 'ETLS') return failure('insecure', 'no encrypted connection could be made; nothing was sent', {});
  if (code === 'ETIMEDOUT')
    return failure('timed_out', 'the mail server did not answer in time', { mayHaveArrived: hasBegun });
  return failure('unreachable', `there is no connection to the mail server, or none that is safe (${code})`, {
    mayHaveArrived: hasBegun,
  });
}

function failure(
  kind: NotifyFailure['kind'],
  because: string,
  more: Partial<Pick<NotifyFailure, 'isFinal' | 'mayHaveArrived'>>,
): NotifyFailure {
  return { kind, because, isFinal: false, mayHaveArrived: false, ...more };
}
