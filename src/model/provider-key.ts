/** What of a provider a sealed key is bound to. */
export interface KeyedProvider {
  readonly name: string;
  readonly kind: string;
  readonly baseUrl?: string;
  readonly region: string;
}

/** Bytes of a key that fit under RSA-OAEP with SHA-256 and 3072 bits; a longer one is entered by the command line. */
export const SEALED_KEY_BYTES_MAX = 318;

/**
 * The label (RFC 8017 section 7.1) under which a browser seals a provider's key: UTF-8 of this text. It binds the key to
 * where it may be sent, so that one that was sealed for an address opens for no other.
 */
export function keySealLabel({ name, kind, baseUrl, region }: KeyedProvider): string {
  return `countersign/provider-key/v1\n${JSON.stringify([name, kind, baseUrl ?? '', region])}`;
}
