import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { A9 } from '../../src/connector/undo-checks.ts';
import { createCapability, secretOf } from '../../src/executor/capability.ts';
import { looker } from '../../src/executor/looker.ts';
import type { Operation, Plan } from '../../src/ports/responder.ts';
import { fingerprint, holdToken } from '../../src/responders/oauth-token/held.ts';
import { oauthToken } from '../../src/responders/oauth-token/responder.ts';
import { APP_CLIENT, type OauthServer, OTHER_CLIENT, READ_CLIENT, startOauthServer } from './oauth-server.ts';
import { startOauthTarget } from './oauth-target.ts';

/** What the kit does not ask of every responder: tokens that outlive their revocation, and the token itself as a secret. */
describe('the end of a token, as it is seen', () => {
  let server: OauthServer;
  let folder: string;
  beforeAll(async () => {
    server = await startOauthServer();
  });
  afterAll(() => server.close());
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cs-tokens-'));
    return () => rm(folder, { recursive: true, force: true });
  });

  const hold = async (token: string) => {
    await writeFile(join(folder, fingerprint(token)), token);
    return token;
  };
  const connected = (settings: { readonly [name: string]: string } = {}) => ({
    config: {
      responder: 'oauth-token',
      system: 'sso',
      settings: {
        introspect: `http://127.0.0.1:${server.port}/token/introspection`,
        revoke: `http://127.0.0.1:${server.port}/token/revocation`,
        read_client: READ_CLIENT,
        write_client: APP_CLIENT,
        tokens: folder,
        ...settings,
      },
    },
    readCredential: server.secrets.get(READ_CLIENT) ?? '',
    writeCredential: server.secrets.get(APP_CLIENT) ?? '',
    probeCredential: undefined,
  });
  const at = (path: string) => ({ resource: `http://127.0.0.1:${server.port}${path}` });
  const plan = (name: string, system = connected()) =>
    oauthToken.plan({ operation: 'revoke', target: { name }, before: undefined }, system.config, looker(system));
  const planned = async (name: string, system = connected()): Promise<Plan> => {
    const made = await plan(name, system);
    if (!made.ok) throw new Error(`${made.failure.code}: ${made.failure.detail}`);
    return made.value;
  };
  const execute = (of: Plan, system = connected()) =>
    oauthToken.execute(
      of,
      system.config,
      createCapability({
        actDigest: '',
        idempotencyKey: 'key',
        stillAllowed: async () => true,
        open: async () => secretOf(system.writeCredential),
      }),
      looker(system),
    );
  const observe = async (of: Plan, system = connected()) => {
    const seen = await oauthToken.observe(of, system.config, looker(system));
    if (!seen.ok) throw new Error(seen.failure.code);
    return seen.value;
  };

  test('is not claimed where nothing says at which resource to try it', async () => {
    const token = await hold(await server.issue('jo', APP_CLIENT, 'openid'));
    const made = await planned(fingerprint(token));
    expect(await execute(made)).toMatchObject({ outcome: 'applied', before: { 'token.activeAfter': 'false' } });
    expect(await observe(made)).toMatchObject({ state: 'in_effect', effect: 'unproven' });
  });

  test('is not claimed where the resource refused the token from the beginning', async () => {
    const system = connected(at('/payroll'));
    const made = await planned(fingerprint(await hold(await server.issue('jo', APP_CLIENT, 'openid'))), system);
    expect(made.changes.map(({ path }) => path)).toEqual(['token.active']);
    await execute(made, system);
    expect(await observe(made, system)).toMatchObject({ state: 'in_effect', effect: 'unproven' });
  });

  test('is no end where the resource still takes it, whatever the server says', async () => {
    const token = await hold(await server.issue('jo', APP_CLIENT, 'openid'));
    const system = connected(at('/me'));
    const made = await planned(fingerprint(token), system);
    await execute(made, system);
    // Another token under the same plan: what is observed is the resource, and not what was done.
    const jwt = await hold(await server.issueToClient(APP_CLIENT, 'jwt'));
    const taken = { ...made, target: { ...made.target, immutableId: fingerprint(jwt) } };
    expect(await observe(taken, connected(at('/payroll')))).toMatchObject({
      state: 'in_effect',
      effect: 'not_in_effect',
      checks: [{ ok: 'yes' }, { ok: 'no' }],
    });
    // And a signed token that this one resource refuses is not said to be refused by all.
    expect(await observe(taken, system)).toMatchObject({ state: 'in_effect', effect: 'unproven' });
  });

  test('is refused for a signed token that its server cannot end, which says how long it lives on', async () => {
    const jwt = await hold(await server.issueToClient(APP_CLIENT, 'jwt'));
    const made = await planned(fingerprint(jwt));
    expect(made.refusals).toMatchObject([{ reason: 'not_expressible' }]);
    expect(made.refusals[0]?.text).toContain('signed token that has not expired');
  });

  test('ends the other tokens of a grant with its refresh token, as the plan says that it may', async () => {
    const { refresh, access } = await server.issueBoth('jo', APP_CLIENT);
    const made = await planned(fingerprint(await hold(refresh)));
    expect(made.blast.dependents.join()).toContain('refresh token');
    await execute(made);
    expect([await server.isLive(refresh), await server.isLive(access)]).toEqual([false, false]);
  });

  test('is asked for by name only where one live token of that name is held', async () => {
    const first = await hold(await server.issue('sam', APP_CLIENT, 'openid'));
    const second = await hold(await server.issue('sam', APP_CLIENT, 'openid'));
    expect(await plan('sam')).toMatchObject({ ok: false, failure: { code: 'proposal.target_ambiguous' } });
    await execute(await planned(fingerprint(first)));
    expect((await planned('sam')).target.immutableId).toBe(fingerprint(second));
  });

  test('is not tried with a file that holds another token than its name says', async () => {
    const token = await server.issue('jo', APP_CLIENT, 'openid');
    await writeFile(join(folder, 'a'.repeat(64)), token);
    expect(await plan('a'.repeat(64))).toMatchObject({ ok: false, failure: { code: 'proposal.target_not_found' } });
    expect(await plan('jo')).toMatchObject({ ok: false, failure: { code: 'proposal.target_not_found' } });
  });

  test('is reached with a client of another one’s tokens only where the server is said to let it', async () => {
    const token = fingerprint(await hold(await server.issue('jo', OTHER_CLIENT, 'openid')));
    expect((await planned(token)).refusals).toMatchObject([{ reason: 'missing_scope' }]);
    const any = connected({ revokes: 'any' });
    // The server decides all the same, and its no is told as one.
    const made = await planned(token, any);
    expect(made.refusals).toEqual([]);
    expect(await execute(made, any)).toMatchObject({ outcome: 'refused' });
  });

  test('is never shown, by any plan, receipt, look or failure', async () => {
    const token = await hold(await server.issue('jo', APP_CLIENT, 'openid'));
    const system = connected(at('/me'));
    const made = await planned(fingerprint(token), system);
    const texts = [made, await execute(made, system), await observe(made, system)];
    server.shut.add(READ_CLIENT);
    texts.push((await plan(fingerprint(token), system)) as never);
    server.shut.clear();
    expect(JSON.stringify(texts)).not.toContain(token);
  });

  test('is put among those that are held as a file of its own, for nobody else to read, under its SHA-256', async () => {
    const token = await server.issue('jo', APP_CLIENT, 'openid');
    const sha256 = await holdToken(folder, `${token}\n`);
    expect(sha256).toBe(fingerprint(token));
    expect(await readdir(folder)).toEqual([sha256]);
    expect((await stat(join(folder, fingerprint(token)))).mode & 0o777).toBe(0o600);
    expect(await readFile(join(folder, fingerprint(token)), 'utf8')).toBe(token);
    await expect(holdToken(folder, 'two words')).rejects.toThrow('no token');
    expect((await planned('jo')).target.immutableId).toBe(sha256);
  });

  test('takes https alone beyond this machine, no credential in an address, two clients, and a whole path', () => {
    const taken = (settings: { readonly [name: string]: string }) =>
      oauthToken.parseConfig({ ...connected().config.settings, ...settings }).ok;
    expect(taken({})).toBe(true);
    expect(taken({ revoke: 'https://sso.example.org/revoke' })).toBe(true);
    for (const revoke of [
      'http://sso.example.org/',
      'https://u:p@sso.example.org/',
      'https://169.254.169.254/',
      'ftp://a',
      '',
    ])
      expect(taken({ revoke }), revoke).toBe(false);
    expect(taken({ write_client: READ_CLIENT })).toBe(false);
    expect(taken({ tokens: 'tokens' })).toBe(false);
    expect(taken({ resource: 'https://a.example/?token=1' })).toBe(false);
  });
});

describe('a responder that has no undo', () => {
  test.each([
    ['declares that it can be undone', 'exact', 'irreversible'],
    ['says of nothing that it stays', 'irreversible', 'what stays'],
  ] as const)('fails A9 where it %s', async (_fault, reversibility, saying) => {
    const target = await startOauthTarget();
    try {
      const operations = oauthToken.manifest.operations.map(
        (operation): Operation => ({ ...operation, reversibility, residue: [] }),
      );
      const broken = { ...oauthToken, manifest: { ...oauthToken.manifest, operations } };
      await expect(A9.run(target, broken)).rejects.toMatchObject({
        code: 'ERR_ASSERTION',
        message: expect.stringContaining(saying),
      });
    } finally {
      await target.close();
    }
  });
});
