import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { recordOfValue } from '../read/record.ts';
import { windows } from './index.ts';
import { readEventXml } from './xml.ts';

function alertOf(value: unknown) {
  const result = windows.normalise(recordOfValue(value));
  if (!result.ok) throw new Error(result.failure.detail);
  return result.value;
}

const NS = 'http://schemas.microsoft.com/win/2004/08/events/event';

function xmlOf(code: number, data: object, channel = 'Security', provider = 'Microsoft-Windows-Security-Auditing') {
  const leaves = Object.entries(data).map(([name, value]) => `<Data Name='${name}'>${String(value)}</Data>`);
  return `<Event xmlns='${NS}'><System><Provider Name='${provider}'/><EventID>${code}</EventID><Keywords>0x8020000000000000</Keywords><TimeCreated SystemTime='2026-03-02T08:00:00.000Z'/><Channel>${channel}</Channel><Computer>ws-1.example.com</Computer></System><EventData>${leaves.join('')}</EventData></Event>`;
}

const LOGON = {
  SubjectUserName: 'WS-1$',
  SubjectDomainName: 'CORP',
  SubjectUserSid: 'S-1-5-18',
  TargetUserName: 'kim',
  TargetDomainName: 'CORP',
  TargetUserSid: 'S-1-5-21-1-2-3-1104',
  LogonType: '2',
  IpAddress: '192.0.2.7',
};

const who = (alert: ReturnType<typeof alertOf>) =>
  alert.entities
    .filter(one => one.kind === 'user' || one.kind === 'nhi')
    .map(one => `${one.role}:${one.value}${one.machine === undefined ? '' : `:${one.machine}`}`);

describe('windows', () => {
  it('reads the same event the same from every shape that shippers write', () => {
    const system = { EventID: 4624, Channel: 'Security', Computer: 'ws-1.example.com' };
    const provider = 'Microsoft-Windows-Security-Auditing';
    const time = '2026-03-02T08:00:00.000Z';
    const shapes: readonly unknown[] = [
      xmlOf(4624, LOGON),
      { message: xmlOf(4624, LOGON) },
      { ...system, TimeCreated: time, SourceName: provider, Keywords: '0x8020000000000000', ...LOGON },
      { ...system, TimeGenerated: time, EventSourceName: provider, Type: 'SecurityEvent', ...LOGON },
      { ...system, TimeGenerated: time, Provider: provider, Type: 'WindowsEvent', EventData: LOGON },
      { ...system, TimeGenerated: time, Provider: provider, EventData: JSON.stringify(LOGON) },
      { EventID: '4624', ProviderName: provider, TimeCreated: time, Computer: system.Computer, ExtraEventData: LOGON },
      {
        Event: {
          System: { ...system, TimeCreated: { '#attributes': { SystemTime: time } } },
          EventData: LOGON,
        },
      },
      {
        Event: {
          System: { ...system, EventID: { '#text': 4624 }, TimeCreated: { '@SystemTime': time } },
          EventData: { Data: Object.entries(LOGON).map(([name, text]) => ({ '@Name': name, '#text': text })) },
        },
      },
      {
        '@timestamp': time,
        winlog: { event_id: 4624, channel: 'Security', computer_name: system.Computer, event_data: LOGON },
      },
      {
        _index: 'winlogbeat',
        _source: {
          '@timestamp': time,
          winlog: { event_id: '4624', channel: 'Security', computer_name: system.Computer, event_data: LOGON },
        },
      },
    ];
    const read = shapes.map(shape => {
      const alert = alertOf(shape);
      const entities = alert.entities.map(one => `${one.role}:${one.kind}:${one.value}:${one.vendorId ?? ''}`);
      const { time: when, host, user, src_ip, outcome } = alert.fields;
      return { rule: alert.rule, title: alert.title, entities, when, host, user, src_ip, outcome };
    });
    for (const one of read) expect(one).toEqual(read[0]);
    expect(read[0]).toMatchObject({ rule: 'windows:4624', user: 'kim', outcome: 'success', when: time });
    for (const shape of shapes) expect(windows.recognise(recordOfValue(shape))).toBeGreaterThan(0.8);
  });

  it.each([
    ['a person at the keyboard', LOGON, ['related:corp\\ws-1$:computer', 'actor:corp\\kim']],
    [
      'nobody before a network logon',
      { ...LOGON, LogonType: '3', SubjectUserName: '-', SubjectUserSid: 'S-1-0-0' },
      ['actor:corp\\kim'],
    ],
    [
      'the computer for a service',
      { ...LOGON, LogonType: '5', TargetUserName: 'SYSTEM', TargetDomainName: 'NT AUTHORITY' },
      ['actor:corp\\ws-1$:computer', 'target:nt authority\\system:system'],
    ],
    [
      'the person who logs on as another',
      { ...LOGON, SubjectUserName: 'lee', SubjectUserSid: 'S-1-5-21-1-2-3-1105' },
      ['actor:corp\\lee', 'target:corp\\kim'],
    ],
  ])('has %s act in a logon', (_, data, accounts) => {
    expect(who(alertOf(xmlOf(4624, data)))).toEqual(accounts);
  });

  it.each([
    [xmlOf(1102, {}), 'windows:1102'],
    [xmlOf(104, {}, 'System', 'Microsoft-Windows-Eventlog'), 'windows:104'],
    [xmlOf(1100, {}), 'windows:1100'],
    [xmlOf(4719, {}), 'windows:4719'],
    [xmlOf(6006, {}, 'System', 'EventLog'), 'windows:6006'],
    [
      xmlOf(7036, { param1: 'Windows Event Log', param2: 'stopped' }, 'System', 'Service Control Manager'),
      'windows:7036:eventlog',
    ],
    [
      xmlOf(7036, { param1: 'Windows Event Log', param2: 'running' }, 'System', 'Service Control Manager'),
      'windows:7036',
    ],
    [
      xmlOf(7040, { param1: 'x', param3: 'disabled', param4: 'EventLog' }, 'System', 'Service Control Manager'),
      'windows:7040:eventlog',
    ],
    [xmlOf(16, {}, 'Microsoft-Windows-Sysmon/Operational', 'Microsoft-Windows-Sysmon'), 'sysmon:16'],
    [
      xmlOf(4, { State: 'Stopped' }, 'Microsoft-Windows-Sysmon/Operational', 'Microsoft-Windows-Sysmon'),
      'sysmon:4:stopped',
    ],
    [
      xmlOf(
        13,
        { TargetObject: 'HKLM\\System\\CurrentControlSet\\Services\\EventLog\\Start' },
        'Microsoft-Windows-Sysmon/Operational',
        'Microsoft-Windows-Sysmon',
      ),
      'sysmon:13:eventlog',
    ],
    [
      xmlOf(
        13,
        { TargetObject: 'HKLM\\System\\CurrentControlSet\\Services\\EventLog\\Application\\x\\Start' },
        'Microsoft-Windows-Sysmon/Operational',
        'Microsoft-Windows-Sysmon',
      ),
      'sysmon:13',
    ],
    // An id of another provider means something else.
    [xmlOf(104, {}, 'System', 'Microsoft-Windows-Kernel-General'), 'windows:Microsoft-Windows-Kernel-General:104'],
    [xmlOf(1102, {}, 'Application', 'Example'), 'windows:Example:1102'],
  ])('names tampering with logs by a rule of its own (%#)', (event, rule) => {
    expect(alertOf(event).rule).toBe(rule);
  });

  it.each([
    ['0x8020000000000000', 'success'],
    ['0x8010000000000000', 'failure'],
    [Number('-9214364837600034816'), 'success'],
    [Number('-9218868437227405312'), 'failure'],
    [Number('-9223372036854775808'), undefined],
    ['Audit Failure', 'failure'],
    ['0x80000000000000', undefined],
  ])('reads the audit keywords %s as %s', (Keywords, outcome) => {
    const event = { EventID: 4673, Channel: 'Security', Hostname: 'ws-1', Keywords };
    expect(alertOf(event).fields.outcome).toBe(outcome);
  });

  it('takes a Kerberos status for the outcome, and the domain controller for the one that saw it', () => {
    const alert = alertOf(
      xmlOf(4769, { TargetUserName: 'kim@CORP', ServiceName: 'FILES$', TicketOptions: '0x1', Status: '0x12' }),
    );
    expect(alert.fields).toMatchObject({ user: 'kim@CORP', outcome: 'failure' });
    expect(alert.entities.map(one => `${one.role}:${one.kind}`)).toEqual(['observer:host', 'actor:user', 'target:nhi']);
  });

  it('takes no address that every host has for an entity, and keeps it as a field', () => {
    for (const address of ['127.0.0.1', '::1', '0.0.0.0', '::']) {
      const alert = alertOf(xmlOf(4624, { ...LOGON, IpAddress: address }));
      expect(alert.entities.some(one => one.kind === 'ip')).toBe(false);
      expect(alert.fields.src_ip).toBe(address);
    }
  });

  it('prefers a time that states its zone to NXLog’s local one', () => {
    const event = { EventID: 4624, Channel: 'Security', Hostname: 'ws-1', EventTime: '2026-03-02 03:00:00' };
    expect(alertOf({ ...event, '@timestamp': '2026-03-02T08:00:02Z' }).fields.time).toBe('2026-03-02T08:00:02.000Z');
    expect(alertOf({ ...event, UtcTime: '2026-03-02 08:00:00.5' }).fields.time).toBe('2026-03-02T08:00:00.500Z');
  });

  it('leaves the alerts of other products alone', () => {
    for (const other of [
      { RuleTitle: 'x', Computer: 'ws-1', Channel: 'Sec', EventID: 4624, Level: 'high', Timestamp: '2026-03-02' },
      { search_name: 'x', EventCode: 4624, ComputerName: 'ws-1', LogName: 'Security' },
    ])
      expect(windows.recognise(recordOfValue(other))).toBeLessThan(0.5);
    expect(windows.recognise(recordOfValue({ EventID: 1, message: 'x' }))).toBe(0);
    expect(windows.recognise(recordOfValue({ message: 'an <Event> in words' }))).toBe(0);
  });
});

describe('the XML of an event', () => {
  const event = (body: string): string =>
    `<Event xmlns="${NS}"><System><EventID>1</EventID></System><EventData>${body}</EventData></Event>`;

  it('undoes XML’s own escapes and no others', () => {
    const read = readEventXml(event('<Data Name="a">&lt;&amp;amp;&#x41;&#66;&evil;&#0;&#xD800;</Data>'));
    expect(read?.data.get('a')).toBe('<&amp;AB&evil;&#0;&#xD800;');
  });

  it('reads no document type, and expands nothing that one declares', () => {
    expect(readEventXml(`<!DOCTYPE x [<!ENTITY a "b">]>${event('')}`)).toBeUndefined();
    expect(readEventXml(event('<!ENTITY a "b"><Data Name="a">&a;</Data>'))).toBeUndefined();
  });

  it('takes CDATA as text, skips comments, and takes a name’s first value', () => {
    const read = readEventXml(event('<!-- x --><Data Name="a"><![CDATA[<b>&amp;]]></Data><Data Name="a">2</Data>'));
    expect(read?.data.get('a')).toBe('<b>&amp;');
  });

  it('refuses what is nested too deep, has too many elements, or closes what it did not open', () => {
    expect(readEventXml(event('<a>'.repeat(20) + '</a>'.repeat(20)))).toBeUndefined();
    expect(readEventXml(event('<Data>x</Data>'.repeat(2_000)))).toBeUndefined();
    expect(readEventXml(event('<a></b>'))).toBeUndefined();
    expect(readEventXml(`${event('')}<Event>`)).toBeUndefined();
  });

  it('keeps of an event that is cut what came whole before the cut', () => {
    const whole = event('<Data Name="a">one</Data><Data Name="b">two</Data>');
    fc.assert(
      fc.property(fc.integer({ min: 0, max: whole.length - 1 }), length => {
        const read = readEventXml(whole.slice(0, length));
        if (read === undefined) return;
        expect(read.isWhole).toBe(false);
        for (const [name, value] of read.data) expect(value).toBe(name === 'a' ? 'one' : 'two');
      }),
    );
  });

  it('answers any text without throwing, in a time in proportion to its length', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 300 }), text => void readEventXml(event(text))));
    for (const unit of ['<', '<a ', '<a a=', '<a a="', '<!--', '<![CDATA[', '</', '&#', '<?', ' ', '<Data Name="'])
      expect(readEventXml(event(unit.repeat(300_000 / unit.length)))).toSatisfy(
        (read: ReturnType<typeof readEventXml>) =>
          read === undefined || !read.isWhole || unit.trim() === '' || unit === '&#',
      );
  });
});
