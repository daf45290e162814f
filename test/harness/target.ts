import { fail, ok } from '../../src/base/result.ts';
import { failureOf } from '../../src/model/failure.ts';
import type { Operation, Plan, PlanRequest, Receipt, Responder } from '../../src/ports/responder.ts';
import { sealPlan } from '../../src/responders/shared/seal.ts';

/** An account of the target system that tests act on. */
export interface TargetAccount {
  readonly id: string;
  name: string;
  isOpen: boolean;
  isPrivileged: 'yes' | 'no' | 'unknown';
  isMachine: 'yes' | 'no' | 'unknown';
  /** Counts every change, whoever made it. */
  version: number;
  /** Sessions that stay open although the account is locked. */
  heldSessions: number;
  /** The account by which Countersign itself is there. */
  isOwn: boolean;
}

export interface WriteRequest {
  readonly id: string;
  readonly isOpen: boolean;
  /** Version that the writer saw; undefined writes whatever came between. */
  readonly ifVersion: number | undefined;
  readonly key: string;
}

export type WriteAnswer = Receipt['outcome'];

/** What the target answers over its wire. Each call needs its credential. */
export interface TargetApi {
  read(credential: string, by: { readonly name: string } | { readonly id: string }): Promise<TargetAccount | undefined>;
  write(credential: string, request: WriteRequest): Promise<WriteAnswer>;
}

/** A target system in memory, which counts what reaches it and can be made to misbehave. */
export interface TestTarget extends TargetApi {
  readonly readCredential: string;
  readonly writeCredential: string;
  readonly accounts: Map<string, TargetAccount>;
  add(account: Partial<TargetAccount> & Pick<TargetAccount, 'id' | 'name'>): TargetAccount;
  account(name: string): TargetAccount;
  /** Requests to write that arrived with the right credential, whatever came of them. */
  writes: WriteRequest[];
  /** Writes that changed something. */
  effects: WriteRequest[];
  /** Runs when a request to write has arrived and nothing has happened yet. */
  onWrite: (request: WriteRequest) => void | Promise<void>;
  /** Says yes and does nothing. */
  isLying: boolean;
  /** Does it, and never answers. */
  isMute: boolean;
  /** No read is answered. */
  isUnreadable: boolean;
  /** Forgets which idempotency keys it has seen. */
  isForgetful: boolean;
}

export class Unanswered extends Error {
  override readonly name = 'Unanswered';
}

export function createTarget(): TestTarget {
  const keys = new Set<string>();
  const find = (by: { readonly name: string } | { readonly id: string }) =>
    'id' in by ? target.accounts.get(by.id) : [...target.accounts.values()].find(account => account.name === by.name);
  const target: TestTarget = {
    readCredential: 'read-credential-of-the-test-target',
    writeCredential: 'write-credential-of-the-test-target',
    accounts: new Map(),
    writes: [],
    effects: [],
    onWrite: () => undefined,
    isLying: false,
    isMute: false,
    isUnreadable: false,
    isForgetful: false,
    add(account) {
      const added = {
        isOpen: true,
        isPrivileged: 'no' as const,
        isMachine: 'no' as const,
        version: 1,
        heldSessions: 0,
        isOwn: false,
        ...account,
      };
      target.accounts.set(added.id, added);
      return added;
    },
    account(name) {
      const account = find({ name });
      if (account === undefined) throw new Error(`the target has no account ${name}`);
      return account;
    },
    async read(credential, by) {
      if (target.isUnreadable) throw new Unanswered('the target does not answer');
      if (credential !== target.readCredential && credential !== target.writeCredential)
        throw new Error('the target refuses this credential');
      const account = find(by);
      return account === undefined ? undefined : { ...account };
    },
    async write(credential, request) {
      if (credential !== target.writeCredential) return 'refused';
      target.writes.push(request);
      await target.onWrite(request);
      const account = target.accounts.get(request.id);
      if (account === undefined) return 'failed';
      if (keys.has(request.key) && !target.isForgetful) return 'already_applied';
      if (request.ifVersion !== undefined && request.ifVersion !== account.version) return 'refused_drift';
      if (target.isLying) return 'applied';
      keys.add(request.key);
      account.isOpen = request.isOpen;
      account.version++;
      target.effects.push(request);
      if (target.isMute) throw new Unanswered('no answer came');
      return 'applied';
    },
  };
  return target;
}

export const TARGET_RESPONDER = 'test-target';

/**
 * `lock` and `suspend` close an account, `open` is their undo. `erase` cannot be undone. One person blocks and unblocks,
 * two grant.
 */
const operation = (
  name: string,
  undo: string | undefined,
  kind: Pick<Operation, 'kind' | 'touches'> = { kind: 'disable_account', touches: 'access' },
): Operation => ({
  name,
  version: '1',
  title: `${name} an account`,
  ...kind,
  targetType: 'database_role',
  reversibility: undo === undefined ? 'irreversible' : 'exact',
  undo,
  residue: [],
  versionPaths: ['account.version'],
  d3fend: 'D3-AL',
  concurrencyControl: 'server-assertion',
  settleMs: 0,
});

const opens = (name: string) => name === 'open' || name === 'unblock';

const OPERATIONS = [
  operation('lock', 'open'),
  operation('suspend', 'open'),
  operation('open', 'lock'),
  operation('erase', undefined),
  operation('block', 'unblock', { kind: 'block_indicator', touches: 'own' }),
  operation('unblock', 'block', { kind: 'unblock_indicator', touches: 'own' }),
  operation('grant', 'lock', { kind: 'grant_role', touches: 'access' }),
];

/** The power over the test target. `isUnconditional` writes over whatever came between: a control that was taken out. */
export function targetResponder(
  target: TargetApi,
  options: { readonly isUnconditional?: () => boolean } = {},
): Responder {
  return {
    manifest: {
      name: TARGET_RESPONDER,
      title: 'Accounts of a test target',
      operations: OPERATIONS,
      scopes: { read: ['read accounts'], write: ['open and close accounts'], forbidden: ['make accounts'] },
    },
    parseConfig: settings => ok(settings),
    async plan(request, system, context) {
      const credential = await context.readCredential();
      const by = 'name' in request.target ? request.target : { id: request.target.immutableId };
      const account = await target.read(credential.reveal(), by);
      if (account === undefined)
        return fail(failureOf('proposal.target_not_found', `no account ${JSON.stringify(request.target)}`));
      return ok(planOf(request, system.system, account));
    },
    async execute(plan, _system, capability, context) {
      const startedAt = context.now();
      const answer = (outcome: Receipt['outcome'], before: Receipt['before'] = {}): Receipt => ({
        outcome,
        detail: outcome,
        before,
        startedAt,
        endedAt: context.now(),
      });
      const version = plan.preconditions.find(({ path }) => path === 'account.version')?.value;
      const now = await target.read((await context.readCredential()).reveal(), { id: plan.target.immutableId });
      const isUnconditional = options.isUnconditional?.() === true;
      if (now === undefined || (String(now.version) !== version && !isUnconditional)) return answer('refused_drift');
      const before = { 'account.isOpen': String(now.isOpen) };
      const secret = await capability.open();
      try {
        const outcome = await target.write(secret.reveal(), {
          id: plan.target.immutableId,
          isOpen: opens(plan.operation),
          ifVersion: isUnconditional ? undefined : Number(version),
          key: capability.idempotencyKey,
        });
        return answer(outcome, before);
      } catch {
        return answer('unknown', before);
      }
    },
    async observe(plan, _system, context) {
      try {
        const account = await target.read((await context.readCredential()).reveal(), { id: plan.target.immutableId });
        if (account === undefined) return fail(failureOf('proposal.target_not_found', plan.target.immutableId));
        const isInEffect = account.isOpen === opens(plan.operation);
        const isWholly = isInEffect && (account.isOpen || account.heldSessions === 0);
        return ok({
          state: isInEffect ? 'in_effect' : 'not_in_effect',
          effect: isWholly ? 'in_effect' : 'not_in_effect',
          checks: [
            { text: 'The account is as it should be.', ok: isInEffect ? 'yes' : 'no' },
            { text: 'No session of it is open.', ok: account.heldSessions === 0 ? 'yes' : 'no' },
          ],
        });
      } catch {
        return fail(failureOf('responder.unreachable', 'the target does not answer'));
      }
    },
  };
}

function planOf(request: PlanRequest, system: string, account: TargetAccount): Plan {
  const isOpening = opens(request.operation);
  const isDone = account.isOpen === isOpening;
  const hasNothingToUndo = request.operation === 'open' && request.before === undefined;
  return sealPlan({
    operation: request.operation,
    operationVersion: '1',
    target: { type: 'database_role', system, immutableId: account.id },
    facts: {
      displayName: account.name,
      isPrivileged: account.isPrivileged,
      isMachine: account.isMachine,
      isLastAdministrator: false,
      isOwnIdentity: account.isOwn,
    },
    params: {},
    preconditions: [
      { path: 'account.isOpen', value: String(account.isOpen) },
      { path: 'account.version', value: String(account.version) },
    ],
    changes: [{ path: 'account.isOpen', from: String(account.isOpen), to: String(isOpening) }],
    blast: { direct: [], dependents: [], unknown: [] },
    sideEffects: [],
    refusals: [
      ...(isDone ? [{ reason: 'already_in_effect' as const, text: 'It is so already.' }] : []),
      ...(hasNothingToUndo ? [{ reason: 'nothing_to_undo' as const, text: 'No act of ours closed it.' }] : []),
    ],
    dryRun: 'native',
  });
}
