/** The event as the event viewer's words, split into what Windows itself calls the parts. */
export interface RenderedEvent {
  /** `LogName`, `EventCode`, `ComputerName`, … of the lines before the message. */
  readonly head: ReadonlyMap<string, string>;
  /** The message's lines by the names of the event's own data. The first line of a name wins. */
  readonly data: ReadonlyMap<string, string>;
}

const HEAD_LINES_MAX = 32;
const LINES_MAX = 512;

/** How a section of a message names an account: `Subject` acts, the others are acted on or log on. */
const SECTIONS: ReadonlyMap<string, string> = new Map([
  ['subject', 'Subject'],
  ['creator subject', 'Subject'],
  ['new logon', 'Target'],
  ['account for which logon failed', 'Target'],
  ['account whose credentials were used', 'Target'],
  ['account information', 'Target'],
  ['target account', 'Target'],
  ['new account', 'Target'],
  ['target subject', 'Target'],
  ['account that was locked out', 'Target'],
  ['member', 'Member'],
  ['group', 'Group'],
]);

/** Names of an account within a section. */
const ACCOUNT: ReadonlyMap<string, string> = new Map([
  ['account name', 'UserName'],
  ['account domain', 'DomainName'],
  ['domain name', 'DomainName'],
  ['security id', 'UserSid'],
  ['logon id', 'LogonId'],
]);

const NAMES: ReadonlyMap<string, string> = new Map([
  ['logon type', 'LogonType'],
  ['logon account', 'TargetUserName'],
  ['source workstation', 'Workstation'],
  ['error code', 'Status'],
  ['result code', 'Status'],
  ['failure code', 'Status'],
  ['status', 'Status'],
  ['sub status', 'SubStatus'],
  ['process name', 'ProcessName'],
  ['caller process name', 'ProcessName'],
  ['new process name', 'NewProcessName'],
  ['creator process name', 'ParentProcessName'],
  ['process command line', 'CommandLine'],
  ['application name', 'Application'],
  ['workstation name', 'WorkstationName'],
  ['source network address', 'IpAddress'],
  ['client address', 'IpAddress'],
  ['network address', 'IpAddress'],
  ['client port', 'IpPort'],
  ['port', 'IpPort'],
  ['source address', 'SourceAddress'],
  ['source port', 'SourcePort'],
  ['destination address', 'DestAddress'],
  ['destination port', 'DestPort'],
  ['object type', 'ObjectType'],
  ['object name', 'ObjectName'],
  ['service name', 'ServiceName'],
  ['service file name', 'ServiceFileName'],
  ['service account', 'ServiceAccount'],
  ['task name', 'TaskName'],
  ['share name', 'ShareName'],
  ['relative target name', 'RelativeTargetName'],
]);

/** A name and the rest of its line; `[ \t]` alone, so that no line is read twice. */
const LINE = /^([ \t]*)([A-Za-z][A-Za-z ()]{0,60}?)[ \t]*:(?:[ \t]+(.*)|)$/;
const HEAD_LINE = /^([A-Za-z]{1,40})=(.*)$/;

/**
 * Reads `LogName=Security`, `EventCode=4625`, … `Message=An account failed to log on.` and the message's sections,
 * in English. A message in another language gives what its head says. Undefined for a text without such a head.
 */
export function readRendered(text: string): RenderedEvent | undefined {
  const lines = text.split(/\r\n|\n/, HEAD_LINES_MAX + LINES_MAX);
  const head = new Map<string, string>();
  let at = 0;
  for (; at < Math.min(lines.length, HEAD_LINES_MAX) && !head.has('Message'); at++) {
    const match = HEAD_LINE.exec(lines[at] ?? '');
    if (match !== null && !head.has(match[1] ?? '')) head.set(match[1] ?? '', (match[2] ?? '').trim());
  }
  if (!head.has('EventCode') || !head.has('LogName')) return undefined;
  return { head, data: readMessage(lines.slice(at)) };
}

/** The sections of a message by the names of the event's own data. */
export function readMessage(lines: readonly string[]): ReadonlyMap<string, string> {
  const data = new Map<string, string>();
  let section = '';
  for (const line of lines) {
    const match = LINE.exec(line);
    if (match === null) continue;
    const [, indent = '', label = '', rest = ''] = match;
    const value = rest.trim();
    if (value === '' && indent === '') section = label.toLowerCase();
    const name = value === '' ? undefined : nameOf(section, label);
    if (name !== undefined && !data.has(name)) data.set(name, value);
  }
  return data;
}

function nameOf(section: string, label: string): string | undefined {
  const lower = label.toLowerCase();
  const account = ACCOUNT.get(lower);
  const owner = SECTIONS.get(section);
  if (account !== undefined) return owner === undefined ? undefined : `${owner}${account}`;
  // Sysmon's messages are made of its data's own names.
  return NAMES.get(lower) ?? (/^[A-Z][A-Za-z0-9]+$/.test(label) ? label : undefined);
}
