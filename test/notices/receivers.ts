import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import PostalMime, { type Email } from 'postal-mime';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { NOTICE_KINDS } from '../../src/model/notice.ts';
import type { ChannelConfig, ConnectedChannel } from '../../src/ports/notifier.ts';

export interface Received {
  readonly to: readonly string[];
  readonly isEncrypted: boolean;
  readonly user: string;
  readonly raw: string;
  readonly mail: Email;
}

export interface MailServer {
  readonly port: number;
  readonly received: Received[];
  /** Called when a mail is whole and not yet answered. What it returns is an SMTP code to refuse it with. */
  onMail: ((mail: Received) => number | undefined | Promise<number | undefined>) | undefined;
  /** An SMTP code for whoever is named as a recipient. */
  onRecipient: ((address: string) => number | undefined) | undefined;
  close(): Promise<void>;
}

/** A real SMTP server (npm's smtp-server) on loopback. */
export async function startMailServer(
  options: SMTPServerOptions & { readonly port?: number } = {},
  login?: { readonly user: string; readonly pass: string },
): Promise<MailServer> {
  const received: Received[] = [];
  const hooks: Pick<MailServer, 'onMail' | 'onRecipient'> = { onMail: undefined, onRecipient: undefined };
  const { port = 0, ...others } = options;
  const server = new SMTPServer({
    authOptional: login === undefined,
    ...(login === undefined ? { disabledCommands: ['AUTH'] } : {}),
    disableReverseLookup: true,
    logger: false,
    onAuth(auth, _session, done) {
      if (auth.username === login?.user && auth.password === login?.pass) done(null, { user: auth.username });
      else done(new Error('no'));
    },
    onRcptTo(address, _session, done) {
      const code = hooks.onRecipient?.(address.address);
      done(code === undefined ? null : Object.assign(new Error('no'), { responseCode: code }));
    },
    onData(stream, session, done) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', async () => {
        const raw = Buffer.concat(chunks);
        const mail = {
          to: session.envelope.rcptTo.map(one => one.address),
          isEncrypted: session.secure,
          user: String(session.user ?? ''),
          raw: raw.toString('utf8'),
          mail: await PostalMime.parse(raw),
        };
        const code = await hooks.onMail?.(mail);
        if (code !== undefined) return done(Object.assign(new Error('no'), { responseCode: code }));
        received.push(mail);
        return done(null);
      });
    },
    ...others,
  });
  server.on('error', () => undefined);
  await new Promise<void>(resolve => server.listen(port, '127.0.0.1', resolve));
  const address = server.server.address();
  return Object.assign(hooks, {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    received,
    close: () => new Promise<void>(resolve => server.close(() => resolve())),
  });
}

export function hasOpenssl(): boolean {
  try {
    execFileSync('openssl', ['version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** A certificate for 127.0.0.1 that signed itself. */
export function makeCertificate(): { readonly key: string; readonly cert: string } {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-notices-'));
  try {
    execFileSync(
      'openssl',
      [
        'req',
        '-x509',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:prime256v1',
        '-nodes',
        '-days',
        '1',
        '-subj',
        '/CN=127.0.0.1',
        '-addext',
        'subjectAltName=IP:127.0.0.1',
        '-keyout',
        'key.pem',
        '-out',
        'cert.pem',
      ],
      { cwd: folder, stdio: 'ignore' },
    );
    return {
      key: readFileSync(join(folder, 'key.pem'), 'utf8'),
      cert: readFileSync(join(folder, 'cert.pem'), 'utf8'),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export function channel(kind: string, changed: Partial<ChannelConfig> = {}, credential = ''): ConnectedChannel {
  return {
    credential,
    config: {
      name: kind,
      kind,
      url: '',
      host: '',
      port: 0,
      security: 'tls',
      user: '',
      from: '',
      to: [],
      domains: [],
      kinds: NOTICE_KINDS,
      allowsNames: false,
      mayBePrivate: false,
      quiet: { from: 0, to: 0, zone: 'UTC' },
      ca: undefined,
      ...changed,
    },
  };
}

/** Plain mail to this machine, as a test's server takes it. */
export function plainMail(port: number, changed: Partial<ChannelConfig> = {}): ConnectedChannel {
  return channel('mail', { host: '127.0.0.1', port, security: 'none', from: 'soc@countersign.example', ...changed });
}
