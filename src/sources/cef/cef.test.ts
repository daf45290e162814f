import { describe, expect, it } from 'vitest';
import { recordOfValue } from '../read/record.ts';
import { cef } from './index.ts';
import { cefTime } from './time.ts';

function alertOf(extension: string, head = 'CEF:0|V|P|1|r-1|Name|5|') {
  const result = cef.normalise(recordOfValue(head + extension));
  if (!result.ok) throw new Error(result.failure.detail);
  return result.value;
}

describe('cef', () => {
  it.each([
    ['0', 'low'],
    ['4', 'medium'],
    ['7', 'high'],
    ['10', 'critical'],
    ['Very-High', 'critical'],
    ['Low', 'low'],
    ['Unknown', 'unknown'],
    ['11', 'unknown'],
    ['', 'unknown'],
  ])('takes severity %j for %s', (word, severity) => {
    expect(alertOf('', `CEF:0|V|P|1|r|n|${word}|`).severity).toBe(severity);
  });

  it.each([
    ['1772413323000', '2026-03-02T01:02:03.000Z'],
    ['Mar 02 2026 01:02:03', '2026-03-02T01:02:03.000Z'],
    ['Mar 02 2026 01:02:03.250 UTC', '2026-03-02T01:02:03.250Z'],
    ['Mar 02 2026 01:02:03 GMT+02:00', '2026-03-01T23:02:03.000Z'],
    ['Mar 02 2026 01:02:03 -0530', '2026-03-02T06:32:03.000Z'],
  ])('reads the time %s', (text, expected) => {
    expect(new Date(cefTime(text) ?? 0).toISOString()).toBe(expected);
  });

  it.each(['Mar 02 01:02:03', 'Mar 02 2026 01:02:03 EST', 'noon', ''])('does not guess a time from %j', text => {
    expect(cefTime(text)).toBeUndefined();
  });

  it('reads a custom string by its label, wherever the label stands', () => {
    const hash = 'ab'.repeat(32);
    expect(
      alertOf(`cs1=cmd /c dir cs1Label=Command Line cs2Label=SHA256 cs2=${hash} cs3=x cs3Label=Note`).fields,
    ).toMatchObject({ command_line: 'cmd /c dir', hash_sha256: hash });
  });

  it('lets a value hold spaces, escaped equals and bars, and takes the first of two keys', () => {
    const { fields } = alertOf('act=a b\\=c \\| d suser=kim suser=sam');
    expect(fields).toMatchObject({ action: 'a b=c | d', user: 'kim' });
  });

  it('names a line that was wrapped, and leaves one that quotes CEF far behind its beginning to others', () => {
    expect(cef.recognise(recordOfValue({ message: 'CEF:0|V|P|1|r|n|5|' }))).toBeGreaterThan(0.5);
    expect(cef.recognise(recordOfValue(`${'x '.repeat(400)}CEF:0|V|P|1|r|n|5|`))).toBe(0);
    expect(cef.recognise(recordOfValue('CEF:0|V|P|1|r'))).toBe(0);
    expect(cef.recognise(recordOfValue({ other: 'CEF:0|V|P|1|r|n|5|' }))).toBe(0);
  });
});
