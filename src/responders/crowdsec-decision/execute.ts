import type { Plan, Receipt, ResponderContext, Secret, SystemConfig, WriteCapability } from '../../ports/responder.ts';
import { type Answer, carryOut, nothingSent } from '../shared/carry-out.ts';
import { httpWriteOutcome } from '../shared/http/ask-http.ts';
import { denied } from '../shared/http/vendor-http.ts';
import { inTurn } from '../shared/in-turn.ts';
import { type CrowdsecSettings, isAddress, isDuration, neverBanned, readSettings } from './config.ts';
import {
  type AddressState,
  type Decision,
  endDecision,
  logIn,
  postBan,
  readAddress,
  scenarioOf,
  stateOf,
} from './decision.ts';
import { operationNamed } from './manifest.ts';

/** Bans an address or takes a ban away, once. */
export async function executeBan(
  plan: Plan,
  system: SystemConfig,
  capability: WriteCapability,
  context: ResponderContext,
): Promise<Receipt> {
  const settings = readSettings(system.settings);
  const errand = { plan, system, operation: operationNamed(plan.operation), capability, context };
  if (!settings.ok)
    return await carryOut({ ...errand, unfit: settings.failure.detail }, async () => nothingSent(''), httpWriteOutcome);
  const { value } = settings;
  const scenario = scenarioOf(capability.idempotencyKey);
  return await carryOut(
    { ...errand, unfit: unfitFor(plan, value) },
    secret =>
      inTurn(`crowdsec-decision ${value.url} ${plan.target.immutableId}`, () =>
        change({ plan, settings: value, secret, scenario, context }),
      ),
    httpWriteOutcome,
  );
}

function unfitFor({ operation, target, params }: Plan, settings: CrowdsecSettings): string | undefined {
  if (!isAddress(target.immutableId)) return 'the plan is for another kind of target';
  if (operation !== 'ban') return undefined;
  return isDuration(params['duration'] ?? '') ? neverBanned(target.immutableId, settings) : 'the plan says no duration';
}

interface Work {
  readonly plan: Plan;
  readonly settings: CrowdsecSettings;
  readonly secret: Secret;
  readonly scenario: string;
  readonly context: ResponderContext;
}

/** CrowdSec compares nothing before it writes, and tells of an ended decision that it ended it: what is read first decides. */
async function change(work: Work): Promise<Answer> {
  const { plan, settings, secret, scenario, context } = work;
  const { timeoutMs } = context;
  const read = await context.readCredential();
  const now = await readAddress({ settings, secret: read, timeoutMs }, plan.target.immutableId);
  const values = new Map([
    ['address.banned', now.banned],
    ['address.mark', now.mark],
  ]);
  if (!plan.preconditions.every(({ path, value }) => values.get(path) === value)) return drift(now, scenario);
  const token = await logIn({ settings, secret, timeoutMs });
  return plan.operation === 'ban' ? await ban(work, token) : await unban(work, token, now);
}

function drift(now: AddressState, ours: string): Answer {
  return now.decisions.some(({ scenario }) => scenario === ours)
    ? { outcome: 'already_applied', detail: 'this act made the ban before', before: {} }
    : { outcome: 'refused_drift', detail: 'what is decided about it is not what was planned for', before: {} };
}

async function ban({ plan, settings, scenario, context }: Work, token: string): Promise<Answer> {
  const address = plan.target.immutableId;
  const duration = plan.params['duration'] ?? '';
  const at = new Date(context.now()).toISOString();
  const answer = await postBan(settings, token, { address, duration, scenario, at }, context.timeoutMs);
  if (answer.status !== 201) throw denied(answer);
  const ours: Decision = {
    id: '',
    type: 'ban',
    origin: 'countersign',
    scenario,
    scope: 'Ip',
    value: address,
    left: '',
  };
  return {
    outcome: 'applied',
    detail: `it is banned for ${duration}`,
    before: { 'address.banned': 'no', 'address.versionAfter': stateOf([ours]).mark },
  };
}

async function unban({ settings, context }: Work, token: string, now: AddressState): Promise<Answer> {
  const [only, ...others] = now.decisions;
  if (only === undefined || others.length > 0 || !/^\d+$/.test(only.id))
    return { outcome: 'refused_drift', detail: 'there is not exactly one decision about it', before: {} };
  const answer = await endDecision(settings, token, only.id, context.timeoutMs);
  if (answer.status !== 200) throw denied(answer);
  return { outcome: 'applied', detail: 'it is not banned any more', before: { 'address.banned': 'yes' } };
}
