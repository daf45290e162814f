import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const PROGRAM = fileURLToPath(new URL('../../dist/countersign.js', import.meta.url));

function run(args: readonly string[]): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
  return new Promise(resolve => {
    execFile(process.execPath, [PROGRAM, 'policy', ...args], (error, out, err) =>
      resolve({ code: typeof error?.code === 'number' ? error.code : error === null ? 0 : 1, out, err }),
    );
  });
}

const KNOWN = ['--privileged', 'no', '--machine', 'no', '--critical', 'no', '--dependents', 'known'];

describe.skipIf(!existsSync(PROGRAM))('countersign policy (skipped where the program is not built)', () => {
  test('what is not said of a target is unknown, and unknown takes two people, each reason with its tier', async () => {
    const { code, out } = await run(['explain', 'postgres-role/lock', '--json']);
    expect(code).toBe(0);
    const { tier, seats, reasons, kind } = JSON.parse(out);
    expect({ tier, seats, kind }).toEqual({
      tier: 'T3',
      seats: expect.arrayContaining(['responder']),
      kind: 'disable_account',
    });
    expect(reasons.map((one: { reason: string; tier: string }) => `${one.tier} ${one.reason}`)).toEqual([
      'T3 target_class_unknown',
      'T3 dependents_unknown',
      'T3 coverage_unknown',
      'T2 kind_takes_a_responder',
      'T2 changes_identity',
    ]);
  });

  test('a target of which all is known to be harmless takes one responder, and says why', async () => {
    const { out } = await run(['explain', 'ldap-account/lock', ...KNOWN, '--coverage', 'complete']);
    expect(out).toContain('ldap-account/lock (disable_account): T2, seats: responder');
    expect(out).toContain('T2  this kind of act takes a responder with a passkey');
  });

  test('an operation or a word that there is not is no explanation', async () => {
    expect(await run(['explain', 'postgres-role/drop'])).toMatchObject({ code: 2, out: '' });
    const { code, err } = await run(['explain', 'postgres-role/lock', '--privileged', 'perhaps']);
    expect({ code, err }).toEqual({ code: 2, err: expect.stringContaining('--privileged is one of unknown, yes, no') });
  });

  test('what is in force is shown under the digest that reviews sign, the same for the rules and for an act', async () => {
    const shown = JSON.parse((await run(['show', '--json'])).out);
    const explained = JSON.parse((await run(['explain', 'postgres-role/lock', '--json'])).out);
    expect(explained.policyDigest).toBe(shown.digest);
    expect(shown.tiers.kinds.reset_mfa).toBe('T3');
    expect((await run(['show'])).out).toContain('nobody-changes-policy-here');
  });
});
