import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { recordOf } from '../../src/sources/read/record.ts';
import { bytesOf, split, textsOf, valuesOf } from './split.ts';

const EVENT = (id: number): string =>
  `<Event xmlns="http://schemas.microsoft.com/win/2004/08/events/event"><System><EventID>${id}</EventID>\r\n</System></Event>`;
const MAIL = (id: number): string =>
  `Received: from mx.example.com (203.0.113.9)\r\n\tby in.example.org; Mon, 2 Mar 2026 01:00:00 +0000\r\nFrom: Kim <kim@example.com>\r\nTo: sam@example.org\r\nSubject: Invoice ${id}\r\nMessage-ID: <${id}@example.com>\r\n\r\nPlease pay.\r\n`;

describe('an export of Windows events', () => {
  it.each([
    ['in a list', `<?xml version="1.0" encoding="utf-8"?>\n<Events>\n${EVENT(1)}\n${EVENT(2)}</Events>\n`],
    ['one after the other', `${EVENT(1)}${EVENT(2)}`],
    ['a line each', `${EVENT(1)}\n${EVENT(2)}\n`],
    ['in a list with a name space', `<Events xmlns="x">${EVENT(1)}${EVENT(2)}</Events>`],
  ])('is a record an event: %s', (_, file) => {
    for (const size of [undefined, 1, 7]) expect(textsOf(split(file, size))).toEqual([EVENT(1), EVENT(2)]);
  });

  it('refuses what stands between events and what is cut off, and loses neither', () => {
    expect(textsOf(split(`<Events>${EVENT(1)}stray<Other/>${EVENT(2)}${EVENT(3).slice(0, -3)}`))).toEqual([
      EVENT(1),
      '<it stands outside of any <Event>>',
      '<it stands outside of any <Event>>',
      EVENT(2),
      '<the file ends inside the record>',
    ]);
  });

  it('passes over an event above the size cap', () => {
    const long = `<Event>${'x'.repeat(1_200_000)}</Event>`;
    expect(split(`<Events>${long}${EVENT(2)}</Events>`, 65_536).map(one => one.ok)).toEqual([false, true]);
  });

  it('is not what a line of syslog begins', () => {
    expect(textsOf(split('<13>Mar  2 01:00:00 h app: <Event>x</Event>\n<14>x\n'))).toHaveLength(2);
    expect(textsOf(split('<Eventual> consistency\nx\n'))).toEqual(['<Eventual> consistency', 'x']);
  });
});

const ZEEK = [
  '#separator \\x09',
  '#set_separator\t,',
  '#empty_field\t(empty)',
  '#unset_field\t-',
  '#path\tconn',
  '#open\t2026-03-02-01-00-00',
  '#fields\tts\tuid\tid.orig_h\tid.orig_p\tservice\tduration\tlocal_orig\ttunnel_parents\t__proto__',
  '#types\ttime\tstring\taddr\tport\tstring\tinterval\tbool\tset[string]\tstring',
];

describe('a Zeek log', () => {
  it('gives each row as its JSON form would say it', () => {
    const file = [
      ...ZEEK,
      '1772413200.036086\tC1\t192.0.2.1\t52605\t-\t0.25\tT\ta,b\tx\\x09y',
      '1772413201.5\tC2\t192.0.2.2\t53\tdns\t-\tF\t(empty)\t-',
      '#close\t2026-03-02-02-00-00',
      '',
    ].join('\n');
    const [first, second, ...more] = valuesOf(split(file));
    expect(more).toEqual([]);
    expect(Object.entries(first as object)).toEqual([
      ['_path', 'conn'],
      ['ts', 1772413200.036086],
      ['uid', 'C1'],
      ['id.orig_h', '192.0.2.1'],
      ['id.orig_p', 52605],
      ['duration', 0.25],
      ['local_orig', true],
      ['tunnel_parents', ['a', 'b']],
      ['__proto__', 'x\ty'],
    ]);
    expect(Object.entries(second as object)).toEqual([
      ['_path', 'conn'],
      ['ts', 1772413201.5],
      ['uid', 'C2'],
      ['id.orig_h', '192.0.2.2'],
      ['id.orig_p', 53],
      ['service', 'dns'],
      ['local_orig', false],
    ]);
  });

  it('refuses a row of another length and a header that Zeek does not write, and goes on', () => {
    const file = [...ZEEK, 'x\ty', '#odd', ...ZEEK.slice(0, 5), '#fields\tts', '#types\ttime', '1772413200'].join('\n');
    expect(valuesOf(split(file))).toEqual([
      '<the row has 2 cells where the header has 9>',
      '<the line of the Zeek header is none that Zeek writes>',
      { _path: 'conn', ts: 1772413200 },
    ]);
  });
});

describe('a table of text', () => {
  it.each([';', '\t'])('may be divided by %j', delimiter => {
    const file = `id;name;host\n1;"a;\n""b""";h1\n2;;h2\n`.replaceAll(';', delimiter);
    expect(valuesOf(split(file))).toEqual([
      { id: '1', name: `a${delimiter}\n"b"`, host: 'h1' },
      { id: '2', host: 'h2' },
    ]);
  });

  it('is not made of a line of two words around a semicolon', () => {
    expect(textsOf(split('started; ready\nnext\n'))).toEqual(['started; ready', 'next']);
  });

  it('does not lose a line that reads like a header and has no row', () => {
    expect(textsOf(split('User kim signed in, from the office\n'))).toEqual(['User kim signed in, from the office']);
    expect(textsOf(split('id,name,host\n'))).toEqual(['<it reads like the header of a table, and no row follows>']);
  });

  it('costs a time in proportion to its length where one quote opens and never closes', () => {
    const began = performance.now();
    const pieces = split(`a,b\n1,"${'x\n'.repeat(530_000)}`, 65_536);
    expect(pieces.some(one => !one.ok)).toBe(true);
    expect(performance.now() - began).toBeLessThan(5_000);
  });
});

describe('mail', () => {
  it('is one record a message, known by its header whatever the file is called', () => {
    for (const size of [undefined, 1, 100]) {
      const [piece, ...more] = split(MAIL(1), size);
      expect(more).toEqual([]);
      expect(piece?.ok === true && piece.record.value).toMatchObject({
        '@type': 'message/rfc822',
        header: { from: ['Kim <kim@example.com>'], subject: ['Invoice 1'] },
        text: 'Please pay.\r\n',
      });
      expect(piece && new TextDecoder().decode(bytesOf(piece))).toBe(MAIL(1));
    }
  });

  it('may come as a mailbox, in which a quoted From_ line ends no message', () => {
    const first = `From kim@example.com Mon Mar  2 01:00:00 2026\n${MAIL(1).replaceAll('\r\n', '\n')}\n>From here on\n\n`;
    const second = `From sam@example.org Mon Mar  2 02:00:00 2026\n${MAIL(2).replaceAll('\r\n', '\n')}`;
    for (const size of [undefined, 1, 50]) {
      const pieces = split(first + second, size);
      expect(pieces.map(one => new TextDecoder().decode(bytesOf(one)))).toEqual([first, second]);
      expect(valuesOf(pieces)).toMatchObject([
        { header: { subject: ['Invoice 1'] } },
        { header: { subject: ['Invoice 2'] } },
      ]);
    }
  });

  it('is not what only looks a little like it', () => {
    for (const file of [
      'ERROR: disk full\nFrom: here\nINFO: x\n',
      'Subject: a\nDate: b\nTo: c\n\nno origin\n',
      'From here to there: a\n',
    ])
      expect(valuesOf(split(file)).every(value => typeof value === 'string')).toBe(true);
  });

  it('is refused above its size cap, with its first part', () => {
    const big = `${MAIL(1)}${'x'.repeat(8_400_000)}`;
    const [piece, ...more] = split(big, 1_000_000);
    expect([piece?.ok, more]).toEqual([false, []]);
  });

  it('never throws and always ends, whatever its structure claims', () => {
    const line = fc.constantFrom(
      'Content-Type: multipart/mixed; boundary="b"',
      "Content-Type: multipart/mixed; boundary=b; boundary*0*=utf-8''%62",
      'Content-Type: message/rfc822',
      'Content-Transfer-Encoding: base64',
      'Content-Transfer-Encoding: quoted-printable',
      'Content-Disposition: attachment; filename="a\\',
      'Content-Type: text/html; charset=utf-7',
      '--b',
      '--b--',
      '',
      '=?utf-8?B?/////w==?= =?x?',
      '<a href="https://example.com/&#0;&amp;">',
      'QUJD=====',
      '=ZZ=4',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(line, fc.string({ unit: 'binary' })), { maxLength: 40 }), lines => {
        const text = `From: a@example.com\r\nTo: b@example.org\r\nSubject: s\r\n${lines.join('\r\n')}`;
        const piece = recordOf(new TextEncoder().encode(text));
        expect(new TextDecoder().decode(bytesOf(piece))).toBe(new TextDecoder().decode(new TextEncoder().encode(text)));
        expect(JSON.stringify(piece.ok ? piece.record.value : '')).not.toBe('');
      }),
      { numRuns: 300 },
    );
  });

  it('takes a time in proportion to its length for parts and parameters that are made to be slow', () => {
    const head = 'From: a@example.com\r\nTo: b@example.org\r\nSubject: s\r\n';
    const began = performance.now();
    for (const text of [
      `${head}Content-Type: multipart/mixed; ${';a="\\'.repeat(50_000)}\r\n\r\nx`,
      `${head}Content-Type: multipart/mixed; boundary=b\r\n\r\n${'--b\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n'.repeat(10_000)}`,
      `${head}\r\n${'href='.repeat(150_000)}`,
      `${head}\r\n${'https://'.repeat(100_000)}`,
      `${head}Content-Type: text/html\r\n\r\n${'<a href="'.repeat(100_000)}`,
      `${head}X: ${'=?utf-8?Q?'.repeat(80_000)}\r\n\r\n`,
      `${head}${'X: y\r\n'.repeat(100_000)}\r\n`,
      `${head}X: y\r\n${' z\r\n'.repeat(200_000)}\r\n`,
    ])
      expect(typeof recordOf(new TextEncoder().encode(text)).ok).toBe('boolean');
    expect(performance.now() - began).toBeLessThan(8_000);
  });
});
