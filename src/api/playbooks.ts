import { Hono } from 'hono';
import { z } from 'zod';
import type { ServerContext } from '../app/context.ts';
import { startRun } from '../app/playbooks/running.ts';
import { listPlaybooks, listRuns, tryPlaybook, viewRun } from '../app/playbooks/view.ts';
import type { RunRequest } from '../model/api-playbooks.ts';
import { PLAYBOOK_CHARS_MAX } from '../model/playbook.ts';
import { allow, allowPerson, bodyOf, type Frame, must, refuse } from './door.ts';
import { ID } from './schemas.ts';

const TRY = z.strictObject({ text: z.string().min(1).max(PLAYBOOK_CHARS_MAX) });
const RUN: z.ZodType<RunRequest> = z.strictObject({
  name: z.string().regex(/^[a-z0-9][a-z0-9-]{0,79}$/),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  incident: ID('inc') as z.ZodType<`inc_${string}`>,
});

/**
 * Mounted at /api/v1/playbooks. A version is adopted by a proposal like every other. Starting a run needs a person, who counts as
 * a contributor of everything that it asks; there is no route by which a run decides anything.
 */
export function playbookRoutes(context: ServerContext): Hono<Frame> {
  return new Hono<Frame>()
    .get('/', async c => {
      await allow(c, context, 'read');
      return c.json(await listPlaybooks(context));
    })
    .post('/check', async c => {
      await allow(c, context, 'read');
      return c.json(tryPlaybook((await bodyOf(c, TRY)).text));
    })
    .get('/runs', async c => {
      await allow(c, context, 'read');
      return c.json(await listRuns(context));
    })
    .post('/runs', async c => {
      const person = await allowPerson(c, context, 'propose');
      const id = must(await startRun(context, person, await bodyOf(c, RUN)));
      return c.json(await viewRun(context, id));
    })
    .get('/runs/:id', async c => {
      await allow(c, context, 'read');
      return c.json((await viewRun(context, c.req.param('id'))) ?? refuse('not_found', 'run'));
    });
}
