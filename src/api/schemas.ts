import { z } from 'zod';
import type { PersonSignature } from '../model/audit-entry.ts';

/** Parts of request bodies, with their bounds. Everything is refused that is not expected. */
export const BASE64URL = z.string().regex(/^[A-Za-z0-9_-]{1,8192}$/);
export const ASSERTION = z.strictObject({
  credentialId: BASE64URL,
  authenticatorData: BASE64URL,
  clientDataJson: BASE64URL,
  signature: BASE64URL,
});
export const PERSON_SIGNATURE: z.ZodType<PersonSignature> = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('passkey'), assertion: ASSERTION }),
  z.strictObject({ kind: z.literal('browser_key'), credentialId: BASE64URL, signature: BASE64URL }),
]);
export const ROLE = z.enum(['administrator', 'responder', 'owner', 'analyst', 'auditor']);
/** A person's name, as it is shown: nothing invisible in it. */
export const PERSON_NAME = z
  .string()
  .trim()
  .min(1)
  .max(100)
  .regex(/^[^\p{Cc}\p{Cf}]*$/u);
export const REASON = z.string().trim().max(2_000);
export const ID = (prefix: string) => z.string().regex(new RegExp(`^${prefix}_[0-9a-z]{1,32}$`));
export const LIMIT = (most: number, usual: number) => z.coerce.number().int().min(1).max(most).default(usual);
export const CURSOR = z.string().max(500).optional();
