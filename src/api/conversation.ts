import { Hono } from 'hono';
import { z } from 'zod';
import type { ServerContext } from '../app/context.ts';
import { readAsSigned } from '../app/proposals/as-signed.ts';
import { listComments, writeComment } from '../app/proposals/comments.ts';
import type { ReadStudy } from '../app/proposals/study.ts';
import { tasksOfPerson } from '../app/proposals/task-rows.ts';
import { settleTask, worksHere } from '../app/proposals/tasks.ts';
import {
  CHECK_NAMES,
  COMMENT_CHARS_MAX,
  type CommentAbout,
  type CommentList,
  type CommentWrite,
} from '../model/conversation.ts';
import {
  TASK_ENTITY_CHARS_MAX,
  TASK_RECORDS_MAX,
  TASK_SETTLED_CHARS_MAX,
  TASK_SOURCE_CHARS_MAX,
  TASK_WORDS_CHARS_MAX,
  type TaskRequest,
  type TaskSettle,
} from '../model/task.ts';
import { allow, allowPerson, bodyOf, type DoorContext, type Frame, must, personWhoAsks, refuse } from './door.ts';
import { hideDrills } from './hide-drills.ts';
import { ID } from './schemas.ts';

const ABOUT = z.union([z.literal(''), z.enum(CHECK_NAMES), ID('evd')]) as z.ZodType<CommentAbout>;
const COMMENT: z.ZodType<CommentWrite> = z.strictObject({
  revision: z.int().min(1),
  about: ABOUT,
  // Well-formed, because it is kept as UTF-8 and has to be what was written when it is read again.
  text: z
    .string()
    .trim()
    .min(1)
    .max(COMMENT_CHARS_MAX)
    .refine(text => text.isWellFormed()),
});

const LINE = (most: number) =>
  z
    .string()
    .trim()
    .max(most)
    .refine(text => text.isWellFormed());
const INSTANT = z.string().regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
/** What a reviewer asks for. */
export const TASK_REQUEST: z.ZodType<TaskRequest> = z.strictObject({
  asks: z.strictObject({
    source: LINE(TASK_SOURCE_CHARS_MAX).min(1),
    entity: LINE(TASK_ENTITY_CHARS_MAX).min(1),
    from: INSTANT,
    to: INSTANT,
    words: LINE(TASK_WORDS_CHARS_MAX),
  }),
  owner: ID('usr') as z.ZodType<`usr_${string}`>,
  dueAt: INSTANT,
});
const SETTLE: z.ZodType<TaskSettle> = z.discriminatedUnion('move', [
  z.strictObject({
    move: z.literal('answer'),
    evidence: z
      .array(ID('evd') as z.ZodType<`evd_${string}`>)
      .min(1)
      .max(TASK_RECORDS_MAX),
    words: LINE(TASK_SETTLED_CHARS_MAX),
  }),
  z.strictObject({ move: z.literal('give_up'), words: LINE(TASK_SETTLED_CHARS_MAX) }),
  z.strictObject({ move: z.literal('withdraw') }),
]);

/**
 * Mounted at /api/v1/proposals: what people say of one. A token may read it; to speak takes a person who signed in, and what
 * they say decides nothing.
 */
export function conversationRoutes(context: ServerContext): Hono<Frame> {
  const answer = async (c: DoorContext, id: string): Promise<CommentList> => {
    const caller = c.get('caller');
    const person = caller.kind === 'person' ? caller.session.person : undefined;
    return (await listComments(context, id, person)) ?? refuse('not_found', id);
  };
  return new Hono<Frame>()
    .use('/:id/comments', hideDrills(context))
    .get('/:id/comments', async c => {
      await allow(c, context, 'read');
      return c.json(await answer(c, c.req.param('id')));
    })
    .post('/:id/comments', async c => {
      const person = await allowPerson(c, context, 'edit_incident');
      must(await writeComment(context, person, c.req.param('id'), await bodyOf(c, COMMENT)));
      return c.json(await answer(c, c.req.param('id')));
    });
}

/** Mounted at /api/v1/tasks: what people are asked to get. A person settles a task; no token and no clock does. */
export function taskRoutes(context: ServerContext, readStudy: ReadStudy): Hono<Frame> {
  return new Hono<Frame>()
    .get('/', async c => {
      const person = await allowPerson(c, context, 'read');
      return c.json(await tasksOfPerson(context, person, worksHere(context, person)));
    })
    .post('/:id/settle', async c => {
      const person = await allowPerson(c, context, 'propose');
      must(await settleTask(context, readStudy, person, c.req.param('id'), await bodyOf(c, SETTLE)));
      return c.json(await tasksOfPerson(context, person, worksHere(context, person)));
    });
}

/** Mounted at /api/v1/reviews: what one person had before them when they signed. */
export function signedRoutes(context: ServerContext): Hono<Frame> {
  return new Hono<Frame>().get('/:id/as-signed', async c => {
    await allow(c, context, 'read');
    const id = c.req.param('id');
    return c.json((await readAsSigned(context, id, personWhoAsks(c))) ?? refuse('not_found', id));
  });
}
