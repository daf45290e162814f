import { resolve } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { text as streamText } from 'node:stream/consumers';
import type { Command } from 'commander';
import { defaultDataDir } from '../app/data-directory.ts';
import { endWith, Refusal } from '../app/refusal.ts';
import {
  connectTarget,
  disconnectTarget,
  holdFoundToken,
  lookAtRights,
  readTargets,
  tryTarget,
} from '../app/targets.ts';
import { RESPONDERS } from '../responders/index.ts';
import { AGENT_SH } from '../responders/linux-host/agent.sh.ts';
import { SETUP_DEFAULTS, setupSql } from '../responders/postgres-role/setup.sql.ts';
import { trailSql } from '../responders/postgres-role/trail.sql.ts';
import {
  allowPairSql,
  SETUP_DEFAULTS as ROTATION_DEFAULTS,
  setupSql as rotationSetupSql,
} from '../responders/postgres-rotation/setup.sql.ts';
import { SSH_AGENT_SH } from '../responders/ssh-certificate/agent.sh.ts';
import { printHealth, printRights } from './target-health.ts';

interface Options {
  readonly data?: string;
  readonly responder?: string;
  readonly set?: readonly string[];
}

/** `countersign target …`: the systems that the executor may act on, and the credentials that only it holds. */
export function targetCommand(program: Command): void {
  const target = program.command('target').description('the systems that may be acted on, and their credentials');
  target
    .command('add <system>')
    .description(
      'connect a system, or replace it; credentials are asked for, or read from standard input as JSON {read, write, probe}',
    )
    .requiredOption('--responder <name>', `one of ${[...RESPONDERS.keys()].join(', ')}`)
    .option('--set <name=value...>', 'a setting of the responder, such as host=db.example.org')
    .option('--data <dir>', 'the data directory')
    .action((system: string, options: Options) => run(() => add(system, options)));
  target
    .command('list')
    .description('the systems that are connected, without any secret')
    .option('--data <dir>', 'the data directory')
    .action((options: Options) => run(() => list(options)));
  target
    .command('check <system> <account>')
    .description('look at one account there with the read credential; changes nothing')
    .option('--data <dir>', 'the data directory')
    .action((system: string, account: string, options: Options) => run(() => check(system, account, options)));
  target
    .command('rights <system>')
    .description('look at what its credentials may do there, with the one that reads; changes nothing')
    .option('--data <dir>', 'the data directory')
    .action((system: string, options: Options) => run(() => rights(system, options)));
  target
    .command('health')
    .description('how every connected system does, by the server that runs here; ends with 1 where one fails')
    .option('--data <dir>', 'the data directory of the server that runs')
    .option('--json', 'as JSON')
    .action((options: Options & { json?: boolean }) => run(() => printHealth(options.data, options.json === true)));
  target
    .command('remove <system>')
    .description('forget a system and its credentials')
    .option('--data <dir>', 'the data directory')
    .action((system: string, options: Options) => run(() => remove(system, options)));
  target
    .command('hold <system>')
    .description(
      'put a token that was found, from standard input, among those that oauth-token may revoke there; prints its SHA-256, which is its name',
    )
    .option('--data <dir>', 'the data directory')
    .action((system: string, options: Options) => run(() => hold(system, options)));
  target
    .command('setup-host')
    .description('print the agent that linux-host runs on a host; install it as /usr/local/sbin/countersign-host')
    .action(() => void process.stdout.write(AGENT_SH));
  target
    .command('setup-ssh')
    .description(
      'print the script that ssh-certificate runs on a server; install it as /usr/local/sbin/countersign-ssh',
    )
    .action(() => void process.stdout.write(SSH_AGENT_SH));
  target
    .command('setup-sql [role...]')
    .description(
      'print the SQL that lets postgres-role lock exactly these roles; run it once as a superuser of the target',
    )
    .option(
      '--trail',
      'only what a set-up of an earlier version lacks: the log that the target keeps of our write login',
    )
    .action((roles: string[], { trail }: { readonly trail?: boolean }) =>
      run(async () => {
        if (trail !== true && roles.length === 0) throw new Refusal('name the roles that may be locked.');
        const sql = trail === true ? trailSql(SETUP_DEFAULTS) : setupSql({ ...SETUP_DEFAULTS, targets: roles });
        process.stdout.write(`${sql}\n`);
      }),
    );
  target
    .command('setup-rotation-sql <login> <other>')
    .description(
      'print the SQL that lets postgres-rotation rotate between exactly these two logins of a service; run it once as a superuser of the target',
    )
    .option('--more', 'only what a further service takes, where it was set up before')
    .action((login: string, other: string, { more }: { readonly more?: true }) => {
      const pair = [login, other] as const;
      const sql = more === true ? allowPairSql(pair) : rotationSetupSql({ ...ROTATION_DEFAULTS, pairs: [pair] });
      process.stdout.write(`${sql}\n`);
    });
}

async function run(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    endWith(error);
  }
}

const dataOf = (options: Options) => (options.data === undefined ? defaultDataDir(false) : resolve(options.data));

async function add(system: string, options: Options): Promise<void> {
  const settings: { [name: string]: string } = Object.create(null);
  for (const setting of options.set ?? []) {
    const at = setting.indexOf('=');
    if (at < 1) throw new Refusal(`--set takes name=value, and \`${setting}\` is none.`);
    settings[setting.slice(0, at)] = setting.slice(at + 1);
  }
  const { read, write, probe } = process.stdin.isTTY ? await askCredentials() : await readCredentials();
  await connectTarget(dataOf(options), {
    system,
    responder: options.responder ?? '',
    settings: { ...settings },
    readCredential: read,
    writeCredential: write,
    probeCredential: probe === '' ? undefined : probe,
  });
  process.stdout.write(`${system} is connected. Try it: countersign target check ${system} SOME_ACCOUNT\n`);
}

interface Credentials {
  readonly read: string;
  readonly write: string;
  readonly probe: string;
}

async function readCredentials(): Promise<Credentials> {
  let given: unknown;
  try {
    given = JSON.parse(await streamText(process.stdin));
  } catch {
    throw new Refusal('standard input is not JSON; it takes {"read": "…", "write": "…"}.');
  }
  const member = (name: string) => {
    const value: unknown =
      typeof given === 'object' && given !== null ? Object.getOwnPropertyDescriptor(given, name)?.value : undefined;
    return typeof value === 'string' ? value : '';
  };
  return { read: member('read'), write: member('write'), probe: member('probe') };
}

/** Asks on the terminal without showing what is typed. */
async function askCredentials(): Promise<Credentials> {
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const asking = createInterface({ input: process.stdin, output: silent, terminal: true });
  const ask = async (what: string) => {
    process.stderr.write(`${what}: `);
    const answer = await asking.question('');
    process.stderr.write('\n');
    return answer;
  };
  try {
    return {
      read: await ask('password of the read credential'),
      write: await ask('password of the write credential'),
      probe: await ask('probe credential, empty for none'),
    };
  } finally {
    asking.close();
  }
}

async function list(options: Options): Promise<void> {
  const targets = await readTargets(dataOf(options));
  if (targets.length === 0) process.stdout.write('no system is connected; `countersign target add` connects one.\n');
  for (const { config, probeCredential } of targets) {
    const settings = Object.entries(config.settings).filter(([, value]) => value !== '');
    process.stdout.write(
      `${config.system}  ${config.responder}  ${settings.map(([name, value]) => `${name}=${value}`).join(' ')}${probeCredential === undefined ? '' : '  with a probe'}\n`,
    );
  }
}

async function check(system: string, account: string, options: Options): Promise<void> {
  const target = (await readTargets(dataOf(options))).find(candidate => candidate.config.system === system);
  if (target === undefined) throw new Refusal(`no system is called ${system}; \`countersign target list\` shows them.`);
  const plan = await tryTarget(target, account);
  if (!plan.ok) throw new Refusal(`${plan.failure.detail} (${plan.failure.code}).`);
  const { facts, changes, refusals, blast } = plan.value;
  process.stdout.write(
    `${facts.displayName} on ${system}: privileged ${facts.isPrivileged}, machine ${facts.isMachine}\n`,
  );
  for (const change of changes) process.stdout.write(`  would change  ${change.path}: ${change.from} → ${change.to}\n`);
  for (const unknown of blast.unknown) process.stdout.write(`  not known     ${unknown}\n`);
  for (const hit of blast.direct) process.stdout.write(`  would hit     ${hit}\n`);
  for (const dependent of blast.dependents) process.stdout.write(`  rests on it   ${dependent}\n`);
  for (const refusal of refusals) process.stdout.write(`  refused       ${refusal.text}\n`);
  if (refusals.length > 0) process.exitCode = 1;
}

async function rights(system: string, options: Options): Promise<void> {
  const target = (await readTargets(dataOf(options))).find(({ config }) => config.system === system);
  if (target === undefined) throw new Refusal(`no system is called ${system}; \`countersign target list\` shows them.`);
  if (!printRights(await lookAtRights(target))) process.exitCode = 1;
}

async function hold(system: string, options: Options): Promise<void> {
  const target = (await readTargets(dataOf(options))).find(({ config }) => config.system === system);
  if (target === undefined) throw new Refusal(`no system is called ${system}; \`countersign target list\` shows them.`);
  process.stdout.write(`${await holdFoundToken(target, await streamText(process.stdin))}\n`);
}

async function remove(system: string, options: Options): Promise<void> {
  if (!(await disconnectTarget(dataOf(options), system))) throw new Refusal(`no system is called ${system}.`);
  process.stdout.write(`${system} is forgotten.\n`);
}
