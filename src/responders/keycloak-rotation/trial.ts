import type { Plan, Secret } from '../../ports/responder.ts';
import { look } from '../shared/http/vendor-http.ts';
import { endpointOf, type Realm } from '../shared/keycloak/keycloak-realm.ts';
import { errorTextWithout } from '../shared/wire-text.ts';

/** What came of showing a secret to Keycloak. */
export interface Trial {
  readonly works: 'yes' | 'no' | 'unproven';
  readonly text: string;
}

const FORM = { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' };
const NO_TOKEN = 'none';

/**
 * Shows a client's secret by asking about a token that there is none of (RFC 7662). Keycloak says who a client is before it looks,
 * gives out nothing, and keeps no login of it on record: what stands there of the new client is somebody else's.
 */
export async function tryClient(realm: Realm, client: string, secret: Secret, timeoutMs: number): Promise<Trial> {
  const body = new URLSearchParams({ client_id: client, client_secret: secret.reveal(), token: NO_TOKEN }).toString();
  try {
    const url = endpointOf(realm, 'token/introspect');
    const { status } = await look({ method: 'POST', url, headers: FORM, body }, timeoutMs);
    if (status === 200) return { works: 'yes', text: 'it was let in' };
    if (status === 401) return { works: 'no', text: 'it was refused' };
    return { works: 'unproven', text: `the answer was ${status}` };
  } catch (error) {
    return { works: 'unproven', text: errorTextWithout(error, [secret]) };
  }
}

/** A secret that was let in before its client was ended: in the place of whoever took it. */
interface Held {
  /** Digest of the plan that it was kept for. */
  readonly plan: string;
  readonly secret: Secret;
}

/** By the client. In this process only: after a restart there is nothing to try. */
const held = new Map<string, Held>();
const HELD_MAX = 32;
const HELD_MS_MAX = 15 * 60_000;

/** Tries a secret that is about to be worth nothing, and keeps it for {@link tryHeld}. */
export async function holdClient(
  plan: Plan,
  realm: Realm,
  client: string,
  secret: Secret,
  timeoutMs: number,
): Promise<void> {
  const id = plan.target.immutableId;
  held.delete(id);
  const trial = await tryClient(realm, client, secret, timeoutMs);
  if (trial.works !== 'yes' || held.size >= HELD_MAX) return;
  const one = { plan: plan.digest, secret };
  held.set(id, one);
  setTimeout(() => {
    if (held.get(id) === one) held.delete(id);
  }, HELD_MS_MAX).unref();
}

/** Whether a secret that was let in just before is let in now. */
export async function tryHeld(plan: Plan, realm: Realm, client: string, timeoutMs: number): Promise<Trial> {
  const one = held.get(plan.target.immutableId);
  if (one?.plan !== plan.digest) return { works: 'unproven', text: 'it is not held, to try it' };
  return await tryClient(realm, client, one.secret, timeoutMs);
}
