import { describe, expect, test } from 'vitest';
import {
  LifeOfALog,
  LOG_ORIGIN,
  LOG_SIGNER,
  type LogFiles,
  logOf,
  POLICY,
  plainLog,
  policyFor,
  readerOf,
  signedCheckpoint,
} from '../../../test/signed-log.ts';
import { signatureChecks } from '../../cli/signature-checks.ts';
import { logSigner, nativeSha256, verifyEd25519 } from '../../store/ed25519.ts';
import { cosignatureBytes, cosignatureMessage, noteKeyId, parseNote, printNote, printNoteKey } from '../note.ts';
import { encodeBundle } from '../tile.ts';
import type { CheckName, VerifyReport } from './report.ts';
import { printReport } from './report.ts';
import { verifyLog } from './verify.ts';

function verify(files: LogFiles, given: { policy?: string; since?: string } = {}): Promise<VerifyReport> {
  return verifyLog({
    read: readerOf(files),
    policy: POLICY,
    sha256: nativeSha256,
    verifyEd25519,
    signatures: signatureChecks,
    ...given,
  });
}

const verdict = (report: VerifyReport, name: CheckName) => report.checks.find(check => check.name === name)?.verdict;
const finding = (report: VerifyReport) => report.checks.flatMap(check => check.findings)[0];

const longer = plainLog(800);
const entries = longer.slice(0, 600);
const files = logOf(entries);
const utf8 = (text: string) => new TextEncoder().encode(text);
const changed = (...changes: readonly (readonly [string, Uint8Array | undefined])[]): LogFiles => {
  const copy: LogFiles = new Map(files);
  for (const [path, bytes] of changes) {
    if (bytes === undefined) copy.delete(path);
    else copy.set(path, bytes);
  }
  return copy;
};

describe('a log that nobody touched', () => {
  test('is verified, and what could not be checked is said', async () => {
    const report = await verify(files);
    expect(report.outcome).toBe('verified');
    expect(report.checks.map(({ number, name, verdict: said }) => `${number} ${name} ${said}`)).toEqual([
      '1 policy pass',
      '2 note pass',
      '3 root pass',
      '4 append_only not_checked',
      '5 receipt not_checked',
      '6 entries pass',
      '7 blobs not_checked',
      '8 process pass',
      '9 summary pass',
    ]);
    expect(report.summary).toMatchObject({ size: 600, counts: { 'demo.played': 599, 'installation.made': 1 } });
    expect(printReport(report)).toContain('unwitnessed: the operator could have rewritten this log');
    expect(printReport(report)).toContain('a rollback cannot be seen');
  });

  test('may have grown past the partial tiles that its older checkpoint names', async () => {
    const grown: LogFiles = new Map(files);
    for (const [path, bytes] of logOf(longer))
      if (!path.includes('.p/') && path !== 'checkpoint') grown.set(path, bytes);
    for (const path of [...grown.keys()])
      if (path.startsWith('tile/0/002.p/') || path.startsWith('tile/entries/002.p/')) grown.delete(path);
    expect((await verify(grown)).outcome).toBe('verified');
  });

  for (const size of [0, 1, 2, 255, 256, 257, 511, 512]) {
    test(`of ${size} entries is verified`, async () => {
      expect((await verify(logOf(entries.slice(0, size)))).outcome).toBe('verified');
    });
  }
});

describe('a log that somebody touched', () => {
  // The whole log has some 90,000 bytes; a stride that is prime to every record's length reaches all kinds of places.
  const stride = process.env['COUNTERSIGN_ALL_MUTANTS'] === undefined ? 17 : 1;
  test(`every byte flip is found (one byte in ${stride}, all of the checkpoint)`, async () => {
    const survivors: string[] = [];
    let made = 0;
    for (const [path, bytes] of files) {
      for (let at = 0; at < bytes.length; at += path === 'checkpoint' ? 1 : stride) {
        const mutant = Uint8Array.from(bytes);
        mutant[at] = (bytes[at] ?? 0) ^ (1 << (at % 8));
        made += 1;
        if ((await verify(changed([path, mutant]))).outcome === 'verified') survivors.push(`${path} at ${at}`);
      }
    }
    expect(survivors).toEqual([]);
    expect(made).toBeGreaterThan(4_000);
  }, 900_000);

  const bundle = (index: number, edit: (list: Uint8Array[]) => Uint8Array[]) =>
    encodeBundle(edit(entries.slice(index * 256, index * 256 + 256)));

  for (const [name, mutant, code, entry] of [
    [
      'an entry deleted',
      changed(['tile/entries/001', bundle(1, list => list.slice(0, -1))]),
      'bundle.malformed',
      undefined,
    ],
    [
      'two entries swapped',
      changed(['tile/entries/001', bundle(1, ([a, b, ...rest]) => [b, a, ...rest].filter(e => e !== undefined))]),
      'log.entry_differs',
      256,
    ],
    [
      'an entry replaced',
      changed(['tile/entries/000', bundle(0, list => list.map((e, i) => (i === 7 ? utf8('{}') : e)))]),
      'log.entry_differs',
      7,
    ],
    [
      'an entry appended to a partial bundle',
      changed(['tile/entries/002.p/88', bundle(2, list => [...list, utf8('{}')])]),
      'bundle.malformed',
      undefined,
    ],
    ['a bundle missing', changed(['tile/entries/001', undefined]), 'log.missing_file', undefined],
    ['a tile missing', changed(['tile/0/000', undefined]), 'log.missing_file', undefined],
    ['a tile above the leaves missing', changed(['tile/1/000.p/2', undefined]), 'log.missing_file', undefined],
    [
      'a tile cut short',
      changed(['tile/0/000', (files.get('tile/0/000') ?? utf8('')).slice(32)]),
      'tile.malformed',
      undefined,
    ],
    [
      'a bundle cut within an entry',
      changed(['tile/entries/000', (files.get('tile/entries/000') ?? utf8('')).slice(0, -1)]),
      'bundle.malformed',
      undefined,
    ],
    [
      'a size that is larger',
      changed(['checkpoint', utf8(new TextDecoder().decode(files.get('checkpoint')).replace('\n600\n', '\n601\n'))]),
      'note.not_signed',
      undefined,
    ],
  ] as const) {
    test(`${name} is found and named`, async () => {
      const report = await verify(mutant);
      expect(report.outcome).toBe('failed');
      expect(finding(report)?.code).toBe(code);
      expect(finding(report)?.entry).toBe(entry);
    });
  }

  test('an entry and its tiles replaced together are found by the root', async () => {
    const forged = entries.map((entry, i) => (i === 300 ? (entries[301] ?? entry) : entry));
    const report = await verify(new Map([...logOf(forged), ['checkpoint', files.get('checkpoint') ?? utf8('')]]));
    expect(report.outcome).toBe('failed');
    expect(finding(report)?.code).toBe('log.root_differs');
  });

  test('the finding says where: file, byte, entry and both hashes', async () => {
    const report = await verify(
      changed(['tile/entries/000', bundle(0, list => list.map((e, i) => (i === 1 ? utf8('{}') : e)))]),
    );
    expect(finding(report)).toMatchObject({
      path: 'tile/entries/000',
      byteOffset: 2 + (entries[0]?.length ?? 0) + 2,
      entry: 1,
    });
    expect(finding(report)?.found).toMatch(/^[0-9a-f]{64}$/);
    expect(finding(report)?.expected).not.toBe(finding(report)?.found);
  });

  test('a log that is validly signed by another key is not this log', async () => {
    const stranger = logSigner(LOG_ORIGIN, new Uint8Array(32).fill(1));
    const report = await verify(logOf(entries, stranger));
    expect([report.outcome, finding(report)?.code]).toEqual(['failed', 'note.not_signed']);
  });

  test('a log of another origin is refused, whoever signed it', async () => {
    const other = logSigner('other.example/log', new Uint8Array(32).fill(9));
    const report = await verify(logOf(entries, other));
    expect([report.outcome, finding(report)?.code]).toEqual(['failed', 'note.unknown_log']);
  });

  test('a directory without a checkpoint, and a policy that is none, are unusable', async () => {
    expect((await verify(changed(['checkpoint', undefined]))).outcome).toBe('unusable');
    expect((await verify(files, { policy: 'quorum none\n' })).outcome).toBe('unusable');
  });
});

describe('since a saved checkpoint', () => {
  for (const size of [0, 1, 255, 256, 300, 599, 600]) {
    test(`a log that extends its first ${size} entries passes`, async () => {
      const report = await verify(files, { since: signedCheckpoint(entries.slice(0, size)) });
      expect([report.outcome, verdict(report, 'append_only')]).toEqual(['verified', 'pass']);
    });
  }
  test('a log that was rolled back to an older, validly signed state fails', async () => {
    const older = logOf(entries.slice(0, 400));
    expect((await verify(older)).outcome).toBe('verified');
    const report = await verify(older, { since: signedCheckpoint(entries) });
    expect([report.outcome, finding(report)?.code]).toEqual(['failed', 'log.rolled_back']);
  });
  test('a log that was rewritten and signed again fails', async () => {
    const rewritten = logOf(entries.map((entry, i) => (i === 100 ? (entries[101] ?? entry) : entry)));
    expect((await verify(rewritten)).outcome).toBe('verified');
    const report = await verify(rewritten, { since: signedCheckpoint(entries.slice(0, 200)) });
    expect([report.outcome, finding(report)?.code]).toEqual(['failed', 'log.rewritten']);
    expect((await verify(rewritten, { since: signedCheckpoint(entries.slice(0, 100)) })).outcome).toBe('verified');
  });
  test('a saved checkpoint that the log did not sign is unusable', async () => {
    const stranger = logSigner(LOG_ORIGIN, new Uint8Array(32).fill(1));
    expect((await verify(files, { since: signedCheckpoint(entries.slice(0, 3), stranger) })).outcome).toBe('unusable');
  });
});

describe('witnesses', () => {
  const witness = logSigner('witness.example', new Uint8Array(32).fill(3));
  const key = { ...witness.key, type: 4 as const };
  const policy = `log ${printNoteKey(LOG_SIGNER.key)}\nwitness w ${printNoteKey(key)}\nquorum w\n`;
  const cosigned = (tamper: (signature: Uint8Array) => Uint8Array = signature => signature) => {
    const note = parseNote(new TextDecoder().decode(files.get('checkpoint')));
    if (!note.ok) throw new Error('the checkpoint is a note');
    const time = 1_767_225_600;
    const signature = tamper(cosignatureBytes(time, witness.sign(cosignatureMessage(note.value.text, time))));
    const line = { name: key.name, keyId: noteKeyId(key), signature };
    return changed(['checkpoint', utf8(printNote({ ...note.value, signatures: [...note.value.signatures, line] }))]);
  };

  test('a quorum that is met verifies; without it the policy is not met', async () => {
    expect((await verify(cosigned(), { policy })).outcome).toBe('verified');
    expect((await verify(files, { policy })).outcome).toBe('policy_not_met');
  });
  test('an invalid cosignature is no missing one', async () => {
    const bad = cosigned(signature => signature.map((byte, i) => (i === 20 ? byte ^ 1 : byte)));
    const report = await verify(bad, { policy });
    expect([report.outcome, finding(report)?.code]).toEqual(['failed', 'note.bad_cosignature']);
  });
  test('the word of a witness alone is not enough', async () => {
    const note = parseNote(new TextDecoder().decode(cosigned().get('checkpoint')));
    if (!note.ok) throw new Error('the checkpoint is a note');
    const alone = changed([
      'checkpoint',
      utf8(printNote({ ...note.value, signatures: note.value.signatures.slice(1) })),
    ]);
    expect((await verify(alone, { policy })).outcome).toBe('failed');
  });
  test('a policy for a stranger is not met by us', async () => {
    const other = policyFor(logSigner(LOG_ORIGIN, new Uint8Array(32).fill(2)));
    expect((await verify(files, { policy: other })).outcome).toBe('failed');
  });
});

describe('entries', () => {
  const good = new LifeOfALog().add({ type: 'demo.played', scenario: 'x' }).bytes;
  const withSecond = (text: string | Uint8Array) =>
    logOf([...good.slice(0, 1), typeof text === 'string' ? utf8(text) : text]);
  const played = new TextDecoder().decode(good[1]);

  for (const [name, entry, code] of [
    ['spaces', played.replace(',', ', '), 'entry.not_canonical'],
    [
      'keys out of order',
      `{"type":"demo.played",${played.slice(1).replace(',"type":"demo.played"', '')}`,
      'entry.not_canonical',
    ],
    ['a number', played.replace('"v":"1"', '"v":1'), 'entry.not_canonical'],
    ['a doubled key', played.replace('{', '{"at":"2026-01-01T00:00:00.000Z",'), 'entry.not_canonical'],
    ['a needless escape', played.replace('"x"', '"\\u0078"'), 'entry.not_canonical'],
    ['a lone surrogate', played.replace('"x"', '"\\ud800"'), 'entry.not_canonical'],
    ['nesting without end', played.replace('"x"', `${'['.repeat(20_000)}${']'.repeat(20_000)}`), 'entry.not_canonical'],
    ['bytes that are not UTF-8', Uint8Array.of(0x22, 0xc3, 0x22), 'entry.not_utf8'],
    ['text that is not JSON', 'hello', 'entry.not_json'],
    ['an unknown type', played.replace('demo.played', 'demo.denied'), 'entry.unknown_type'],
    ['a type of the prototype of objects', played.replace('demo.played', 'constructor'), 'entry.unknown_type'],
    ['another version', played.replace('"v":"1"', '"v":"2"'), 'entry.malformed'],
    ['a member too many', played.replace('"v"', '"user":"alice","v"'), 'entry.malformed'],
    ['a member of another kind', played.replace('"x"', 'true'), 'entry.malformed'],
    ['a time long before the entry above it', played.replace('2026-', '2025-'), 'entry.time_runs_back'],
  ] as const) {
    test(`${name} in an entry, signed and all, is found`, async () => {
      const report = await verify(withSecond(entry));
      expect([report.outcome, verdict(report, 'entries')]).toEqual(['failed', 'fail']);
      expect(finding(report)).toMatchObject({ code, entry: 1 });
    });
  }
});
