import { describe, expect, it } from 'vitest';
import { recordOf } from '../read/record.ts';
import { email } from './index.ts';

function alertOf(header: string, body = 'x') {
  const text = `From: a@example.com\nTo: b@example.org\nSubject: s\n${header}\n\n${body}`;
  const piece = recordOf(new TextEncoder().encode(text));
  if (!piece.ok) throw new Error(piece.refusal.detail);
  const result = email.normalise(piece.record);
  if (!result.ok) throw new Error(result.failure.detail);
  return result.value;
}

describe('email', () => {
  it('takes the topmost outside address, whatever the sender wrote below it', () => {
    const header = [
      'Received: from in (in [10.1.2.3]) by store.example.org; Mon, 2 Mar 2026 01:00:02 +0000',
      'Received: from x (x [203.0.113.7]) by in.example.org; Mon, 2 Mar 2026 01:00:01 +0000',
      'Received: from y (y [198.51.100.9]) by x.example.net; Mon, 2 Mar 2026 01:00:00 +0000',
    ].join('\n');
    expect(alertOf(header).fields.src_ip).toBe('203.0.113.7');
  });

  it('takes no address that a trace field claims for its own server', () => {
    expect(alertOf('Received: from x by in.example.org (in [203.0.113.7]); x').fields.src_ip).toBeUndefined();
  });

  it('trusts the topmost Authentication-Results only, and only of the server that took the mail in', () => {
    const by = 'Received: from x ([203.0.113.7]) by in.example.org; Mon, 2 Mar 2026 01:00:01 +0000';
    const pass = 'Authentication-Results: mx.evil.example; dmarc=pass';
    const ours = 'Authentication-Results: mx.example.org; spf=pass; dmarc=fail (p=reject)';
    expect(alertOf(`${by}\n${ours}\n${pass}`).warnings).toEqual(['the receiving server recorded spf=pass, dmarc=fail']);
    expect(alertOf(`${by}\n${pass}\n${ours}`).fields.action).toBeUndefined();
    expect(alertOf(by).warnings).toEqual(['no server says whether SPF, DKIM or DMARC hold']);
  });

  it('takes no address that quoting hides, and never the words of a name for one', () => {
    const mailboxes = (from: string): readonly string[] =>
      alertOf(`Reply-To: ${from}`)
        .entities.filter(one => one.role === 'related')
        .map(one => one.value);
    expect(mailboxes('"boss@example.com" <eve@example.net>')).toEqual(['eve@example.net']);
    expect(mailboxes('=?utf-8?Q?boss=40example.com=3E=2C?= <eve@example.net>')).toEqual(['eve@example.net']);
    expect(mailboxes('=?utf-8?Q?boss=40example.com?= <eve@example.net>')).toEqual(['eve@example.net']);
  });

  it('reads links as they lead, in HTML and in text', () => {
    const urls = (type: string, body: string): readonly string[] =>
      alertOf(`Content-Type: ${type}`, body)
        .entities.filter(one => one.kind === 'url')
        .map(one => one.value);
    expect(urls('text/html', '<a href="https://evil.example/&#112;">https://bank.example.com</a>')).toEqual([
      'https://evil.example/p',
    ]);
    expect(urls('text/plain', 'see (https://example.net/a). Then HTTP://example.net/b!')).toEqual([
      'https://example.net/a',
      'HTTP://example.net/b',
    ]);
    expect(urls('text/html', "<a href='javascript:alert(1)'>x</a><a href=mailto:a@example.com>")).toEqual([]);
  });

  it('has the digest of what is attached, not of its encoding', () => {
    const body = '--b\nContent-Type: text/plain; name=a.txt\nContent-Transfer-Encoding: base64\n\ndGVz\ndA==\n--b--';
    expect(alertOf('Content-Type: multipart/mixed; boundary=b', body).fields).toMatchObject({
      file_path: 'a.txt',
      hash_sha256: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
    });
  });
});
