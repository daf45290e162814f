import { Hono } from 'hono';
import { z } from 'zod';
import { beginInventory, finishInventory } from '../app/inventory.ts';
import type { ServerParts } from '../app/server-process.ts';
import { signedInventory } from '../app/signed-inventory.ts';
import { FAILURES } from '../model/failure.ts';
import { allow, allowPerson, bodyOf, type Frame, must } from './door.ts';
import { signatureOf } from './people.ts';
import { ASSERTION, BASE64URL, PERSON_SIGNATURE } from './schemas.ts';

const BEGIN = z.strictObject({
  text: z
    .string()
    .min(1)
    .max(32 * 1024 * 1024),
});
const FINISH = z.strictObject({
  nonce: z.string().regex(/^[0-9a-f]{32}$/),
  signature: PERSON_SIGNATURE.optional(),
  assertion: ASSERTION.optional(),
  browser_key: z.strictObject({ credentialId: BASE64URL, signature: BASE64URL }).optional(),
});

/** Mounted at /api/v1/inventory: who and what there is. A version stands only once an administrator signed it. */
export function inventoryRoutes({ context }: ServerParts): Hono<Frame> {
  return new Hono<Frame>()
    .get('/', async c => {
      await allow(c, context, 'read');
      const inventory = await signedInventory(context);
      return c.json(inventory ?? { v: '1', version: '0', records: [] });
    })
    .post('/begin', async c => {
      const by = await allowPerson(c, context, 'sign_inventory');
      const begun = await beginInventory(context, by, (await bodyOf(c, BEGIN)).text);
      if (begun.ok) return c.json(begun.value);
      const { http, shown } = FAILURES['inventory.malformed'];
      // The reasons go to the person who wrote the file: they are about their own text.
      return c.json(
        { code: 'inventory.malformed', shown, requestId: c.get('requestId'), faults: begun.failure.faults },
        http,
      );
    })
    .post('/finish', async c => {
      const by = await allowPerson(c, context, 'sign_inventory');
      const { nonce, ...signed } = await bodyOf(c, FINISH);
      return c.json(must(await finishInventory(context, by, nonce, signatureOf(signed))));
    });
}
