import { Hono } from 'hono';
import { z } from 'zod';
import type { ServerContext } from '../app/context.ts';
import { beginEnrolment, finishEnrolment } from '../app/enrolment.ts';
import type { EnrolBegin } from '../model/api.ts';
import { bodyOf, type Frame, must } from './door.ts';
import { BASE64URL, PERSON_NAME } from './schemas.ts';

const BEGIN: z.ZodType<EnrolBegin> = z.strictObject({ linkPublicKey: BASE64URL });
const FINISH = z.strictObject({
  invitation: z.string().regex(/^(genesis|(inv|pch)_[0-9a-z]{1,32})$/),
  name: PERSON_NAME,
  credential: z.strictObject({
    id: BASE64URL,
    kind: z.enum(['passkey', 'browser_key']),
    algorithm: z.enum(['ES256', 'EdDSA', 'RS256']),
    publicKeySpki: BASE64URL,
  }),
  registration: z.union([
    z.null(),
    z.looseObject({ id: z.string(), response: z.looseObject({ clientDataJSON: BASE64URL }) }),
  ]),
  linkSignature: BASE64URL,
});

/** Mounted at /api/v1/enrol: whoever holds a link becomes the person that it was made for. */
export function enrolRoutes(context: ServerContext): Hono<Frame> {
  return new Hono<Frame>()
    .post('/begin', async c => c.json(must(await beginEnrolment(context, (await bodyOf(c, BEGIN)).linkPublicKey))))
    .post('/finish', async c => c.json(must(await finishEnrolment(context, await bodyOf(c, FINISH)))));
}
