import { Hono } from 'hono';
import { z } from 'zod';
import type { ServerParts } from '../app/server-process.ts';
import { declaredGaps, readDeliveries } from '../app/source-deliveries.ts';
import { dryRun, previewRecords } from '../app/source-preview.ts';
import { configureSource, listQuarantine, listSources } from '../app/sources.ts';
import type { StandingStream } from '../model/api.ts';
import { allow, allowPerson, bodyOf, type Frame, must, queryOf } from './door.ts';
import { CURSOR, LIMIT } from './schemas.ts';

const PAGE = z.object({ cursor: CURSOR, limit: LIMIT(200, 50) });
const SOURCE_ID = z.string().regex(/^[a-z0-9][a-z0-9._-]{0,63}$/);
const KIND = z.string().regex(/^[a-z0-9-]{1,64}$/);
/** A path may be as long as the key of a record. */
const FIELD_MAP = z.record(z.string().regex(/^[a-z_0-9]{1,64}$/), z.string().min(1).max(1_000));
const CONFIGURE = z.strictObject({
  id: SOURCE_ID,
  kind: KIND.default('auto'),
  fieldMap: FIELD_MAP.default({}),
  scheme: z.enum(['countersign', 'github']).default('countersign'),
  oldSecrets: z.enum(['end_in_a_day', 'end_now']).default('end_in_a_day'),
  keepSecrets: z.boolean().optional(),
});
/** Samples that a person pastes. */
const SAMPLE_CHARS_MAX = 400_000;
const PREVIEW = z.strictObject({
  records: z.union([
    z.strictObject({ text: z.string().max(SAMPLE_CHARS_MAX) }),
    z.strictObject({ newest: z.enum(['unrecognised', 'quarantine']) }),
  ]),
  kind: KIND.default('auto'),
  fieldMap: FIELD_MAP.default({}),
});
const DRY_RUN = z.strictObject({ kind: KIND.default('auto'), fieldMap: FIELD_MAP.default({}) });

/** Mounted at /api/v1/sources. */
export function sourceRoutes({ context, study, secrets, syslog }: ServerParts): Hono<Frame> {
  return new Hono<Frame>()
    .get('/', async c => {
      await allow(c, context, 'read');
      const deliveries = await readDeliveries(context, secrets.folder, syslog.status());
      return c.json(await listSources(context, study.streams.standing(), deliveries));
    })
    .post('/', async c => {
      // A source's secrets let somebody write alerts: they are an administrator's to hand out.
      const person = await allowPerson(c, context, 'invite');
      return c.json(must(await configureSource(context, person.id, await bodyOf(c, CONFIGURE))), 201);
    })
    .post('/preview', async c => {
      await allowPerson(c, context, 'invite');
      return c.json(must(await previewRecords(context, await bodyOf(c, PREVIEW))));
    })
    .post('/:id/preview', async c => {
      await allowPerson(c, context, 'invite');
      return c.json(must(await dryRun(context, c.req.param('id'), await bodyOf(c, DRY_RUN))));
    });
}

/** Mounted at /api/v1/quarantine: what no alert could be made of. */
export function quarantineRoutes({ context }: ServerParts): Hono<Frame> {
  return new Hono<Frame>().get('/', async c => {
    await allow(c, context, 'read');
    const { cursor, limit } = queryOf(c, PAGE);
    return c.json(must(await listQuarantine(context, cursor, limit)));
  });
}

/** Mounted at /api/v1/coverage: every stream, with what is known to be missing. */
export function coverageRoutes({ context, study }: ServerParts): Hono<Frame> {
  return new Hono<Frame>().get('/', async c => {
    await allow(c, context, 'read');
    const { streams: judge } = study;
    const streams = [...judge.all(), ...(await declaredGaps(context))];
    return c.json({
      at: new Date(judge.activityNow()).toISOString(),
      streams: streams.map((one): StandingStream => ({ ...one, isNow: judge.lasts(one) })),
    });
  });
}
