import { rightsLook } from '../../src/core/act/rights.ts';
import type { Condition, PowerDetailView, PowerRow, PowersView, RightRow } from '../../src/model/api-powers.ts';
import { rfc } from './data.ts';

const CONDITIONS: readonly Condition[] = ['unknown', 'failing', 'attention', 'well'];
const LONG = `db-${'very-long-name-of-a-cluster-'.repeat(6)}eu-central-1`;

function rightsOf(condition: Condition): readonly RightRow[] {
  const needed = ['CONNECT on the database', 'EXECUTE on countersign.lock_role(oid, jsonb, text)'];
  const forbidden = ['SUPERUSER', 'SELECT, INSERT, UPDATE or DELETE on countersign.act'];
  const isUnknown = condition === 'unknown';
  return (['read', 'write'] as const).flatMap(credential => [
    ...needed.map((scope, i) => ({
      credential,
      scope,
      need: 'needed' as const,
      granted: isUnknown
        ? ('unknown' as const)
        : condition === 'failing' && i === 1
          ? ('no' as const)
          : ('yes' as const),
      because: isUnknown ? 'Countersign can read no right of this kind of system' : '',
    })),
    ...forbidden.map((scope, i) => ({
      credential,
      scope,
      need: 'forbidden' as const,
      granted: isUnknown
        ? ('unknown' as const)
        : condition === 'attention' && i === 0
          ? ('yes' as const)
          : ('no' as const),
      because: '',
    })),
  ]);
}

function row(at: number, condition: Condition): PowerRow {
  const isUnknown = condition === 'unknown';
  return {
    system: at % 7 === 3 ? `${LONG}-${at}` : `orders-db-${at}`,
    responder: 'postgres-role',
    title: 'Roles of a PostgreSQL server',
    condition,
    reasons:
      condition === 'unknown'
        ? ['never_heard', 'rights_unknown']
        : condition === 'failing'
          ? ['plan_failing', 'right_missing']
          : condition === 'attention'
            ? ['right_too_much', 'rotation_due', 'secret_shared', 'acts_troubled']
            : [],
    doings: [
      {
        doing: 'plan',
        wellAt: isUnknown ? '' : rfc(90),
        illAt: condition === 'failing' ? rfc(5) : '',
        code: condition === 'failing' ? 'responder.unreachable' : '',
        shown: condition === 'failing' ? "The target system didn't answer." : '',
      },
      { doing: 'execute', wellAt: isUnknown ? '' : rfc(2_000), illAt: '', code: '', shown: '' },
      { doing: 'observe', wellAt: isUnknown ? '' : rfc(1_999), illAt: '', code: '', shown: '' },
    ],
    rights: rightsLook(isUnknown ? 'not_told' : 'seen', rightsOf(condition)).summary,
    lookedAt: rfc(4),
    credential: {
      readSince: isUnknown ? '' : rfc(60 * 24 * 190),
      writeSince: isUnknown ? '' : rfc(60 * 24 * 190),
      probeSince: '',
      isMadeAtStart: false,
      sharedWith: condition === 'attention' ? ['billing-db'] : [],
      rotateBy: isUnknown ? '' : rfc(-60 * 24 * 10),
      refusedFrom: isUnknown ? '' : rfc(-60 * 24 * 175),
      identity: `responder:orders-db-${at}`,
      ownerName: condition === 'failing' ? '' : 'Dana Weiss',
      isByDefault: at % 2 === 0,
      until: condition === 'well' ? rfc(-60 * 24 * 90) : '',
      state: condition === 'failing' ? 'ownerless' : condition === 'attention' ? 'rotation_due' : 'active',
      isDisabled: condition === 'failing',
    },
    open: at % 3,
    troubled: condition === 'attention' ? [{ state: 'succeeded', count: 2 }] : [],
    waitUntil: '',
    trail:
      condition === 'unknown'
        ? { state: 'none', kept: '', readAt: '', unknownChanges: 0, notShown: 0 }
        : {
            state: 'read',
            kept: 'countersign.trail in the database orders',
            readAt: rfc(1),
            unknownChanges: 0,
            notShown: 0,
          },
  };
}

/** So many systems, a few of each condition, what is not known first. */
export function powersView(systems: number, isExecutorHeard: boolean): PowersView {
  const conditionAt = (at: number): Condition => CONDITIONS[at < 2 ? 0 : at < 4 ? 1 : at < 8 ? 2 : 3] ?? 'well';
  return {
    at: rfc(0),
    killSwitch: { isOn: false, since: rfc(5_000), by: 'Dana Weiss', reason: 'the exercise is over' },
    executor: {
      heardAt: rfc(isExecutorHeard ? 0 : 40),
      isHeard: isExecutorHeard,
      program: '0.1.0',
      refuses: '',
      logKey: 'countersign.local/ins_01jzk9+0a1b2c3d+AVt0aGVyZSBpcyBubyBzZWNyZXQgaW4gdGhpcyBrZXk',
    },
    budget: [
      { kind: 'disable_account', begun: 3, most: 20 },
      { kind: 'revoke_sessions', begun: 20, most: 20 },
    ],
    systems: Array.from({ length: systems }, (_, at) => row(at, systems === 1 ? 'attention' : conditionAt(at))),
  };
}

/** What is opened under a row of that condition. */
export function powerDetail(condition: Condition): PowerDetailView {
  return {
    rights: rightsOf(condition),
    operations: [
      {
        name: 'lock',
        title: 'Lock a role and end its sessions',
        kind: 'disable_account',
        touches: 'access',
        reversibility: 'exact',
        floor: 'T2',
      },
    ],
  };
}
