import { bytesToHex, equalBytes, textFromUtf8 } from '../../base/bytes.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import { parseTime } from '../../base/time.ts';
import type { Checkpoint } from '../checkpoint.ts';
import type { VerifyEd25519 } from '../note.ts';
import type { LogPolicy } from '../policy.ts';
import type { LogReader } from '../reader.ts';
import type { Sha256 } from '../tree.ts';
import { type LeafHead, readLeaf, skimLeaf } from './leaf.ts';
import { checkNote, checkPolicy } from './note-checks.ts';
import type { SignatureChecks } from './people.ts';
import { ProcessRules } from './process-rules.ts';
import { rebuild } from './rebuild.ts';
import {
  type Check,
  type Finding,
  Findings,
  failed,
  type LogSummary,
  notChecked,
  passed,
  type VerifyReport,
} from './report.ts';

export interface VerifyOptions {
  readonly read: LogReader;
  /** Text of a tlog-policy file. It comes from whoever asks, never out of the log. */
  readonly policy: string;
  /** Text of a signed checkpoint that was kept from an earlier time. */
  readonly since?: string;
  readonly sha256: Sha256;
  readonly verifyEd25519: VerifyEd25519;
  readonly signatures: SignatureChecks;
  /** Told of every entry as it is read, before anything is known of the log as a whole. */
  readonly onEntry?: (entry: Uint8Array) => void;
}

/** By how much an entry may be older than one before it: several processes write, each by its own clock. */
const CLOCK_SKEW_MS_MAX = 5 * 60_000;

/**
 * Checks a whole log, from its entries up, without trusting whoever serves it. Reports every check, also those that
 * could not be made. Rejects only where `read` does.
 */
export async function verifyLog(options: VerifyOptions): Promise<VerifyReport> {
  const { policy, check: policyCheck } = checkPolicy(options.policy);
  if (policy === undefined) return unusable([policyCheck]);
  const bytes = await options.read('checkpoint');
  if (bytes === undefined) return unusable([policyCheck, failed('note', [MISSING_CHECKPOINT])]);
  const note = await checkNote(textFromUtf8(bytes) ?? '', policy, options.verifyEd25519);
  if (!note.ok) return report('failed', [policyCheck, failed('note', [note.failure])], undefined);
  const { checkpoint } = note.value;
  const saved = await readSince(options, policy);
  if (!saved.ok) return unusable([policyCheck, note.value.check, failed('append_only', [saved.failure])]);
  const since = saved.value;
  const entries = new EntryChecks(checkpoint.origin, options.signatures);
  const rebuilt = await rebuild({
    read: options.read,
    size: checkpoint.size,
    sha256: options.sha256,
    since: since !== undefined && since.size <= checkpoint.size ? since.size : undefined,
    onEntries: (first, bundle) => {
      if (options.onEntry !== undefined) bundle.forEach(options.onEntry);
      return entries.bundle(first, bundle);
    },
  });
  const isRootGood = rebuilt.ok && equalBytes(rebuilt.value.root, checkpoint.root);
  const checks = [
    policyCheck,
    note.value.check,
    isRootGood
      ? passed('root', `rebuilt from ${checkpoint.size} entries`)
      : failed('root', [wrongRoot(rebuilt, checkpoint)]),
    appendOnly(since, checkpoint, rebuilt.ok ? rebuilt.value.rootSince : undefined),
    notChecked('receipt', 'no receipt was given'),
    ...entries.results(rebuilt.ok),
  ];
  const hasFailed = checks.some(({ verdict }) => verdict === 'fail');
  const outcome = hasFailed ? 'failed' : note.value.isQuorumMet ? 'verified' : 'policy_not_met';
  return report(outcome, checks, entries.summary(checkpoint));
}

const MISSING_CHECKPOINT: Finding = {
  code: 'log.no_checkpoint',
  detail: 'there is no checkpoint, so this is no log, or one whose export was cut short',
  path: 'checkpoint',
};

function unusable(checks: readonly Check[]): VerifyReport {
  return report('unusable', checks, undefined);
}

/** Every check stands in the report; what was not reached says so. */
function report(
  outcome: VerifyReport['outcome'],
  made: readonly Check[],
  summary: LogSummary | undefined,
): VerifyReport {
  const names = ['policy', 'note', 'root', 'append_only', 'receipt', 'entries', 'blobs', 'process'] as const;
  const checks = names.map(
    name => made.find(check => check.name === name) ?? notChecked(name, 'an earlier check ended the verification'),
  );
  return { outcome, checks: [...checks, summaryCheck(outcome, summary)], summary };
}

function summaryCheck(outcome: VerifyReport['outcome'], summary: LogSummary | undefined): Check {
  if (summary === undefined) return notChecked('summary', 'nothing of this log can be relied on');
  const { origin, size, unresolved, emergencies, differing, unsigned } = summary;
  const span = summary.from === undefined ? '' : `, ${summary.from} to ${summary.to}`;
  const open = unresolved.length === 0 ? '' : `; unresolved: ${unresolved.join(', ')}`;
  const glass = emergencies.length === 0 ? '' : `; emergencies: ${emergencies.join(', ')}`;
  const left = differing.length === 0 ? '' : `; undone with a difference: ${differing.join(', ')}`;
  const past = unsigned.length === 0 ? '' : `; done at targets, and signed by nobody: ${unsigned.join(', ')}`;
  const detail = `${origin}, ${size} entries${span}${open}${glass}${left}${past}`;
  return outcome === 'failed' ? failed('summary', [{ code: 'log.failed', detail }]) : passed('summary', detail);
}

async function readSince(options: VerifyOptions, policy: LogPolicy): Promise<Result<Checkpoint | undefined, Finding>> {
  if (options.since === undefined) return ok(undefined);
  const note = await checkNote(options.since, policy, options.verifyEd25519);
  if (note.ok) return ok(note.value.checkpoint);
  return fail({ ...note.failure, detail: `the saved checkpoint cannot be used: ${note.failure.detail}` });
}

function wrongRoot(rebuilt: Awaited<ReturnType<typeof rebuild>>, checkpoint: Checkpoint): Finding {
  if (!rebuilt.ok) return rebuilt.failure;
  return {
    code: 'log.root_differs',
    detail:
      'entries and tiles agree, and have another root than the checkpoint: both were replaced, or the checkpoint is of another log',
    expected: bytesToHex(checkpoint.root),
    found: bytesToHex(rebuilt.value.root),
  };
}

function appendOnly(since: Checkpoint | undefined, now: Checkpoint, rootSince: Uint8Array | undefined): Check {
  if (since === undefined)
    return notChecked('append_only', 'no earlier checkpoint was given: a rollback cannot be seen');
  if (since.origin !== now.origin) {
    return failed('append_only', [{ code: 'log.other_origin', detail: `the saved checkpoint is of ${since.origin}` }]);
  }
  if (since.size > now.size) {
    const detail = `the log once had ${since.size} entries, and has ${now.size} now: it was rolled back`;
    return failed('append_only', [{ code: 'log.rolled_back', detail }]);
  }
  if (rootSince === undefined) return notChecked('append_only', 'the root could not be rebuilt');
  if (equalBytes(rootSince, since.root)) return passed('append_only', `extends the saved ${since.size} entries`);
  const detail = `the first ${since.size} entries are not those that were there before: the log was rewritten`;
  return failed('append_only', [
    { code: 'log.rewritten', detail, expected: bytesToHex(since.root), found: bytesToHex(rootSince) },
  ]);
}

/** Checks 6 and 8, entry by entry, and the figures of the summary. */
class EntryChecks {
  readonly #forms = new Findings();
  readonly #process: ProcessRules;
  readonly #counts = new Map<string, number>();
  #from: string | undefined;
  #to: string | undefined;
  #newest = '';

  constructor(origin: string, signatures: SignatureChecks) {
    this.#process = new ProcessRules(origin, signatures);
  }

  async bundle(first: number, entries: readonly Uint8Array[]): Promise<void> {
    for (const [i, bytes] of entries.entries()) {
      const skimmed = skimLeaf(textFromUtf8(bytes) ?? '');
      if (skimmed !== undefined && !this.#process.concerns(skimmed.type)) {
        this.#head(first + i, skimmed);
        continue;
      }
      const leaf = readLeaf(bytes);
      if (!leaf.ok) {
        this.#forms.add({ ...leaf.failure, detail: `entry ${first + i} ${leaf.failure.detail}`, entry: first + i });
        continue;
      }
      this.#head(first + i, leaf.value);
      await this.#process.entry(first + i, leaf.value);
    }
  }

  #head(index: number, { type, at }: LeafHead): void {
    this.#process.leases.heard(at);
    this.#counts.set(type, (this.#counts.get(type) ?? 0) + 1);
    this.#clock(index, at);
  }

  /** Times are compared as they are written: the form of an entry leaves one way to write each. */
  #clock(index: number, at: string): void {
    this.#from ??= at;
    this.#to = at;
    if (at >= this.#newest) {
      this.#newest = at;
      return;
    }
    const [time, newest] = [parseTime(at), parseTime(this.#newest)];
    if (time === undefined || newest === undefined || time < newest - CLOCK_SKEW_MS_MAX) {
      const detail = `entry ${index} is dated ${at}, long before one that stands above it`;
      this.#forms.add({ code: 'entry.time_runs_back', detail, entry: index });
    }
  }

  results(isComplete: boolean): Check[] {
    if (isComplete) this.#process.end();
    const cut = 'the entries could not all be read';
    const forms = this.#forms.check('entries', 'canonical, of known types, times in order');
    const rules = this.#process.findings.check('process', this.#said());
    return [
      isComplete || forms.verdict === 'fail' ? forms : notChecked('entries', cut),
      notChecked('blobs', 'no blobs were given'),
      isComplete || rules.verdict === 'fail' ? rules : notChecked('process', cut),
    ];
  }

  #said(): string {
    const count = this.#process.executions;
    const { drills } = this.#process;
    const drilled = drills === 0 ? '' : `; ${drills} drills, each sealed before anybody saw it and never begun`;
    const acts = count === 0 ? 'nothing was executed' : `${count} executions, each with the signatures that it needed`;
    return `${acts}${drilled}`;
  }

  summary(checkpoint: Checkpoint): LogSummary {
    return {
      origin: checkpoint.origin,
      size: checkpoint.size,
      root: bytesToHex(checkpoint.root),
      from: this.#from,
      to: this.#to,
      counts: Object.fromEntries([...this.#counts].sort(([a], [b]) => (a < b ? -1 : 1))),
      unresolved: this.#process.unresolved(),
      emergencies: this.#process.emergencies,
      differing: this.#process.leases.differing,
      unsigned: this.#process.trails.unsigned,
    };
  }
}
