import { beforeEach, describe, expect, test } from 'vitest';
import { createAuthenticator, createLinkKey, type LinkKey, type SoftwarePasskey } from '../../../test/authenticator.ts';
import { verifyKey } from '../../keys/verify-key.ts';
import type { PersonChange } from '../../model/person-change.ts';
import type { EnrolmentStatement, Invitation, Person, Role } from '../../model/review.ts';
import type { Genesis } from '../../ports/genesis.ts';
import { sealed } from './closed.ts';
import { directoryOf, GENESIS_ROLES, type Known, type StoredInvitation, type StoredStatement } from './directory.ts';
import { isAlone } from './person-change.ts';

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
let enrolments: StoredStatement[];

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

/** An invitation that each of these signs. */
function inviteByTwo(
  by: readonly Someone[],
  person: Person['id'],
  roles: readonly Role[],
  changed: Partial<PersonChange> = {},
) {
  const key = createLinkKey();
  const id = `pch_${enrolments.length}` as const;
  const statement: PersonChange = {
    v: '1',
    installation: genesis.installation,
    change: id,
    kind: 'invite',
    person,
    roles,
    linkPublicKey: key.publicKey,
    previous: '',
    nonce: 'cd'.repeat(16),
    expiresAt: '2030-01-01T00:00:00.000Z',
    ...changed,
  };
  const { text, digest } = sealed('countersign/person-change/v1', statement);
  const signatures = by.map(one => ({
    by: one.id,
    signature: { kind: 'passkey', assertion: one.passkey.assert(digestBytes(digest)) } as const,
  }));
  enrolments.push({ statement: text, signatures, createdAt: 1 });
  return { id, key };
}

const read = async (known: Known = {}) => {
  const { people, rejected } = await directoryOf(genesis, invitations, enrolments, verifyKey, known);
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
    enrol(ada, 'genesis', link);
    enrol(bo, toBo.id, toBo.key);
    const toCy = inviteByTwo([bo, ada], cy.id, ['analyst', 'responder']);
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
    const toCy = invite(bo, cy.id, ['analyst']);
    enrol(cy, toCy.id, toCy.key);
    expect(Object.keys((await read()).roles)).toEqual([ada.id, bo.id]);
  });

  test('a link counts once, and adds no key to somebody who is there', async () => {
    enrol(ada, 'genesis', link);
    const toBo = invite(ada, bo.id, ['responder']);
    enrol(bo, toBo.id, toBo.key);
    enrol({ id: bo.id, passkey: cy.passkey }, toBo.id, toBo.key);
    const again = invite(ada, ada.id, ['analyst']);
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

describe('whoever may sign for others comes by two', () => {
  const ada = someone('usr_ada');
  const bo = someone('usr_bo');
  const cy = someone('usr_cy');
  const dan = someone('usr_dan');
  const here = async (known?: Known) => Object.keys((await read(known)).roles);
  const enrolTwo = () => {
    enrol(ada, 'genesis', link);
    const toBo = invite(ada, bo.id, ['responder']);
    enrol(bo, toBo.id, toBo.key);
  };
  const remove = (about: Someone, by: readonly Someone[]) =>
    inviteByTwo(by, about.id, [], { kind: 'remove', linkPublicKey: '', previous: headOf(about) });
  const headOf = (who: Someone) => {
    const of = enrolments.findLast(({ statement }) => JSON.parse(statement).person === who.id);
    const isChange = of !== undefined && 'signatures' in of;
    return sealed(
      isChange ? 'countersign/person-change/v1' : 'countersign/enrolment/v1',
      JSON.parse(of?.statement ?? '{}'),
    ).digest;
  };

  test('after the second person nobody is invited by one alone, whom an earlier version had believed stays', async () => {
    enrolTwo();
    const toCy = invite(ada, cy.id, ['owner']);
    enrol(cy, toCy.id, toCy.key);
    expect(await here()).toEqual([ada.id, bo.id]);
    expect(await here({ wasByOne: ({ statement }) => JSON.parse(statement).person === cy.id })).toEqual([
      ada.id,
      bo.id,
      cy.id,
    ]);
  });

  test('of two whom the first one invited alone, the second to come is nobody', async () => {
    enrol(ada, 'genesis', link);
    const [toBo, toCy] = [invite(ada, bo.id, ['responder']), invite(ada, cy.id, ['responder'])];
    enrol(cy, toCy.id, toCy.key);
    enrol(bo, toBo.id, toBo.key);
    expect(await here()).toEqual([ada.id, cy.id]);
  });

  test('an analyst or an auditor comes by one, and is not the second person', async () => {
    enrol(ada, 'genesis', link);
    const [toDan, toBo] = [invite(ada, dan.id, ['analyst', 'auditor']), invite(ada, bo.id, ['responder'])];
    enrol(dan, toDan.id, toDan.key);
    enrol(bo, toBo.id, toBo.key);
    expect(await here()).toEqual([ada.id, dan.id, bo.id]);
  });

  test('that people were removed does not bring back the time of one', async () => {
    enrolTwo();
    const toCy = inviteByTwo([ada, bo], cy.id, ['responder']);
    enrol(cy, toCy.id, toCy.key);
    remove(bo, [ada, cy]);
    const toDan = invite(ada, dan.id, ['responder']);
    enrol(dan, toDan.id, toDan.key);
    const { people } = await directoryOf(genesis, invitations, enrolments, verifyKey);
    expect([...people.keys()]).toEqual([ada.id, bo.id, cy.id]);
    // Nor would it if everybody else had left, or had been made an analyst: what somebody was stays.
    const [first, second] = [people.get(ada.id), people.get(bo.id)] as [Person, Person];
    expect(second.isActive).toBe(false);
    expect([isAlone([first]), isAlone([first, second])]).toEqual([true, false]);
    const former = { roles: ['owner'], credentials: [] } as const;
    expect(isAlone([first, { ...second, roles: ['analyst'], former }])).toBe(false);
    expect(isAlone([first, { ...second, roles: ['analyst'], former: { ...former, roles: [] } }])).toBe(true);
  });

  const signers: readonly (readonly [string, () => readonly Someone[]])[] = [
    ['one administrator', () => [ada]],
    ['one administrator, twice', () => [ada, ada]],
    ['whoever is invited', () => [ada, cy]],
    ['an analyst whom one invited', () => [ada, dan]],
    ['no administrator', () => [bo, dan]],
    ['somebody in the second one’s name', () => [ada, { id: bo.id, passkey: dan.passkey }]],
  ];
  test.each(signers)('an invitation that is signed by %s brings nobody', async (_who, by) => {
    enrolTwo();
    const toDan = invite(ada, dan.id, ['analyst']);
    enrol(dan, toDan.id, toDan.key);
    const toCy = inviteByTwo(by(), cy.id, ['responder']);
    enrol(cy, toCy.id, toCy.key);
    expect(await here()).toEqual([ada.id, bo.id, dan.id]);
  });

  test('a passkey that is too new is not the second signature', async () => {
    enrolTwo();
    const toCy = inviteByTwo([ada, bo], cy.id, ['responder']);
    enrol(cy, toCy.id, toCy.key);
    expect(await here({ counts: aged => aged !== bo.passkey.credential.id })).toEqual([ada.id, bo.id]);
    expect(await here()).toEqual([ada.id, bo.id, cy.id]);
  });

  const unlike: readonly (readonly [string, Partial<PersonChange>])[] = [
    ['of another installation', { installation: 'ins_2' }],
    ['for somebody who is here', { person: bo.id }],
    ['that follows a statement', { previous: 'a'.repeat(64) }],
    ['without a link', { linkPublicKey: '' }],
    ['to nothing', { roles: [] }],
    ['whose roles are out of order', { roles: ['responder', 'analyst'] }],
  ];
  test.each(unlike)('an invitation %s does not count, whoever signed it', async (_what, changed) => {
    enrolTwo();
    const toCy = inviteByTwo([ada, bo], cy.id, ['responder'], changed);
    enrol(cy, toCy.id, toCy.key);
    const { roles, rejected } = await read();
    expect(Object.keys(roles)).toEqual([ada.id, bo.id]);
    expect(rejected).toHaveLength(2);
  });

  test('an invitation outlives neither of the two who signed it', async () => {
    enrolTwo();
    const toDan = inviteByTwo([ada, bo], dan.id, ['administrator', 'responder']);
    enrol(dan, toDan.id, toDan.key);
    const toCy = inviteByTwo([ada, bo], cy.id, ['responder']);
    remove(bo, [ada, dan]);
    enrol(cy, toCy.id, toCy.key);
    expect(await here()).toEqual([ada.id, bo.id, dan.id]);
  });

  test('a link is used once, by whom it is for', async () => {
    enrolTwo();
    const toCy = inviteByTwo([ada, bo], cy.id, ['responder']);
    enrol(dan, toCy.id, toCy.key);
    enrol(cy, toCy.id, createLinkKey());
    enrol(cy, toCy.id, toCy.key);
    enrol({ id: cy.id, passkey: dan.passkey }, toCy.id, toCy.key);
    const { people } = await directoryOf(genesis, invitations, enrolments, verifyKey);
    expect([...people.keys()]).toEqual([ada.id, bo.id, cy.id]);
    expect(people.get(cy.id)?.credentials.map(({ id }) => id)).toEqual([cy.passkey.credential.id]);
  });
});
