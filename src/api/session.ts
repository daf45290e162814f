import { Hono } from 'hono';
import { z } from 'zod';
import type { ServerContext } from '../app/context.ts';
import { beginSession, endSession, finishSession, SESSION_HOURS } from '../app/session.ts';
import { ok } from '../base/result.ts';
import type { SessionBegin, SessionFinish } from '../model/api.ts';
import { bodyOf, type DoorContext, type Frame, must } from './door.ts';
import { cookieText } from './http.ts';
import { BASE64URL, ID, PERSON_SIGNATURE } from './schemas.ts';

const BEGIN: z.ZodType<SessionBegin> = z.strictObject({ sessionPublicKey: BASE64URL });
const FINISH = z.strictObject({ session: ID('ses'), signature: PERSON_SIGNATURE });

/** Mounted at /api/v1/session: signing in and out. `answerMe` writes the answer of GET /api/v1/me. */
export function sessionRoutes(context: ServerContext, answerMe: (c: DoorContext) => Promise<Response>): Hono<Frame> {
  return new Hono<Frame>()
    .post('/begin', async c => c.json(must(await beginSession(context, (await bodyOf(c, BEGIN)).sessionPublicKey))))
    .post('/finish', async c => {
      const request: SessionFinish = (await bodyOf(c, FINISH)) as SessionFinish;
      const { cookie, person } = must(await finishSession(context, request));
      c.header('set-cookie', cookieText(context, cookie, SESSION_HOURS * 3_600));
      c.set('cookie', cookie);
      c.set('caller', { kind: 'person', session: { id: request.session, person } });
      return answerMe(c);
    })
    .post('/end', async c => {
      const caller = c.get('caller');
      must(caller.kind === 'person' ? await endSession(context, caller.session.id) : ok(true));
      c.header('set-cookie', cookieText(context, '', 0));
      return c.body(null, 204);
    });
}
