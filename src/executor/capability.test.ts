import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { CapabilityRefused, createCapability, secretOf } from './capability.ts';

const VALUE = 'the-write-credential';

function made(stillAllowed: () => Promise<boolean> = async () => true) {
  let opened = 0;
  const capability = createCapability({
    actDigest: 'ab',
    idempotencyKey: 'key',
    stillAllowed,
    open: async () => {
      opened++;
      return secretOf(VALUE);
    },
  });
  return { capability, opened: () => opened };
}

describe('the right to write once', () => {
  test('opens the credential once, and never again', async () => {
    const { capability, opened } = made();
    expect((await capability.open()).reveal()).toBe(VALUE);
    await expect(capability.open()).rejects.toThrow(CapabilityRefused);
    expect(opened()).toBe(1);
  });

  test('of two who open it at the same moment one is refused', async () => {
    const { capability, opened } = made();
    const answers = await Promise.allSettled([capability.open(), capability.open(), capability.open()]);
    expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(opened()).toBe(1);
  });

  test('does not open once the kill switch is on, not even later', async () => {
    let isStopped = true;
    const { capability, opened } = made(async () => !isStopped);
    await expect(capability.open()).rejects.toThrow('the kill switch is on');
    isStopped = false;
    await expect(capability.open()).rejects.toThrow(CapabilityRefused);
    expect(opened()).toBe(0);
  });

  test('does not open where it cannot be asked whether it may', async () => {
    const { capability, opened } = made(async () => {
      throw new Error('the database does not answer');
    });
    await expect(capability.open()).rejects.toThrow('the database does not answer');
    expect(opened()).toBe(0);
  });

  test('cannot be changed, and does not survive being written down', () => {
    const { capability } = made();
    expect(Object.isFrozen(capability)).toBe(true);
    expect(JSON.parse(JSON.stringify({ capability }))).toEqual({ capability: '[capability]' });
    expect(() => structuredClone(capability)).toThrow();
  });
});

test('a secret shows itself to nobody who does not ask for it by name', () => {
  const secret = secretOf(VALUE);
  for (const text of [String(secret), `${secret}`, JSON.stringify({ secret }), inspect(secret, { depth: 9 })])
    expect(text).not.toContain(VALUE);
  expect(secret.reveal()).toBe(VALUE);
});
