import type { WindowsEvent } from './shape.ts';

/**
 * Who acted and on whom, by which account fields the event has:
 * - `subject`: `Subject…` acted. `on_target`, `on_member`: and did it to `Target…` or `Member…`.
 * - `target`: `Target…` acted (a client that asks a domain controller). `logon`: told by the type of logon.
 * - `user`: Sysmon's `User`. `named`: `AccountName`. `writer`: the account in whose name the event was written.
 */
export type Accounts = 'subject' | 'on_target' | 'on_member' | 'target' | 'logon' | 'user' | 'named' | 'writer';

export interface Meaning {
  readonly title: string;
  readonly accounts: Accounts;
  /** What the event's id alone says; `status` where its own status code does. */
  readonly outcome?: 'success' | 'failure' | 'status';
  /** True where the computer that wrote the event only saw it happen (a domain controller). */
  readonly isObserver?: true;
  /** The field of the event's data that names what was done. */
  readonly action?: string;
  /** True where the product detected something, and does not merely log. */
  readonly isAlert?: true;
}

type Row = readonly [string, string, Accounts, Omit<Meaning, 'title' | 'accounts'>?];

const SUCCESS = { outcome: 'success' } as const;
const DC_STATUS = { outcome: 'status', isObserver: true } as const;

/** Microsoft, "Audit events" (learn.microsoft.com, Security auditing) and the System log's own few. */
const WINDOWS: readonly Row[] = [
  ['104', 'An event log was cleared', 'subject', SUCCESS],
  ['1100', 'The event logging service was shut down', 'subject'],
  ['1101', 'Audit events were dropped', 'subject'],
  ['1102', 'The security log was cleared', 'subject', SUCCESS],
  ['4608', 'Windows started', 'subject'],
  ['4616', 'The system time was changed', 'subject', SUCCESS],
  ['4624', 'An account logged on', 'logon', SUCCESS],
  ['4625', 'An account failed to log on', 'logon', { outcome: 'failure' }],
  ['4627', 'Group membership of a logon', 'logon'],
  ['4634', 'An account was logged off', 'target', SUCCESS],
  ['4647', 'A user logged off', 'target', SUCCESS],
  ['4648', 'A logon with explicit credentials was attempted', 'on_target'],
  ['4656', 'A handle to an object was requested', 'subject'],
  ['4657', 'A registry value was changed', 'subject', SUCCESS],
  ['4658', 'A handle to an object was closed', 'subject'],
  ['4660', 'An object was deleted', 'subject', SUCCESS],
  ['4661', 'A handle to an object was requested', 'subject'],
  ['4662', 'An operation was performed on a directory object', 'subject'],
  ['4663', 'An object was accessed', 'subject', SUCCESS],
  ['4670', 'Permissions on an object were changed', 'subject', SUCCESS],
  ['4672', 'Special privileges were assigned to a new logon', 'subject', SUCCESS],
  ['4673', 'A privileged service was called', 'subject'],
  ['4674', 'An operation was attempted on a privileged object', 'subject'],
  ['4688', 'A process was created', 'subject', SUCCESS],
  ['4689', 'A process exited', 'subject', SUCCESS],
  ['4690', 'A handle to an object was duplicated', 'subject'],
  ['4697', 'A service was installed', 'subject', SUCCESS],
  ['4698', 'A scheduled task was created', 'subject', SUCCESS],
  ['4699', 'A scheduled task was deleted', 'subject', SUCCESS],
  ['4700', 'A scheduled task was enabled', 'subject', SUCCESS],
  ['4701', 'A scheduled task was disabled', 'subject', SUCCESS],
  ['4702', 'A scheduled task was updated', 'subject', SUCCESS],
  ['4703', 'A user right was adjusted', 'on_target'],
  ['4719', 'The audit policy was changed', 'subject', SUCCESS],
  ['4720', 'A user account was created', 'on_target', SUCCESS],
  ['4722', 'A user account was enabled', 'on_target', SUCCESS],
  ['4723', 'An account tried to change its password', 'on_target'],
  ['4724', 'A reset of an account’s password was attempted', 'on_target'],
  ['4725', 'A user account was disabled', 'on_target', SUCCESS],
  ['4726', 'A user account was deleted', 'on_target', SUCCESS],
  ['4727', 'A global security group was created', 'subject', SUCCESS],
  ['4728', 'A member was added to a global security group', 'on_member', SUCCESS],
  ['4729', 'A member was removed from a global security group', 'on_member', SUCCESS],
  ['4732', 'A member was added to a local security group', 'on_member', SUCCESS],
  ['4733', 'A member was removed from a local security group', 'on_member', SUCCESS],
  ['4738', 'A user account was changed', 'on_target', SUCCESS],
  ['4740', 'A user account was locked out', 'on_target', SUCCESS],
  ['4741', 'A computer account was created', 'on_target', SUCCESS],
  ['4742', 'A computer account was changed', 'on_target', SUCCESS],
  ['4756', 'A member was added to a universal security group', 'on_member', SUCCESS],
  ['4757', 'A member was removed from a universal security group', 'on_member', SUCCESS],
  ['4767', 'A user account was unlocked', 'on_target', SUCCESS],
  ['4768', 'A Kerberos ticket-granting ticket was requested', 'target', DC_STATUS],
  ['4769', 'A Kerberos service ticket was requested', 'target', DC_STATUS],
  ['4770', 'A Kerberos service ticket was renewed', 'target', { outcome: 'success', isObserver: true }],
  ['4771', 'Kerberos pre-authentication failed', 'target', { outcome: 'failure', isObserver: true }],
  ['4776', 'Credentials were validated by NTLM', 'target', DC_STATUS],
  ['4778', 'A session was reconnected', 'named', SUCCESS],
  ['4779', 'A session was disconnected', 'named', SUCCESS],
  ['4781', 'An account was renamed', 'on_target', SUCCESS],
  ['4798', 'A user’s local group membership was enumerated', 'on_target'],
  ['4799', 'A local group’s membership was enumerated', 'subject'],
  ['5136', 'A directory object was modified', 'subject', SUCCESS],
  ['5140', 'A network share was accessed', 'subject'],
  ['5142', 'A network share was added', 'subject', SUCCESS],
  ['5145', 'Access to an object on a network share was checked', 'subject'],
  ['5152', 'The filtering platform blocked a packet', 'subject', { outcome: 'failure' }],
  ['5156', 'The filtering platform permitted a connection', 'subject', SUCCESS],
  ['5157', 'The filtering platform blocked a connection', 'subject', { outcome: 'failure' }],
  ['5158', 'The filtering platform permitted a bind to a port', 'subject', SUCCESS],
  ['6005', 'The event log service was started', 'writer'],
  ['6006', 'The event log service was stopped', 'writer'],
  ['6008', 'The previous shutdown was unexpected', 'writer'],
  ['7034', 'A service ended unexpectedly', 'writer', { outcome: 'failure' }],
  ['7036', 'A service changed its state', 'writer'],
  ['7040', 'The start type of a service was changed', 'writer', SUCCESS],
  ['7045', 'A service was installed', 'writer', SUCCESS],
];

/** Microsoft Sysinternals, "Sysmon", Events. */
const SYSMON: readonly Row[] = [
  ['1', 'Process created', 'user'],
  ['2', 'A process changed a file’s creation time', 'user'],
  ['3', 'Network connection', 'user'],
  ['4', 'The Sysmon service changed its state', 'user', { action: 'State' }],
  ['5', 'Process ended', 'user'],
  ['6', 'Driver loaded', 'user'],
  ['7', 'Image loaded', 'user'],
  ['8', 'A process created a thread in another', 'user'],
  ['9', 'A process read a drive directly', 'user'],
  ['10', 'A process accessed another', 'user'],
  ['11', 'File created', 'user'],
  ['12', 'Registry key or value created or deleted', 'user', { action: 'EventType' }],
  ['13', 'Registry value set', 'user', { action: 'EventType' }],
  ['14', 'Registry key or value renamed', 'user', { action: 'EventType' }],
  ['15', 'File stream created', 'user'],
  ['16', 'The configuration of Sysmon was changed', 'user'],
  ['17', 'Pipe created', 'user', { action: 'EventType' }],
  ['18', 'Pipe connected', 'user', { action: 'EventType' }],
  ['19', 'WMI event filter', 'user', { action: 'Operation' }],
  ['20', 'WMI event consumer', 'user', { action: 'Operation' }],
  ['21', 'WMI consumer bound to a filter', 'user', { action: 'Operation' }],
  ['22', 'DNS query', 'user'],
  ['23', 'File deleted and archived', 'user'],
  ['24', 'Clipboard changed', 'user'],
  ['25', 'A process’s image was changed', 'user', { action: 'Type' }],
  ['26', 'File deleted', 'user'],
  ['27', 'An executable file was blocked', 'user', { outcome: 'failure' }],
  ['28', 'A file shredding was blocked', 'user', { outcome: 'failure' }],
  ['29', 'An executable file was written', 'user'],
  ['255', 'Sysmon reported an error', 'user'],
];

const POWERSHELL: readonly Row[] = [
  ['4100', 'PowerShell reported an error', 'writer', { outcome: 'failure' }],
  ['4103', 'PowerShell ran a command', 'writer'],
  ['4104', 'PowerShell ran a script block', 'writer'],
  ['4105', 'A script block started', 'writer'],
  ['4106', 'A script block ended', 'writer'],
];

const TASKSCHEDULER: readonly Row[] = [
  ['106', 'A scheduled task was registered', 'named', SUCCESS],
  ['140', 'A scheduled task was updated', 'named', SUCCESS],
  ['141', 'A scheduled task was deleted', 'named', SUCCESS],
  ['129', 'A scheduled task started a process', 'writer', SUCCESS],
  ['200', 'A scheduled task’s action started', 'writer'],
  ['201', 'A scheduled task’s action ended', 'writer'],
];

const DEFENDER: readonly Row[] = [
  ['1006', 'Malware was found', 'named', { isAlert: true }],
  ['1007', 'Action was taken against malware', 'named', { isAlert: true, action: 'Action Name' }],
  ['1116', 'Malware was detected', 'named', { isAlert: true, action: 'Action Name' }],
  ['1117', 'Action was taken against malware', 'named', { isAlert: true, action: 'Action Name' }],
  ['1121', 'A rule of attack surface reduction blocked an act', 'named', { isAlert: true }],
  ['5001', 'Real-time protection was disabled', 'writer', SUCCESS],
  ['5007', 'The configuration of Defender was changed', 'writer', SUCCESS],
  ['5010', 'Scanning for malware was disabled', 'writer', SUCCESS],
];

function tableOf(rows: readonly Row[]): ReadonlyMap<string, Meaning> {
  return new Map(rows.map(([code, title, accounts, more]) => [code, { title, accounts, ...more }]));
}

/** A log whose ids have a meaning of their own, by the name that rules carry. */
export type Log = 'windows' | 'sysmon' | 'powershell' | 'taskscheduler' | 'defender';

const TABLES: ReadonlyMap<Log, ReadonlyMap<string, Meaning>> = new Map([
  ['windows', tableOf(WINDOWS)],
  ['sysmon', tableOf(SYSMON)],
  ['powershell', tableOf(POWERSHELL)],
  ['taskscheduler', tableOf(TASKSCHEDULER)],
  ['defender', tableOf(DEFENDER)],
]);

const SYSTEM_PROVIDERS = new Set(['', 'service control manager', 'eventlog', 'microsoft-windows-eventlog']);

/** Which log an event is of: ids mean something only within the provider that wrote them. */
export function logOf(event: WindowsEvent): Log | undefined {
  const provider = event.provider.toLowerCase();
  const channel = event.channel.toLowerCase();
  if (provider === 'microsoft-windows-sysmon' || channel.startsWith('microsoft-windows-sysmon/')) return 'sysmon';
  if (channel === 'security' || provider === 'microsoft-windows-security-auditing') return 'windows';
  if (channel === 'system' && SYSTEM_PROVIDERS.has(provider)) return 'windows';
  if (channel === '' && (provider === '' || SYSTEM_PROVIDERS.has(provider))) return 'windows';
  if (channel === 'microsoft-windows-powershell/operational' || channel === 'powershellcore/operational')
    return 'powershell';
  if (provider === 'microsoft-windows-taskscheduler' || channel.startsWith('microsoft-windows-taskscheduler/'))
    return 'taskscheduler';
  if (provider === 'microsoft-windows-windows defender' || channel.startsWith('microsoft-windows-windows defender/'))
    return 'defender';
  return undefined;
}

/** What the table knows of an event, undefined for the thousands of ids that it does not list. */
export function meaningOf(log: Log | undefined, code: string): Meaning | undefined {
  return log === undefined ? undefined : TABLES.get(log)?.get(code);
}
