import type { Secret } from '../../ports/responder.ts';
import type { HttpAnswer } from '../shared/http/ask-http.ts';
import { asMembers, denied, jsonOf, look, send } from '../shared/http/vendor-http.ts';
import type { ScimSettings } from './config.ts';

/** An account, as the product tells it. */
export interface ScimUser {
  readonly id: string;
  readonly userName: string;
  readonly active: 'true' | 'false';
  /** What the product calls this version of it; empty where it counts none. */
  readonly version: string;
  readonly groups: readonly string[];
}

export interface Asking {
  readonly settings: ScimSettings;
  readonly secret: Secret;
  readonly timeoutMs: number;
}

const NAME_CHARS_MAX = 256;
const SCIM_JSON = 'application/scim+json';

/** Looks at an address below the product's. */
async function ask(url: string, secret: Secret, timeoutMs: number): Promise<HttpAnswer> {
  return await look({ method: 'GET', url, headers: headersOf(secret) }, timeoutMs);
}

function headersOf(secret: Secret) {
  return { authorization: `Bearer ${secret.reveal()}`, accept: SCIM_JSON };
}

/** Changes an account, for the version that was read; an empty one stands for a product that counts none. */
export async function patchUser(
  { settings, secret, timeoutMs }: Asking,
  id: string,
  body: object,
  version: string,
): Promise<HttpAnswer> {
  const headers = {
    ...headersOf(secret),
    'content-type': SCIM_JSON,
    ...(version === '' ? {} : { 'if-match': version }),
  };
  return await send({ method: 'PATCH', url: userUrl(settings, id), headers, body: JSON.stringify(body) }, timeoutMs);
}

export function membersOf({ text }: HttpAnswer): ReadonlyMap<string, unknown> {
  return asMembers(jsonOf(text));
}

/** Ids go into a path, so they hold nothing that a path has another use for. */
export function canBeId(id: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9_.@-]{0,127}$/.test(id);
}

function userUrl({ url }: ScimSettings, id: string): string {
  return `${url}/Users/${encodeURIComponent(id)}`;
}

/** The account behind a name or an id, and nobody else; undefined where there is none, or more than one. */
export async function findUser(
  asking: Asking,
  target: { readonly name: string } | { readonly immutableId: string },
): Promise<ScimUser | undefined> {
  if ('immutableId' in target) return await userById(asking, target.immutableId);
  const { name } = target;
  if (name === '' || !name.isWellFormed() || /\p{Cc}/u.test(name) || name.length > NAME_CHARS_MAX) return undefined;
  // RFC 7644, 3.4.2.2: a value of a filter is written as in JSON.
  const filter = encodeURIComponent(`userName eq ${JSON.stringify(name)}`);
  const found = await ask(`${asking.settings.url}/Users?filter=${filter}&count=2`, asking.secret, asking.timeoutMs);
  if (found.status !== 200) throw denied(found);
  const listed = membersOf(found).get('Resources');
  const users = (Array.isArray(listed) ? listed : []).map(one => userOf(asMembers(one)));
  const [user] = users;
  // Most products compare names without case: whoever is written otherwise is somebody else here.
  return users.length === 1 && user !== undefined && user.userName === name && canBeId(user.id) ? user : undefined;
}

export async function userById({ settings, secret, timeoutMs }: Asking, id: string): Promise<ScimUser | undefined> {
  if (!canBeId(id)) return undefined;
  const answer = await ask(userUrl(settings, id), secret, timeoutMs);
  if (answer.status === 404) return undefined;
  if (answer.status !== 200) throw denied(answer);
  const user = userOf(membersOf(answer));
  return user?.id === id ? user : undefined;
}

export function userOf(members: ReadonlyMap<string, unknown>): ScimUser | undefined {
  const text = (value: unknown) => (typeof value === 'string' ? value : '');
  const active = members.get('active');
  if (text(members.get('id')) === '' || typeof active !== 'boolean') return undefined;
  const groups = members.get('groups');
  return {
    id: text(members.get('id')),
    userName: text(members.get('userName')),
    active: active ? 'true' : 'false',
    version: text(asMembers(members.get('meta')).get('version')),
    groups: (Array.isArray(groups) ? groups : []).map(group => text(asMembers(group).get('display'))),
  };
}

/** Whether the product says that it takes changes of this kind (RFC 7643, 5). */
export async function takesPatch({ settings, secret, timeoutMs }: Asking): Promise<boolean> {
  const answer = await ask(`${settings.url}/ServiceProviderConfig`, secret, timeoutMs);
  if (answer.status !== 200) throw denied(answer);
  return asMembers(membersOf(answer).get('patch')).get('supported') === true;
}
