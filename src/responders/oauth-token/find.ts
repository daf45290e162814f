import type { OauthSettings } from './config.ts';
import { type HeldToken, heldToken, heldTokens, isFingerprint } from './held.ts';
import { type Asking, introspect, type TokenState } from './server.ts';

/** A token that is held, and what its server says of it. */
export interface Found {
  readonly held: HeldToken;
  readonly state: TokenState;
}

const NAME_CHARS_MAX = 256;

/** The token that a target means: by its SHA-256, or the one live token that is held of a subject. */
export async function findToken(
  asking: Asking,
  target: { readonly name: string } | { readonly immutableId: string },
): Promise<Found | 'none' | 'several'> {
  const named = 'name' in target ? target.name : target.immutableId;
  if (isFingerprint(named) || 'immutableId' in target) return await byFingerprint(asking, named);
  if (named === '' || named.length > NAME_CHARS_MAX || !named.isWellFormed() || /\p{Cc}/u.test(named)) return 'none';
  const found: Found[] = [];
  for (const held of await heldTokens(asking.settings.tokens)) {
    const state = await introspect(asking, held.secret);
    // Exactly as the server writes it: whoever is written otherwise is somebody else.
    if (state.active === 'true' && holderOf(state) === named) found.push({ held, state });
  }
  const [one] = found;
  if (one === undefined) return 'none';
  return found.length === 1 ? one : 'several';
}

async function byFingerprint(asking: Asking, sha256: string): Promise<Found | 'none'> {
  const held = await heldToken(asking.settings.tokens, sha256);
  return held === undefined ? 'none' : { held, state: await introspect(asking, held.secret) };
}

/** As whom the token is used: what people and the inventory know as an account there. Empty where the server does not tell. */
export function holderOf({ username, subject }: TokenState): string {
  return username === '' ? subject : username;
}

/** Whether Countersign itself comes with this token. */
export function isOurs(settings: OauthSettings, { client }: TokenState): boolean {
  return (
    client !== '' && (client === settings.readClient || (settings.revokes === 'any' && client === settings.writeClient))
  );
}
