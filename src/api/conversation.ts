import { Hono } from 'hono';
import { z } from 'zod';
import type { ServerContext } from '../app/context.ts';
import { listComments, writeComment } from '../app/proposals/comments.ts';
import {
  CHECK_NAMES,
  COMMENT_CHARS_MAX,
  type CommentAbout,
  type CommentList,
  type CommentWrite,
} from '../model/conversation.ts';
import { allow, allowPerson, bodyOf, type DoorContext, type Frame, must, refuse } from './door.ts';
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
