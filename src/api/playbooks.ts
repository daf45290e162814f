import { Hono } from 'hono';
import { z } from 'zod';
import type { ServerContext } from '../app/context.ts';
import { dryRunPlaybook } from '../app/playbooks/dry-run.ts';
import { startRun } from '../app/playbooks/running.ts';
import { stopRun } from '../app/playbooks/stopping.ts';
import { listPlaybooks } from '../app/playbooks/versions.ts';
import { listRuns, tryPlaybook, viewPlaybook, viewRun } from '../app/playbooks/view.ts';
import type { ReadStudy } from '../app/proposals/study.ts';
import type { RunRequest } from '../model/api-playbooks.ts';
import { PLAYBOOK_CHARS_MAX } from '../model/playbook.ts';
import { DRY_RUN_INCIDENTS_MAX, type DryRunRequest, PEOPLE_SAY } from '../model/playbook-dry-run.ts';
import { allow, allowPerson, bodyOf, type Frame, must, queryOf, refuse, valid } from './door.ts';
import { ID } from './schemas.ts';

const TRY = z.strictObject({ text: z.string().min(1).max(PLAYBOOK_CHARS_MAX) });
const SHA256 = z.string().regex(/^[0-9a-f]{64}$/);
const INCIDENT = ID('inc') as z.ZodType<`inc_${string}`>;
const NAME = z.string().regex(/^[a-z0-9][a-z0-9-]{0,79}$/);
const RUN_ID = ID('run') as z.ZodType<`run_${string}`>;
const RUN: z.ZodType<RunRequest> = z.strictObject({
  name: NAME,
  sha256: SHA256,
  incident: INCIDENT,
});
const DRY_RUN: z.ZodType<DryRunRequest> = z
  .strictObject({
    text: z.string().min(1).max(PLAYBOOK_CHARS_MAX).optional(),
    sha256: SHA256.optional(),
    incident: INCIDENT.optional(),
    incidents: z.number().int().min(1).max(DRY_RUN_INCIDENTS_MAX).optional(),
    people: z.enum(PEOPLE_SAY).optional(),
  })
  .refine(({ text, sha256 }) => (text === undefined) !== (sha256 === undefined), 'one of text and sha256');

/**
 * Mounted at /api/v1/playbooks. A version is adopted by a proposal like every other. Starting a run needs a person, who counts as
 * a contributor of everything that it asks; there is no route by which a run decides anything.
 */
export function playbookRoutes(context: ServerContext, readStudy: ReadStudy): Hono<Frame> {
  return new Hono<Frame>()
    .get('/', async c => {
      await allow(c, context, 'read');
      return c.json(await listPlaybooks(context));
    })
    .post('/check', async c => {
      await allow(c, context, 'read');
      return c.json(tryPlaybook((await bodyOf(c, TRY)).text));
    })
    .post('/dry-run', async c => {
      await allow(c, context, 'read');
      return c.json(must(await dryRunPlaybook(context, readStudy, await bodyOf(c, DRY_RUN))));
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
    .post('/runs/:id/stop', async c => {
      const person = await allowPerson(c, context, 'propose');
      const id = valid(RUN_ID, c.req.param('id'));
      must(await stopRun(context, person, id));
      return c.json(await viewRun(context, id));
    })
    .get('/files/:name', async c => {
      await allow(c, context, 'read');
      const { version } = queryOf(c, z.strictObject({ version: SHA256.optional() }));
      return c.json(must(await viewPlaybook(context, valid(NAME, c.req.param('name')), version)));
    })
    .get('/runs/:id', async c => {
      await allow(c, context, 'read');
      return c.json((await viewRun(context, c.req.param('id'))) ?? refuse('not_found', 'run'));
    });
}
