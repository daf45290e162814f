import { digestOf } from '../../src/base/canonical.ts';
import { wordsOf } from '../../src/core/decide/words.ts';
import type { AttentionBudget, ProposalView } from '../../src/model/api.ts';
import type { Act, Presentation, Tier } from '../../src/model/proposal.ts';
import { closed } from '../crypto/review.ts';
import { GAPS, rfc } from './data.ts';

interface ProposalShape {
  readonly id?: `prp_${string}`;
  readonly tier?: Tier;
  readonly undoes?: `prp_${string}`;
}

export function proposal({ id = 'prp_lock1', tier = 'T2', undoes }: ProposalShape = {}): ProposalView {
  const isUndo = undoes !== undefined;
  const presentation: Presentation = {
    v: '1',
    sentence: isUndo
      ? 'Unlock role `c_ferrante` on orders-db.'
      : tier === 'T3'
        ? 'Lock role `svc_ci_deploy` on orders-db and end its 3 sessions.'
        : 'Lock role `c_ferrante` on orders-db and end its 2 sessions.',
    targetName: tier === 'T3' ? 'svc_ci_deploy' : 'c_ferrante',
    changes: isUndo
      ? [{ path: 'rolcanlogin', from: 'false', to: 'true' }]
      : [
          { path: 'rolcanlogin', from: 'true', to: 'false' },
          { path: 'sessions', from: '2', to: '0' },
        ],
    tier,
    reasons:
      tier === 'T3'
        ? ['machine_identity', 'dependents_unknown', 'required_telemetry_missing', 'changes_access']
        : ['changes_access'],
    coverage: isUndo
      ? { status: 'complete', gaps: [] }
      : {
          status: 'gaps',
          gaps: GAPS.map(gap => ({
            stream: gap.stream,
            from: new Date(gap.from).toISOString(),
            to: new Date(gap.to).toISOString(),
            required: gap.isRequired,
          })),
        },
    blast: {
      direct: ['2 open sessions of c_ferrante'],
      dependents: tier === 'T3' ? ['nightly deploy job'] : [],
      unknown: ['whether a scheduled report uses this login'],
    },
    undo: {
      operation: 'unlock_role',
      sentence: 'Unlock the role; planned and tested with the act.',
      residue: ['transactions that were open are lost'],
    },
    evidence: [
      {
        id: 'evd_pg1',
        sha256: '0'.repeat(64),
        pointer: '/client_addr',
        value: '203.0.113.77',
        says: 'c.ferrante logged in to database orders from 203.0.113.77',
      },
      {
        id: 'evd_pg2',
        sha256: '0'.repeat(64),
        pointer: '/rows',
        value: '41200',
        says: 'c.ferrante read 41,200 rows from public.orders',
      },
      {
        id: 'evd_okta1',
        sha256: '0'.repeat(64),
        pointer: '/client/geographicalContext/country',
        value: 'Moldova',
        says: 'the sign-in came from Moldova',
      },
    ],
    refusals: [],
    dryRun: 'native',
  };
  const act: Act = {
    v: '1',
    tenant: 'default',
    proposal: id,
    revision: '1',
    responder: 'postgres-role',
    operation: isUndo ? 'unlock_role' : 'lock_role',
    operationVersion: '1',
    target: { type: 'database_role', system: 'orders-db', immutableId: '7416628801234567890/16412' },
    params: isUndo ? {} : { endSessions: 'yes' },
    preconditions: [
      { path: 'rolcanlogin', value: isUndo ? 'false' : 'true' },
      { path: 'rolname', value: presentation.targetName },
    ],
    planDigest: 'a'.repeat(64),
    undoOperation: 'unlock_role',
    undoes: '',
    startWithinSeconds: '600',
    salt: '7'.repeat(64),
  };
  const actDigest = digestOf('countersign/act/v1', closed(act));
  const needed = tier === 'T3' ? 2 : 1;
  return {
    row: {
      id,
      revision: 1,
      incident: 'inc_ferrante',
      sentence: presentation.sentence,
      targetName: presentation.targetName,
      tier,
      operation: 'postgres-role.lock_role',
      state: 'in_review',
      approvals: tier === 'T3' ? 1 : 0,
      needed,
      reviewBy: rfc(-102),
      createdAt: rfc(1),
      blockedBy: tier === 'T3' ? 'needs a second person' : '',
      escalation: 0,
      mySeat: 'can_review',
      undoes,
      blocks: [
        tier === 'T3'
          ? { reason: 'second_person', text: 'needs a second person who is no contributor', isMine: false }
          : { reason: 'responder', text: 'needs a responder who is no contributor', isMine: false },
        { reason: 'evidence_unopened', text: 'evidence not opened', isMine: true },
      ],
      waiting: {
        points: tier === 'T3' ? 65 : 44,
        reasons:
          tier === 'T3'
            ? ['severity_critical', 'target_active', 'contains_nothing_yet', 'one_signature_left']
            : ['severity_high', 'contains_nothing_yet'],
      },
    },
    glass: undefined,
    mayBreakGlass: false,
    act,
    actDigest,
    words: wordsOf(actDigest),
    presentation,
    presentationDigest: digestOf('countersign/presentation/v1', closed(presentation)),
    policyDigest: 'c'.repeat(64),
    origin: isUndo
      ? { kind: 'undo', of: 'exe_1', chosenBy: 'usr_dana' }
      : { kind: 'option', option: 'lock:c.ferrante', chosenBy: 'usr_dana' },
    contributors: tier === 'T3' ? [{ id: 'usr_lee', name: 'Lee Park', why: 'edited the target' }] : [],
    quorum: Array.from({ length: needed }, (_, i) => ({
      slot: `responder ${i + 1}`,
      who: i === 0 ? 'a responder who did not contribute' : 'another responder who did not contribute',
      filledBy: tier === 'T3' && i === 0 ? 'Noor Haddad' : undefined,
    })),
    isWithheld: false,
    reviews:
      tier === 'T3'
        ? [
            {
              id: 'rev_1',
              by: 'Noor Haddad',
              verdict: 'approve',
              at: rfc(3),
              reason: 'The token is used from a network that no runner of ours has.',
              revision: 1,
              counts: true,
              because: '',
              signedWith: 'passkey',
              logIndex: 10_399,
            },
          ]
        : [],
    moves: [{ state: 'in_review', at: rfc(1), by: 'Dana Weiss', text: 'proposed', logIndex: 10_397 }],
    execution: undefined,
    lateNews: { isDecided: false, streams: [] },
    secondLook: undefined,
    undoneBy: undefined,
    canUndo: false,
    revisions: [{ revision: 1, createdAt: rfc(1), changed: [] }],
    evidenceOpened: [],
    tasks: [],
    conditions: [],
  };
}

/** What proposals ask of people; with a flood, 480 were turned away. */
export function attention(isFlood: boolean): AttentionBudget {
  const pools = ['critical', 'high', 'other'] as const;
  return {
    reviewers: 2,
    pools: pools.map(pool => ({
      pool,
      waiting: isFlood && pool === 'other' ? 40 : 1,
      waitingMost: 40,
      madeLastHour: isFlood && pool === 'other' ? 40 : 1,
      madeMost: 40,
      turnedAwayLastHour: isFlood && pool === 'other' ? 480 : 0,
      proposersTurnedAway: isFlood && pool === 'other' ? 2 : 0,
    })),
  };
}
