import type { Seen, VendorOperation } from '../shared/http/vendor.ts';
import type { VendorClient } from '../shared/http/vendor-client.ts';
import { asMembers, asText, listOf } from '../shared/http/vendor-http.ts';
import type { GithubSettings } from './config.ts';
import { pages } from './connect.ts';
import { ADD_DEPLOY_KEY, REMOVE_DEPLOY_KEY, REVOKE_TOKEN } from './manifest.ts';

/** A repository of the organisation and the number of a key in it. */
const KEY_ID = /^([A-Za-z0-9_.-]{1,100}):([1-9]\d{0,14})$/;
/** A repository and the title that its deploy key has there, as the audit log names it. */
const KEY_NAME = /^([A-Za-z0-9_.-]{1,100})\/(.+)$/u;
const TOKEN_ID = /^[1-9]\d{0,14}$/;

const ENTRIES = pages(listOf);
const MACHINE = { isMachine: 'yes', isLastAdministrator: false, isOwnIdentity: false } as const;

/** Dots alone lead elsewhere in a path. */
function canBeRepository(name: string): boolean {
  return name !== '.' && name !== '..';
}

export function keyOperations(settings: GithubSettings): readonly VendorOperation[] {
  const key = {
    rests: [],
    isSeen: 'afterwards',
    unknown: ['Which machines hold the private half of this key.', 'What was fetched or pushed with it before.'],
    canBeId: (id: string) => canBeRepository(KEY_ID.exec(id)?.[1] ?? '.'),
    look: (client, target, told) => lookAtKey(settings, client, target, told),
  } as const satisfies Partial<VendorOperation>;
  const pathOf = (id: string) => {
    const [, repository = '', number = ''] = KEY_ID.exec(id) ?? [];
    return { keys: `/repos/${settings.organisation}/${repository}/keys`, number };
  };
  return [
    {
      ...key,
      operation: REMOVE_DEPLOY_KEY,
      rests: ['key.id'],
      to: { 'key.present': 'no' },
      sideEffects: ['Whatever fetches from this repository by the key stops.'],
      unproven: 'Whether whoever holds the key can still reach the repository another way, GitHub does not tell.',
      async write(client, { values, immutableId }) {
        await client.change('DELETE', `${pathOf(immutableId).keys}/${values['key.id'] ?? ''}`);
      },
    },
    {
      ...key,
      operation: ADD_DEPLOY_KEY,
      to: { 'key.present': 'yes' },
      undoneIf: { path: 'key.id' },
      sideEffects: ['Everybody who administers the repository is told of a new key.'],
      unproven: 'Whether whatever used the key works again, GitHub does not tell.',
      async write(client, { keeps, immutableId }) {
        await client.change('POST', pathOf(immutableId).keys, {
          title: keeps?.['key.title'] ?? '',
          key: keeps?.['key.text'] ?? '',
          read_only: keeps?.['key.readOnly'] !== 'false',
        });
      },
    },
  ];
}

/**
 * A key that was removed is in no list, so what it was is told by the plan or the receipt. The same key under another id is
 * the same key: GitHub takes each text once.
 */
async function lookAtKey(
  { organisation }: GithubSettings,
  client: VendorClient,
  target: Parameters<VendorOperation['look']>[1],
  told: { readonly [name: string]: string } | undefined,
): Promise<Seen | undefined> {
  const [, repository = '', wanted = ''] =
    ('name' in target ? KEY_NAME.exec(target.name) : KEY_ID.exec(target.immutableId)) ?? [];
  if (!canBeRepository(repository) || repository === '') return undefined;
  const keys = (await client.list(`/repos/${organisation}/${repository}/keys?per_page=100`, ENTRIES)).map(asMembers);
  const isIt = (one: ReadonlyMap<string, unknown>) =>
    'name' in target
      ? one.get('title') === wanted
      : asText(one.get('id')) === wanted || one.get('key') === told?.['key.text'];
  const found = keys.filter(isIt);
  const [one] = found;
  if (found.length > 1) return undefined;
  const isTold = !('name' in target) || told?.['key.title'] === wanted;
  const keeps =
    one === undefined
      ? isTold
        ? told
        : undefined
      : {
          'key.title': asText(one.get('title')),
          'key.text': asText(one.get('key')),
          'key.readOnly': String(one.get('read_only') !== false),
        };
  if (keeps?.['key.text'] === undefined) return undefined;
  const [title, isReadOnly] = [keeps['key.title'] ?? '', keeps['key.readOnly'] === 'true'];
  return {
    immutableId:
      'name' in target
        ? `${repository}:${one === undefined ? (told?.['key.id'] ?? '') : asText(one.get('id'))}`
        : target.immutableId,
    facts: { ...MACHINE, displayName: `${repository}/${title}`, isPrivileged: isReadOnly ? 'no' : 'yes' },
    values: {
      'key.present': one === undefined ? 'no' : 'yes',
      'key.id': one === undefined ? 'none' : asText(one.get('id')),
    },
    keeps: { 'key.title': title, 'key.text': keeps['key.text'], 'key.readOnly': String(isReadOnly) },
    direct: [`${isReadOnly ? 'reads' : 'reads and writes'} ${organisation}/${repository}`],
    dependents:
      one === undefined ? [] : [`last used ${asText(one.get('last_used')) || 'never, or GitHub does not tell'}`],
  };
}

export function tokenOperation({ organisation }: GithubSettings): VendorOperation {
  const list = `/orgs/${organisation}/personal-access-tokens`;
  return {
    operation: REVOKE_TOKEN,
    to: { 'token.present': 'no' },
    rests: [],
    isSeen: 'afterwards',
    unknown: ['What was done with the token before, and what else its owner can reach.'],
    sideEffects: ['Its owner is told by GitHub.'],
    unproven: 'Whether whoever holds the token is out of the organisation, GitHub does not tell.',
    canBeId: id => TOKEN_ID.test(id),
    async look(client, target, told) {
      const wanted = 'name' in target ? target.name : target.immutableId;
      const member = 'name' in target ? 'token_id' : 'id';
      const grants = (await client.list(`${list}?per_page=100`, ENTRIES)).map(asMembers);
      const found = grants.find(grant => asText(grant.get(member)) === wanted);
      const name =
        found === undefined
          ? told?.['token.name']
          : `${asText(asMembers(found.get('owner')).get('login'))}/${asText(found.get('token_name'))}`;
      const tokenId = found === undefined ? told?.['token.tokenId'] : asText(found.get('token_id'));
      if (name === undefined || tokenId === undefined) return undefined;
      const rights = [...asMembers(found?.get('permissions'))].flatMap(([area, given]) =>
        [...asMembers(given)].map(([right, level]) => ({ area, right, level: asText(level) })),
      );
      return {
        immutableId: found === undefined ? wanted : asText(found.get('id')),
        facts: {
          displayName: tokenId,
          title: `token ${name}`,
          isPrivileged: rights.some(({ level }) => level !== 'read') ? 'yes' : 'unknown',
          isMachine: 'unknown',
          isLastAdministrator: false,
          // Ours are of Apps, or stand in no list that a token can read.
          isOwnIdentity: false,
        },
        values: { 'token.present': found === undefined ? 'no' : 'yes' },
        keeps: { 'token.name': name, 'token.tokenId': tokenId },
        direct: rights.map(({ area, right, level }) => `${area}: ${right}: ${level}`),
        dependents: found === undefined ? [] : [`last used ${asText(found.get('token_last_used_at')) || 'never'}`],
      };
    },
    write: async (client, { immutableId }) =>
      void (await client.change('POST', `${list}/${immutableId}`, { action: 'revoke' })),
  };
}
