import { readFile, stat } from 'node:fs/promises';
import type { Command } from 'commander';
import type { LogReader } from '../audit/reader.ts';
import { EXIT_CODE, printReport, type VerifyReport } from '../audit/verify/report.ts';
import { verifyLog } from '../audit/verify/verify.ts';
import { verifyReceipt } from '../audit/verify/verify-receipt.ts';
import { nativeSha256, verifyEd25519 } from '../store/ed25519.ts';
import { directoryLog, httpLog } from '../store/log-files.ts';
import { readSigned, type SignedHere } from './as-signed.ts';
import { findLocalServer } from './local-server.ts';
import { signatureChecks } from './signature-checks.ts';

interface Flags {
  readonly policy: string;
  readonly since?: string;
  readonly entry?: string;
  readonly token?: string;
  readonly signed?: string;
  readonly json?: true;
}

/** `countersign verify`: checks a log or a receipt, offline, with keys that the caller brings. */
export function verifyCommand(program: Command): void {
  program
    .command('verify')
    .description('check a log, or a receipt, with the public keys of a policy file')
    .argument('<path-or-url>', 'an exported directory, a .tlog-proof file, or the address of a running log')
    .requiredOption('--policy <file>', 'whom to believe: a C2SP tlog-policy file')
    .option('--since <file>', 'a checkpoint that you kept from an earlier time')
    .option('--entry <file>', 'for a receipt: the entry, where the receipt does not carry it')
    .option('--token <file>', 'for an address: a file with the token to send (on this machine: its own)')
    .option(
      '--signed <file>',
      'what somebody saw when they signed, as a page saved it: hold it against this log, and print it',
    )
    .option('--json', 'the report as JSON')
    .addHelpText('after', '\nExit code: 0 verified, 1 failed, 2 unusable input, 3 the policy is not met.')
    .action(async (target: string, flags: Flags) => {
      process.exitCode = await runVerify(target, flags, text => process.stdout.write(text));
    });
}

/** Prints the report and returns the exit code. */
export async function runVerify(target: string, flags: Flags, print: (text: string) => void): Promise<number> {
  let report: VerifyReport;
  let signed: SignedHere | undefined;
  try {
    signed = flags.signed === undefined ? undefined : await readSigned(flags.signed);
    report = await verify(target, flags, signed);
  } catch (error) {
    const detail = error instanceof Error ? messageOf(error) : String(error);
    print(flags.json ? `${JSON.stringify({ outcome: 'unusable', error: detail })}\n` : `unusable input: ${detail}\n`);
    return EXIT_CODE.unusable;
  }
  const shown = signed === undefined ? undefined : await signed.check();
  const json = shown === undefined ? report : { ...report, signed: shown.report };
  print(
    flags.json ? `${JSON.stringify(json)}\n` : `${printReport(report)}${VERDICT[report.outcome]}\n${shown?.text ?? ''}`,
  );
  return shown?.report.holds === false && report.outcome !== 'unusable' ? EXIT_CODE.failed : EXIT_CODE[report.outcome];
}

const VERDICT: { readonly [O in VerifyReport['outcome']]: string } = {
  verified: 'verified',
  failed: 'NOT VERIFIED',
  unusable: 'unusable input',
  policy_not_met: 'POLICY NOT MET: the log holds together, but too few witnesses vouch for it',
};

/** `fetch` hides why it failed in its cause. */
function messageOf(error: Error): string {
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}

async function verify(target: string, flags: Flags, signed: SignedHere | undefined): Promise<VerifyReport> {
  const policy = await readFile(flags.policy, 'utf8');
  const isUrl = /^https?:\/\//.test(target);
  if (!isUrl && (await stat(target)).isFile()) {
    return verifyReceipt({
      receipt: await readFile(target, 'utf8'),
      policy,
      sha256: nativeSha256,
      verifyEd25519,
      ...(flags.entry === undefined ? {} : { entry: await readFile(flags.entry) }),
    });
  }
  return verifyLog({
    read: isUrl ? await serverLog(new URL(target), flags.token) : directoryLog(target),
    policy,
    sha256: nativeSha256,
    verifyEd25519,
    signatures: signatureChecks,
    ...(flags.since === undefined ? {} : { since: await readFile(flags.since, 'utf8') }),
    ...(signed === undefined ? {} : { onEntry: signed.onEntry }),
  });
}

/** The address of a server alone stands for its log, which it serves below /log. */
async function serverLog(url: URL, tokenFile: string | undefined): Promise<LogReader> {
  const base = url.pathname === '/' ? new URL('/log', url) : url;
  const token = tokenFile === undefined ? await localToken(url) : (await readFile(tokenFile, 'utf8')).trim();
  return httpLog(base.href, token === undefined ? {} : { authorization: `Bearer ${token}` });
}

/** The token of this machine's own installation goes to that server and to no other. */
async function localToken(url: URL): Promise<string | undefined> {
  try {
    const local = await findLocalServer(undefined);
    return new URL(local.url).origin === url.origin ? local.token : undefined;
  } catch {
    return undefined;
  }
}
