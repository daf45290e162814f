import { Hono } from 'hono';
import { z } from 'zod';
import { ask, offersOf, readByModel } from '../app/ask.ts';
import type { ServerParts } from '../app/server-process.ts';
import { type Id, parseId } from '../base/id.ts';
import { ASK_FORMS } from '../core/study/ask/forms.ts';
import { QUERY } from '../core/study/ask/query-schema.ts';
import { type AskRequest, QUESTION_CHARS_MAX } from '../model/query.ts';
import { allow, allowPerson, bodyOf, type DoorContext, type Frame, must, personWhoAsks, refuse } from './door.ts';

const QUESTION = z.string().trim().min(1).max(QUESTION_CHARS_MAX);
const READING = z.strictObject({ question: QUESTION });
const REQUEST = z.union([z.strictObject({ question: QUESTION }), z.strictObject({ query: QUERY })]);

/** Mounted at /api/v1/incidents: questions about one incident. They change nothing, so whoever reads may ask. */
export function askRoutes(parts: ServerParts): Hono<Frame> {
  return new Hono<Frame>()
    .get('/:id/ask', async c => {
      await allow(c, parts.context, 'read');
      return c.json(must(await offersOf(parts, incidentOf(c))));
    })
    .post('/:id/ask', async c => {
      await allow(c, parts.context, 'read');
      const request = (await bodyOf(c, REQUEST)) as AskRequest;
      return c.json(must(await ask({ ...parts, person: personWhoAsks(c) }, incidentOf(c), request)));
    })
    .post('/:id/ask/reading', async c => {
      // It leaves the house and is kept, so it is a person's.
      const by = await allowPerson(c, parts.context, 'propose');
      const { question } = await bodyOf(c, READING);
      return c.json(must(await readByModel(parts, incidentOf(c), question, by.id)));
    });
}

/** Mounted at /api/v1/ask: what the builder offers. */
export function askFormRoutes({ context }: ServerParts): Hono<Frame> {
  return new Hono<Frame>().get('/forms', async c => {
    await allow(c, context, 'read');
    return c.json(ASK_FORMS);
  });
}

function incidentOf(c: DoorContext): Id<'incident'> {
  const id = parseId('incident', c.req.param('id') ?? '');
  return id.ok ? id.value : refuse('not_found', 'not an id of an incident');
}
