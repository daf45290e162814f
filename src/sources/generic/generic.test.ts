import { describe, expect, it } from 'vitest';
import { recordOfValue } from '../read/record.ts';
import { generic } from './index.ts';

function fieldsOf(value: unknown) {
  const result = generic.normalise(recordOfValue(value));
  if (!result.ok) throw new Error(result.failure.detail);
  return result.value.fields;
}

describe('generic', () => {
  it.each([
    [{ sourceIp: '192.0.2.1' }, { src_ip: '192.0.2.1' }],
    [{ network: { 'src-ip': '192.0.2.1' } }, { src_ip: '192.0.2.1' }],
    [{ dst: { addr: '192.0.2.1:443' } }, { dst_ip: '192.0.2.1', dst_port: '443' }],
    [
      { ComputerName: 'WS-1', CommandLine: 'cmd /c dir' },
      { host: 'WS-1', command_line: 'cmd /c dir' },
    ],
    [
      { actor: { email: 'kim@example.com' }, eventType: 'login' },
      { user: 'kim@example.com', action: 'login' },
    ],
    [
      { sender: 'a@example.com', recipients: ['b@example.com', 'c@example.com'] },
      { email_from: 'a@example.com', email_to: 'b@example.com' },
    ],
  ])('finds what %j says', (value, fields) => {
    expect(fieldsOf(value)).toEqual(fields);
  });

  it.each([
    [{ source_ip: 'api', url: 'none', sha256: 'abc', port: 70_000, time: 'noon' }],
    [{ parent: { process: { name: 'explorer.exe' } }, observer: { hostname: 'sensor' }, old: { user: 'kim' } }],
    [{ note: 'user kim at 192.0.2.1 ran cmd.exe on host db-02' }],
    [{ constructor: 'x', toString: 'y', __proto__x: 'z' }],
  ])('invents nothing for %j', value => {
    expect(fieldsOf(value)).toEqual({});
  });

  it('prefers the word that says it best: the actor before the target, the event before its write', () => {
    expect(fieldsOf({ target_user: 'sam', user_name: 'kim' }).user).toBe('kim');
    expect(fieldsOf({ _write_ts: '2026-03-02T00:01:00Z', ts: '2026-03-02T00:00:00Z' }).time).toBe(
      '2026-03-02T00:00:00.000Z',
    );
  });

  it.each([
    [
      'Mar 02 2026 02:30:00 db-02 sshd[811]: Failed password for invalid user admin from 203.0.113.5 port 4022 ssh2',
      { host: 'db-02', process: 'sshd', user: 'admin', src_ip: '203.0.113.5', src_port: '4022', outcome: 'failure' },
    ],
    [
      '203.0.113.9 - frank [02/Mar/2026:13:55:36 +0000] "GET /admin.php?x=1 HTTP/1.0" 403 2326',
      { src_ip: '203.0.113.9', user: 'frank', action: 'GET', url: '/admin.php?x=1', time: '2026-03-02T13:55:36.000Z' },
    ],
    [
      'Mar 02 2026 02:30:00 web sudo: kim : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/cat /etc/shadow',
      { user: 'kim', command_line: '/bin/cat /etc/shadow' },
    ],
    [
      `type=USER_AUTH msg=audit(1772459705.123:88): pid=1 msg='op=PAM acct="kim" exe="/usr/bin/sudo" addr=203.0.113.4 res=failed'`,
      {
        user: 'kim',
        process: '/usr/bin/sudo',
        src_ip: '203.0.113.4',
        outcome: 'failure',
        time: '2026-03-02T13:55:05.123Z',
      },
    ],
    [
      '{TCP} 192.0.2.1:5000 -> 198.51.100.2:80',
      { src_ip: '192.0.2.1', src_port: '5000', dst_ip: '198.51.100.2', dst_port: '80' },
    ],
    [
      '<Event><System><Computer>dc-1</Computer></System><EventData><Data Name="TargetUserName">kim</Data><Data Name="IpAddress">192.0.2.7</Data></EventData></Event>',
      { host: 'dc-1', user: 'kim', src_ip: '192.0.2.7' },
    ],
    [
      'srcaddr,dstaddr,action\n192.0.2.1,192.0.2.2,REJECT',
      { src_ip: '192.0.2.1', dst_ip: '192.0.2.2', action: 'REJECT', outcome: 'failure' },
    ],
  ])('reads the same from a line as from the line that a shipper wrapped', (text, fields) => {
    expect(fieldsOf(text)).toMatchObject(fields);
    expect(fieldsOf({ message: text })).toMatchObject(fields);
  });

  it('takes no key for the record’s unique id, because EventID is one that is not', () => {
    const result = generic.normalise(recordOfValue({ id: 'e-1', EventID: 4624, host: 'h' }));
    expect(result.ok && result.value.vendorId).toBeUndefined();
  });

  it('gives lines of one kind one rule', () => {
    const rule = (value: string) => {
      const result = generic.normalise(recordOfValue(value));
      return result.ok ? result.value.rule : undefined;
    };
    expect(rule('job 17 took 20 s for "a"')).toBe(rule('job 8 took 3 s for "b"'));
    expect(rule('job 17 took 20 s')).not.toBe(rule('job 17 was lost'));
  });

  it('refuses what is no record: a number, an empty object, a list of several, bytes that are no text', () => {
    for (const value of [7, {}, [{}, {}], [], null, 'a\u0000b', '\u0001\u0002\u0003']) {
      expect(generic.normalise(recordOfValue(value)).ok).toBe(false);
    }
  });
});
