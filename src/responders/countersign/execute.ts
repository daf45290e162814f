import pg from 'pg';
import type { Plan, Receipt, ResponderContext, SystemConfig, WriteCapability } from '../../ports/responder.ts';
import { openFor } from '../open-for.ts';
import { errorTextWithout } from '../wire-text.ts';
import { type OwnSettings, readSettings } from './config.ts';
import { operationNamed } from './manifest.ts';
import { readOwn } from './plan.ts';
import { NotConnected, type Session, withSession } from './session.ts';

type Answer = Pick<Receipt, 'outcome' | 'detail' | 'before'>;

/** Carries out a plan, once: it is compared with what is there in the transaction that adds the row. */
export async function executeOwn(
  plan: Plan,
  system: SystemConfig,
  capability: WriteCapability,
  context: ResponderContext,
): Promise<Receipt> {
  const startedAt = context.now();
  const answer = await attempt(plan, system, capability, context);
  const endedAt = context.now();
  return { ...answer, startedAt, endedAt: endedAt > startedAt ? endedAt : startedAt };
}

async function attempt(
  plan: Plan,
  system: SystemConfig,
  capability: WriteCapability,
  context: ResponderContext,
): Promise<Answer> {
  const settings = readSettings(system.settings);
  if (!settings.ok) return nothingSent(settings.failure.detail);
  const opened = await openFor(plan, system, operationNamed(plan.operation), capability);
  if (!opened.ok) return nothingSent(opened.failure);
  const secret = opened.value;
  const login = { secret, tenant: settings.value.tenant, mode: 'write', timeoutMs: context.timeoutMs } as const;
  try {
    return await withSession(login, session => change(session, settings.value, plan, capability.idempotencyKey));
  } catch (error) {
    return { outcome: outcomeOf(error), detail: errorTextWithout(error, [secret]), before: {} };
  }
}

/** A plain error of PostgreSQL rolled the row back. Silence, a cut connection and a server that goes down leave it open. */
function outcomeOf(error: unknown): Receipt['outcome'] {
  if (error instanceof NotConnected) return 'failed';
  const state = error instanceof pg.DatabaseError ? (error.code ?? '') : '';
  return state === '' || state.startsWith('57P') || state.startsWith('08') ? 'unknown' : 'failed';
}

function nothingSent(detail: string): Answer {
  return { outcome: 'refused', detail, before: {} };
}

async function change(session: Session, settings: OwnSettings, plan: Plan, key: string): Promise<Answer> {
  const { tenant } = settings;
  const object = plan.target.immutableId;
  // Whoever races for the object waits here, and then sees what the one before left.
  await session.ask('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [`${tenant}/${object}`]);
  const [done] = await session.ask<{ object: string }>(
    'SELECT object FROM own_effect WHERE tenant_id = $1 AND idempotency_key = $2',
    [tenant, key],
  );
  if (done !== undefined)
    return done.object === object
      ? { outcome: 'already_applied', detail: 'this act was carried out before', before: {} }
      : nothingSent('its key was used for another object');
  const { operation, params } = plan;
  const read = await readOwn(session, settings, {
    operation,
    params,
    target: { immutableId: object },
    before: undefined,
  });
  if (!read.ok) return { outcome: 'refused_drift', detail: read.failure.detail, before: {} };
  const drifted = plan.preconditions.filter(({ path, value }) => read.value.state[path] !== value);
  if (drifted.length > 0)
    return { outcome: 'refused_drift', detail: drifted.map(({ path }) => path).join(', '), before: {} };
  await session.ask(
    'INSERT INTO own_effect (tenant_id, object, operation, value, idempotency_key, at) VALUES ($1, $2, $3, $4, $5, now())',
    [tenant, read.value.object, operation, JSON.stringify(read.value.value), key],
  );
  return { outcome: 'applied', detail: 'kept', before: read.value.before };
}
