import type { Command } from 'commander';
import { pathFrom } from '../app/data-directory.ts';
import { examineMachine, examineReport, type Finding, isHeld, type SelfReport } from '../app/doctor.ts';
import { errorText } from '../app/refusal.ts';
import { type PlaceFlags, placeOf } from './backup.ts';
import { findLocalServer } from './local-server.ts';

const ANSWER_MS_MAX = 10_000;

/** `countersign doctor`: what is well and what is not, with a fix on each line that is not. Changes nothing. */
export function doctorCommand(program: Command): void {
  program
    .command('doctor')
    .description('say what is well and what is not, with a fix for each')
    .option('--data <directory>', 'the data directory', pathFrom)
    .option('--database-url <url>', 'the database, where it is not the embedded one (or set DATABASE_URL)')
    .option('--json', 'one object for each line')
    .action(async (flags: PlaceFlags & { readonly json?: true }) => {
      const { dataDir, databaseUrl } = placeOf(flags);
      const findings = [...(await examineMachine({ dataDir, databaseUrl })), ...(await examineServer(dataDir))];
      for (const finding of findings) {
        process.stdout.write(flags.json === true ? `${JSON.stringify(finding)}\n` : printed(finding));
      }
      process.exitCode = findings.some(({ status }) => status === 'fail') ? 1 : 0;
    });
}

const MARKS = { ok: 'ok  ', warn: 'warn', fail: 'FAIL' } as const;

function printed(finding: Finding): string {
  const line = `${MARKS[finding.status]}  ${finding.text}\n`;
  return finding.status === 'ok' ? line : `${line}      fix: ${finding.fix}\n`;
}

async function examineServer(dataDir: string): Promise<readonly Finding[]> {
  if (!(await isHeld(dataDir))) {
    return [{ status: 'warn', text: `No Countersign runs on ${dataDir}.`, fix: 'start it with `countersign start`.' }];
  }
  try {
    const { url, token } = await findLocalServer(dataDir);
    const response = await fetch(`${url}/api/v1/me`, {
      headers: { authorization: `Bearer ${token}` },
      signal: AbortSignal.timeout(ANSWER_MS_MAX),
    });
    if (!response.ok) throw new Error(`${url} answers ${response.status}`);
    const report = (await response.json()) as SelfReport;
    return [{ status: 'ok', text: `Countersign runs at ${url}.` }, ...examineReport(report)];
  } catch (error) {
    const text = `Countersign runs on ${dataDir} and does not answer: ${errorText(error)}.`;
    return [{ status: 'fail', text, fix: 'look at its log; a process that ended is started again by itself.' }];
  }
}
