import { readFile } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import { errorCode, errorText, Refusal } from '../app/refusal.ts';
import type { SyslogListen } from '../ports/syslog.ts';

/** What `countersign start` was told about syslog. */
export interface SyslogFlags {
  readonly syslogTcp?: number;
  readonly syslogTls?: number;
  readonly syslogCert?: string;
  readonly syslogKey?: string;
  readonly syslogClientCa?: string;
  readonly syslogBind: string;
  readonly syslogPlainOpen?: true;
  readonly syslogSource: string;
}

const LOOPBACK = new Set(['127.0.0.1', '::1', 'localhost']);

/** The ports to listen on. The files are read here, where we may still be root. Throws a {@link Refusal}. */
export async function syslogFrom(flags: SyslogFlags): Promise<readonly SyslogListen[]> {
  const { syslogTcp, syslogTls, syslogBind: host, syslogSource: source } = flags;
  if (!/^[a-z0-9][a-z0-9._-]{0,63}$/.test(source))
    throw new Refusal('--syslog-source takes lower-case letters, digits, dots, hyphens and underscores, 64 at most.');
  const listens: SyslogListen[] = [];
  if (syslogTcp !== undefined) {
    if (!LOOPBACK.has(host) && flags.syslogPlainOpen !== true)
      throw new Refusal(
        `syslog over plain TCP on ${host} could be read and forged by anybody on the way; use --syslog-tls, or say --syslog-plain-open if you mean it.`,
      );
    listens.push({ source, transport: 'tcp', host, port: syslogTcp, tls: undefined });
  }
  if (syslogTls !== undefined) {
    if (flags.syslogCert === undefined || flags.syslogKey === undefined)
      throw new Refusal('--syslog-tls needs --syslog-cert and --syslog-key.');
    const tls = {
      cert: await pemIn(flags.syslogCert),
      key: await pemIn(flags.syslogKey),
      clientCa: flags.syslogClientCa === undefined ? undefined : await pemIn(flags.syslogClientCa),
    };
    try {
      createSecureContext({
        cert: tls.cert,
        key: tls.key,
        ...(tls.clientCa === undefined ? {} : { ca: tls.clientCa }),
      });
    } catch (error) {
      throw new Refusal(`the certificate or key for syslog cannot be used: ${errorText(error)}.`);
    }
    listens.push({ source, transport: 'tls', host, port: syslogTls, tls });
  }
  return listens;
}

async function pemIn(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new Refusal(`cannot read ${file}: ${errorCode(error) ?? errorText(error)}.`);
  }
}
