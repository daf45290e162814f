import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { beginSession, finishSession } from '../../src/app/session.ts';
import { fromBase64url } from '../../src/base/bytes.ts';
import { sealed } from '../../src/core/decide/closed.ts';
import type { PersonSignature } from '../../src/model/audit-entry.ts';
import type { InventoryRecord } from '../../src/model/inventory.ts';
import type { EnrolmentStatement, Person, ReviewSignature } from '../../src/model/review.ts';
import { createAuthenticator, createBrowserKey, createLinkKey } from '../authenticator.ts';
import {
  digestBytes,
  type Installation,
  KNOWN_RECORDS,
  type Member,
  must,
  ORIGIN,
  personRecord,
  RP_ID,
  signAs,
  signInventory,
  startInstallation,
  startTeam,
  type Team,
} from '../harness/installation.ts';
import {
  execute,
  failedChecks,
  intentFor,
  know,
  propose,
  review,
  signIntent,
  storeReview,
  storeRevision,
} from '../harness/proposals.ts';
import { TENANT } from '../harness/tenant.ts';

/*
 * The server is taken over whole: its database role, the log's signing key, everything it knows. What it does not have
 * is people's passkeys and the executor's storage. It may refuse service; it must not be able to act.
 */

let world: Installation;
let team: Team;
beforeEach(async () => {
  world = await startInstallation();
  team = await startTeam(world);
});
afterEach(() => world.stop());

/** The executor looks, and nothing reaches the target beyond what honest people had done before. */
async function expectNoAct(proposal: string, before = 0): Promise<readonly string[]> {
  const outcome = await execute(world, proposal);
  expect(world.target.writes).toHaveLength(before);
  return [outcome.kind, ...failedChecks(outcome)];
}

/** Somebody of the attacker's making, under a name of their choice. */
function mallory(person: Person['id'] = 'usr_mallory'): Member {
  const authenticator = createAuthenticator(RP_ID, ORIGIN);
  const { credential } = authenticator;
  return {
    person: { id: person, name: 'Mallory', roles: ['responder'], credentials: [credential], isActive: true },
    authenticator,
  };
}

async function storeEnrolment(member: Member, invitation: string, link = createLinkKey(), at = Date.now()) {
  const statement: EnrolmentStatement = {
    v: '1',
    installation: world.genesis.installation,
    invitation,
    person: member.person.id,
    credential: member.authenticator.credential,
    rpId: RP_ID,
    origin: ORIGIN,
  };
  const { text, digest } = sealed('countersign/enrolment/v1', statement);
  const linkSignature = link.sign(digestBytes(digest));
  await world.log({ type: 'person.enrolled', statement, roles: ['responder'], linkSignature });
  await world.serverPool.query(
    `INSERT INTO enrolment (tenant_id, person_id, credential_id, name, roles, statement, link_signature, invitation_id, created_at)
     VALUES ($1, $2, $3, 'Mallory', '{administrator,owner,responder}', $4, $5, $6, $7)`,
    [
      TENANT,
      member.person.id,
      member.authenticator.credential.id,
      text,
      linkSignature,
      `${invitation}/${member.authenticator.credential.id}`,
      new Date(at),
    ],
  );
}

async function storeInvitation(
  invitedBy: Person['id'],
  person: Person['id'],
  sign: (invitation: object) => PersonSignature,
) {
  const link = createLinkKey();
  const invitation = {
    v: '1',
    installation: world.genesis.installation,
    id: world.context.newId('invitation'),
    person,
    roles: ['administrator', 'responder'],
    linkPublicKey: link.publicKey,
    invitedBy,
    nonce: 'ab'.repeat(16),
    expiresAt: '2099-01-01T00:00:00.000Z',
  };
  await world.serverPool.query(
    'INSERT INTO invitation (tenant_id, id, person_id, name, body, signature, created_at) VALUES ($1, $2, $3, $4, $5, $6, now())',
    [
      TENANT,
      invitation.id,
      person,
      'Mallory',
      sealed('countersign/invitation/v1', invitation).text,
      JSON.stringify(sign(invitation)),
    ],
  );
  return { link, id: invitation.id };
}

async function approveAs(member: Member, proposal: string): Promise<void> {
  const intent = await intentFor(world, proposal, member.person.id);
  await storeReview(world, intent, signIntent(member, intent));
}

describe('it enrols a person of its own', () => {
  test('as the first administrator, dated before the real one', async () => {
    const proposal = await propose(world, team.rosa);
    const member = mallory();
    await storeEnrolment(member, 'genesis', createLinkKey(), 0);
    await approveAs(member, proposal);
    expect(await expectNoAct(proposal)).toEqual(['not_approved']);
  });

  test('by an invitation that it signed itself in the administrator’s name', async () => {
    const proposal = await propose(world, team.rosa);
    const member = mallory();
    const { link, id } = await storeInvitation(team.admin.person.id, member.person.id, invitation =>
      signAs(member, 'countersign/invitation/v1', invitation),
    );
    await storeEnrolment(member, id, link);
    await approveAs(member, proposal);
    expect(await expectNoAct(proposal)).toEqual(['not_approved']);
  });

  test('by an invitation with an administrator’s signature over something else', async () => {
    const proposal = await propose(world, team.rosa);
    const member = mallory();
    const { link, id } = await storeInvitation(team.admin.person.id, member.person.id, () =>
      signAs(team.admin, 'countersign/session/v1', { what: 'a sign-in' }),
    );
    await storeEnrolment(member, id, link);
    await approveAs(member, proposal);
    expect(await expectNoAct(proposal)).toEqual(['not_approved']);
  });

  test('by an invitation of a responder, who may not invite', async () => {
    const proposal = await propose(world, team.rosa);
    const member = mallory();
    const { link, id } = await storeInvitation(team.sam.person.id, member.person.id, invitation =>
      signAs(team.sam, 'countersign/invitation/v1', invitation),
    );
    await storeEnrolment(member, id, link);
    await approveAs(member, proposal);
    expect(await expectNoAct(proposal)).toEqual(['not_approved']);
  });

  test('as a second key of somebody who is enrolled, on a used invitation', async () => {
    const proposal = await propose(world, team.rosa);
    const member = mallory(team.sam.person.id);
    const { rows } = await world.serverPool.query<{ id: string }>(
      'SELECT invitation_id AS id FROM enrolment WHERE person_id = $1',
      [team.sam.person.id],
    );
    await storeEnrolment(member, rows[0]?.id ?? '', createLinkKey(), 0);
    await approveAs(member, proposal);
    expect(await expectNoAct(proposal)).toEqual(['not_approved']);
  });
});

describe('it forges a review', () => {
  test('with a made-up signature', async () => {
    const proposal = await propose(world, team.rosa);
    const intent = await intentFor(world, proposal, team.sam.person.id);
    const { assertion } = signIntent(mallory(), intent);
    const claimed = { ...assertion, credentialId: team.sam.authenticator.credential.id };
    await storeReview(world, intent, { kind: 'passkey', assertion: claimed });
    await storeReview(
      world,
      { ...intent, nonce: 'cd'.repeat(16) },
      {
        kind: 'passkey',
        assertion: { ...claimed, signature: 'MAYCAQECAQE' },
      },
    );
    expect(await expectNoAct(proposal)).toEqual(['not_approved']);
  });

  test('with a signature of the same person for another proposal, its intent and all', async () => {
    const proposal = await propose(world, team.rosa);
    const other = await propose(world, team.rosa, { targetName: 'app_kim' });
    const signed = await intentFor(world, other, team.sam.person.id);
    const signature = signIntent(team.sam, signed);
    await storeReview(world, signed, signature);
    // The whole row, hung under the proposal that is to be carried out.
    await storeReview(world, { ...signed, proposal: proposal as `prp_${string}` }, signature);
    expect(await expectNoAct(proposal)).toEqual(['not_approved']);
  });

  test('from a reject: the verdict is changed and the signature kept', async () => {
    const proposal = await propose(world, team.rosa);
    const rejecting = await intentFor(world, proposal, team.sam.person.id, { verdict: 'reject' });
    await storeReview(world, { ...rejecting, verdict: 'approve' }, signIntent(team.sam, rejecting));
    expect(await expectNoAct(proposal)).toEqual(['not_approved']);
  });

  test('with the key of a browser session, or with a key that it endorsed itself', async () => {
    const proposal = await propose(world, team.rosa);
    const key = createBrowserKey();
    const begun = must(await beginSession(world.context, key.publicKeySpki));
    const challenge = fromBase64url(begun.challenge) ?? new Uint8Array();
    const { session } = begun.statement;
    must(
      await finishSession(world.context, {
        session,
        signature: { kind: 'passkey', assertion: team.sam.authenticator.assert(challenge) },
      }),
    );
    for (const tier of ['T2', 'T1'] as const) {
      const intent = await intentFor(world, proposal, team.sam.person.id, { tier });
      const signature: ReviewSignature = {
        kind: 'session',
        session,
        signature: key.sign(digestBytes(sealed('countersign/intent/v1', intent).digest)),
      };
      await storeReview(world, intent, signature);
    }
    expect(await expectNoAct(proposal)).toEqual(['not_approved']);
  });

  test('with a browser key, which counts in a demo alone', async () => {
    const proposal = await propose(world, team.rosa);
    const key = createBrowserKey();
    const intent = await intentFor(world, proposal, team.sam.person.id);
    await storeReview(world, intent, {
      kind: 'browser_key',
      credentialId: team.sam.authenticator.credential.id,
      signature: key.sign(digestBytes(sealed('countersign/intent/v1', intent).digest)),
    });
    expect(await expectNoAct(proposal)).toEqual(['not_approved']);
  });

  test('by saying that it is approved, or that it has started', async () => {
    const proposal = await propose(world, team.rosa);
    await world.serverPool.query(`UPDATE proposal_index SET state = 'approved', tier = 'T1'`);
    await world.log({ type: 'proposal.decided', proposal, revision: '1', decision: 'approved', reviews: [] });
    await expect(
      world.serverPool.query(
        'INSERT INTO execution (tenant_id, proposal_id, revision, id, claimed_at) VALUES ($1, $2, 1, $3, now())',
        [TENANT, proposal, 'exe_forged'],
      ),
    ).rejects.toThrow(/permission denied/);
    expect(await expectNoAct(proposal)).toEqual(['not_approved']);
  });
});

describe('it lowers a tier', () => {
  test('in the revision and in what is shown; one person signs in good faith', async () => {
    const honest = await propose(world, team.rosa, { targetName: 'svc_ci' });
    expect((await know(world, honest)).current.tier).toBe('T3');
    const proposal = await storeRevision(world, honest, { tier: 'T2', isNewProposal: true });
    await approveAs(team.sam, proposal);
    expect(await expectNoAct(proposal)).toEqual(['stale', 'execution.tier_raised']);
  });

  /** The CI runner as somebody whom nobody would miss. */
  const harmless: readonly InventoryRecord[] = [
    ...KNOWN_RECORDS.filter(record => record.kind === 'person'),
    personRecord('CI runner', 'svc_ci'),
  ];
  const storeInventory = (version: number, records: readonly InventoryRecord[], signature: PersonSignature | null) => {
    const { text, digest } = sealed('countersign/inventory/v1', { v: '1', version: String(version), records });
    return world.serverPool.query(
      'INSERT INTO inventory_version (tenant_id, version, body, digest, signature, by, at) VALUES ($1, $2, $3, $4, $5, $6, now())',
      [TENANT, version, text, digest, JSON.stringify(signature), team.admin.person.id],
    );
  };

  test('by an inventory that nobody signed, that a responder signed, or that an old signature stands under', async () => {
    const honest = await propose(world, team.rosa, { targetName: 'svc_ci' });
    world.target.account('svc_ci').isMachine = 'no';
    const inventory = { v: '1', version: '3', records: harmless };
    const { rows } = await world.serverPool.query<{ signature: PersonSignature }>(
      'SELECT signature FROM inventory_version WHERE version = 1',
    );
    await storeInventory(2, harmless, null);
    await storeInventory(3, harmless, signAs(team.sam, 'countersign/inventory/v1', inventory));
    await storeInventory(4, harmless, rows[0]?.signature ?? null);
    const proposal = await storeRevision(world, honest, { tier: 'T2', isNewProposal: true });
    await approveAs(team.sam, proposal);
    expect(await expectNoAct(proposal)).toEqual(['stale', 'execution.tier_raised']);
  });

  test('by going back to an older inventory that an administrator did sign', async () => {
    world.target.account('svc_ci').isMachine = 'no';
    await signInventory(world, team.admin, harmless, 2);
    await signInventory(world, team.admin, KNOWN_RECORDS, 3);
    const honest = await propose(world, team.rosa, { targetName: 'svc_ci' });
    const before = await propose(world, team.rosa);
    await review(world, team.sam, before);
    await execute(world, before);
    await world.database.ownerPool.query('DELETE FROM inventory_version WHERE version = 3');
    const proposal = await storeRevision(world, honest, { tier: 'T2', isNewProposal: true });
    await approveAs(team.sam, proposal);
    expect(await expectNoAct(proposal, 1)).toEqual(['stale', 'execution.tier_raised']);
  });

  test('of an undo, by naming another act as the one that is undone', async () => {
    const light = await propose(world, team.rosa);
    await review(world, team.sam, light);
    await execute(world, light);
    const gap = { stream: 'web-1|edr', from: 0, to: 1_000, isRequired: true, because: '' } as never;
    const heavy = await propose(world, team.rosa, { targetName: 'app_kim', coverage: 'gaps', gaps: [gap] });
    for (const by of [team.sam, team.admin]) {
      const intent = await intentFor(world, heavy, by.person.id, { acknowledged: ['web-1|edr'] });
      await storeReview(world, intent, signIntent(by, intent));
    }
    await execute(world, heavy);
    expect(world.target.account('app_kim').isOpen).toBe(false);
    const lightExecution = (await know(world, light)).execution?.id;
    const proposal = await storeRevision(world, heavy, {
      tier: 'T2',
      isNewProposal: true,
      act: {
        operation: 'open',
        undoOperation: 'lock',
        undoes: lightExecution ?? '',
        preconditions: [
          { path: 'account.isOpen', value: 'false' },
          { path: 'account.version', value: '2' },
        ],
      } as never,
      presentation: { coverage: { status: 'complete', gaps: [] } },
    });
    await approveAs(team.sam, proposal);
    expect(await expectNoAct(proposal, 2)).toEqual(['refused', 'execution.digest_mismatch']);
  });
});

describe('it alters what was approved', () => {
  test('in place, which its role cannot', async () => {
    const proposal = await propose(world, team.rosa);
    await review(world, team.sam, proposal);
    for (const statement of [
      `UPDATE revision SET act = replace(act, 'id-jo', 'id-kim')`,
      'DELETE FROM review',
      'DELETE FROM withdrawal',
      `UPDATE audit_entry SET entry = 'x'`,
      'DELETE FROM audit_entry',
      'DELETE FROM audit_checkpoint',
    ])
      await expect(world.serverPool.query(statement)).rejects.toThrow(/permission denied/);
  });

  test('by a next revision that carries the digests of the one that was signed', async () => {
    const first = await propose(world, team.rosa);
    const { current } = await know(world, first);
    await review(world, team.sam, first);
    const target = { type: 'database_role', system: 'orders-db', immutableId: 'id-kim' } as const;
    await storeRevision(world, first, { act: { target }, actDigest: current.actDigest });
    expect(await expectNoAct(first)).toEqual(['not_approved']);
  });

  test('by showing one account and acting on another, both signed in good faith', async () => {
    const honest = await propose(world, team.rosa);
    const target = { type: 'database_role', system: 'orders-db', immutableId: 'id-kim' } as const;
    const proposal = await storeRevision(world, honest, { isNewProposal: true, act: { target } });
    await approveAs(team.sam, proposal);
    expect(await expectNoAct(proposal)).toEqual(['stale', 'execution.alias_changed']);
  });
});

test('and with none of this done, the same people’s signatures are carried out', async () => {
  const proposal = await propose(world, team.rosa);
  await review(world, team.sam, proposal);
  expect((await execute(world, proposal)).kind).toBe('concluded');
  expect(world.target.effects).toHaveLength(1);
});
