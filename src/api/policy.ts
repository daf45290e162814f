import { Hono } from 'hono';
import { z } from 'zod';
import { tryPolicy, viewPolicy } from '../app/policy/view.ts';
import type { ServerParts } from '../app/server-process.ts';
import { POLICY_CHARS_MAX } from '../model/policy.ts';
import { allow, bodyOf, type Frame } from './door.ts';

const TRY = z.strictObject({ text: z.string().min(1).max(POLICY_CHARS_MAX) });

/** Mounted at /api/v1/policy. It shows and it tries; nothing here changes a rule, which is a proposal like every other act. */
export function policyRoutes({ context, policy }: Pick<ServerParts, 'context' | 'policy'>): Hono<Frame> {
  return new Hono<Frame>()
    .get('/', async c => {
      await allow(c, context, 'read');
      return c.json(await viewPolicy(context, policy.current()));
    })
    .post('/check', async c => {
      await allow(c, context, 'read');
      return c.json(await tryPolicy(context, policy.current(), (await bodyOf(c, TRY)).text));
    });
}
