import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { AwsV4Signer } from 'aws4fetch';
import { iamManifest } from '../../src/responders/aws-iam/manifest.ts';
import { awsIam } from '../../src/responders/aws-iam/responder.ts';
import type { ContractOperation } from './vendor/contract.ts';
import type { Call, Reply } from './vendor/double.ts';
import { IAM_CONTRACT } from './vendor/iam-contract.ts';
import { encoded, signerOf, translated } from './vendor/iam-wire.ts';
import { startVendorTarget, timeOf, type VendorSuite, type VendorTarget } from './vendor/vendor-target.ts';

const IDS = { read: 'AKIAREADREADREADREAD', write: 'AKIAWRITEWRITEWRITE1' };
const key = () => randomBytes(20).toString('hex');
const KEYS = { read: key(), write: key() };
const VICTIM_KEY = 'AKIAVICTIMVICTIM0001';
const [USER_NAME, ROLE_NAME] = ['c.victim', 'deployer'];

interface Principal {
  readonly id: string;
  readonly name: string;
  readonly path: string;
  policies: { [name: string]: string };
  attached: string[];
}

interface AccessKey {
  readonly id: string;
  readonly user: string;
  status: string;
}

interface State {
  users: Principal[];
  roles: Principal[];
  keys: AccessKey[];
  rights: { read: string[]; write: string[] };
}

const principal = (id: string, name: string, path = '/'): Principal => ({
  id,
  name,
  path,
  policies: {},
  attached: ['arn:aws:iam::aws:policy/AmazonS3FullAccess'],
});

/** The same each time. */
function initial(): State {
  return {
    users: [
      principal('AIDAVICTIMVICTIM0001', USER_NAME),
      principal('AIDABYSTANDER0000001', 'bystander'),
      principal('AIDACOUNTERSIGN00001', 'countersign-write'),
    ],
    roles: [
      principal('AROADEPLOYER00000001', ROLE_NAME),
      principal('AROASERVICE000000001', 'AWSServiceRoleForSupport', '/aws-service-role/support.amazonaws.com/'),
    ],
    keys: [
      { id: VICTIM_KEY, user: USER_NAME, status: 'Active' },
      { id: 'AKIAVICTIMVICTIM0002', user: USER_NAME, status: 'Active' },
      { id: IDS.write, user: 'countersign-write', status: 'Active' },
    ],
    rights: { read: [...iamManifest.scopes.read], write: [...iamManifest.scopes.write] },
  };
}

const no = (status: number, Code: string): Reply => ({ status, body: { Error: { Code, Message: Code } } });
const GONE = no(404, 'NoSuchEntity');
const OK: Reply = { status: 200, body: {} };

/** IAM's rules, as far as they are used. It compares names without case. */
function answer(state: State, { operation, query, body }: Call): Reply {
  const given = (name: string) => (body as { [name: string]: string } | undefined)?.[name] ?? query.get(name) ?? '';
  const action = operation.split('/').at(-1) ?? '';
  if (action.includes('AccessKey')) return answerKeys(state, action, given);
  const word = action.includes('User') ? 'User' : 'Role';
  const list = word === 'User' ? state.users : state.roles;
  const found = list.find(({ name }) => name.toLowerCase() === given(`${word}Name`).toLowerCase());
  if (found === undefined) return GONE;
  const policy = given('PolicyName');
  switch (action.replace(word, 'X')) {
    case 'GetX': {
      const arn = `arn:aws:iam::1:${word.toLowerCase()}${found.path}${found.name}`;
      const common = {
        [`${word}Name`]: found.name,
        [`${word}Id`]: found.id,
        Arn: arn,
        Path: found.path,
        CreateDate: timeOf(0),
      };
      return { status: 200, body: { [word]: common } };
    }
    case 'GetXPolicy': {
      const document = found.policies[policy];
      if (document === undefined) return GONE;
      const PolicyDocument = encodeURIComponent(document);
      return { status: 200, body: { [`${word}Name`]: found.name, PolicyName: policy, PolicyDocument } };
    }
    case 'ListAttachedXPolicies':
      return {
        status: 200,
        body: {
          AttachedPolicies: found.attached.map(PolicyArn => ({ PolicyName: 'p', PolicyArn })),
          IsTruncated: false,
        },
      };
    case 'PutXPolicy':
      found.policies[policy] = given('PolicyDocument');
      return OK;
    default:
      if (found.policies[policy] === undefined) return GONE;
      delete found.policies[policy];
      return OK;
  }
}

function answerKeys(state: State, action: string, given: (name: string) => string): Reply {
  const found = state.keys.find(({ id }) => id === given('AccessKeyId'));
  if (action === 'ListAccessKeys') {
    const AccessKeyMetadata = state.keys
      .filter(({ user }) => user === given('UserName'))
      .map(({ id, user, status }) => ({ UserName: user, AccessKeyId: id, Status: status, CreateDate: timeOf(0) }));
    return { status: 200, body: { AccessKeyMetadata, IsTruncated: false } };
  }
  if (found === undefined) return GONE;
  if (action === 'GetAccessKeyLastUsed') {
    const AccessKeyLastUsed = { LastUsedDate: timeOf(1), ServiceName: 's3', Region: 'eu-west-1' };
    return { status: 200, body: { UserName: found.user, AccessKeyLastUsed } };
  }
  if (found.user !== given('UserName')) return GONE;
  found.status = given('Status');
  return OK;
}

type Suite = VendorSuite<State>;

const COMMON = {
  contract: IAM_CONTRACT,
  responder: awsIam,
  program: { module: new URL('../../src/responders/aws-iam/responder.ts', import.meta.url).href, name: 'awsIam' },
  secrets: { read: `${IDS.read}:${KEYS.read}`, write: `${IDS.write}:${KEYS.write}` },
  initial,
  product: (state: () => State, kept: () => State) => ({
    translate: translated,
    encode: encoded,
    authenticate(request: IncomingMessage, _operation: ContractOperation, body: string) {
      const secrets = new Map([
        [IDS.read, KEYS.read],
        [IDS.write, KEYS.write],
      ]);
      const id = signerOf(request, body, secrets);
      if (id === undefined) return undefined;
      return { may: (right: string) => kept().rights[id === IDS.read ? 'read' : 'write'].includes(right) };
    },
    error: () => '<ErrorResponse><Error><Code>AccessDenied</Code></Error></ErrorResponse>',
    answer: (call: Call) => answer(state(), call),
  }),
  nonsense: `/?Action=GetUser&Version=2010-05-08&UserName=${USER_NAME}&Nonsense=1`,
  async authorization(
    by: 'read' | 'write',
    request: { readonly method: string; readonly url: string; readonly body?: string },
  ) {
    const credential = { accessKeyId: IDS[by], secretAccessKey: KEYS[by], service: 'iam', region: 'us-east-1' };
    const { headers } = await new AwsV4Signer({ ...request, ...credential }).sign();
    return Object.fromEntries(headers);
  },
  forbidden: [
    {
      by: 'read',
      method: 'POST',
      path: `/?Action=UpdateAccessKey&Version=2010-05-08&AccessKeyId=${VICTIM_KEY}&Status=Inactive&UserName=${USER_NAME}`,
    },
    { by: 'write', method: 'GET', path: `/?Action=GetUser&Version=2010-05-08&UserName=${USER_NAME}` },
  ],
} as const satisfies Partial<Suite>;

const settings = (what: string) => (url: string) => ({
  url,
  for: what,
  readUser: 'countersign-read',
  writeUser: 'countersign-write',
});
const without = (right: string) => ({
  name: right,
  apply: (state: State) => {
    state.rights.read = state.rights.read.filter(one => one !== right);
  },
});
const around = (name: string) => [
  ...['', ' ', '*', `${name} `, ` ${name}`, `"${name}"`, `${name}\u200b`, `${name}\n`, `${name}\0`, `${name}&Action=x`],
  ...[`${name}#`, `../${name}`, `<${name}>`, '\ud800', 'v'.repeat(400)],
];

const victimKey = (state: State) => state.keys[0];
const editKey = (name: string, status: string) => ({
  name,
  apply: (state: State) => void Object.assign(victimKey(state) ?? {}, { status }),
});

const KEYS_SUITE: Suite = {
  ...COMMON,
  settings: settings('access-keys'),
  operations: ['deactivate-key', 'activate-key'],
  victim: VICTIM_KEY,
  snapshot: ({ keys }) => keys,
  valueAt: state => victimKey(state)?.status ?? '',
  isContained: (state, name) => state.keys.find(({ id }) => id === name)?.status === 'Inactive',
  version: state => victimKey(state)?.status ?? '',
  versionAfterPath: 'key.statusAfter',
  drifts: [
    editKey('a deactivation by somebody else', 'Inactive'),
    { name: 'a key that is gone', apply: state => void state.keys.shift() },
  ],
  driftsAfter: [editKey('an activation by somebody else', 'Active')],
  scopes: [without('iam:GetAccessKeyLastUsed'), without('iam:ListAccessKeys')],
  containAlone: state => editKey('', 'Inactive').apply(state),
  holds: state => victimKey(state)?.status === 'Active',
  rests: { name: 'its use', apply: () => undefined, mentions: ['1 other active keys', 'in eu-west-1 for s3'] },
  untouchable: [{ name: IDS.write, reason: 'own_identity' }],
  hostileNames: [...around(VICTIM_KEY), VICTIM_KEY.toLowerCase(), 'ASIAVICTIMVICTIM0001', USER_NAME],
  // Keys have no name but their id.
  hostileAccounts: [],
  makeHostile: () => undefined,
};

const POLICY = 'CountersignDenyAll';

function principals(
  what: 'users' | 'roles',
  name: string,
  word: 'User' | 'Role',
  untouchable: Suite['untouchable'],
): Suite {
  const victim = (state: State) => state[what][0];
  const policy = (state: State) => victim(state)?.policies[POLICY];
  const verb = word.toLowerCase();
  return {
    ...COMMON,
    settings: settings(what),
    operations: [`deny-${verb}`, `allow-${verb}`],
    victim: name,
    snapshot: state => state[what],
    valueAt: state => (policy(state) === undefined ? 'no' : 'yes'),
    isContained: (state, wanted) => state[what].find(one => one.name === wanted)?.policies[POLICY] !== undefined,
    version: state => (policy(state) === undefined ? 'no' : 'yes'),
    versionAfterPath: 'principal.deniedAllAfter',
    drifts: [
      {
        name: 'another policy of that name',
        apply: state => void Object.assign(victim(state)?.policies ?? {}, { [POLICY]: '{}' }),
      },
      {
        name: 'somebody else of that name',
        apply: state => void Object.assign(victim(state) ?? {}, { id: `${victim(state)?.id}9` }),
      },
      { name: 'one who is gone', apply: state => void state[what].shift() },
    ],
    driftsAfter: [
      { name: 'a policy that somebody took away', apply: state => void delete victim(state)?.policies[POLICY] },
      {
        name: 'a policy that somebody changed',
        apply: state => void Object.assign(victim(state)?.policies ?? {}, { [POLICY]: '{}' }),
      },
    ],
    scopes: [`iam:Get${word}`, `iam:Get${word}Policy`, `iam:ListAttached${word}Policies`].map(without),
    containAlone: state => void Object.assign(victim(state)?.policies ?? {}, { [POLICY]: '{}' }),
    holds: state => policy(state) === undefined,
    rests: {
      name: 'another policy',
      apply: state => void victim(state)?.attached.push('arn:aws:iam::aws:policy/AdministratorAccess'),
      mentions: ['may what arn:aws:iam::aws:policy/AdministratorAccess allows'],
    },
    untouchable,
    hostileNames: [...around(name), name.toUpperCase(), `${name}/x`],
    hostileAccounts: ['a+b=c,d.e@f_g-h'],
    makeHostile: (state, made) =>
      void state[what].push(principal(word === 'User' ? 'AIDAHOSTILE000000001' : 'AROAHOSTILE000000001', made)),
  };
}

export const startIamKeys = (): Promise<VendorTarget> => startVendorTarget(KEYS_SUITE);
export const startIamUsers = (): Promise<VendorTarget> =>
  startVendorTarget(principals('users', USER_NAME, 'User', [{ name: 'countersign-write', reason: 'own_identity' }]));
export const startIamRoles = (): Promise<VendorTarget> =>
  startVendorTarget(
    principals('roles', ROLE_NAME, 'Role', [{ name: 'AWSServiceRoleForSupport', reason: 'not_expressible' }]),
  );
