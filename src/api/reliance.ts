import { Hono } from 'hono';
import { z } from 'zod';
import type { ServerContext } from '../app/context.ts';
import { isHidden } from '../app/drills/sight.ts';
import { readReliance } from '../app/reliance/reading.ts';
import { recordDwell, recordJudgement, recordPreJudgement, recordShown } from '../app/reliance/recording.ts';
import type { DwellRequest, JudgementRequest, PreJudgementRequest, ShownRequest } from '../model/reliance.ts';
import type { Person } from '../model/review.ts';
import { allowPerson, bodyOf, type DoorContext, type Frame, must, queryOf, refuse } from './door.ts';
import { ID } from './schemas.ts';

const REVISION = { proposal: ID('prp'), revision: z.int().min(1).max(1_000_000) };
const SHOWN: z.ZodType<ShownRequest> = z.strictObject(REVISION);
const PRE_JUDGEMENT: z.ZodType<PreJudgementRequest> = z.strictObject({
  ...REVISION,
  says: z.enum(['do', 'do_not', 'cannot_tell']),
});
/** Whole seconds, an hour at most: more exactly nobody needs to know it. */
const SECONDS = z.int().min(0).max(3_600);
const DWELL: z.ZodType<DwellRequest> = z.strictObject({
  ...REVISION,
  sections: z.partialRecord(z.enum(['changes', 'checks', 'evidence', 'recommendation', 'people']), SECONDS),
});
const JUDGEMENT: z.ZodType<JudgementRequest> = z.strictObject({
  ...REVISION,
  shouldHaveBeenDone: z.enum(['yes', 'no', 'cannot_tell']),
});
/** There is no way to ask for somebody else. */
const NOTHING = z.strictObject({});

/** Mounted at /api/v1/reliance. For people, each about themselves; no token reads or writes any of it. */
export function relianceRoutes(context: ServerContext): Hono<Frame> {
  const seen = async <T extends ShownRequest>(c: DoorContext, person: Person, schema: z.ZodType<T>): Promise<T> => {
    const request = await bodyOf(c, schema);
    return (await isHidden(context, request.proposal, person)) ? refuse('not_found', request.proposal) : request;
  };
  return new Hono<Frame>()
    .get('/', async c => {
      const person = await allowPerson(c, context, 'read');
      queryOf(c, NOTHING);
      return c.json(await readReliance(context, person));
    })
    .post('/shown', async c => {
      const person = await allowPerson(c, context, 'read');
      return c.json(must(await recordShown(context, person, await seen(c, person, SHOWN))));
    })
    .post('/pre-judgement', async c => {
      const person = await allowPerson(c, context, 'read');
      must(await recordPreJudgement(context, person, await seen(c, person, PRE_JUDGEMENT)));
      return c.body(null, 204);
    })
    .post('/dwell', async c => {
      const person = await allowPerson(c, context, 'read');
      must(await recordDwell(context, person, await seen(c, person, DWELL)));
      return c.body(null, 204);
    })
    .post('/judgement', async c => {
      const person = await allowPerson(c, context, 'read');
      must(await recordJudgement(context, person, await seen(c, person, JUDGEMENT)));
      return c.body(null, 204);
    });
}
