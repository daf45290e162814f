import { type Client, EqualityFilter, OrFilter, PresenceFilter } from 'ldapts';
import { fail, ok, type Result } from '../../base/result.ts';
import { type Failure, failureOf } from '../../model/failure.ts';
import {
  CODE,
  isEntryUuid,
  LOCKED_FOR_GOOD,
  maySee,
  resultCodeOf,
  sameDn,
  valuesOf,
} from '../shared/ldap/ldap-directory.ts';
import { loginName, type RotationSettings } from './config.ts';

const NAME = 'ldap-rotation';

/** What was read of one of the two logins. */
export interface LoginReading {
  readonly dn: string;
  readonly name: string;
  readonly entryUuid: string;
  /** entryCSN. It moves with every bind, too, where those are noted. */
  readonly version: string;
  readonly isLocked: boolean;
  readonly modifiersName: string;
  readonly objectClasses: string;
  /** pwdChangedTime: to the second. Empty where there is none. */
  readonly passwordSince: string;
  /** pwdLastSuccess: the last bind with this password, as a new one takes it away. Empty where there was none. */
  readonly lastBind: string;
  /** Groups that it is directly in; those decide what it may, with everything behind them. */
  readonly groups: readonly string[];
}

/** The login that is acted on, and its partner. */
export interface Pair {
  readonly login: LoginReading;
  readonly standby: LoginReading;
}

/** The login of a name or an immutable id, where it is one of the two that the settings name, and nothing else. */
export async function findPair(
  client: Client,
  settings: RotationSettings,
  target: { readonly name: string } | { readonly immutableId: string },
): Promise<Result<Pair, Failure>> {
  if ('name' in target && ![settings.dnA, settings.dnB].some(dn => loginName(dn) === target.name))
    return notFound('it is neither of the two logins of this service');
  if ('immutableId' in target && !isEntryUuid(target.immutableId)) return notFound('the id is not an entryUUID');
  const a = await readLogin(client, settings, settings.dnA);
  if (!a.ok) return a;
  const b = await readLogin(client, settings, settings.dnB);
  if (!b.ok) return b;
  const isMeant = ({ name, entryUuid }: LoginReading) =>
    'name' in target ? name === target.name : entryUuid === target.immutableId.toLowerCase();
  if (isMeant(a.value)) return ok({ login: a.value, standby: b.value });
  if (isMeant(b.value)) return ok({ login: b.value, standby: a.value });
  return notFound('it is neither of the two logins of this service');
}

function notFound(detail: string): Result<never, Failure> {
  return fail(failureOf('proposal.target_not_found', `${NAME}: ${detail}`));
}

const ATTRIBUTES = [
  'entryUUID',
  'entryCSN',
  'modifiersName',
  'objectClass',
  'pwdAccountLockedTime',
  'pwdChangedTime',
  'pwdLastSuccess',
];
/** What may be missing, and what it could be. */
const OPTIONAL = [
  ['pwdAccountLockedTime', LOCKED_FOR_GOOD],
  ['pwdChangedTime', '20000101000000Z'],
  ['pwdLastSuccess', '20000101000000Z'],
] as const;

async function readLogin(
  client: Client,
  settings: RotationSettings,
  dn: string,
): Promise<Result<LoginReading, Failure>> {
  const { searchEntries } = await client
    .search(dn, {
      scope: 'base',
      derefAliases: 'never',
      filter: new PresenceFilter({ attribute: 'objectClass' }),
      attributes: ATTRIBUTES,
    })
    .catch(error => {
      if (resultCodeOf(error) === CODE.noSuchObject) return { searchEntries: [] };
      throw error;
    });
  const [entry] = searchEntries;
  if (entry === undefined) return missing('one of the two entries is not there, or may not be read');
  const value = (attribute: string) => valuesOf(entry, attribute)[0] ?? '';
  if (value('entryUUID') === '') return missing('entryUUID cannot be read');
  if (value('entryCSN') === '') return missing('entryCSN cannot be read');
  for (const [attribute, sample] of OPTIONAL) {
    if (value(attribute) === '' && !(await maySee(client, dn, attribute, sample)))
      return missing(`${attribute} cannot be read`);
  }
  return ok({
    dn,
    name: loginName(dn) ?? '',
    entryUuid: value('entryUUID').toLowerCase(),
    version: value('entryCSN'),
    isLocked: value('pwdAccountLockedTime') === LOCKED_FOR_GOOD,
    modifiersName: value('modifiersName'),
    objectClasses: valuesOf(entry, 'objectClass')
      .map(text => text.toLowerCase())
      .sort()
      .join(' '),
    passwordSince: value('pwdChangedTime'),
    lastBind: value('pwdLastSuccess'),
    groups: await groupsOf(client, settings, dn),
  });
}

function missing(detail: string): Result<never, Failure> {
  return fail(failureOf('responder.missing_scope', `${NAME}: ${detail}`));
}

const GROUPS_MAX = 200;

async function groupsOf(client: Client, { baseDn }: RotationSettings, dn: string): Promise<readonly string[]> {
  const filters = ['member', 'uniqueMember'].map(attribute => new EqualityFilter({ attribute, value: dn }));
  const { searchEntries } = await client.search(baseDn, {
    scope: 'sub',
    derefAliases: 'never',
    filter: new OrFilter({ filters }),
    attributes: ['1.1'],
    sizeLimit: GROUPS_MAX,
  });
  return searchEntries.map(entry => entry.dn).sort();
}

/** A connection that is bound as one of the two logins. */
export interface Connection {
  readonly address: string;
  readonly begun: string;
  readonly boundAs: string;
}

/** All connections that are bound now; undefined where the server does not tell: it would tell of our own at least. */
export async function readConnections(client: Client): Promise<readonly Connection[] | undefined> {
  try {
    const { searchEntries } = await client.search('cn=Connections,cn=Monitor', {
      scope: 'one',
      filter: new PresenceFilter({ attribute: 'monitorConnectionAuthzDN' }),
      attributes: ['monitorConnectionAuthzDN', 'monitorConnectionPeerAddress', 'monitorConnectionStartTime'],
    });
    const connections = searchEntries.map(entry => ({
      address: valuesOf(entry, 'monitorConnectionPeerAddress')[0] ?? 'unknown',
      begun: valuesOf(entry, 'monitorConnectionStartTime')[0] ?? 'unknown',
      boundAs: valuesOf(entry, 'monitorConnectionAuthzDN')[0] ?? '',
    }));
    return connections.length > 0 ? connections : undefined;
  } catch (error) {
    const code = resultCodeOf(error);
    if (code === CODE.noSuchObject || code === CODE.insufficientAccess) return undefined;
    throw error;
  }
}

/** Those of one login. */
export function connectionsOf(connections: readonly Connection[], { dn }: LoginReading): readonly Connection[] {
  return connections.filter(({ boundAs }) => sameDn(boundAs, dn));
}
