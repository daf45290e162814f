import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { text as streamText } from 'node:stream/consumers';
import type { Command } from 'commander';
import { nodeIds, nodeNow } from '../app/context.ts';
import { defaultDataDir } from '../app/data-directory.ts';
import { addChannel, readNoticeSettings, removeChannel, setUnownedMinutes } from '../app/notices/channels.ts';
import { testNotice } from '../app/notices/notices.ts';
import { endWith, Refusal } from '../app/refusal.ts';
import { NOTICE_KINDS, type NoticeKind, type QuietHours } from '../model/notice.ts';
import { NOTIFIERS } from '../notifiers/index.ts';
import type { ChannelConfig, ConnectedChannel, MailSecurity } from '../ports/notifier.ts';

interface Options {
  readonly data?: string;
  readonly name?: string;
  readonly kinds?: string;
  readonly names?: boolean;
  readonly quiet?: string;
  readonly zone?: string;
  readonly caFile?: string;
  readonly allowPrivate?: boolean;
  readonly host?: string;
  readonly port?: string;
  readonly security?: string;
  readonly from?: string;
  readonly user?: string;
  readonly passwordStdin?: boolean;
  readonly to?: readonly string[];
  readonly domain?: readonly string[];
  readonly url?: string;
  readonly urlStdin?: boolean;
  readonly secretStdin?: boolean;
}

const DATA = ['--data <dir>', 'the data directory'] as const;
const DEFAULT_PORT: { readonly [S in MailSecurity]: number } = { starttls: 587, tls: 465, none: 25 };

/** `countersign notify …`: by which ways people are told what waits for them; none, until one is added. */
export function notifyCommand(program: Command): void {
  const notify = program
    .command('notify')
    .description('how people are told what waits for them; not, until one is added');
  const add = notify.command('add').description('add a way, or replace the one of this name');
  common(add.command('mail').description('a mail server; people name their addresses themselves, on the page'))
    .requiredOption('--host <host>', 'the mail server')
    .option('--port <port>', 'its port: 587 where nothing is said, 465 with tls')
    .option('--security <how>', 'starttls, tls, or none for a server on this machine', 'starttls')
    .requiredOption('--from <address>', 'who the mails are from')
    .option('--user <user>', 'who signs in to it')
    .option('--password-stdin', 'read the password from standard input')
    .option('--to <address...>', 'addresses that are told of everything, beside people who confirmed their own')
    .option('--domain <domain...>', 'people may only name addresses in these domains')
    .action((options: Options) => run(() => addMail(options)));
  common(add.command('slack').description('the incoming hook of Slack, or of whatever takes the same'))
    .option('--allow-private', 'it may lead to a private address')
    .requiredOption('--url-stdin', 'read its address, which is a secret, from standard input')
    .action((options: Options) => run(() => addHook('slack', options)));
  common(add.command('webhook').description('any hook, signed with a secret of at least 32 characters'))
    .requiredOption('--url <url>', 'its address')
    .option('--allow-private', 'it may lead to a private address')
    .requiredOption('--secret-stdin', 'read the secret from standard input')
    .action((options: Options) => run(() => addHook('webhook', options)));
  notify
    .command('list')
    .description('what is configured, without what opens it')
    .option(...DATA)
    .action((options: Options) => run(() => list(options)));
  notify
    .command('test <name>')
    .description('send something that holds nothing of ours, at once')
    .option('--to <address...>', 'by a mail server that has no addresses of its own')
    .option(...DATA)
    .action((name: string, options: Options) => run(() => test(name, options)));
  notify
    .command('remove <name>')
    .description('forget a way and what opens it')
    .option(...DATA)
    .action((name: string, options: Options) =>
      run(async () => {
        if (!(await removeChannel(folderOf(options), name))) throw new Refusal(`no channel is called ${name}.`);
        process.stdout.write(`${name} is forgotten.\n`);
      }),
    );
  notify
    .command('unowned <minutes>')
    .description('how long an incident of high or critical severity may be without an owner')
    .option(...DATA)
    .action((minutes: string, options: Options) =>
      run(async () => {
        await setUnownedMinutes(folderOf(options), Number(minutes));
        process.stdout.write(`People are told after ${minutes} minutes.\n`);
      }),
    );
}

function common(command: Command): Command {
  return command
    .option('--name <name>', 'what to call it; the kind, where none is given')
    .option(
      '--kinds <kinds>',
      `of what it is told, separated by commas; of everything, where none is given: ${NOTICE_KINDS.join(', ')}`,
    )
    .option('--names', 'names of accounts and hosts may leave by it; ids and counts only, where it is not given')
    .option('--quiet <from-to>', 'hours in which it is left in peace, such as 22:00-06:00; T3 that runs out is told')
    .option('--zone <zone>', 'the time zone of these hours', 'UTC')
    .option('--ca-file <file>', 'the certificate of the authority that signed its own (PEM)')
    .option(...DATA);
}

async function run(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    endWith(error);
  }
}

const folderOf = (options: Options): string =>
  join(options.data === undefined ? defaultDataDir(false) : resolve(options.data), 'server');

async function configOf(kind: string, options: Options): Promise<ChannelConfig> {
  return {
    name: options.name ?? kind,
    kind,
    url: '',
    host: '',
    port: 0,
    security: 'tls',
    user: '',
    from: '',
    to: [],
    domains: [],
    kinds: kindsOf(options.kinds),
    allowsNames: options.names === true,
    mayBePrivate: options.allowPrivate === true,
    quiet: quietOf(options.quiet, options.zone ?? 'UTC'),
    ca: options.caFile === undefined ? undefined : await readFile(resolve(options.caFile), 'utf8'),
  };
}

async function addMail(options: Options): Promise<void> {
  const security = options.security ?? 'starttls';
  if (security !== 'starttls' && security !== 'tls' && security !== 'none')
    throw new Refusal('--security is starttls, tls or none.');
  const credential = options.passwordStdin === true ? (await streamText(process.stdin)).trim() : '';
  await keep(options, {
    credential,
    config: {
      ...(await configOf('mail', options)),
      host: options.host ?? '',
      port: options.port === undefined ? DEFAULT_PORT[security] : Number(options.port),
      security,
      user: options.user ?? '',
      from: options.from ?? '',
      to: options.to ?? [],
      domains: (options.domain ?? []).map(domain => domain.toLowerCase()),
    },
  });
}

async function addHook(kind: 'slack' | 'webhook', options: Options): Promise<void> {
  const credential = (await streamText(process.stdin)).trim();
  await keep(options, { credential, config: { ...(await configOf(kind, options)), url: options.url ?? '' } });
}

async function keep(options: Options, channel: ConnectedChannel): Promise<void> {
  await addChannel(folderOf(options), channel);
  const { name, allowsNames } = channel.config;
  process.stdout.write(
    `${name} is configured. It is sent ${allowsNames ? 'ids, counts and names of accounts and hosts' : 'ids and counts, no names'}. Try it: countersign notify test ${name}\n`,
  );
}

function kindsOf(text: string | undefined): readonly NoticeKind[] {
  if (text === undefined) return NOTICE_KINDS;
  return text.split(',').map(word => {
    const kind = NOTICE_KINDS.find(one => one === word.trim());
    if (kind === undefined) throw new Refusal(`there is no kind ${word}; there are ${NOTICE_KINDS.join(', ')}.`);
    return kind;
  });
}

function quietOf(text: string | undefined, zone: string): QuietHours {
  if (text === undefined) return { from: 0, to: 0, zone };
  const [, fromHour, fromMinute, toHour, toMinute] =
    /^([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)$/.exec(text) ?? [];
  if (toMinute === undefined) throw new Refusal('--quiet is such as 22:00-06:00.');
  return {
    from: Number(fromHour) * 60 + Number(fromMinute),
    to: Number(toHour) * 60 + Number(toMinute),
    zone,
  };
}

async function list(options: Options): Promise<void> {
  const { channels, unownedMinutes } = await readNoticeSettings(folderOf(options));
  if (channels.length === 0)
    process.stdout.write('no channel is configured, so nobody is told; `countersign notify add` configures one.\n');
  for (const { config } of channels)
    process.stdout.write(
      `${config.name}  ${config.kind}  ${config.kind === 'mail' ? `${config.host}:${config.port} ${config.security}` : config.kind === 'slack' ? 'a hook' : new URL(config.url).host}  ${config.allowsNames ? 'with names' : 'without names'}  ${config.kinds.length === NOTICE_KINDS.length ? 'everything' : config.kinds.join(', ')}\n`,
    );
  process.stdout.write(`An incident of high severity may be without an owner for ${unownedMinutes} minutes.\n`);
}

/** From this process and at once, so that a way can be tried before the server runs. It holds nothing of ours. */
async function test(name: string, options: Options): Promise<void> {
  const { channels } = await readNoticeSettings(folderOf(options));
  const channel = channels.find(({ config }) => config.name === name);
  const notifier = NOTIFIERS.get(channel?.config.kind ?? '');
  if (channel === undefined || notifier === undefined) throw new Refusal(`no channel is called ${name}.`);
  const to = options.to ?? channel.config.to;
  if (channel.config.kind === 'mail' && to.length === 0) throw new Refusal('say to whom, with --to.');
  const notice = testNotice(nodeIds(nodeNow)('notice'), { now: nodeNow, origin: 'https://countersign.invalid' });
  const said = await notifier.tell(channel, { notice, to, isRepeat: false }, new AbortController().signal);
  if (!said.ok) throw new Refusal(`${name} did not take it: ${said.failure.because}.`);
  process.stdout.write(`${name} took it.\n`);
}
