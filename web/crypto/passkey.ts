import { base64url, fromBase64url } from '../../src/base/bytes.ts';
import type { Assertion } from '../../src/model/review.ts';

const TOUCH_WAIT_MS_MAX = 120_000;

/** Whether this browser can use passkeys here at all (it needs a name, not an address, and a secure context). */
export function canUsePasskeys(): boolean {
  return window.isSecureContext && typeof PublicKeyCredential === 'function';
}

/** Whether a passkey can be made on this device itself, as far as the browser tells. */
export async function hasPlatformPasskey(): Promise<boolean> {
  if (!canUsePasskeys()) return false;
  try {
    return await PublicKeyCredential.isUserVerifyingPlatformAuthenticatorAvailable();
  } catch {
    return false;
  }
}

/**
 * Signs 32 digest bytes with a passkey: they are the challenge itself, and the person must be verified (PIN, finger,
 * face). With no `credentialIds` the browser offers every passkey of this site. Throws where the person turns away.
 */
export async function signWithPasskey(
  digest: Uint8Array,
  rpId: string,
  credentialIds: readonly string[],
): Promise<Assertion> {
  const credential = await navigator.credentials.get({
    publicKey: {
      challenge: new Uint8Array(digest),
      rpId,
      userVerification: 'required',
      timeout: TOUCH_WAIT_MS_MAX,
      allowCredentials: credentialIds.map(id => ({ type: 'public-key', id: new Uint8Array(fromBase64url(id) ?? []) })),
    },
  });
  if (!(credential instanceof PublicKeyCredential)) throw new Error('No passkey was chosen.');
  const response = credential.response as AuthenticatorAssertionResponse;
  return {
    credentialId: credential.id,
    authenticatorData: base64url(new Uint8Array(response.authenticatorData)),
    clientDataJson: base64url(new Uint8Array(response.clientDataJSON)),
    signature: base64url(new Uint8Array(response.signature)),
  };
}

/** What a browser's refusal means, in words. The browser deliberately does not tell a cancel from a time-out. */
export function passkeyTrouble(error: unknown): string | undefined {
  if (!(error instanceof DOMException)) return undefined;
  switch (error.name) {
    case 'NotAllowedError':
      return 'The passkey was not used: cancelled, timed out, or none for this site is on this device.';
    case 'SecurityError':
      return 'This address cannot use passkeys. Open the page by its name (localhost), not by a number.';
    case 'InvalidStateError':
      return 'This device already holds a passkey for this person.';
    default:
      return `The passkey failed (${error.name}).`;
  }
}
