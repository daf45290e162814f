import type { Seen, VendorOperation } from '../shared/http/vendor.ts';
import type { VendorClient } from '../shared/http/vendor-client.ts';
import { NoAnswer } from '../shared/wire-text.ts';
import type { IamSettings } from './config.ts';
import { action, isCutOff, textOf, texts } from './iam.ts';
import { ALLOW_ROLE, ALLOW_USER, DENY_ROLE, DENY_USER } from './manifest.ts';

/** Ours, and nobody else's: what it says is always this. */
const POLICY = 'CountersignDenyAll';
const DENY_ALL = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Deny', Action: '*', Resource: '*' }],
});
/** Names of users and roles, and their ids, which no other one of the name gets, as IAM's reference has both. */
const NAME = /^[A-Za-z0-9+=,.@_-]{1,128}$/;
const ID = /^(\w{16,128})\/([A-Za-z0-9+=,.@_-]{1,128})$/;
const ADMINISTRATOR = /\/(?:AdministratorAccess|IAMFullAccess|PowerUserAccess)$/;

interface Sort {
  /** `User` */
  readonly word: 'User' | 'Role';
  readonly idElement: 'UserId' | 'RoleId';
}

const USER: Sort = { word: 'User', idElement: 'UserId' };
const ROLE: Sort = { word: 'Role', idElement: 'RoleId' };

/** A deny beats every allow, for sessions that are open as well: IAM looks at each request anew. */
function operationsOf(
  settings: IamSettings,
  sort: Sort,
  deny: VendorOperation['operation'],
  allow: VendorOperation['operation'],
) {
  const row = {
    rests: ['principal.id'],
    isSeen: 'afterwards',
    unknown: ['What runs under it.', 'Whether a resource elsewhere lets it in by a policy of its own.'],
    canBeId: (id: string) => ID.test(id),
    look: (client, target) => lookAt(settings, sort, client, target),
  } as const satisfies Partial<VendorOperation>;
  const parameters = (id: string) => ({ [`${sort.word}Name`]: ID.exec(id)?.[2] ?? '', PolicyName: POLICY });
  return [
    {
      ...row,
      operation: deny,
      to: { 'principal.deniedAll': 'yes' },
      sideEffects: ['Every request that it makes in this account is denied, of sessions that are open too.'],
      unproven: 'Whether requests are denied already, IAM does not tell: it may take some seconds.',
      write: async (client, { immutableId }) =>
        void (await client.change(
          'POST',
          action(`Put${sort.word}Policy`, { ...parameters(immutableId), PolicyDocument: DENY_ALL }),
        )),
    },
    {
      ...row,
      operation: allow,
      to: { 'principal.deniedAll': 'no' },
      undoneIf: { path: 'principal.deniedAll' },
      sideEffects: [],
      unproven: 'Whether its requests are allowed again, IAM does not tell.',
      write: async (client, { immutableId }) =>
        void (await client.change('POST', action(`Delete${sort.word}Policy`, parameters(immutableId)))),
    },
  ] satisfies readonly VendorOperation[];
}

export const userOperations = (settings: IamSettings): readonly VendorOperation[] =>
  operationsOf(settings, USER, DENY_USER, ALLOW_USER);
export const roleOperations = (settings: IamSettings): readonly VendorOperation[] =>
  operationsOf(settings, ROLE, DENY_ROLE, ALLOW_ROLE);

async function lookAt(
  { readUser, writeUser }: IamSettings,
  { word, idElement }: Sort,
  client: VendorClient,
  target: globalThis.Parameters<VendorOperation['look']>[1],
): Promise<Seen | undefined> {
  const [, wantedId, idName] = 'name' in target ? [] : (ID.exec(target.immutableId) ?? []);
  const name = 'name' in target ? target.name : (idName ?? '');
  if (!NAME.test(name)) return undefined;
  const found = await client.get(action(`Get${word}`, { [`${word}Name`]: name }));
  const id = textOf(found, idElement);
  // IAM compares names without case: whoever is written otherwise is somebody else.
  if (textOf(found, `${word}Name`) !== name || (wantedId !== undefined && id !== wantedId)) return undefined;
  const policy = await client.get(action(`Get${word}Policy`, { [`${word}Name`]: name, PolicyName: POLICY }));
  const attached = await client.get(action(`ListAttached${word}Policies`, { [`${word}Name`]: name }));
  const arn = textOf(found, 'Arn');
  const policies = texts(attached, 'PolicyArn');
  const document = policy === undefined ? '' : decodeURIComponent(textOf(policy, 'PolicyDocument'));
  if (policy !== undefined && document === '') throw new NoAnswer('the answer holds no policy');
  return {
    immutableId: `${id}/${name}`,
    facts: {
      displayName: name,
      isPrivileged: policies.some(one => ADMINISTRATOR.test(one)) ? 'yes' : 'unknown',
      isMachine: word === 'Role' ? 'yes' : 'unknown',
      isLastAdministrator: false,
      isOwnIdentity: word === 'User' && (name === readUser || name === writeUser),
    },
    values: {
      'principal.deniedAll': document === DENY_ALL ? 'yes' : document === '' ? 'no' : 'otherwise',
      'principal.id': id,
    },
    direct: policies.map(one => `may what ${one} allows`),
    dependents: isCutOff(attached) ? ['more policies than were told'] : [],
    refusals: arn.includes('/aws-service-role/')
      ? [{ reason: 'not_expressible', text: 'A role of a service of AWS takes no policy of anybody else.' }]
      : document !== '' && document !== DENY_ALL
        ? [{ reason: 'changed_since', text: `Somebody else made a policy called ${POLICY} of it.` }]
        : [],
  };
}
