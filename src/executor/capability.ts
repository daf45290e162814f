import type { Digest } from '../base/canonical.ts';
import type { Secret, WriteCapability } from '../ports/responder.ts';

/** Why a write credential was not handed out. Thrown inside a responder, so that nothing there can go on without it. */
export class CapabilityRefused extends Error {
  override readonly name = 'CapabilityRefused';
}

/** A secret that shows itself only when asked by name: not in JSON, not in a template, not in an error. */
export function secretOf(value: string): Secret {
  return Object.freeze({
    reveal: () => value,
    toJSON: () => '[secret]',
    toString: () => '[secret]',
  });
}

/**
 * The right to write once. It lives in this process only, cannot be serialised, and opens the write credential a
 * single time, after `stillAllowed` said yes at that very moment: a kill switch between the checks and the write stops it.
 */
export function createCapability(options: {
  readonly actDigest: Digest;
  readonly idempotencyKey: string;
  readonly open: () => Promise<Secret>;
  readonly stillAllowed: () => Promise<boolean>;
}): WriteCapability {
  let isOpened = false;
  const capability = {
    actDigest: options.actDigest,
    idempotencyKey: options.idempotencyKey,
    toJSON: () => '[capability]',
    async open(): Promise<Secret> {
      if (isOpened) throw new CapabilityRefused('a capability opens once');
      isOpened = true;
      if (!(await options.stillAllowed())) throw new CapabilityRefused('the kill switch is on');
      return options.open();
    },
  };
  // The brand exists in the type alone: nothing outside this file can make a value of it without a cast.
  return Object.freeze(capability) as unknown as WriteCapability;
}
