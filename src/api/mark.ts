import { Hono } from 'hono';
import { z } from 'zod';
import { fieldOf } from '../app/evidence.ts';
import type { ServerParts } from '../app/server-process.ts';
import { parseId } from '../base/id.ts';
import type { MarkedView } from '../model/api-ai.ts';
import { WITHOUT_MODEL } from '../model/assist.ts';
import { allowPerson, bodyOf, type Frame, must, refuse } from './door.ts';

const FIELD = z.strictObject({ pointer: z.string().max(1_024) });

/** Mounted at /api/v1/evidence, beside the records' own. */
export function markRoutes({ context, assist }: ServerParts): Hono<Frame> {
  return new Hono<Frame>().post('/:id/mark', async c => {
    const by = await allowPerson(c, context, 'propose');
    const id = parseId('evidence', c.req.param('id'));
    const { pointer } = await bodyOf(c, FIELD);
    if (!id.ok) return refuse('not_found', 'not an id of evidence');
    const { shown, without } = await assist.mark(must(await fieldOf(context, id.value, pointer)), by.id);
    const view: MarkedView = {
      without: without ?? '',
      shown: without === undefined ? '' : WITHOUT_MODEL[without],
      text: shown.text,
      marks: shown.marks,
      dropped: shown.dropped,
      record: shown.record,
    };
    return c.json(view);
  });
}
