import type { Plan, Secret } from '../../ports/responder.ts';
import { OPPOSITE } from '../shared/check.ts';
import { Denied } from '../shared/http/ask-http.ts';
import { byKey, type KeystoneSession, keystoneToken } from '../shared/keystone/keystone-session.ts';
import { errorTextWithout } from '../shared/wire-text.ts';

/** What came of a fresh login. */
export type Trial =
  | { readonly works: 'yes'; readonly text: string; readonly token: Secret }
  | { readonly works: 'no' | 'unproven'; readonly text: string };

/** Keystone's answers to a secret that is not the right one, and to an application credential that is gone. */
const REFUSALS: readonly number[] = [401, 404];

/** Logs in afresh. The token is kept nowhere. */
export async function tryKey(url: string, id: string, secret: Secret, timeoutMs: number): Promise<Trial> {
  try {
    const token = await keystoneToken(url, byKey(id, secret), timeoutMs);
    return { works: 'yes', text: 'a token was issued', token: { reveal: () => token } };
  } catch (error) {
    if (error instanceof Denied && REFUSALS.includes(error.status)) return { works: 'no', text: error.message };
    return { works: 'unproven', text: errorTextWithout(error, [secret]) };
  }
}

/** A secret that opened its application credential before the end, and the token that it got: in the place of whoever took it. */
interface Held {
  /** Digest of the plan that it was kept for. */
  readonly plan: string;
  readonly secret: Secret;
  readonly token: Secret;
}

/** By what is acted on. In this process only: after a restart there is nothing to try. */
const held = new Map<string, Held>();
const HELD_MAX = 32;
const HELD_MS_MAX = 15 * 60_000;

/** Tries a secret that is about to be worth nothing, and keeps it with its token for {@link lookThroughHeld}. */
export async function holdKey(plan: Plan, url: string, id: string, secret: Secret, timeoutMs: number): Promise<void> {
  held.delete(id);
  const trial = await tryKey(url, id, secret, timeoutMs);
  if (trial.works !== 'yes' || held.size >= HELD_MAX) return;
  const one = { plan: plan.digest, secret, token: trial.token };
  held.set(id, one);
  setTimeout(() => {
    if (held.get(id) === one) held.delete(id);
  }, HELD_MS_MAX).unref();
}

interface Finding {
  readonly text: string;
  readonly ok: 'yes' | 'no' | 'unproven';
}

/** What a secret and a token that worked before can still do. */
export async function lookThroughHeld(
  plan: Plan,
  session: KeystoneSession,
  url: string,
  id: string,
  timeoutMs: number,
): Promise<readonly Finding[]> {
  const one = held.get(id);
  const about = 'Its secret and a token that was got with it just before';
  if (one?.plan !== plan.digest) return [{ text: `${about} are held, to try them`, ok: 'unproven' }];
  const [token, fresh] = [await session.lookAtToken(one.token), await tryKey(url, id, one.secret, timeoutMs)];
  return [
    { text: 'A token that was got with it just before is refused', ok: token === undefined ? 'yes' : 'no' },
    { text: `A login with its secret is refused: ${fresh.text}`, ok: OPPOSITE[fresh.works] },
  ];
}
