import { createHash } from 'node:crypto';
import { fail, ok, type Result } from '../../base/result.ts';
import { type Failure, failureOf } from '../../model/failure.ts';
import type { PlanRequest, Secret } from '../../ports/responder.ts';
import type { VendorClient } from '../shared/http/vendor-client.ts';
import { asMembers, asText, listOf } from '../shared/http/vendor-http.ts';
import { isKeycloakId, realmClient } from '../shared/keycloak/keycloak-realm.ts';
import { UnfitFile } from '../shared/own-file.ts';
import { readSecretBefore, readSecretFile, type SecretFile } from '../shared/secret-file.ts';
import { NoAnswer } from '../shared/wire-text.ts';
import { CLIENT_FILE } from './client-file.ts';
import type { RotationSettings } from './config.ts';

const NAME = 'keycloak-rotation';

/** A use of a client on record: it was let in by its secret. */
export interface Use {
  readonly atMs: number;
  readonly address: string;
}

/** What was read of one of the two clients. Of its secret nothing is kept. */
export interface ClientReading {
  /** Keycloak's own id. */
  readonly id: string;
  /** By which it logs in. */
  readonly name: string;
  readonly isEnabled: boolean;
  /** Everything that it is beside its name and its secret, as a digest: the two of a pair are alike in it. */
  readonly record: string;
  /** The roles and groups of its service account. */
  readonly rights: readonly string[];
  /** It has a secret, and Keycloak lets it in by that. */
  readonly isBySecret: boolean;
  /** It decides on resources of its own (authorization services). */
  readonly hasResources: boolean;
  /** The last change of it on record, by the id that Keycloak gave that. Empty where there is none. */
  readonly change: string;
  /** When that was. */
  readonly changedAtMs: number;
  /** The mark of the act of ours that wrote last; empty where none did. */
  readonly act: string;
  /** The last ones on record, the latest first. */
  readonly uses: readonly Use[];
}

/** The client that is acted on, and its partner. */
export interface Pair {
  readonly login: ClientReading;
  readonly standby: ClientReading;
}

/** Everything that was looked at. */
export interface Reading extends Pair {
  /** The file of the secret, and the one that it replaced. */
  readonly files: { readonly now: SecretFile; readonly before: SecretFile | undefined };
}

/**
 * Whether somebody was let in as it after its last change. A secret that it had before lets nobody in afterwards, so that was
 * whoever read the new one.
 */
export function isInUse({ isEnabled, change, changedAtMs, uses }: ClientReading): boolean {
  return isEnabled && change !== '' && uses.some(({ atMs }) => atMs > changedAtMs);
}

/** As the client that reads. */
export function readingClient(settings: RotationSettings, secret: Secret, timeoutMs: number): VendorClient {
  return realmClient(settings, settings.readClient, secret, timeoutMs);
}

/** Looks at both clients and at both files. */
export async function readAll(
  client: VendorClient,
  settings: RotationSettings,
  target: PlanRequest['target'],
): Promise<Result<Reading, Failure>> {
  const pair = await findPair(client, settings, target);
  if (!pair.ok) return pair;
  const [now, before] = [
    await readSecretFile(settings.secretFile, CLIENT_FILE).catch(unfit),
    await readSecretBefore(settings.secretFile, CLIENT_FILE).catch(unfit),
  ];
  if (now instanceof UnfitFile) return unfitFile(now);
  if (before instanceof UnfitFile) return unfitFile(before);
  return ok({ ...pair.value, files: { now, before } });
}

function unfit(error: unknown): UnfitFile {
  if (error instanceof UnfitFile) return error;
  throw error;
}

function unfitFile({ message }: UnfitFile): Result<never, Failure> {
  return fail(failureOf('responder.missing_scope', `${NAME}: the file of the secret: ${message}`));
}

/** The client of a name or an id, where it is one of the two that the settings name, and nothing else. */
async function findPair(
  client: VendorClient,
  settings: RotationSettings,
  target: PlanRequest['target'],
): Promise<Result<Pair, Failure>> {
  if ('immutableId' in target && ![settings.clientA, settings.clientB].includes(target.immutableId)) return notFound();
  const a = await readClient(client, settings, settings.clientA);
  const b = await readClient(client, settings, settings.clientB);
  if (a === undefined || b === undefined) return notFound();
  const isMeant = ({ id, name }: ClientReading) =>
    'name' in target ? name === target.name : id === target.immutableId;
  if (isMeant(a)) return ok({ login: a, standby: b });
  return isMeant(b) ? ok({ login: b, standby: a }) : notFound();
}

function notFound(): Result<never, Failure> {
  return fail(failureOf('proposal.target_not_found', `${NAME}: it is neither of the two clients of this service`));
}

/** What differs between the two of a pair that are alike, and what Keycloak tells of whoever asks. */
const NOT_COMPARED = new Set(['id', 'clientId', 'name', 'description', 'enabled', 'secret', 'access']);
/** In which an act of ours leaves its mark: Keycloak does not tell who else's an identical change was. */
export const ACT_ATTRIBUTE = 'countersign.act';
/** Attributes that say when its secret was made, and what we left. */
const OF_ITS_SECRET: readonly string[] = ['client.secret.creation.time', ACT_ATTRIBUTE];

/** One of the two; undefined where there is none. */
export async function readClient(
  client: VendorClient,
  settings: RotationSettings,
  id: string,
): Promise<ClientReading | undefined> {
  const { realm } = settings;
  const told = asMembers(await client.get(`/admin/realms/${realm}/clients/${id}`));
  const name = asText(told.get('clientId'));
  if (told.size === 0) return undefined;
  if (told.get('id') !== id || name === '') throw new NoAnswer('the answer is about another client');
  const change = await lastChange(client, settings, id);
  return {
    id,
    name,
    isEnabled: told.get('enabled') === true,
    record: recordOf(told),
    rights: told.get('serviceAccountsEnabled') === true ? await rightsOf(client, realm, id) : [],
    isBySecret: told.get('publicClient') === false && told.get('clientAuthenticatorType') === 'client-secret',
    hasResources: told.get('authorizationServicesEnabled') === true,
    ...change,
    act: asText(asMembers(told.get('attributes')).get(ACT_ATTRIBUTE)),
    uses: await usesOf(client, realm, name),
  };
}

function recordOf(told: ReadonlyMap<string, unknown>): string {
  const compared = [...told]
    .filter(([member]) => !NOT_COMPARED.has(member))
    .map(([member, value]) => [member, ordered(value)] as const);
  return createHash('sha256')
    .update(JSON.stringify(byName(compared)))
    .digest('hex');
}

/** In one order, however it was told; of what is within it, the ids that Keycloak gave are left out. */
function ordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(one => JSON.stringify(ordered(one))).sort();
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value)
    .filter(([name]) => name !== 'id' && !OF_ITS_SECRET.includes(name))
    .map(([name, one]) => [name, ordered(one)] as const);
  return byName(entries);
}

function byName<T>(entries: readonly (readonly [string, T])[]): readonly (readonly [string, T])[] {
  return entries.toSorted(([a], [b]) => (a < b ? -1 : 1));
}

async function rightsOf(client: VendorClient, realm: string, id: string): Promise<readonly string[]> {
  const user = asText(
    asMembers(await client.get(`/admin/realms/${realm}/clients/${id}/service-account-user`)).get('id'),
  );
  if (!isKeycloakId(user)) throw new NoAnswer('its service account is not told');
  const mapped = asMembers(await client.get(`/admin/realms/${realm}/users/${user}/role-mappings`));
  const names = (roles: unknown) => listOf(roles ?? []).map(role => asText(asMembers(role).get('name')));
  const ofClients = [...asMembers(mapped.get('clientMappings'))].flatMap(([of, one]) =>
    names(asMembers(one).get('mappings')).map(role => `role ${role} of ${of}`),
  );
  const groups = listOf(await client.get(`/admin/realms/${realm}/users/${user}/groups`));
  return [
    ...names(mapped.get('realmMappings')).map(role => `role ${role}`),
    ...ofClients,
    ...groups.map(group => `group ${asText(asMembers(group).get('path'))}`),
  ].sort();
}

/** The last change of a client that is on record. */
export async function lastChange(
  client: VendorClient,
  { realm }: RotationSettings,
  id: string,
): Promise<Pick<ClientReading, 'change' | 'changedAtMs'>> {
  const path = `/admin/realms/${realm}/admin-events?resourcePath=${encodeURIComponent(`clients/${id}*`)}&max=1`;
  const [latest] = listOf(await client.get(path)).map(asMembers);
  return { change: asText(latest?.get('id')), changedAtMs: numberOf(latest?.get('time')) };
}

/** What Keycloak writes down once a client was let in by its secret, and gave out nothing before. A login of a person is none. */
const USES = ['CLIENT_LOGIN', 'CODE_TO_TOKEN', 'REFRESH_TOKEN', 'TOKEN_EXCHANGE'] as const;
const USES_MAX = 50;

async function usesOf(client: VendorClient, realm: string, name: string): Promise<readonly Use[]> {
  const types = USES.map(type => `&type=${type}`).join('');
  const path = `/admin/realms/${realm}/events?client=${encodeURIComponent(name)}${types}&max=${USES_MAX}`;
  return listOf(await client.get(path))
    .map(asMembers)
    .filter(use => use.get('clientId') === name)
    .map(use => ({ atMs: numberOf(use.get('time')), address: asText(use.get('ipAddress')) || 'an address not told' }));
}

function numberOf(value: unknown): number {
  return typeof value === 'number' && Number.isSafeInteger(value) ? value : 0;
}

/** What the realm does not keep a record of, and has to. */
export async function notKeptBy(client: VendorClient, { realm }: RotationSettings): Promise<readonly string[]> {
  const config = asMembers(await client.get(`/admin/realms/${realm}/events/config`));
  const types = config.get('enabledEventTypes');
  const keepsLogins =
    config.get('eventsEnabled') === true && Array.isArray(types) && types.includes('CLIENT_LOGIN' satisfies Kept);
  return [
    ...(keepsLogins ? [] : ['logins of clients (user events, CLIENT_LOGIN among them)']),
    ...(config.get('adminEventsEnabled') === true ? [] : ['changes by administrators (admin events)']),
  ];
}

type Kept = (typeof USES)[number];
