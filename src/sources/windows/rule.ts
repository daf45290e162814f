import { textAt } from '../shared/at.ts';
import type { Log } from './meaning.ts';
import type { WindowsEvent } from './shape.ts';

/** "EventLog/1" in UTF-16, which is what the service control manager writes when the event log has stopped. */
const EVENTLOG_STOPPED = '4500760065006e0074004c006f0067002f003100';

const NAME_CHARS_MAX = 512;

/** Registry values that switch the event log off at the next start. */
const EVENTLOG_VALUE = /\\(?:services\\eventlog\\start|control\\minint)(?:\\|$)/i;

/**
 * The rule of an event: its log and id, and where an id means several things also which of them. What tampers with
 * logging has rules of its own: `windows:1100`, `:1101`, `:1102`, `:104`, `:4719`, `:6006`, `windows:7036:eventlog`
 * (stopped), `windows:7040:eventlog` (disabled), `windows:4657:eventlog`, `sysmon:4:stopped`, `sysmon:12:eventlog`,
 * `sysmon:13:eventlog`, `sysmon:16`, `defender:5001`, `defender:5010`.
 */
export function ruleOf(event: WindowsEvent, log: Log | undefined): string {
  if (log === undefined) return `windows:${event.provider === '' ? event.channel : event.provider}:${event.code}`;
  const rule = `${log}:${event.code}`;
  const part = partOf(event, rule);
  return part === undefined ? rule : `${rule}:${part}`;
}

function partOf(event: WindowsEvent, rule: string): string | undefined {
  const text = (name: string): string => (textAt(event.data(name)) ?? '').slice(0, NAME_CHARS_MAX).toLowerCase();
  switch (rule) {
    case 'windows:7036': {
      const isStopped = text('param1') === 'windows event log' && text('param2') === 'stopped';
      return isStopped || text('Binary').startsWith(EVENTLOG_STOPPED) ? 'eventlog' : undefined;
    }
    case 'windows:7040': {
      const isEventLog = text('param4') === 'eventlog' || text('param1') === 'windows event log';
      return isEventLog && text('param3') === 'disabled' ? 'eventlog' : undefined;
    }
    case 'windows:4657':
      return EVENTLOG_VALUE.test(`${text('ObjectName')}\\${text('ObjectValueName')}`) ? 'eventlog' : undefined;
    case 'sysmon:4':
      return text('State') === 'stopped' ? 'stopped' : undefined;
    case 'sysmon:12':
    case 'sysmon:13':
      return EVENTLOG_VALUE.test(text('TargetObject')) ? 'eventlog' : undefined;
    default:
      return undefined;
  }
}
