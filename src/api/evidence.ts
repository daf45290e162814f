import { Hono } from 'hono';
import { readEvidence } from '../app/evidence.ts';
import type { ServerParts } from '../app/server-process.ts';
import { parseId } from '../base/id.ts';
import { instructionLike } from '../sources/shared/instruction-like.ts';
import { allow, type Frame, must, refuse } from './door.ts';

/** Mounted at /api/v1/evidence: one raw record. Reading changes nothing; that a reviewer opened it is said elsewhere. */
export function evidenceRoutes({ context }: ServerParts): Hono<Frame> {
  return new Hono<Frame>().get('/:id', async c => {
    await allow(c, context, 'read');
    const id = parseId('evidence', c.req.param('id'));
    return c.json(
      must(
        await readEvidence(context, id.ok ? id.value : refuse('not_found', 'not an id of evidence'), instructionLike),
      ),
    );
  });
}
