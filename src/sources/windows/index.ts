import { fail, ok, type Result } from '../../base/result.ts';
import type { NormalisedAlert, Severity } from '../../model/alert.ts';
import type { RawRecord, Refusal, Source } from '../../ports/source.ts';
import { type At, dig, digFirst, rootOf, textAt } from '../shared/at.ts';
import { techniquesAt } from '../shared/attack.ts';
import {
  closeDraft,
  type Draft,
  NO_TIME,
  openDraft,
  putEntity,
  putField,
  putOutcome,
  putTime,
  warn,
} from '../shared/draft.ts';
import { machineKindOf } from '../shared/machine.ts';
import { severityOfWord } from '../shared/severity.ts';
import { putAccounts } from './accounts.ts';
import { putData } from './data.ts';
import { type Log, logOf, type Meaning, meaningOf } from './meaning.ts';
import { outcomeOf } from './outcome.ts';
import { ruleOf } from './rule.ts';
import { eventOf, ID_KEYS, isBeats, isEventText, isFlat, textOf, type WindowsEvent } from './shape.ts';

/** Keys of an object that one event of some shipper has, and a rule's match on such an event does not. */
const RULE_KEYS = ['RuleTitle', 'rule_title', 'search_name', 'kibana.alert.rule.name'];

function recognise(record: RawRecord): number {
  const root = rootOf(record.value);
  const { value } = root;
  if (typeof value === 'string') return isEventText(value) ? 0.95 : 0;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 0;
  if (isBeats(root)) return 0.96;
  if (dig(root, 'Event', 'System', 'EventID') !== undefined || dig(root, 'System', 'EventID') !== undefined)
    return 0.95;
  if (digFirst(root, ID_KEYS) !== undefined) {
    if (RULE_KEYS.some(key => dig(root, key) !== undefined)) return 0.3;
    return isFlat(root) ? 0.85 : 0;
  }
  const text = textOf(root)?.value;
  return typeof text === 'string' && isEventText(text) ? 0.85 : 0;
}

/** Levels of the event log (winmeta.xml): 0 is what audits have, 8 and 16 what older agents write for audits. */
const LEVEL: ReadonlyMap<string, Severity> = new Map([
  ['0', 'informational'],
  ['1', 'critical'],
  ['2', 'high'],
  ['3', 'medium'],
  ['4', 'informational'],
  ['5', 'informational'],
  ['8', 'informational'],
  ['16', 'informational'],
  ['verbose', 'informational'],
]);

const PRODUCTS: { readonly [L in Exclude<Log, 'windows'>]: string } = {
  sysmon: 'Sysmon',
  powershell: 'PowerShell',
  taskscheduler: 'Windows Task Scheduler',
  defender: 'Microsoft Defender Antivirus',
};

function productOf(event: WindowsEvent, log: Log | undefined): string {
  if (log !== undefined && log !== 'windows') return PRODUCTS[log];
  const name = event.channel === '' ? event.provider : event.channel;
  if (name === '' || name.toLowerCase() === 'security') return 'Windows Security';
  return name.startsWith('Windows') ? name : `Windows ${name}`;
}

function putWhen(draft: Draft, event: WindowsEvent): ReturnType<typeof putTime> {
  for (const at of event.times) {
    const time = at === undefined ? undefined : putTime(draft, at);
    if (time !== undefined) return time;
  }
  warn(draft, NO_TIME);
  return undefined;
}

/** PowerShell's own description of where a command ran: lines of `Name = value`. */
function putContext(draft: Draft, event: WindowsEvent): void {
  const context = event.data('ContextInfo');
  const text = textAt(context)?.slice(0, CONTEXT_CHARS_MAX);
  if (text === undefined) return;
  const line = /^[ \t]*Host Application = (\S.*)$/m.exec(text)?.[1]?.trimEnd();
  putField(draft, 'command_line', context, line);
  putEntity(draft, 'command_line', 'actor', line === undefined ? undefined : context, { part: line });
  const user = /^[ \t]*User = (\S.*)$/m.exec(text)?.[1]?.trimEnd();
  if (user === undefined) return;
  const machine = machineKindOf(user);
  const vendorId = textAt(event.writer.sid);
  putEntity(draft, machine === undefined ? 'user' : 'nhi', 'actor', context, { part: user, machine, vendorId });
  putField(draft, 'user', context, user);
}

const CONTEXT_CHARS_MAX = 16_384;

function putWhat(draft: Draft, event: WindowsEvent, log: Log | undefined, meaning: Meaning | undefined): void {
  if (meaning?.action !== undefined) putField(draft, 'action', event.data(meaning.action));
  if (log === 'sysmon') putField(draft, 'rule_name', event.data('RuleName'));
  if (log === 'defender') {
    putField(draft, 'rule_name', event.data('Threat Name'));
    putField(draft, 'severity', event.data('Severity Name'));
    const path = event.data('Path');
    const file = /^file:_([^;]{1,1024})/.exec(textAt(path) ?? '')?.[1];
    putField(draft, 'file_path', file === undefined ? undefined : path, file);
    putEntity(draft, 'file', 'target', file === undefined ? undefined : path, {
      part: file,
      value: file?.toLowerCase(),
    });
  }
  if (log === 'taskscheduler') {
    const program = event.data('ActionName') ?? event.data('Path');
    putField(draft, 'process', program);
    putEntity(draft, 'process', 'actor', program, { value: textAt(program)?.toLowerCase() });
  }
  if (log === 'powershell') {
    putField(draft, 'file_path', event.data('Path'));
    putEntity(draft, 'file', 'related', event.data('Path'));
  }
  putField(draft, 'severity', event.level);
}

function titleOf(event: WindowsEvent, meaning: Meaning | undefined): string {
  if (meaning !== undefined) return meaning.title;
  const writer = event.provider === '' ? event.channel : event.provider;
  return writer === '' ? `Windows event ${event.code}` : `${writer} event ${event.code}`;
}

/** The service that a Kerberos ticket is for is an account, mostly a computer's. */
function putTicket(draft: Draft, event: WindowsEvent): void {
  if (event.data('TicketOptions') === undefined) return;
  const at = event.data('ServiceName');
  const name = textAt(at);
  // The ticket-granting service is of every domain and says nothing.
  if (name === undefined || /^krbtgt(?:\/|$)/i.test(name)) return;
  if (name.includes('/')) {
    putEntity(draft, 'service', 'target', at);
    return;
  }
  const machine = machineKindOf(name) ?? 'service_account';
  putEntity(draft, 'nhi', 'target', at, { machine, vendorId: textAt(event.data('ServiceSid')) });
}

function normalise(record: RawRecord): Result<NormalisedAlert, Refusal> {
  const root: At = rootOf(record.value);
  const event = eventOf(root);
  if (event === undefined)
    return fail({ code: 'source.rejected_input', detail: 'no event id of a Windows event log can be read' });
  const draft = openDraft(record.value);
  const log = logOf(event);
  const meaning = meaningOf(log, event.code);
  const occurredAt = putWhen(draft, event);
  putEntity(draft, 'host', meaning?.isObserver === true ? 'observer' : 'target', event.computer);
  putField(draft, 'host', event.computer);
  if (log === 'powershell') putContext(draft, event);
  putAccounts(draft, event, meaning?.accounts);
  putData(draft, event);
  putTicket(draft, event);
  putWhat(draft, event, log, meaning);
  putOutcome(draft, ...outcomeOf(event, meaning));
  if (event.isCut) warn(draft, 'the event’s XML ends before the event does');
  const severity = draft.fields.severity;
  return ok(
    closeDraft(draft, {
      source: 'windows',
      // A record's number is unique only in its log and until that is cleared.
      vendorId: undefined,
      product: productOf(event, log),
      vendor: 'Microsoft',
      title: titleOf(event, meaning),
      rule: ruleOf(event, log),
      severity: LEVEL.get(severity?.toLowerCase() ?? '') ?? severityOfWord(severity),
      occurredAt,
      techniques: log === 'sysmon' ? techniquesAt(event.data('RuleName')) : [],
      isAlert: meaning?.isAlert === true,
    }),
  );
}

/** Windows event logs (Security, Sysmon, PowerShell, System, Task Scheduler, Defender) as XML, as JSON of the usual shippers, and as text. */
export const windows: Source = { id: 'windows', title: 'Windows Event Log and Sysmon', recognise, normalise };
