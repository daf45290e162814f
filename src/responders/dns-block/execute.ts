import { createHash } from 'node:crypto';
import type { Plan, Receipt, ResponderContext, Secret, SystemConfig, WriteCapability } from '../../ports/responder.ts';
import { type Answer, carryOut, nothingSent } from '../shared/carry-out.ts';
import { type DnsSettings, isDomain, readSettings } from './config.ts';
import { operationNamed } from './manifest.ts';
import { CLASS, CODE, type Entry, TYPE, tell, updateOf } from './message.ts';
import { neverBlocked } from './plan.ts';
import { Denied, readBlock, recordsOf, writeOutcome } from './zone.ts';

/** Blocks a domain or takes a block away, once: one update, carried out whole where all that it rests on holds. */
export async function executeBlock(
  plan: Plan,
  system: SystemConfig,
  capability: WriteCapability,
  context: ResponderContext,
): Promise<Receipt> {
  const settings = readSettings(system.settings);
  const errand = { plan, system, operation: operationNamed(plan.operation), capability, context };
  if (!settings.ok)
    return await carryOut({ ...errand, unfit: settings.failure.detail }, async () => nothingSent(''), writeOutcome);
  const mark = createHash('sha256').update(capability.idempotencyKey).digest('hex');
  return await carryOut(
    { ...errand, unfit: unfitFor(plan, settings.value) },
    secret => change(plan, settings.value, mark, secret, context),
    writeOutcome,
  );
}

function unfitFor({ operation, target }: Plan, settings: DnsSettings): string | undefined {
  if (!isDomain(target.immutableId)) return 'the plan is for another kind of target';
  return operation === 'block' ? neverBlocked(target.immutableId, settings) : undefined;
}

async function change(
  plan: Plan,
  settings: DnsSettings,
  mark: string,
  secret: Secret,
  context: ResponderContext,
): Promise<Answer> {
  const { zone } = settings;
  const domain = plan.target.immutableId;
  const now = { seconds: Math.floor(context.now() / 1_000), timeoutMs: context.timeoutMs };
  const plannedMark = plan.preconditions.find(({ path }) => path === 'domain.mark')?.value ?? '';
  const message =
    plan.operation === 'block'
      ? updateOf(zone, recordsOf(domain, zone, mark).map(absent), recordsOf(domain, zone, mark))
      : updateOf(
          zone,
          recordsOf(domain, zone, plannedMark).map(present),
          recordsOf(domain, zone, plannedMark).map(gone),
        );
  const key = { name: settings.writeKey, secret: secret.reveal() };
  const { code } = await tell(settings, message, key, now);
  if (code === CODE.DONE) {
    return plan.operation === 'block'
      ? { outcome: 'applied', detail: 'it is blocked', before: { 'domain.blocked': 'no', 'domain.versionAfter': mark } }
      : { outcome: 'applied', detail: 'it is not blocked any more', before: { 'domain.blocked': 'yes' } };
  }
  const isDrift =
    code === CODE.NAME_EXISTS || code === CODE.SET_EXISTS || code === CODE.NO_SET || code === CODE.NO_NAME;
  if (!isDrift) throw new Denied(code);
  const asking = { settings, secret: await context.readCredential(), ...now };
  const stands = await readBlock(asking, domain).catch(() => undefined);
  return stands?.mark === mark
    ? { outcome: 'already_applied', detail: 'this act made the block before', before: {} }
    : { outcome: 'refused_drift', detail: 'what stands in the policy zone is not what was planned for', before: {} };
}

/** RFC 2136, 2.4.5 and 2.4.3: nothing of that name, and nothing of that name and type. Both records are asked for as names. */
function absent({ name }: Entry): Entry {
  return { name, type: TYPE.ANY, class: CLASS.NONE, ttlSeconds: 0, data: Buffer.alloc(0) };
}

/** RFC 2136, 2.4.2: exactly this set of data. */
function present(record: Entry): Entry {
  return { ...record, ttlSeconds: 0 };
}

/** RFC 2136, 2.5.4: takes exactly this record out. */
function gone(record: Entry): Entry {
  return { ...record, class: CLASS.NONE, ttlSeconds: 0 };
}
