import { Hono } from 'hono';
import { z } from 'zod';
import { beginRelease, finishRelease, readKillSwitchState, stopActs } from '../app/kill-switch.ts';
import { readPeople } from '../app/people.ts';
import type { ServerParts } from '../app/server-process.ts';
import { allow, allowPerson, bodyOf, type Frame, must } from './door.ts';
import { signatureOf } from './people.ts';
import { ASSERTION, BASE64URL, PERSON_SIGNATURE, REASON } from './schemas.ts';

const STOP = z.strictObject({ reason: REASON.min(1) });
const FINISH = z.strictObject({
  nonce: z.string().regex(/^[0-9a-f]{32}$/),
  reason: REASON.min(1),
  signature: PERSON_SIGNATURE.optional(),
  assertion: ASSERTION.optional(),
  browser_key: z.strictObject({ credentialId: BASE64URL, signature: BASE64URL }).optional(),
});

/** Mounted at /api/v1/kill-switch: stopping takes one click and a reason, letting go on takes an administrator's signature. */
export function killSwitchRoutes({ context }: ServerParts): Hono<Frame> {
  return new Hono<Frame>()
    .get('/', async c => {
      await allow(c, context, 'read');
      const people = await readPeople(context);
      return c.json(await readKillSwitchState(context, new Map(people.map(person => [person.id, person.name]))));
    })
    .post('/stop', async c => {
      const by = await allow(c, context, 'stop');
      must(await stopActs(context, by.id, (await bodyOf(c, STOP)).reason));
      return c.body(null, 204);
    })
    .post('/release/begin', async c => {
      const by = await allowPerson(c, context, 'release_stop');
      return c.json(must(await beginRelease(context, by)));
    })
    .post('/release/finish', async c => {
      const by = await allowPerson(c, context, 'release_stop');
      const { nonce, reason, ...signed } = await bodyOf(c, FINISH);
      must(await finishRelease(context, by, nonce, signatureOf(signed), reason));
      return c.body(null, 204);
    });
}
