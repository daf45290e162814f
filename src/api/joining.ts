import { Hono } from 'hono';
import { z } from 'zod';
import { listFingerprints, readFingerprints, saveFingerprint, tryFingerprint } from '../app/fingerprints.ts';
import { readPeople } from '../app/people.ts';
import type { ServerParts } from '../app/server-process.ts';
import { FINGERPRINT_PARTS } from '../core/intake/dedupe.ts';
import { DEFAULT_REORDER } from '../core/intake/reorder.ts';
import type { JoiningView } from '../model/api.ts';
import { allow, allowPerson, bodyOf, type Frame, must } from './door.ts';

/** Over-common values that a page shows. */
const OVER_COMMON_MAX = 500;
/** A group of duplicates lasts a minute at least and a day at most. */
const GROUP_MINUTES_MAX = 1_440;

const CHANGE = z.strictObject({
  parts: z
    .array(z.enum(FINGERPRINT_PARTS))
    .min(2)
    .max(FINGERPRINT_PARTS.length)
    .refine(parts => new Set(parts).size === parts.length, 'each part once')
    .refine(parts => parts.includes('rule') || parts.includes('title'), 'the rule or the title is part of it')
    .refine(parts => parts.some(part => part !== 'rule' && part !== 'title'), 'an entity is part of it'),
  groupMinutes: z.int().min(1).max(GROUP_MINUTES_MAX),
});
const SAVE = CHANGE.extend({ tried: z.string().max(100) });

/** Mounted at /api/v1/joining: by what alerts are joined, and what joins nothing. */
export function joiningRoutes({ context, placer }: ServerParts): Hono<Frame> {
  return new Hono<Frame>().get('/', async c => {
    await allow(c, context, 'read');
    const names = new Map((await readPeople(context)).map(person => [person.id as string, person.name] as const));
    const view: JoiningView = {
      overCommon: placer.overCommon(OVER_COMMON_MAX),
      pending: placer.pending,
      latenessMs: DEFAULT_REORDER.latenessMs,
      fingerprints: await listFingerprints(context, names),
    };
    return c.json(view);
  });
}

/** Mounted at /api/v1/fingerprints: what makes two alerts of a source duplicates is an administrator's to change. */
export function fingerprintRoutes({ context, intake, placer }: ServerParts): Hono<Frame> {
  return new Hono<Frame>()
    .post('/:source/preview', async c => {
      await allowPerson(c, context, 'invite');
      return c.json(must(await tryFingerprint(context, c.req.param('source'), await bodyOf(c, CHANGE))));
    })
    .post('/:source', async c => {
      const person = await allowPerson(c, context, 'invite');
      const { tried, ...request } = await bodyOf(c, SAVE);
      const rule = must(
        // Between two batches, so that no alert is told by half of it.
        await intake.exclusively(async () => {
          const saved = await saveFingerprint(context, person.id, c.req.param('source'), request, tried);
          if (saved.ok) placer.takeFingerprints(await readFingerprints(context));
          return saved;
        }),
      );
      return c.json({ version: rule.version }, 201);
    });
}
