import { Hono } from 'hono';
import { z } from 'zod';
import { isZone } from '../app/notices/channels.ts';
import { confirmAddress, setWishes } from '../app/notices/people.ts';
import type { ServerParts } from '../app/server-process.ts';
import { NOTICE_KINDS } from '../model/notice.ts';
import { allow, allowPerson, bodyOf, type Frame, must } from './door.ts';

const MINUTE_OF_DAY = z
  .int()
  .min(0)
  .max(24 * 60 - 1);
const WISHES = z.strictObject({
  kinds: z.array(z.enum(NOTICE_KINDS)).max(NOTICE_KINDS.length),
  quiet: z.strictObject({ from: MINUTE_OF_DAY, to: MINUTE_OF_DAY, zone: z.string().refine(isZone) }),
});
const ADDRESS = z.strictObject({
  address: z
    .string()
    .max(254)
    .regex(/^(?:[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.)*[A-Za-z0-9-]{1,63})?$/),
});
const CONFIRM = z.strictObject({ code: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/) });

/**
 * Mounted at /api/v1/tell-me: whether and where the person who asks is told of things. Everybody may settle it for
 * themselves, and nobody for anybody else.
 */
export function tellMeRoutes({ context, notices }: ServerParts): Hono<Frame> {
  return new Hono<Frame>()
    .get('/', async c => c.json(await notices.tellMe(await allowPerson(c, context, 'read'))))
    .put('/', async c => {
      const person = await allowPerson(c, context, 'read');
      const { kinds, quiet } = await bodyOf(c, WISHES);
      await setWishes(context, person, kinds, quiet);
      return c.json(await notices.tellMe(person));
    })
    .post('/address', async c => {
      const person = await allowPerson(c, context, 'read');
      must(await notices.setAddress(person, (await bodyOf(c, ADDRESS)).address));
      return c.json(await notices.tellMe(person));
    })
    .post('/confirm', async c => {
      const person = await allowPerson(c, context, 'read');
      must(await confirmAddress(context, person, (await bodyOf(c, CONFIRM)).code));
      return c.json(await notices.tellMe(person));
    });
}

/** Mounted at /api/v1/notices: the channels and how they do. What opens them is entered on the machine, not here. */
export function noticeRoutes({ context, notices }: ServerParts): Hono<Frame> {
  return new Hono<Frame>()
    .get('/', async c => {
      await allow(c, context, 'read');
      return c.json(await notices.view());
    })
    .post('/channels/:name/test', async c => {
      const by = await allowPerson(c, context, 'invite');
      must(await notices.test(c.req.param('name'), by));
      return c.body(null, 204);
    });
}
