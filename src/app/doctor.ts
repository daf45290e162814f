import { readFile, stat, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { aiDir, DATA_FORMAT, executorDir, readJson } from './data-directory.ts';
import { closedTo, IDENTITIES, isRoot } from './identities.ts';
import { holderIn } from './lock.ts';
import { modelsLine, providersIn } from './models.ts';
import { installedNative } from './postgres-binary.ts';
import { isRunning } from './process-identity.ts';
import { errorText } from './refusal.ts';

/** One line of the doctor. What is not `ok` says how to mend it. */
export type Finding =
  | { readonly status: 'ok'; readonly text: string }
  /** `warn`: works, and is weaker than it could be. `fail`: does not work. */
  | { readonly status: 'warn' | 'fail'; readonly text: string; readonly fix: string };

export interface Patient {
  readonly dataDir: string;
  readonly databaseUrl: string | undefined;
}

const NODE_MIN = [20, 19] as const;
const FREE_BYTES_MIN = 128 * 1024 * 1024;
const FREE_BYTES_GOOD = 2 * 1024 * 1024 * 1024;

const ok = (text: string): Finding => ({ status: 'ok', text });
const warn = (text: string, fix: string): Finding => ({ status: 'warn', text, fix });
const fail = (text: string, fix: string): Finding => ({ status: 'fail', text, fix });

/** What can be told without a running server: the machine, the programs, the folders. Changes nothing. */
export async function examineMachine(patient: Patient): Promise<readonly Finding[]> {
  const checks = [
    examineNode,
    examinePostgres,
    examineUser,
    examineDisk,
    examineDataDirectory,
    examineExecutor,
    examineModels,
  ];
  const findings: Finding[] = [];
  for (const check of checks) {
    findings.push(await check(patient).catch(asFinding));
  }
  return findings;
}

/** A check that could not be made. A refusal ends with what to do about it. */
function asFinding(error: unknown): Finding {
  const [what = '', ...fix] = errorText(error).split('; ');
  return fail(`${what}.`, fix.join('; ') || 'mend what it says, and run this again.');
}

async function examineNode(): Promise<Finding> {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const isEnough = major > NODE_MIN[0] || (major === NODE_MIN[0] && minor >= NODE_MIN[1]);
  if (!isEnough)
    return fail(`Node ${process.versions.node} is too old.`, `install Node ${NODE_MIN.join('.')} or newer.`);
  return ok(`Node ${process.versions.node}.`);
}

async function examinePostgres({ databaseUrl }: Patient): Promise<Finding> {
  if (databaseUrl !== undefined) return ok('The database is a PostgreSQL of your own.');
  const native = await installedNative();
  return warn(
    `The embedded PostgreSQL is there (${native}); it carries libraries of its build that nobody updates.`,
    'good for a laptop and a trial: it listens on a private socket only. For production set DATABASE_URL to a maintained PostgreSQL 15 or newer.',
  );
}

async function examineUser(): Promise<Finding> {
  return isRoot()
    ? ok('Started as root, each process runs under a user of its own.')
    : warn(
        'single user: processes are not isolated from each other.',
        'start Countersign as root, which gives each process a user of its own; on a trial machine it may stay.',
      );
}

async function examineDisk({ dataDir }: Patient): Promise<Finding> {
  let at = dataDir;
  while (!(await isThere(at)) && dirname(at) !== at) at = dirname(at);
  const { bavail, bsize } = await statfs(at);
  const free = bavail * bsize;
  const text = `${Math.floor(free / 1024 / 1024)} MB are free at ${at}.`;
  if (free < FREE_BYTES_MIN) return fail(text, 'free some space, or choose another disk with --data.');
  return free < FREE_BYTES_GOOD
    ? warn(text, 'free some space: every alert is kept, and intake stops when the disk is full.')
    : ok(text);
}

async function examineDataDirectory({ dataDir }: Patient): Promise<Finding> {
  if (!(await isThere(dataDir))) {
    return warn(`${dataDir} is not there yet.`, 'start Countersign once: `countersign start` makes it.');
  }
  const { uid } = await stat(dataDir);
  const self = process.getuid?.();
  if (self !== undefined && uid !== self) {
    return fail(
      `${dataDir} belongs to user ${uid}, and this is user ${self}.`,
      'run this as that user, or name another with --data.',
    );
  }
  const format = Number(await readFile(join(dataDir, 'format'), 'utf8').catch(() => '0'));
  if (format > DATA_FORMAT) {
    return fail(
      `${dataDir} has format ${format}, this program knows ${DATA_FORMAT}.`,
      'use the newer version of Countersign that wrote it.',
    );
  }
  const closed = isRoot() ? await closedTo(IDENTITIES.postgres, dataDir) : undefined;
  if (closed !== undefined) {
    return fail(
      `${closed} is closed to the users that the processes run as.`,
      'choose a directory such as /var/lib/countersign with --data.',
    );
  }
  return ok(`The data directory ${dataDir} can be used.`);
}

async function examineExecutor({ dataDir }: Patient): Promise<Finding> {
  const folder = executorDir(dataDir);
  const installation = await readJson(join(dataDir, 'installation.json'));
  if (installation === undefined) return ok('No installation yet.');
  const genesis = await readJson(join(folder, 'genesis.json'));
  const idOf = (value: unknown, key: 'id' | 'installation') =>
    typeof value === 'object' && value !== null && key in value ? String((value as Record<string, unknown>)[key]) : '';
  if (genesis === undefined) {
    return fail(
      `The executor's storage ${folder} holds no genesis.`,
      'restore it from a backup: without it the executor believes nobody.',
    );
  }
  if (idOf(genesis, 'installation') !== idOf(installation, 'id')) {
    return fail(`${folder} is of another installation.`, 'bring back the storage that goes with this data directory.');
  }
  const { mode } = await stat(folder);
  if ((mode & 0o077) !== 0) return fail(`${folder} is open to others.`, `run chmod 700 ${folder}.`);
  return ok(`The executor's storage ${folder} belongs to this installation.`);
}

async function examineModels({ dataDir }: Patient): Promise<Finding> {
  const folder = aiDir(dataDir);
  const { providers, trouble } = await providersIn(dataDir);
  if (trouble !== undefined)
    return warn(
      `No model can be asked: ${trouble}.`,
      'run this as whoever started Countersign; where the file is damaged, remove it and enter the providers again.',
    );
  const mode = await stat(folder).then(
    stats => stats.mode,
    () => 0,
  );
  if ((mode & 0o077) !== 0) return fail(`${folder} is open to others.`, `run chmod 700 ${folder}.`);
  if (providers.length === 0)
    return ok('No model is set, and none is needed: rules write every summary. `countersign model add` sets one.');
  return ok(`Model: ${modelsLine(providers)}.`);
}

/** Whether a supervisor holds the directory now. */
export async function isHeld(dataDir: string): Promise<boolean> {
  const holder = await holderIn(join(dataDir, 'lock'));
  return holder !== undefined && (await isRunning(holder));
}

/** What a running server says of itself (`GET /api/v1/me` with the token of this machine). */
export interface SelfReport {
  readonly hasAdministrator: boolean;
  readonly possibleT3Reviewers: number;
  readonly killSwitch: { readonly isOn: boolean };
  readonly health: readonly {
    readonly name: string;
    readonly status: string;
    readonly text: string;
    readonly fix?: string;
  }[];
}

const FIXES = new Map([
  ['database', 'look at postgres/postgres.log in the data directory; the supervisor starts it again by itself.'],
  [
    'executor',
    'look at the log for `executor`; where it saw a newer log than the database has, restore a newer backup.',
  ],
  ['log', 'look at the log for `server`; while the log cannot be written nothing can be approved or carried out.'],
  ['search_index', 'nothing to do: it catches up behind intake.'],
  ['intake', 'nothing to do: what waits is kept.'],
]);

/** The same findings from what the server says. */
export function examineReport(report: SelfReport): readonly Finding[] {
  const findings = report.health.map((item): Finding => {
    const fix = item.fix ?? FIXES.get(item.name) ?? 'look at the log.';
    return item.status === 'ok'
      ? ok(item.text)
      : { status: item.status === 'down' ? 'fail' : 'warn', text: item.text, fix };
  });
  if (!report.hasAdministrator) {
    findings.push(
      warn('Nobody is enrolled yet.', 'open the enrolment link; a start makes a new one while nobody is enrolled.'),
    );
  } else if (report.possibleT3Reviewers < 2) {
    findings.push(warn('T3 is unavailable: it needs two people.', 'invite a second person on the People page.'));
  }
  if (report.killSwitch.isOn) {
    findings.push(
      warn(
        'The kill switch is on: nothing is carried out.',
        'an administrator releases it on the page, with a signature.',
      ),
    );
  }
  return findings;
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
