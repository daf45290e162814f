import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { recordOfValue } from '../read/record.ts';
import { github } from './index.ts';

function alertOf(value: object) {
  const result = github.normalise(recordOfValue(value));
  if (!result.ok) throw new Error(result.failure.detail);
  return result.value;
}

const audit = (value: object) =>
  alertOf({ '@timestamp': 1772441000123, action: 'repo.access', actor: 'kim', org: 'example', ...value });

const secret = (alert: object, rest: object = {}) =>
  alertOf({
    action: 'created',
    alert: {
      number: 1,
      html_url: 'https://github.example.com/a/b/security/secret-scanning/1',
      secret_type: 'example_api_key',
      ...alert,
    },
    repository: { full_name: 'a/b' },
    ...rest,
  });

describe('github', () => {
  it('never takes a leaked secret, in no field, no entity and no title', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[A-Za-z0-9_=-]{16,40}$/), text => {
        const alert = secret({ secret: text, secret_type_display_name: 'Example' });
        expect(JSON.stringify([alert, alert.ocsf])).not.toContain(text);
      }),
      { numRuns: 40 },
    );
  });

  it('tells two leaks of one type apart, and knows one again when it is delivered a second time', () => {
    const keyOf = (alert: ReturnType<typeof alertOf>) => alert.entities.find(one => one.kind === 'access_key')?.value;
    expect(keyOf(secret({ number: 1 }))).not.toBe(keyOf(secret({ number: 2 })));
    const [created, reopened] = [secret({}), secret({}, { action: 'reopened' })];
    expect(keyOf(created)).toBe(keyOf(reopened));
    expect(created.vendorLinks).toEqual(reopened.vendorLinks);
    expect(created.vendorId).not.toBe(reopened.vendorId);
  });

  it.each([
    ['github_personal_access_token', 'token'],
    ['google_api_key', 'key'],
    ['password', 'unknown'],
  ])('says of a leaked %s that it is a %s', (secret_type, machine) => {
    const leaked = secret({ secret_type }).entities.find(one => one.kind === 'access_key');
    expect(leaked).toMatchObject({ role: 'target', machine });
  });

  it('says in the title whether a leaked secret still works and how far it leaked', () => {
    expect(secret({ validity: 'active', publicly_leaked: true, multi_repo: true }).title).toBe(
      'Secret found: example_api_key (still active, publicly leaked, in several repositories)',
    );
    expect(secret({ validity: 'inactive', publicly_leaked: false }).title).toBe('Secret found: example_api_key');
  });

  it.each([
    [{ hashed_token: 'h=', token_id: 7, programmatic_access_type: 'OAuth access token' }, 'h=', '7', 'token'],
    [{ hashed_token: 'h=', token_id: 0, programmatic_access_type: 'Public Key (User/Deploy)' }, 'h=', undefined, 'key'],
    [{ token_id: 7, programmatic_access_type: 'Fine-grained personal access token' }, '7', '7', 'token'],
  ])('names the credential of a call by its hash or number: %j', (value, key, vendorId, machine) => {
    expect(audit(value).entities.find(one => one.kind === 'access_key')).toMatchObject({
      value: key,
      vendorId,
      machine,
      role: 'actor',
    });
  });

  it('takes token number 0 for no credential', () => {
    expect(audit({ token_id: 0, hashed_token: '' }).entities.some(one => one.kind === 'access_key')).toBe(false);
  });

  it.each([
    [{ actor: 'kim' }, { kind: 'user' }],
    [{ actor: 'helper[bot]' }, { kind: 'nhi', machine: 'bot' }],
    [
      { actor: 'helper', actor_is_bot: true },
      { kind: 'nhi', machine: 'bot' },
    ],
    [{ actor: 'kim', actor_is_bot: 'False' }, { kind: 'user' }],
  ])('tells a person from a bot: %j', (value, expected) => {
    expect(audit(value).entities[0]).toMatchObject(expected);
  });

  it('names a user as target only where it is another than the actor', () => {
    const targets = (user: string) => audit({ user }).entities.filter(one => one.role === 'target');
    expect(targets('Kim')).toEqual([]);
    expect(targets('lee')).toMatchObject([{ kind: 'user', value: 'lee' }]);
  });

  it('takes no other product with an action and an actor for GitHub', () => {
    for (const value of [
      { action: 'user_login', actor: { type: 'user' }, date_create: 1772441000 },
      { action: 'repo.access', actor: 'kim' },
      { action: 'opened', repository: { full_name: 'a/b' }, sender: { login: 'kim' } },
    ])
      expect(github.recognise(recordOfValue(value))).toBe(0);
  });
});
