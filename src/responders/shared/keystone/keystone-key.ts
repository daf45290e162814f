import { createHash } from 'node:crypto';
import type { VendorClient } from '../http/vendor-client.ts';
import { asMembers, asText, listOf } from '../http/vendor-http.ts';
import { isId } from './keystone-session.ts';

const SHOWN_MAX = 50;

/** One application credential, as Keystone tells it. It cannot be changed, only made anew, and then it has another id. */
export interface KeyReading {
  readonly id: string;
  readonly name: string;
  readonly project: string;
  readonly description: string;
  /** When it ends by itself; empty where it does not. */
  readonly expires: string;
  readonly roles: readonly { readonly id: string; readonly name: string }[];
  /** The only requests that it may make; undefined where it may do whatever its roles may. */
  readonly rules: readonly AccessRule[] | undefined;
  /** It may make and delete others of its user. */
  readonly isUnrestricted: boolean;
  /** Digest of everything that Keystone tells of it. */
  readonly record: string;
}

export interface AccessRule {
  readonly method: string;
  readonly path: string;
  readonly service: string;
}

/** One application credential, named and meant by the ids of its user and of itself. */
export function keyParts(text: string): readonly [user: string, key: string] | undefined {
  const [user = '', key = '', ...rest] = text.split('/');
  return rest.length === 0 && isId(user) && isId(key) ? [user, key] : undefined;
}

/** Those of one user. Asked for one by its id alone, Keystone tells of anybody's. */
export async function keysOf(client: VendorClient, user: string): Promise<readonly KeyReading[]> {
  const body = asMembers(await client.get(`/users/${user}/application_credentials`));
  return listOf(body.get('application_credentials')).map(asMembers).map(readingOf);
}

function readingOf(key: ReadonlyMap<string, unknown>): KeyReading {
  // Left out where there are none.
  const rules = key.get('access_rules');
  return {
    id: asText(key.get('id')),
    name: asText(key.get('name')),
    project: asText(key.get('project_id')),
    description: asText(key.get('description')),
    expires: asText(key.get('expires_at')),
    roles: listOf(key.get('roles'))
      .map(asMembers)
      .map(role => ({ id: asText(role.get('id')), name: asText(role.get('name')) })),
    rules:
      rules === undefined || rules === null
        ? undefined
        : listOf(rules)
            .map(asMembers)
            .map(rule => ({
              method: asText(rule.get('method')),
              path: asText(rule.get('path')),
              service: asText(rule.get('service')),
            })),
    isUnrestricted: key.get('unrestricted') === true,
    record: digestOf([...key].filter(([name]) => name !== 'links').sort(([a], [b]) => (a < b ? -1 : 1))),
  };
}

/** The same for two that may do the same, in the same project and for as long. */
export function reachOf({ project, expires, roles, rules, isUnrestricted }: KeyReading): string {
  const texts = (rules ?? []).map(rule => JSON.stringify(rule)).sort();
  return digestOf([
    project,
    expires,
    roles.map(({ id }) => id).sort(),
    rules === undefined ? null : texts,
    isUnrestricted,
  ]);
}

function digestOf(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex');
}

/** What it opens. */
export function restingOn({ project, roles, rules = [], isUnrestricted, expires }: KeyReading): readonly string[] {
  return [
    `project ${project}`,
    ...shownList(roles.map(({ name }) => `role ${name}`)),
    ...shownList(rules.map(({ method, path, service }) => `may only ${method} ${path} ${service}`)),
    ...(isUnrestricted ? ['may make and delete application credentials of its user'] : []),
    expires === '' ? 'has no end of its own' : `ends by itself at ${expires}`,
  ];
}

export function shownList(texts: readonly string[]): readonly string[] {
  const rest = texts.length - SHOWN_MAX;
  return rest > 0 ? [...texts.slice(0, SHOWN_MAX), `${rest} more of these`] : texts;
}
