import { type At, dig, digFirst, each, openJson, textAt, token } from '../shared/at.ts';
import { readMessage, readRendered } from './rendered.ts';
import { readDataXml, readEventXml } from './xml.ts';

/** One event of the Windows event log, whichever shipper wrote it. */
export interface WindowsEvent {
  readonly id: At;
  readonly code: string;
  readonly channel: string;
  readonly provider: string;
  readonly computer: At | undefined;
  /** Places that may say when it happened, surest first. */
  readonly times: readonly (At | undefined)[];
  readonly level: At | undefined;
  /** `Audit Success`, `0x8020000000000000`, as number or list of words. */
  readonly keywords: At | undefined;
  /** The account in whose name the event was written (`System/Security`), and its SID. */
  readonly writer: { readonly name: At | undefined; readonly domain: At | undefined; readonly sid: At | undefined };
  /** A field of the event's own data by the name that its manifest gives it. */
  readonly data: (name: string) => At | undefined;
  readonly outcome: At | undefined;
  /** The beginning of an event whose text was cut on its way. */
  readonly isCut: boolean;
}

const XML_KEYS = ['message', 'Message', 'xml', 'Xml', 'raw', '_raw', 'event_xml'];

/** Where the event's XML begins in a text, -1 where it holds none. A head of syslog before it may be this long. */
const HEAD_CHARS_MAX = 512;

function xmlStart(text: string): number {
  const head = text.slice(0, HEAD_CHARS_MAX);
  const start = head.search(/<(?:\w{1,16}:)?Event[\s>]/);
  return start >= 0 &&
    /schemas\.microsoft\.com\/win\/2004\/08\/events|<System>/.test(text.slice(start, start + HEAD_CHARS_MAX))
    ? start
    : -1;
}

/** The text in which a record holds an event: the record itself, or one of the keys under which shippers put it. */
export function textOf(root: At): At | undefined {
  if (typeof root.value === 'string') return root;
  if (typeof root.value !== 'object' || root.value === null || Array.isArray(root.value)) return undefined;
  const own = digFirst(root, XML_KEYS) ?? dig(root, 'event', 'original');
  return typeof own?.value === 'string' ? own : undefined;
}

/** True for a text that is one event, as XML or as the event viewer's words. */
export function isEventText(text: string): boolean {
  return xmlStart(text) >= 0 || RENDERED.test(text.slice(0, HEAD_CHARS_MAX));
}

const RENDERED = /(?:^|\n)LogName=[\s\S]*\nEventCode=/;

/** A search of Elasticsearch answers with the document in `_source`. */
function bodyOf(record: At): At {
  return dig(record, '_source', 'winlog') === undefined ? record : (dig(record, '_source') ?? record);
}

/** True for a document of Elastic's shippers that holds an event, as it is sent or as a search answers it. */
export function isBeats(record: At): boolean {
  return beats(bodyOf(record)) !== undefined;
}

/** Finds the event in a record; undefined where there is none. */
export function eventOf(record: At): WindowsEvent | undefined {
  const root = bodyOf(record);
  return beats(root) ?? nested(root) ?? flat(root) ?? fromText(textOf(root));
}

function inText(at: At, value: string | undefined): At | undefined {
  return value === undefined || value === '' ? undefined : { value, pointer: at.pointer, isInText: true };
}

function fromText(at: At | undefined): WindowsEvent | undefined {
  if (typeof at?.value !== 'string') return undefined;
  const start = xmlStart(at.value);
  const xml = start < 0 ? undefined : readEventXml(at.value.slice(start));
  if (xml === undefined) return start < 0 ? rendered(at, at.value) : undefined;
  const system = (key: string): At | undefined => inText(at, xml.system.get(key));
  const id = system('EventID');
  const code = codeOf(id);
  if (id === undefined || code === undefined) return undefined;
  return {
    id,
    code,
    channel: xml.system.get('Channel') ?? '',
    provider: xml.system.get('Provider.Name') ?? '',
    computer: system('Computer'),
    times: [system('TimeCreated.SystemTime')],
    level: inText(at, xml.rendering.get('Level')) ?? system('Level'),
    keywords: system('Keywords'),
    writer: { name: undefined, domain: undefined, sid: system('Security.UserID') },
    data: name => inText(at, xml.data.get(name)),
    outcome: undefined,
    isCut: !xml.isWhole,
  };
}

/** What Splunk and syslog agents send: the words of the event viewer. Its clock has no zone, so it says no time. */
function rendered(at: At, text: string): WindowsEvent | undefined {
  const event = readRendered(text);
  const id = inText(at, event?.head.get('EventCode'));
  const code = codeOf(id);
  if (event === undefined || id === undefined || code === undefined) return undefined;
  const head = (key: string): At | undefined => inText(at, event.head.get(key));
  return {
    id,
    code,
    channel: event.head.get('LogName') ?? '',
    provider: event.head.get('SourceName') ?? '',
    computer: head('ComputerName'),
    times: [],
    level: head('Type'),
    keywords: head('Keywords'),
    writer: { name: undefined, domain: undefined, sid: head('Sid') },
    data: name => inText(at, event.data.get(name)),
    outcome: undefined,
    isCut: false,
  };
}

/** Event ids are 16 bits wide. */
function codeOf(at: At | undefined): string | undefined {
  const text = textAt(at);
  return text !== undefined && /^\d{1,5}$/.test(text) ? String(Number(text)) : undefined;
}

/** Elastic's Winlogbeat and Agent, with nested or with dotted keys; Winlogbeat 6 had the same names at the root. */
function beats(root: At): WindowsEvent | undefined {
  const winlog = dig(root, 'winlog');
  const old = winlog === undefined && dig(root, 'event_id') !== undefined && dig(root, 'log_name') !== undefined;
  const of = (key: string): At | undefined => (old ? dig(root, key) : (dig(winlog, key) ?? dig(root, `winlog.${key}`)));
  const id = old ? dig(root, 'event_id') : (of('event_id') ?? (winlog && dig(root, 'event', 'code')));
  const code = codeOf(id);
  if (id === undefined || code === undefined) return undefined;
  const data = of('event_data');
  const user = of('user');
  const userData = of('user_data');
  return {
    id,
    code,
    channel: textAt(of(old ? 'log_name' : 'channel')) ?? '',
    provider: textAt(of(old ? 'source_name' : 'provider_name')) ?? '',
    computer: of('computer_name'),
    times: [dig(root, '@timestamp')],
    level: dig(root, 'log', 'level') ?? dig(root, 'log.level') ?? dig(root, 'level'),
    keywords: of('keywords'),
    writer: { name: dig(user, 'name'), domain: dig(user, 'domain'), sid: dig(user, 'identifier') },
    data: name => dig(data, name) ?? dig(root, `winlog.event_data.${name}`) ?? dig(userData, name),
    outcome: dig(root, 'event', 'outcome') ?? dig(root, 'event.outcome'),
    isCut: false,
  };
}

/** An attribute as the converters of XML to JSON name it, with or without a key of its own for all of them. */
function attribute(at: At | undefined, name: string): At | undefined {
  return (
    dig(at, '#attributes', name) ??
    dig(at, '@attributes', name) ??
    dig(at, `@${name}`) ??
    dig(at, `-${name}`) ??
    dig(at, name)
  );
}

function content(at: At | undefined): At | undefined {
  return typeof at?.value === 'object' ? (dig(at, '#text') ?? dig(at, '_') ?? dig(at, '$t')) : at;
}

/** `Event.System` and `Event.EventData`, as evtx_dump and converters of XML write them. */
function nested(root: At): WindowsEvent | undefined {
  const event = dig(root, 'Event') ?? root;
  const system = dig(event, 'System');
  const id = content(dig(system, 'EventID'));
  const code = codeOf(id);
  if (id === undefined || code === undefined) return undefined;
  const eventData = dig(event, 'EventData');
  const userData = Object.values(dig(event, 'UserData')?.value ?? {}).length > 0 ? dig(event, 'UserData') : undefined;
  return {
    id,
    code,
    channel: textAt(content(dig(system, 'Channel'))) ?? '',
    provider: textAt(attribute(dig(system, 'Provider'), 'Name')) ?? '',
    computer: content(dig(system, 'Computer')),
    times: [attribute(dig(system, 'TimeCreated'), 'SystemTime')],
    level: content(dig(system, 'Level')),
    keywords: content(dig(system, 'Keywords')),
    writer: { name: undefined, domain: undefined, sid: attribute(dig(system, 'Security'), 'UserID') },
    data: name => namedData(eventData, name) ?? inUserData(userData, name),
    outcome: undefined,
    isCut: false,
  };
}

/** `{"Image": …}` or `{"Data": [{"@Name": "Image", "#text": …}]}`. */
function namedData(data: At | undefined, name: string): At | undefined {
  const own = dig(data, name);
  if (own !== undefined) return content(own);
  const list = dig(data, 'Data');
  if (typeof list?.value !== 'object') return undefined;
  const members = each(list);
  const index = /^param(\d{1,2})$/.exec(name)?.[1];
  for (const member of members) if (textAt(attribute(member, 'Name')) === name) return content(member);
  const isNamed = members.some(member => attribute(member, 'Name') !== undefined);
  return index === undefined || isNamed ? undefined : members[Number(index) - 1];
}

function inUserData(data: At | undefined, name: string): At | undefined {
  if (typeof data?.value !== 'object' || data.value === null) return undefined;
  for (const key of Object.keys(data.value).slice(0, 4)) {
    const found = content(dig(data, key, name));
    if (found !== undefined) return found;
  }
  return undefined;
}

export const ID_KEYS = ['EventID', 'EventCode', 'EventId'];
const PROVIDER_KEYS = ['SourceName', 'ProviderName', 'Provider', 'EventSourceName', 'Source'];
const CHANNEL_KEYS = ['Channel', 'LogName', 'EventLog'];
const COMPUTER_KEYS = ['Hostname', 'Computer', 'ComputerName'];
/** What stands for a channel and a provider where an export dropped both. */
const OTHER_KEYS = ['FilterRTID', 'EventData'];

/** True for an object with an event id, a computer, and a channel or a provider. */
export function isFlat(root: At): boolean {
  return (
    codeOf(digFirst(root, ID_KEYS)) !== undefined &&
    digFirst(root, COMPUTER_KEYS) !== undefined &&
    (digFirst(root, PROVIDER_KEYS) ?? digFirst(root, CHANNEL_KEYS) ?? digFirst(root, OTHER_KEYS)) !== undefined
  );
}

/** One object: NXLog and the data sets made with it, Azure Monitor (SecurityEvent, WindowsEvent, Event), osquery and others. */
function flat(root: At): WindowsEvent | undefined {
  const id = digFirst(root, ID_KEYS);
  const code = codeOf(id);
  if (id === undefined || code === undefined || !isFlat(root)) return undefined;
  const source = digFirst(root, PROVIDER_KEYS);
  const channel = digFirst(root, CHANNEL_KEYS);
  const computer = digFirst(root, COMPUTER_KEYS);
  // NXLog adds the account that wrote the event under names that an event's own data may have too.
  const isNxlog = dig(root, 'AccountType') !== undefined && dig(root, 'UserID') !== undefined;
  return {
    id,
    code,
    channel: textAt(channel) ?? '',
    provider: textAt(source) ?? '',
    computer,
    times: flatTimes(root),
    level: digFirst(root, ['Level', 'Severity', 'EventLevelName', 'LevelDisplayName']),
    keywords: digFirst(root, ['Keywords', 'EventType']),
    writer: {
      name: isNxlog ? dig(root, 'AccountName') : undefined,
      domain: isNxlog ? dig(root, 'Domain') : undefined,
      sid: digFirst(root, ['UserID', 'UserId']),
    },
    data: flatData(root, code),
    outcome: undefined,
    isCut: false,
  };
}

/** A time that states its zone, or that its name says is of UTC. */
const ZONED = /(?:Z|[+-]\d{2}:?\d{2})$/;

/** NXLog's `EventTime` is the local time of the host where it has no zone; the collector's own stamp is then nearer. */
function flatTimes(root: At): readonly (At | undefined)[] {
  const own = digFirst(root, ['TimeCreated', 'EventTime', 'SystemTime']);
  const isZoned = ZONED.test(textAt(own) ?? '');
  const received = dig(root, '@timestamp');
  const utc = dig(root, 'UtcTime');
  const isLocal = !isZoned && dig(root, 'EventTime') !== undefined && (received ?? utc) !== undefined;
  return [isLocal ? undefined : own, utc, dig(root, 'TimeGenerated'), received, own];
}

/** Some agents keep the account that cleared the security log in the message alone, whose template has no other. */
function clearedBy(root: At, name: string): At | undefined {
  const message = dig(root, 'Message');
  if (typeof message?.value !== 'string' || !name.startsWith('Subject')) return undefined;
  return inText(message, readMessage(message.value.split(/\r\n|\n/, 16)).get(name));
}

/** What `dig` answers for one key, without its cost: an event is asked for some fifty names, and has few of them. */
function ownData(root: At): (name: string) => At | undefined {
  const own = (root.value ?? {}) as { readonly [key: string]: unknown };
  return name => {
    if (!Object.hasOwn(own, name)) return undefined;
    const value = own[name];
    return value === null || value === undefined ? undefined : { value, pointer: `${root.pointer}/${token(name)}` };
  };
}

function flatData(root: At, code: string): (name: string) => At | undefined {
  const held = digFirst(root, ['EventData', 'ExtraEventData']);
  const isMarkup = typeof held?.value === 'string' && held.value.trimStart().startsWith('<');
  const xml = isMarkup ? readDataXml(String(held?.value)) : undefined;
  const opened = held === undefined || isMarkup ? undefined : openJson(held);
  const isObject = typeof opened?.value === 'object';
  if (held === undefined && code !== '1102') return ownData(root);
  return name => {
    if (xml !== undefined && held !== undefined) {
      const found = inText(held, xml.get(name));
      if (found !== undefined) return found;
    }
    const inside = isObject ? namedData(opened, name) : undefined;
    return inside ?? dig(root, name) ?? (code === '1102' ? clearedBy(root, name) : undefined);
  };
}
