import { generateKeyPairSync, sign } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type AssertOptions, createAuthenticator, createBrowserKey } from '../../../test/authenticator.ts';
import { base64url, fromBase64url } from '../../base/bytes.ts';
import { verifyKey } from '../../keys/verify-key.ts';
import {
  checkAssertion,
  checkPersonSignature,
  ed25519Spki,
  isSameOrigin,
  rawFromDer,
  type SignatureFault,
} from './signatures.ts';

const PARTY = { rpId: 'localhost', origin: 'http://localhost:8080' };
const RULES = { ...PARTY, isDemo: false };
const DIGEST = '5a'.repeat(32);
const CHALLENGE = Buffer.from(DIGEST, 'hex');
const passkey = createAuthenticator(PARTY.rpId, PARTY.origin);

const check = (wrong: AssertOptions = {}, digest = DIGEST) =>
  checkAssertion(passkey.assert(CHALLENGE, wrong), passkey.credential, digest, PARTY, verifyKey);

describe('an assertion of a passkey', () => {
  test('counts over the 32 bytes of the digest', async () => {
    expect((await check()).ok).toBe(true);
  });

  const faults: readonly (readonly [string, AssertOptions, SignatureFault])[] = [
    ['made in somebody else’s frame', { crossOrigin: true }, 'cross_origin'],
    ['made under a top origin', { topOrigin: 'https://evil.example' }, 'cross_origin'],
    ['made under our own top origin', { topOrigin: PARTY.origin }, 'cross_origin'],
    ['made to register a key', { type: 'webauthn.create' }, 'wrong_type'],
    ['made for a payment', { type: 'payment.get' }, 'wrong_type'],
    ['made on another site', { origin: 'https://evil.example' }, 'wrong_origin'],
    ['made on another host', { origin: 'http://localhost.evil.example:8080' }, 'wrong_origin'],
    ['made for another relying party', { rpId: 'evil.example' }, 'wrong_relying_party'],
    ['made without user verification', { uv: false }, 'user_not_verified'],
    ['made with nobody there', { up: false }, 'user_not_present'],
  ];
  test.each(faults)('does not count when it was %s', async (_what, wrong, fault) => {
    const checked = await check(wrong);
    expect(checked.ok ? 'counts' : checked.failure).toBe(fault);
  });

  test('does not count for another digest, nor for the digest as text', async () => {
    const other = await check({}, '5b'.repeat(32));
    expect(other.ok ? 'counts' : other.failure).toBe('wrong_challenge');
    const asText = passkey.assert(Buffer.from(DIGEST, 'utf8'));
    const checked = await checkAssertion(asText, passkey.credential, DIGEST, PARTY, verifyKey);
    expect(checked.ok ? 'counts' : checked.failure).toBe('wrong_challenge');
  });

  test('does not count when any one of its bits is flipped', async () => {
    const assertion = passkey.assert(CHALLENGE);
    const parts = ['authenticatorData', 'clientDataJson', 'signature'] as const;
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...parts), fc.nat(), async (part, at) => {
        const bytes = Uint8Array.from(fromBase64url(assertion[part]) ?? []);
        const place = at % (bytes.length * 8);
        bytes[place >> 3] = (bytes[place >> 3] ?? 0) ^ (1 << (place & 7));
        const flipped = { ...assertion, [part]: base64url(bytes) };
        expect((await checkAssertion(flipped, passkey.credential, DIGEST, PARTY, verifyKey)).ok).toBe(false);
      }),
      { numRuns: 300 },
    );
  });

  test('of another person does not count, also under the name of this credential', async () => {
    const other = createAuthenticator(PARTY.rpId, PARTY.origin).assert(CHALLENGE);
    const posing = { ...other, credentialId: passkey.credential.id };
    const checked = await checkAssertion(posing, passkey.credential, DIGEST, PARTY, verifyKey);
    expect(checked.ok ? 'counts' : checked.failure).toBe('bad_signature');
    const named = await checkAssertion(other, passkey.credential, DIGEST, PARTY, verifyKey);
    expect(named.ok ? 'counts' : named.failure).toBe('unknown_credential');
  });

  test('of any form is answered and never thrown at', async () => {
    const text = fc.string({ unit: 'binary' });
    await fc.assert(
      fc.asyncProperty(text, text, text, async (authenticatorData, clientDataJson, signature) => {
        const assertion = { credentialId: passkey.credential.id, authenticatorData, clientDataJson, signature };
        expect((await checkAssertion(assertion, passkey.credential, DIGEST, PARTY, verifyKey)).ok).toBe(false);
      }),
    );
  });
});

describe('the signature of a person', () => {
  test('by a browser key counts in a demo alone', async () => {
    const key = createBrowserKey();
    const signature = { kind: 'browser_key', credentialId: key.credential.id, signature: key.sign(CHALLENGE) } as const;
    const outcome = async (isDemo: boolean) =>
      (await checkPersonSignature(signature, DIGEST, [key.credential], { ...RULES, isDemo }, verifyKey)).ok;
    expect([await outcome(true), await outcome(false)]).toEqual([true, false]);
  });

  test('by a passkey that is claimed to be a browser key does not count', async () => {
    const { signature } = passkey.assert(CHALLENGE);
    const claimed = { kind: 'browser_key', credentialId: passkey.credential.id, signature } as const;
    const checked = await checkPersonSignature(
      claimed,
      DIGEST,
      [passkey.credential],
      { ...RULES, isDemo: true },
      verifyKey,
    );
    expect(checked.ok ? 'counts' : checked.failure).toBe('kind_not_allowed');
  });
});

describe('a signature in DER', () => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });

  test('is read to the r and s that were written', () => {
    for (let i = 0; i < 200; i++) {
      const raw = rawFromDer(sign('sha256', Buffer.from([i]), privateKey));
      expect(raw?.length).toBe(64);
    }
  });

  /** SEQUENCE of two INTEGERs, as short as DER wants them. */
  const der = (r: readonly number[], s: readonly number[]) =>
    Uint8Array.from([0x30, r.length + s.length + 4, 0x02, r.length, ...r, 0x02, s.length, ...s]);

  test('has one form: short, positive, padded only where it must be, and nothing after it', () => {
    expect(rawFromDer(der([1], [2]))).toBeDefined();
    expect(rawFromDer(der([0, 0x80], [2]))).toBeDefined();
    const refused: readonly Uint8Array[] = [
      der([0, 1], [2]),
      der([0x80], [2]),
      der([], [2]),
      der(Array(34).fill(1), [2]),
      Uint8Array.from([...der([1], [2]), 0]),
      Uint8Array.from([0x30, 0x81, 6, 2, 1, 1, 2, 1, 2]),
      der([1], [2]).subarray(0, 7),
      Uint8Array.from([0x31, ...der([1], [2]).subarray(1)]),
      new Uint8Array(0),
    ];
    for (const bytes of refused) expect(rawFromDer(bytes), Buffer.from(bytes).toString('hex')).toBeUndefined();
  });

  test('of any bytes is read or refused, and what is read has 64 bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), bytes => {
        const raw = rawFromDer(bytes);
        if (raw !== undefined) expect(raw.length).toBe(64);
      }),
    );
  });
});

test('a port may differ on plain localhost and nowhere else', () => {
  expect(isSameOrigin('http://localhost:8080', 'http://localhost:9090')).toBe(true);
  expect(isSameOrigin('https://soc.example', 'https://soc.example')).toBe(true);
  for (const other of [
    'https://soc.example:444',
    'http://soc.example',
    'https://soc.example.evil',
    'https://localhost',
  ])
    expect(isSameOrigin('https://soc.example', other)).toBe(false);
  expect(isSameOrigin('http://localhost:8080', 'https://localhost:8080')).toBe(false);
  expect(isSameOrigin('http://localhost:8080', 'http://127.0.0.1:8080')).toBe(false);
});

test('an Ed25519 key has 32 bytes', () => {
  expect(ed25519Spki(base64url(new Uint8Array(32)))).toBeDefined();
  for (const length of [0, 31, 33]) expect(ed25519Spki(base64url(new Uint8Array(length)))).toBeUndefined();
});
