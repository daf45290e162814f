import { Hono } from 'hono';
import { z } from 'zod';
import { admitAgent, endAgent, listAgents } from '../app/agents.ts';
import type { ServerContext } from '../app/context.ts';
import { UNSEEN } from '../base/inert.ts';
import { AGENT_DAYS_MAX, AGENT_NAME_CHARS_MAX, type AgentRequest } from '../model/agent.ts';
import { allow, allowPerson, bodyOf, type Frame, must } from './door.ts';

const REQUEST: z.ZodType<AgentRequest> = z.strictObject({
  name: z
    .string()
    .trim()
    .min(1)
    .max(AGENT_NAME_CHARS_MAX)
    .refine(name => name.search(UNSEEN) === -1, 'has characters that cannot be seen'),
  days: z.int().min(1).max(AGENT_DAYS_MAX),
});

/** Mounted at /api/v1/agents: programs that may read and propose, and who answers for each. */
export function agentRoutes(context: ServerContext): Hono<Frame> {
  return new Hono<Frame>()
    .get('/', async c => {
      await allow(c, context, 'read');
      return c.json(await listAgents(context));
    })
    .post('/', async c => {
      // Whoever may not propose cannot have somebody propose for them.
      const owner = await allowPerson(c, context, 'propose');
      return c.json(must(await admitAgent(context, owner, await bodyOf(c, REQUEST))));
    })
    .post('/:id/end', async c => {
      const by = await allowPerson(c, context, 'read');
      must(await endAgent(context, by, c.req.param('id')));
      return c.json(await listAgents(context));
    });
}
