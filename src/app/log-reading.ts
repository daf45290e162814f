import { printReceipt } from '../audit/proof.ts';
import { leafHash } from '../audit/tree.ts';
import { bytesToHex, textFromUtf8 } from '../base/bytes.ts';
import { fail, ok, type Result } from '../base/result.ts';
import { parseTime, rfc3339 } from '../base/time.ts';
import type { LogEntryRow, LogStatus } from '../model/api.ts';
import type { AuditEntry } from '../model/audit-entry.ts';
import { type Failure, failureOf } from '../model/failure.ts';
import type { TrailFindingKind } from '../model/trail.ts';
import { nativeSha256 } from '../store/ed25519.ts';
import { readHead, readReceipt } from '../store/log.ts';
import type { ServerContext } from './context.ts';

/** Where the log stands, with what is needed to check it. */
export async function readLogStatus(context: ServerContext): Promise<LogStatus> {
  const head = await readHead(context.pool, context.tenant);
  const { rows } = await context.pool.query<{ pending: string }>(
    'SELECT count(*) AS pending FROM audit_pending WHERE tenant_id = $1',
    [context.tenant],
  );
  const { logOrigin, logVkey } = context.genesis;
  return {
    origin: logOrigin,
    vkey: logVkey,
    size: head?.range.size ?? 0,
    checkpoint: head?.note ?? '',
    policy: `log ${logVkey}\nquorum none\n`,
    pending: Number(rows[0]?.pending ?? 0),
    isWitnessed: false,
  };
}

export interface EntryFilter {
  /** Only entries before this index; undefined: from the newest. */
  readonly before: number | undefined;
  readonly limit: number;
  readonly type: string | undefined;
  readonly proposal: string | undefined;
}

/** Entries that are looked through at most for one filtered page. */
const SCANNED_MAX = 20_000;

/** The newest entries first, each with one sentence that says what it means. */
export async function listEntries(
  context: ServerContext,
  filter: EntryFilter,
  names: ReadonlyMap<string, string>,
): Promise<{ readonly rows: readonly LogEntryRow[]; readonly next: number | undefined }> {
  const head = await readHead(context.pool, context.tenant);
  const from = Math.min(filter.before ?? Number.MAX_SAFE_INTEGER, head?.range.size ?? 0);
  const isFiltered = filter.type !== undefined || filter.proposal !== undefined;
  const { rows } = await context.pool.query<{ idx: string; entry: Buffer }>(
    `SELECT idx, entry FROM audit_entry WHERE tenant_id = $1 AND idx < $2 AND idx >= $3
        AND ($5::text IS NULL OR position(convert_to('"type":' || to_json($5::text)::text, 'UTF8') in entry) > 0)
        AND ($6::text IS NULL OR position(convert_to($6, 'UTF8') in entry) > 0)
      ORDER BY idx DESC LIMIT $4`,
    [
      context.tenant,
      from,
      isFiltered ? from - SCANNED_MAX : 0,
      filter.limit,
      filter.type ?? null,
      filter.proposal ?? null,
    ],
  );
  const last = rows.at(-1);
  const lowest = isFiltered && rows.length < filter.limit ? Math.max(0, from - SCANNED_MAX) : Number(last?.idx ?? 0);
  return { rows: rows.map(row => entryRow(Number(row.idx), row.entry, names)), next: lowest > 0 ? lowest : undefined };
}

function entryRow(index: number, bytes: Uint8Array, names: ReadonlyMap<string, string>): LogEntryRow {
  const text = textFromUtf8(bytes) ?? '';
  const entry = parseEntry(text);
  return {
    index,
    leafHash: bytesToHex(leafHash(bytes, nativeSha256)),
    type: entry?.type ?? 'unknown',
    at: entry?.at ?? '',
    text,
    says: entry === undefined ? 'An entry that this version cannot read.' : sayEntry(entry, names),
  };
}

function parseEntry(text: string): AuditEntry | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && 'type' in value ? (value as AuditEntry) : undefined;
  } catch {
    return undefined;
  }
}

/** The C2SP tlog-proof of one entry, as text. */
export async function readProof(context: ServerContext, index: number): Promise<Result<string, Failure>> {
  const receipt = await readReceipt(context.pool, context.tenant, index);
  return receipt.ok ? ok(printReceipt(receipt.value)) : fail(failureOf('not_found', receipt.failure));
}

const minutes = (text: string) => {
  const time = parseTime(text);
  return time === undefined ? text : `${rfc3339(time).slice(0, 16).replace('T', ' ')} UTC`;
};

/** One sentence for people. Names are filled in here and stand nowhere in the log. */
export function sayEntry(entry: AuditEntry, names: ReadonlyMap<string, string>): string {
  const who = (id: string) => names.get(id) ?? id;
  switch (entry.type) {
    case 'installation.made':
      return `The installation ${entry.installation} was made for ${entry.origin}.`;
    case 'rule.began':
      return 'From here on two people invite whoever may sign for others.';
    case 'person.invited':
      return `${who(entry.invitation.invitedBy)} invited ${who(entry.invitation.person)} as ${entry.invitation.roles.join(', ')}.`;
    case 'person.enrolled':
      return `${who(entry.statement.person)} enrolled with a ${entry.statement.credential.kind === 'passkey' ? 'passkey' : 'browser key'} as ${entry.roles.join(', ')}.`;
    case 'session.endorsed':
      return `${who(entry.person)} signed in until ${minutes(entry.statement.expiresAt)}.`;
    case 'session.ended':
      return `The session ${entry.session} ended.`;
    case 'inventory.signed':
      return `${who(entry.by)} signed version ${entry.version} of the inventory.`;
    case 'intake.batch':
      return `${entry.records} records from ${entry.source}: ${entry.kept} kept, ${entry.duplicate} duplicate, ${entry.quarantined} set aside.`;
    case 'incident.changed':
      return entry.change === 'reopened'
        ? `${entry.detail['records'] ?? ''} records arrived late for ${entry.incident}: what was judged without them is open again.`
        : `${who(entry.by)} changed ${entry.incident}: ${entry.change}.`;
    case 'summary.written':
      return `The summary of ${entry.incident} was written by rules.`;
    case 'ai.called':
      return `${who(entry.by)} asked ${entry.provider}${entry.incident === '' ? '' : ` about ${entry.incident}`}: ${entry.outcome === 'used' ? `${entry.verified} parts of the answer hold, ${entry.dropped} were dropped` : entry.outcome}.`;
    case 'ai.configured':
      return `${who(entry.by)} changed how models are asked (version ${entry.version}).`;
    case 'ai.provider_changed':
      return `${who(entry.by)} ${entry.change === 'set' ? 'set' : 'removed'} the provider ${entry.provider}.`;
    case 'ai.previewed':
      return `${who(entry.by)} looked at what ${entry.provider} would be sent.`;
    case 'prompt.signed':
      return `${who(entry.by)} signed version ${entry.statement.version} of the prompt ${entry.statement.prompt}.`;
    case 'proposal.revised':
      return `Revision ${entry.revision} of proposal ${entry.proposal} was written, ${entry.tier}.`;
    case 'proposal.denied':
      return `A proposal by ${who(entry.by)} was denied: ${entry.codes.join(', ')}.`;
    case 'proposal.withdrawn':
      return `${who(entry.by)} withdrew proposal ${entry.proposal}.`;
    case 'proposal.expired':
      return `Proposal ${entry.proposal} expired.`;
    case 'review.signed':
      return `${who(entry.intent.reviewer)} signed “${entry.intent.verdict.replaceAll('_', ' ')}” on proposal ${entry.intent.proposal}, revision ${entry.intent.revision}.`;
    case 'review.refused':
      return `A review by ${who(entry.by)} was refused: ${entry.code}.`;
    case 'proposal.decided':
      return `Proposal ${entry.proposal} was ${entry.decision} by ${entry.reviews.length === 1 ? 'one review' : `${entry.reviews.length} reviews`}.`;
    case 'kill_switch.set':
      return `${who(entry.statement.by)} turned the kill switch ${entry.statement.isOn === 'yes' ? 'on: nothing is executed' : 'off'}.`;
    case 'execution.checked':
      return entry.verdict === 'ok'
        ? `The executor checked proposal ${entry.proposal}: all conditions hold.`
        : `The executor refused proposal ${entry.proposal}: ${entry.failed.join(', ')}.`;
    case 'lease.granted':
      return `What ${entry.execution} contains has a lease until ${entry.endsAt}.`;
    case 'lease.ended':
      return entry.release === ''
        ? `The lease of ${entry.execution} ended, and no release could be proposed: ${entry.codes.join(', ')}.`
        : `The lease of ${entry.execution} ended: its release is proposed as ${entry.release}. It stays contained until people sign.`;
    case 'trail.found':
      return `The log that ${entry.system} keeps itself was held against what people signed: ${TRAIL_WORDS[entry.kind]}${entry.execution === '' ? '' : `, ${entry.execution}`}.`;
    case 'trail.seen':
      return `${who(entry.by)} looked at finding ${entry.number} of ${entry.system}, and wrote down what it was.`;
    case 'execution.intended':
      return `The executor is about to carry out proposal ${entry.proposal}, revision ${entry.revision}.`;
    case 'execution.answered':
      return `The target system answered ${entry.execution}: ${words(entry.outcome)}.`;
    case 'execution.observed':
      return `The executor looked at the target of ${entry.execution}: state ${words(entry.state)}, effect ${words(entry.effect)}.`;
    case 'execution.concluded':
      return `Proposal ${entry.proposal}: ${words(entry.outcome)}.`;
    case 'execution.compared':
      return entry.verdict === 'as_declared'
        ? `The undo ${entry.execution} left nothing but what was declared.`
        : entry.verdict === 'differs'
          ? `The undo ${entry.execution} left ${entry.differences} ${entry.differences === '1' ? 'state' : 'states'} otherwise than declared.`
          : `What the undo ${entry.execution} left could not be read.`;
    case 'execution.found':
      return `${who(entry.statement.by)} found that ${entry.statement.proposal} ${entry.statement.finds}.`;
    case 'playbook.started':
      return `${who(entry.by)} started a playbook on ${entry.incident} (${entry.run}).`;
    case 'playbook.asked':
      return `The run ${entry.run} asks for proposal ${entry.proposal}.`;
    case 'playbook.halted':
      return `${who(entry.by)} stopped the run ${entry.run}.`;
    case 'playbook.ended':
      return `The run ${entry.run} ended: ${entry.as}.`;
    case 'delegation.made':
      return `${who(entry.statement.from)} lets ${who(entry.statement.to)} sign in their stead until ${minutes(entry.statement.until)}.`;
    case 'delegation.ended':
      return `${who(entry.by)} ended ${entry.delegation}: nobody signs in anybody's stead by it.`;
    case 'comment.written':
      return `${who(entry.by)} commented on proposal ${entry.proposal}, revision ${entry.revision}.`;
    case 'task.opened':
      return `${who(entry.by)} asked ${who(entry.owner)} for evidence for proposal ${entry.proposal} until ${minutes(entry.dueAt)}.`;
    case 'task.settled':
      return `What was asked for proposal ${entry.proposal} is ${TASK_TEXT[entry.outcome]} (${who(entry.by)}).`;
    case 'backup.made':
      return `A backup was made at log size ${entry.size}.`;
    case 'backup.restored':
      return `The backup of ${minutes(entry.madeAt)} was restored at log size ${entry.size}.`;
    case 'source.configured':
      return `${who(entry.by)} configured the source ${entry.source}.`;
    case 'fingerprint.changed':
      return `${who(entry.by)} changed what makes two alerts of ${entry.source} duplicates: ${entry.version}.`;
    case 'notice.sent':
      return `Notice ${entry.notice} left by the channel ${entry.channel}.`;
    case 'access.denied':
      return `${who(entry.by)} was refused: ${words(entry.action)}.`;
    case 'demo.played':
      return `The demo scenario ${entry.scenario} was played.`;
    default:
      return 'An entry that this version does not know.';
  }
}

const TRAIL_WORDS: { readonly [K in TrailFindingKind]: string } = {
  unknown_change: 'a change with our credential that nobody signed',
  not_shown: 'it does not show an act that was done',
  cut: 'it ends before what was read of it',
  unread: 'it could not be read',
};

const words = (code: string) => code.replaceAll('_', ' ');

const TASK_TEXT = {
  answered: 'answered, by records that its next revision cites',
  unobtainable: 'not to be got',
  withdrawn: 'not wanted any more',
} as const;
