import { realpathSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { defaultDataDir, pathFrom, writeWhole } from '../app/data-directory.ts';
import { type Running, type StartOptions, startSupervisor } from '../app/supervisor.ts';
import { type SyslogFlags, syslogFrom } from './syslog-flags.ts';
import { PROGRAM_VERSION } from './version.ts';

interface Flags extends SyslogFlags {
  readonly port?: number;
  readonly data?: string;
  readonly databaseUrl?: string;
  readonly origin?: string;
  readonly demo?: true;
}

/** `countersign start`: the product, until Ctrl-C. */
export function startCommand(program: Command): void {
  program
    .command('start')
    .description('start Countersign, until Ctrl-C')
    .option('--port <number>', 'port on this machine (8080)', portFrom)
    .option('--data <directory>', 'where to keep data (./.countersign, as root /var/lib/countersign)', pathFrom)
    .option('--database-url <url>', 'a PostgreSQL 15 or newer instead of the embedded one (or set DATABASE_URL)')
    .option('--origin <url>', 'the address at which people open the pages (http://localhost:PORT)', originFrom)
    .option('--demo', 'play the built-in scenario against a target of its own')
    .option('--syslog-tcp <port>', 'listen for syslog over plain TCP', portFrom)
    .option('--syslog-tls <port>', 'listen for syslog over TLS', portFrom)
    .option('--syslog-cert <file>', 'certificate for it, PEM', pathFrom)
    .option('--syslog-key <file>', 'key of the certificate, PEM', pathFrom)
    .option('--syslog-client-ca <file>', 'hear only senders with a certificate of this CA, PEM', pathFrom)
    .option('--syslog-bind <address>', 'address on which syslog is listened for', '127.0.0.1')
    .option('--syslog-plain-open', 'let plain TCP be heard on an address other than loopback')
    .option('--syslog-source <name>', 'name of the source that comes over syslog', 'syslog')
    .action(async (flags: Flags) => {
      await run({ ...optionsFrom(flags), syslog: await syslogFrom(flags) });
    });
}

function portFrom(text: string): number {
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port < 1 || port > 65_535)
    throw new InvalidArgumentError('a port is a number from 1 to 65535.');
  return port;
}

function originFrom(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !['http:', 'https:'].includes(url.protocol) || url.pathname !== '/' || url.search !== '') {
    throw new InvalidArgumentError('an origin looks like https://soc.example or http://localhost:8080.');
  }
  if (url.protocol === 'http:' && url.hostname !== 'localhost') {
    throw new InvalidArgumentError('browsers allow passkeys on https:// addresses and on http://localhost only.');
  }
  if (/^[\d.]+$|^\[/.test(url.hostname)) throw new InvalidArgumentError('passkeys need a name, not an address.');
  return url.origin;
}

function optionsFrom(flags: Flags): Omit<StartOptions, 'syslog'> {
  const demo = flags.demo === true;
  return {
    dataDir: flags.data ?? defaultDataDir(demo),
    databaseUrl: flags.databaseUrl ?? (process.env['DATABASE_URL'] || undefined),
    demo,
    port: flags.port,
    origin: flags.origin,
    programVersion: PROGRAM_VERSION,
    program: realpathSync(process.argv[1] ?? ''),
    logTo: process.stderr.isTTY ? 'file' : 'stderr',
  };
}

async function run(options: StartOptions): Promise<void> {
  // Set before anything is started: a Ctrl-C in the middle of a start still stops in order what was started.
  const asked = new Promise<void>(resolve => {
    // npm passes on the Ctrl-C that the terminal sent us as well, so each may come more than once.
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve());
  });
  const running = await startSupervisor(options);
  await tell(running);
  await asked;
  process.stdout.write('\nStopping.\n');
  await running.stop();
  await rm(linkFileIn(running.dataDir), { force: true });
}

function linkFileIn(dataDir: string): string {
  return join(dataDir, 'enrolment-link');
}

async function tell(running: Running): Promise<void> {
  const linkFile = linkFileIn(running.dataDir);
  await rm(linkFile, { force: true });
  const lines = [
    `Countersign ${PROGRAM_VERSION}${running.demo ? ', demo' : ''}`,
    '',
    `  open       ${running.origin}`,
    `  data       ${running.dataDir}`,
    `  database   ${running.database}`,
    `  processes  ${running.isIsolated ? 'each under a user of its own' : 'single user: processes are not isolated from each other'}`,
    `  log key    in ${running.logPolicy}, which \`countersign verify --policy\` takes`,
    `  model      ${running.models}`,
    ...(running.syslog.length === 0 ? [] : [`  syslog     ${running.syslog.join(', ')}`]),
    ...(running.logFile === undefined ? [] : [`  log        ${running.logFile}`]),
  ];
  if (running.link !== undefined) {
    const until = new Date(running.link.expiresAt).toISOString();
    lines.push(
      '',
      `Nobody is enrolled yet. Whoever opens this link first, before ${until}, becomes the administrator:`,
    );
    if (process.stdout.isTTY) {
      lines.push(`  ${running.link.url}`);
    } else {
      // No terminal, so this output is kept somewhere: the link goes where only we can read it.
      await writeWhole(linkFile, `${running.link.url}\n`);
      lines.push(`  the link is in ${linkFile}`);
    }
  }
  lines.push('', 'Ctrl-C stops it.');
  process.stdout.write(`${lines.join('\n')}\n`);
}
