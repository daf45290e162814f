import { beforeEach, describe, expect, test } from 'vitest';
import { createAuthenticator, createLinkKey, type LinkKey, type SoftwarePasskey } from '../../../test/authenticator.ts';
import { verifyKey } from '../../keys/verify-key.ts';
import type { EnrolmentStatement, Invitation, Person, Role } from '../../model/review.ts';
import type { Genesis } from '../../ports/genesis.ts';
import { sealed } from './closed.ts';
import { directoryOf, GENESIS_ROLES, type StoredEnrolment, type StoredInvitation } from './directory.ts';

const ORIGIN = 'http://localhost:8080';
const digestBytes = (digest: string) => Buffer.from(digest, 'hex');
const HOUR = 3_600_000;

interface Someone {
  readonly id: Person['id'];
  readonly passkey: SoftwarePasskey;
}

let link: LinkKey;
let genesis: Genesis;
let invitations: StoredInvitation[];
let enrolments: StoredEnrolment[];

beforeEach(() => {
  link = createLinkKey();
  genesis = {
    v: '1',
    installation: 'ins_1',
    tenant: 'default',
    logOrigin: 'log.example',
    logVkey: '',
    linkPublicKey: link.publicKey,
    linkExpiresAt: '2099-01-01T00:00:00.000Z',
    rpId: 'localhost',
    origin: ORIGIN,
    demo: false,
    policyDigest: '',
    inventoryDigest: '',
  };
  invitations = [];
  enrolments = [];
});

const someone = (id: Person['id']): Someone => ({ id, passkey: createAuthenticator('localhost', ORIGIN) });

function enrol(who: Someone, invitation: string, by: LinkKey, changed: Partial<EnrolmentStatement> = {}, at = 1): void {
  const statement: EnrolmentStatement = {
    v: '1',
    installation: genesis.installation,
    invitation,
    person: who.id,
    credential: who.passkey.credential,
    rpId: 'localhost',
    origin: ORIGIN,
    ...changed,
  };
  const { text, digest } = sealed('countersign/enrolment/v1', statement);
  enrolments.push({ statement: text, linkSignature: by.sign(digestBytes(digest)), name: who.id, createdAt: at });
}

function invite(by: Someone, person: Person['id'], roles: readonly Role[], changed: Partial<Invitation> = {}) {
  const key = createLinkKey();
  const id = `inv_${invitations.length}` as const;
  const invitation: Invitation = {
    v: '1',
    installation: genesis.installation,
    id,
    person,
    roles,
    linkPublicKey: key.publicKey,
    invitedBy: by.id,
    nonce: 'ab'.repeat(16),
    expiresAt: '2030-01-01T00:00:00.000Z',
    ...changed,
  };
  const { text, digest } = sealed('countersign/invitation/v1', invitation);
  const signature = { kind: 'passkey', assertion: by.passkey.assert(digestBytes(digest)) } as const;
  invitations.push({ body: text, signature });
  return { id, key };
}

const read = async () => {
  const { people, rejected } = await directoryOf(genesis, invitations, enrolments, verifyKey);
  return { roles: Object.fromEntries([...people.values()].map(({ id, roles }) => [id, roles])), rejected };
};

describe('nobody is enrolled without a chain of signatures to genesis', () => {
  const ada = someone('usr_ada');
  const bo = someone('usr_bo');
  const cy = someone('usr_cy');

  test('an empty table has nobody in it', async () => {
    expect(await read()).toEqual({ roles: {}, rejected: [] });
  });

  test('the first by the link, others by whom the first invited, and so on, in the order in which they came', async () => {
    const toBo = invite(ada, bo.id, ['administrator']);
    const toCy = invite(bo, cy.id, ['analyst', 'responder']);
    enrol(ada, 'genesis', link);
    enrol(bo, toBo.id, toBo.key);
    enrol(cy, toCy.id, toCy.key);
    expect(await read()).toEqual({
      roles: { [ada.id]: GENESIS_ROLES, [bo.id]: ['administrator'], [cy.id]: ['analyst', 'responder'] },
      rejected: [],
    });
  });

  const attacks: readonly (readonly [string, () => void])[] = [
    ['a second first administrator', () => enrol(bo, 'genesis', link, {}, 0)],
    ['a first administrator by another link', () => enrol(bo, 'genesis', createLinkKey(), {}, 0)],
    ['an invitation that does not exist', () => enrol(bo, 'inv_9', createLinkKey())],
    [
      'an invitation by somebody who is not enrolled',
      () => {
        const { id, key } = invite(cy, bo.id, ['administrator']);
        enrol(bo, id, key);
      },
    ],
    [
      'an invitation that its taker signed in the administrator’s name',
      () => {
        const { id, key } = invite({ id: ada.id, passkey: bo.passkey }, bo.id, ['administrator']);
        enrol(bo, id, key);
      },
    ],
    [
      'an invitation of two strangers who invited each other',
      () => {
        const toBo = invite(cy, bo.id, ['administrator']);
        const toCy = invite(bo, cy.id, ['administrator']);
        enrol(bo, toBo.id, toBo.key);
        enrol(cy, toCy.id, toCy.key);
      },
    ],
    [
      'an enrolment by another key than that of the link',
      () => {
        const { id } = invite(ada, bo.id, ['responder']);
        enrol(bo, id, createLinkKey());
      },
    ],
    [
      'an enrolment for somebody else than was invited',
      () => {
        const { id, key } = invite(ada, cy.id, ['responder']);
        enrol(bo, id, key);
      },
    ],
    [
      'an invitation of another installation',
      () => {
        const { id, key } = invite(ada, bo.id, ['responder'], { installation: 'ins_2' });
        enrol(bo, id, key);
      },
    ],
    ['an enrolment of another installation', () => enrol(bo, 'genesis', link, { installation: 'ins_2' }, 0)],
    ['an enrolment on another site', () => enrol(bo, 'genesis', link, { rpId: 'evil.example' }, 0)],
    [
      'an enrolment after the invitation had ended',
      () => {
        const { id, key } = invite(ada, bo.id, ['responder']);
        enrol(bo, id, key, {}, Date.parse('2030-01-01T00:00:00.000Z') + HOUR);
      },
    ],
    [
      'an invitation whose roles were raised afterwards',
      () => {
        const { id, key } = invite(ada, bo.id, ['analyst']);
        const [last] = invitations.splice(-1);
        if (last !== undefined)
          invitations.push({ ...last, body: last.body.replace('["analyst"]', '["administrator"]') });
        enrol(bo, id, key);
      },
    ],
  ];
  test.each(attacks)('%s enrols nobody, and is said to be left out', async (_what, forge) => {
    enrol(ada, 'genesis', link);
    forge();
    const { roles, rejected } = await read();
    expect(roles).toEqual({ [ada.id]: GENESIS_ROLES });
    expect(rejected.length).toBeGreaterThan(0);
  });

  test('a responder’s invitation enrols nobody', async () => {
    enrol(ada, 'genesis', link);
    const toBo = invite(ada, bo.id, ['responder']);
    enrol(bo, toBo.id, toBo.key);
    const toCy = invite(bo, cy.id, ['responder']);
    enrol(cy, toCy.id, toCy.key);
    expect(Object.keys((await read()).roles)).toEqual([ada.id, bo.id]);
  });

  test('a link counts once, and adds no key to somebody who is there', async () => {
    enrol(ada, 'genesis', link);
    const toBo = invite(ada, bo.id, ['responder']);
    enrol(bo, toBo.id, toBo.key);
    enrol({ id: bo.id, passkey: cy.passkey }, toBo.id, toBo.key);
    const again = invite(ada, ada.id, ['administrator']);
    enrol({ id: ada.id, passkey: cy.passkey }, again.id, again.key);
    const { people } = await directoryOf(genesis, invitations, enrolments, verifyKey);
    expect([...people.values()].map(({ id, credentials }) => [id, credentials.length])).toEqual([
      [ada.id, 1],
      [bo.id, 1],
    ]);
  });

  test('a key of a browser profile enrols nobody outside a demo', async () => {
    const credential = { ...bo.passkey.credential, kind: 'browser_key' as const };
    enrol(bo, 'genesis', link, { credential });
    expect((await read()).roles).toEqual({});
    genesis = { ...genesis, demo: true };
    expect(Object.keys((await read()).roles)).toEqual([bo.id]);
  });
});
