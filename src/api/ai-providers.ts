import { Hono } from 'hono';
import { z } from 'zod';
import { changeProvider } from '../app/assist/providers.ts';
import type { ServerParts } from '../app/server-process.ts';
import type { ProviderKey, ProviderPut } from '../model/api-ai.ts';
import { FAILURES } from '../model/failure.ts';
import type { ProviderConfig } from '../ports/model.ts';
import type { ProviderChange } from '../ports/model-pipe.ts';
import { allowPerson, bodyOf, type DoorContext, type Frame, must } from './door.ts';

/** Only its outline: what a provider may be is judged by the ai process, which keeps it. */
const PROVIDER = z.strictObject({
  provider: z.record(z.string(), z.unknown()),
  sealedKey: z
    .string()
    .regex(/^[A-Za-z0-9+/]{1,4096}={0,2}$/)
    .optional(),
});

/** Mounted at /api/v1/ai/providers: keys come sealed to the ai process, and no route gives one out. */
export function providerRoutes({ context, models }: ServerParts): Hono<Frame> {
  const change = async (c: DoorContext, wanted: ProviderChange, by: string): Promise<Response> => {
    const done = await changeProvider(context, models, wanted, by);
    if (done.ok || done.failure.code !== 'provider.invalid') {
      must(done);
      return c.json({ changed: true });
    }
    const { http, shown } = FAILURES['provider.invalid'];
    // The reason goes to the person who wrote it: it is about their own words.
    return c.json(
      { code: 'provider.invalid', shown, requestId: c.get('requestId'), because: done.failure.detail },
      http,
    );
  };
  return new Hono<Frame>()
    .post('/open', async c => {
      await allowPerson(c, context, 'invite');
      const { isRunning, publicKey } = await models.open();
      const key: ProviderKey = { isRunning, publicKey: publicKey ?? '' };
      return c.json(key);
    })
    .put('/:name', async c => {
      const by = await allowPerson(c, context, 'invite');
      const { provider, sealedKey } = (await bodyOf(c, PROVIDER)) as unknown as ProviderPut;
      const named: ProviderConfig = { ...provider, name: c.req.param('name') };
      const sealed = sealedKey === undefined ? {} : { sealedKey };
      return change(c, { kind: 'set', provider: named, ...sealed }, by.id);
    })
    .post('/:name/remove', async c => {
      const by = await allowPerson(c, context, 'invite');
      return change(c, { kind: 'remove', name: c.req.param('name') }, by.id);
    });
}
