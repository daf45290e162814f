import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bytesToHex, concatBytes, equalBytes, hexToBytes, textFromUtf8, utf8 } from '../base/bytes.ts';
import { verifyEd25519 as verify } from '../store/ed25519.ts';
import { parseCheckpoint, printCheckpoint } from './checkpoint.ts';
import { commitmentOf, opens } from './commit.ts';
import {
  checkSignature,
  cosignatureBytes,
  cosignatureMessage,
  isKeyName,
  type NoteKey,
  noteKeyId,
  parseNote,
  parseNoteKey,
  printNote,
  printNoteKey,
} from './note.ts';
import { isQuorumMet, parsePolicy } from './policy.ts';
import { parseReceipt, printReceipt } from './proof.ts';
import { leafHash } from './tree.ts';

const aHash = fc.uint8Array({ minLength: 32, maxLength: 32 });
const aName = fc.stringMatching(/^[a-z0-9./-]{1,40}$/);
const aKey: fc.Arbitrary<NoteKey> = fc.record(
  { name: aName, type: fc.constantFrom(1 as const, 4 as const), publicKey: aHash },
  { noNullPrototype: true },
);

/** The text with one piece of noise put in, taken out or doubled somewhere: a neighbour that must not parse by luck. */
function neighbour(text: string, at: number, noise: string, cut: number): string {
  const place = at % (text.length + 1);
  return text.slice(0, place) + noise + text.slice(place + cut);
}
const aChange = fc.tuple(
  fc.nat(),
  fc.oneof(fc.string({ maxLength: 2 }), fc.constantFrom('\n', '\n\n', ' ', '=', '+', '0', '— ')),
  fc.nat(2),
);

describe('checkpoint', () => {
  const aCheckpoint = fc.record({ origin: aName, size: fc.maxSafeNat(), root: aHash }, { noNullPrototype: true });

  test('parse undoes print', () => {
    fc.assert(
      fc.property(aCheckpoint, c => {
        expect(parseCheckpoint(printCheckpoint(c))).toEqual({ ok: true, value: c });
      }),
    );
  });
  test('print undoes parse, for any text that parses', () => {
    fc.assert(
      fc.property(aCheckpoint, aChange, (c, [at, noise, cut]) => {
        const text = neighbour(printCheckpoint(c), at, noise, cut);
        const parsed = parseCheckpoint(text);
        if (parsed.ok) expect(printCheckpoint(parsed.value)).toBe(text);
      }),
      { numRuns: 2000 },
    );
  });
  const root = 'gymrjhKf+peVLkwz/XrhzVQgH4NL92YXc6AZIegf4P0=';
  for (const [name, text] of [
    ['a leading zero', `o\n01\n${root}\n`],
    ['bits after the end of the base64', `o\n1\n${root.replace('P0=', 'P1=')}\n`],
    ['no last newline', `o\n1\n${root}`],
    ['a fourth line', `o\n1\n${root}\nx\n`],
    ['an empty origin', `\n1\n${root}\n`],
    ['a space in the origin', `o o\n1\n${root}\n`],
    ['a size that a number cannot hold', `o\n9007199254740993\n${root}\n`],
    ['a root of 31 bytes', `o\n1\n${root.replace('gymr', '')}\n`],
    ['a line separator in the origin', `o\u2028\n1\n${root}\n`],
  ] as const) {
    test(`refuses ${name}`, () => expect(parseCheckpoint(text).ok).toBe(false));
  }
});

describe('note', () => {
  const aNote = fc.record(
    {
      text: fc
        .array(fc.stringMatching(/^[ -~é—\n]{0,30}$/), { minLength: 1, maxLength: 4 })
        .map(lines => `${lines.join('\n')}\n`),
      signatures: fc.array(
        fc.record(
          {
            name: aName,
            keyId: fc.uint8Array({ minLength: 4, maxLength: 4 }),
            signature: fc.uint8Array({ minLength: 1, maxLength: 80 }),
          },
          { noNullPrototype: true },
        ),
        { minLength: 1, maxLength: 16 },
      ),
    },
    { noNullPrototype: true },
  );

  test('parse undoes print', () => {
    fc.assert(
      fc.property(aNote, note => {
        expect(parseNote(printNote(note))).toEqual({ ok: true, value: note });
      }),
    );
  });
  test('print undoes parse, for any text that parses', () => {
    fc.assert(
      fc.property(aNote, aChange, (note, [at, noise, cut]) => {
        const text = neighbour(printNote(note), at, noise, cut);
        const parsed = parseNote(text);
        if (parsed.ok) expect(printNote(parsed.value)).toBe(text);
      }),
      { numRuns: 2000 },
    );
  });
  test('the text ends at the last blank line, so a signature cannot be smuggled in above it', () => {
    const parsed = parseNote('a\n\n— x AAAAAAA=\n\n— y AAAAAAA=\n');
    expect(parsed.ok && parsed.value.text).toBe('a\n\n— x AAAAAAA=\n');
  });
  for (const [name, text] of [
    ['no signature', 'a\n\n'],
    ['no blank line', 'a\n— x AAAAAAA=\n'],
    ['a control character', 'a\t\n\n— x AAAAAAA=\n'],
    ['a hyphen for the dash', 'a\n\n- x AAAAAAA=\n'],
    ['a signature that is only a key id', 'a\n\n— x AAAAAA==\n'],
    ['a name with a plus sign', 'a\n\n— x+y AAAAAAA=\n'],
    ['a name with an exotic space', 'a\n\n— x\u0085y AAAAAAA=\n'],
    ['no last newline', 'a\n\n— x AAAAAAA='],
    ['something after the signatures', 'a\n\n— x AAAAAAA=\nz\n'],
    ['more signatures than are allowed', `a\n\n${'— x AAAAAAA=\n'.repeat(101)}`],
  ] as const) {
    test(`refuses ${name}`, () => expect(parseNote(text).ok).toBe(false));
  }

  test('a key undoes its own print, and prints as it was read', () => {
    fc.assert(
      fc.property(aKey, key => {
        expect(parseNoteKey(printNoteKey(key))).toEqual({ ok: true, value: key });
      }),
    );
    fc.assert(
      fc.property(aKey, aChange, (key, [at, noise, cut]) => {
        const text = neighbour(printNoteKey(key), at, noise, cut);
        const parsed = parseNoteKey(text);
        if (parsed.ok) expect(printNoteKey(parsed.value)).toBe(text);
      }),
    );
  });
  test('a key whose id does not belong to it is refused', () => {
    fc.assert(
      fc.property(aKey, fc.nat(31), (key, at) => {
        const id = bytesToHex(noteKeyId(key));
        const other = { ...key, publicKey: key.publicKey.map((byte, i) => (i === at ? byte ^ 1 : byte)) };
        expect(parseNoteKey(printNoteKey(other).replace(bytesToHex(noteKeyId(other)), id)).ok).toBe(false);
      }),
    );
  });
  test('names have no white space and no plus', () => {
    for (const name of ['', 'a b', 'a+b', 'a\u00a0b', 'a\u2029b', 'a\u0085b', 'a\u0000b'])
      expect(isKeyName(name)).toBe(false);
    expect(isKeyName('countersign.example/é')).toBe(true);
  });
});

describe('signatures of a note', () => {
  const log = keyPair('log.example', 1);
  const witness = keyPair('witness.example', 4);
  const text = 'log.example\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n';
  const byLog = line(log.key, ed25519(log.secret, utf8(text)));
  const byWitness = line(
    witness.key,
    cosignatureBytes(1_700_000_000, ed25519(witness.secret, cosignatureMessage(text, 1_700_000_000))),
  );

  test('each is valid by its own key, and a cosignature says when', async () => {
    const note = { text, signatures: [byLog, byWitness] };
    expect(await checkSignature(note, log.key, verify)).toEqual({ kind: 'valid', unixSeconds: undefined });
    expect(await checkSignature(note, witness.key, verify)).toEqual({ kind: 'valid', unixSeconds: 1_700_000_000 });
  });
  test('a key that did not sign is absent, also under a name that did', async () => {
    const stranger = keyPair('log.example', 1);
    expect(await checkSignature({ text, signatures: [byLog] }, stranger.key, verify)).toEqual({ kind: 'absent' });
  });
  test('an invalid signature beside a valid one of the same key spoils the note', async () => {
    const spoiled = { ...byLog, signature: byLog.signature.map((byte, i) => (i === 0 ? byte ^ 1 : byte)) };
    expect(await checkSignature({ text, signatures: [byLog, spoiled] }, log.key, verify)).toEqual({ kind: 'invalid' });
    expect(await checkSignature({ text, signatures: [spoiled, byLog] }, log.key, verify)).toEqual({ kind: 'invalid' });
  });
  test('another text, another time, a shorter signature: all invalid', async () => {
    const later = { ...byWitness, signature: byWitness.signature.map((byte, i) => (i === 7 ? byte ^ 1 : byte)) };
    const short = { ...byLog, signature: byLog.signature.slice(1) };
    expect(await checkSignature({ text: `${text}x\n`, signatures: [byLog] }, log.key, verify)).toEqual({
      kind: 'invalid',
    });
    expect(await checkSignature({ text, signatures: [later] }, witness.key, verify)).toEqual({ kind: 'invalid' });
    expect(await checkSignature({ text, signatures: [short] }, log.key, verify)).toEqual({ kind: 'invalid' });
  });
  test('a key of the wrong length is a refusal and no exception', async () => {
    expect(await verify(new Uint8Array(3), utf8('x'), new Uint8Array(64))).toBe(false);
  });
});

describe('receipt', () => {
  const aReceipt = fc.record(
    {
      extra: fc.option(fc.uint8Array({ maxLength: 40 }), { nil: undefined }),
      index: fc.maxSafeNat(),
      proof: fc.array(aHash, { maxLength: 63 }),
      checkpoint: fc.constantFrom('o\n1\nx\n\n— o AAAAAAA=\n', 'anything'),
    },
    { noNullPrototype: true },
  );
  test('parse undoes print', () => {
    fc.assert(
      fc.property(aReceipt, r => {
        expect(parseReceipt(printReceipt(r))).toEqual({ ok: true, value: r });
      }),
    );
  });
  test('print undoes parse, for any text that parses', () => {
    fc.assert(
      fc.property(aReceipt, aChange, (r, [at, noise, cut]) => {
        const text = neighbour(printReceipt(r), at, noise, cut);
        const parsed = parseReceipt(text);
        if (parsed.ok) expect(printReceipt(parsed.value)).toBe(text);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('policy', () => {
  const log = printNoteKey(keyPair('log.example', 1).key);
  const witnesses = ['a', 'b', 'c'].map(name => `witness ${name} ${printNoteKey(keyPair(`${name}.example`, 4).key)}`);
  const good = ['# ours', `log ${log}`, '', ...witnesses, 'group two 2 a b', 'group all all two c', 'quorum all'];

  test('a quorum is filled by the members that it names and by no fewer', () => {
    const policy = parsePolicy(good.join('\n'));
    expect(policy.ok).toBe(true);
    if (!policy.ok) return;
    expect(isQuorumMet(policy.value, new Set(['a', 'b', 'c']))).toBe(true);
    for (const few of [[], ['a', 'b'], ['a', 'c'], ['b', 'c'], ['all', 'two', 'c']]) {
      expect(isQuorumMet(policy.value, new Set(few))).toBe(false);
    }
  });
  test('one more cosignature never unfills a quorum', () => {
    const policy = parsePolicy(good.join('\n'));
    if (!policy.ok) throw new Error('the policy is good');
    const some = fc.subarray(['a', 'b', 'c']);
    fc.assert(
      fc.property(some, some, (a, b) => {
        if (isQuorumMet(policy.value, new Set(a))) expect(isQuorumMet(policy.value, new Set([...a, ...b]))).toBe(true);
      }),
    );
  });
  for (const [name, lines, line] of [
    ['no quorum line', [`log ${log}`], 0],
    ['no log', ['quorum none'], 0],
    ['two quorum lines', [`log ${log}`, 'quorum none', 'quorum none'], 3],
    ['a member that is not defined above', [`log ${log}`, 'group g any later', 'quorum g'], 2],
    ['a group within itself', [`log ${log}`, 'group g any g', 'quorum g'], 2],
    ['one witness in two groups', [`log ${log}`, ...witnesses, 'group g any a', 'group h any a', 'quorum g'], 6],
    ['one witness twice in a group', [`log ${log}`, ...witnesses, 'group g 2 a a', 'quorum g'], 5],
    [
      'one key under two names',
      [`log ${log}`, witnesses[0] ?? '', (witnesses[0] ?? '').replace(' a ', ' b '), 'quorum a'],
      3,
    ],
    ['a threshold above the members', [`log ${log}`, ...witnesses, 'group g 3 a b', 'quorum g'], 5],
    ['a threshold of nothing', [`log ${log}`, ...witnesses, 'group g 0 a b', 'quorum g'], 5],
    ['a log key as witness', [`log ${log}`, `witness w ${log}`, 'quorum w'], 2],
    ['an unknown word', [`log ${log}`, 'trust everybody', 'quorum none'], 2],
    ['a witness named none', [`log ${log}`, (witnesses[0] ?? '').replace(' a ', ' none '), 'quorum none'], 2],
    ['a name of the prototype of objects', [`log ${log}`, 'quorum constructor'], 2],
  ] as const) {
    test(`refuses ${name}, naming the line`, () => {
      const policy = parsePolicy(lines.join('\n'));
      expect(policy.ok ? undefined : policy.failure.line).toBe(line);
    });
  }
});

describe('commitment', () => {
  const salt = Uint8Array.from({ length: 32 }, (_, i) => 0xa0 + i);
  const blob = utf8('{"prompt":"Summarise incident 42 for alice@example.com"}');
  const expected = 'c4a01be3d26e6171a98320098c736b5fd4238b8270267c311ac45e4d416a5d65';

  test('the vector of the format', () => expect(commitmentOf(salt, blob)).toBe(expected));
  test('opens by its own salt and blob and by no other', () => {
    expect(opens(expected, salt, blob)).toBe(true);
    expect(opens(expected, salt, concatBytes(blob, utf8(' ')))).toBe(false);
    expect(
      opens(
        expected,
        salt.map(byte => byte ^ 1),
        blob,
      ),
    ).toBe(false);
    expect(opens(expected, concatBytes(salt, blob.slice(0, 1)), blob.slice(1))).toBe(false);
  });
});

test('the leaf of a note is not the leaf of its text', () => {
  expect(equalBytes(leafHash(utf8('a\n')), leafHash(utf8('a')))).toBe(false);
  expect(textFromUtf8(Uint8Array.of(0xc3))).toBeUndefined();
  expect(hexToBytes('0')).toBeUndefined();
});

function keyPair(name: string, type: 1 | 4): { key: NoteKey; secret: KeyObject } {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const raw = new Uint8Array(publicKey.export({ format: 'der', type: 'spki' }).subarray(-32));
  return { key: { name, type, publicKey: raw }, secret: privateKey };
}

function ed25519(secret: KeyObject, message: Uint8Array): Uint8Array {
  return new Uint8Array(sign(null, message, secret));
}

function line(key: NoteKey, signature: Uint8Array) {
  return { name: key.name, keyId: noteKeyId(key), signature };
}
