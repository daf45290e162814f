import pg from 'pg';
import type { Plan, Receipt, ResponderContext, Secret, SystemConfig, WriteCapability } from '../../ports/responder.ts';
import { type Answer, carryOut, nothingSent } from '../shared/carry-out.ts';
import { type OwnSettings, readSettings } from './config.ts';
import { operationNamed } from './manifest.ts';
import { readOwn } from './plan.ts';
import { NotConnected, type Session, withSession } from './session.ts';

/** Carries out a plan, once: it is compared with what is there in the transaction that adds the row. */
export async function executeOwn(
  plan: Plan,
  system: SystemConfig,
  capability: WriteCapability,
  context: ResponderContext,
): Promise<Receipt> {
  const settings = readSettings(system.settings);
  const errand = { plan, system, operation: operationNamed(plan.operation), capability, context };
  if (!settings.ok)
    return carryOut({ ...errand, unfit: settings.failure.detail }, async () => nothingSent(''), outcomeOf);
  const { tenant } = settings.value;
  const write = (secret: Secret) =>
    withSession({ secret, tenant, mode: 'write', timeoutMs: context.timeoutMs }, session =>
      change(session, settings.value, plan, capability.idempotencyKey),
    );
  return carryOut({ ...errand, unfit: undefined }, write, outcomeOf);
}

/** A plain error of PostgreSQL rolled the row back. Silence, a cut connection and a server that goes down leave it open. */
function outcomeOf(error: unknown): 'failed' | 'unknown' {
  if (error instanceof NotConnected) return 'failed';
  const state = error instanceof pg.DatabaseError ? (error.code ?? '') : '';
  return state === '' || state.startsWith('57P') || state.startsWith('08') ? 'unknown' : 'failed';
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
